"""What is old goes, in small steps; what open work, the ledger and the next look need stays."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from store_makers import NOW, begin, end, put, sent, settlement

from watchbill.domain.ids import TaskId
from watchbill.domain.runs import RunState
from watchbill.domain.tasks import TaskState
from watchbill.domain.transcript import Told, Transcript
from watchbill.domain.wishes import Wish
from watchbill.state import audit, briefs, database, decisions, events, ledger, retention, sessions, tasks
from watchbill.state.engine import Connection
from watchbill.state.retention import Faded, fade

LATER = NOW + timedelta(days=100)


def all_of(conn: Connection) -> Faded:
    return fade(conn, metrics=LATER, artefacts=LATER)


def worked(conn: Connection, name: str, state: TaskState) -> None:
    run = begin(conn, name)
    briefs.store(conn, run, "You write.")
    held = sessions.get(conn, TaskId(name))
    assert held is not None
    sessions.save(conn, run, replace(held, transcript=Transcript(entries=(Told(text="go"),))), NOW)
    call = sent(conn, run)
    ledger.settle(conn, call, settlement(), NOW)
    ends = {TaskState.LANDED: RunState.LANDED, TaskState.FAILED: RunState.FAILED, TaskState.QUEUED: RunState.DEFERRED}
    end(conn, run, ends[state], task_state=state)


def entries(conn: Connection, name: str) -> int:
    held = sessions.get(conn, TaskId(name))
    assert held is not None
    return len(held.transcript.entries)


def test_prompts_and_transcripts_go_with_tasks_that_are_over_and_stay_with_those_that_go_on(conn: Connection) -> None:
    worked(conn, "done", TaskState.LANDED)
    worked(conn, "failed", TaskState.FAILED)
    worked(conn, "queued", TaskState.QUEUED)

    faded = all_of(conn)

    assert (faded.transcripts, faded.prompts) == (1, 1)
    assert [entries(conn, name) for name in ("done", "failed", "queued")] == [0, 1, 1]
    assert all_of(conn) == Faded()


def test_what_is_young_enough_stays(conn: Connection) -> None:
    worked(conn, "done", TaskState.LANDED)
    events.append(conn, "run.started", {}, NOW)

    assert fade(conn, metrics=NOW, artefacts=NOW) == Faded()


def test_the_ledger_and_runs_are_never_touched(conn: Connection) -> None:
    worked(conn, "done", TaskState.LANDED)
    before = [conn.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in ("ledger", "calls", "runs")]

    all_of(conn)

    assert [
        conn.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in ("ledger", "calls", "runs")
    ] == before


def test_old_events_leave_their_number_and_the_newest_word_about_each_file(conn: Connection) -> None:
    for unreadable in (3, 2):
        events.append(conn, "queue.read", {"repo": "r", "path": "q.md", "unreadable": unreadable}, NOW)
    events.append(conn, "run.started", {}, NOW)

    faded = all_of(conn)

    assert faded.events == 2
    assert [event.facts["unreadable"] for event in events.since(conn, 0)] == [2]
    rows = conn.execute("SELECT day, name, events FROM faded_events ORDER BY name").fetchall()
    assert [tuple(row) for row in rows] == [("2026-11-24", "queue.read", 1), ("2026-11-24", "run.started", 1)]


def test_more_of_a_day_is_added_to_its_number(conn: Connection) -> None:
    for _ in range(2):
        events.append(conn, "run.started", {}, NOW)
        all_of(conn)

    assert conn.execute("SELECT events FROM faded_events").fetchone()["events"] == 2


def test_of_journaled_decisions_each_subjects_latest_stays(conn: Connection) -> None:
    for number, reason in enumerate(("out_of_slot", "file_claimed", "out_of_slot")):
        decisions.journal(conn, NOW, decisions.pack(f'{{"look":{number}}}'), [("a", "wait", reason, "{}")])

    assert all_of(conn).decisions == 2

    latest = decisions.latest(conn, "a")
    assert latest is not None
    assert latest.reason == "out_of_slot"
    assert [look.inputs for look in decisions.replayable(conn)] == ['{"look":2}']


def test_it_goes_in_small_steps(conn: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "AT_ONCE", 2)
    for _ in range(3):
        events.append(conn, "run.started", {}, NOW)

    first, second = all_of(conn), all_of(conn)

    assert (first.events, first.is_all) == (2, False)
    assert (second.events, second.is_all) == (1, True)
    assert (first + second).events == 3


def test_only_delivered_patches_of_tasks_that_are_over_may_go(conn: Connection) -> None:
    put(conn, "a")
    tasks.move(conn, TaskId("a"), TaskState.CANCELLED, now=NOW)

    assert retention.tasks_over(conn, LATER) == []
    worked(conn, "b", TaskState.LANDED)
    assert retention.runs_ended(conn, LATER) == {"run-1"}
    assert retention.runs_ended(conn, NOW) == frozenset()


def test_what_was_asked_over_the_api_goes_when_it_is_old(conn: Connection) -> None:
    wish = Wish(actor="jo", method="POST", path="/pause", said="{}", digest="0" * 64, key="k")
    entry, _ = audit.begin(conn, wish, NOW)
    audit.end(conn, entry.number, audit.Said(status=200, media="application/json", text="{}"), NOW)

    assert all_of(conn).audits == 1
    assert audit.begin(conn, wish, LATER)[1]


def test_the_room_of_what_went_is_given_back_a_part_at_a_time(tmp_path: Path) -> None:
    with database.direct(tmp_path / "watchbill.db") as conn:
        for number in range(2_000):
            events.append(conn, "run.started", {"run": "x" * 900, "number": number}, NOW)
    before = (tmp_path / "watchbill.db").stat().st_size
    with database.direct(tmp_path / "watchbill.db") as conn:
        all_of(conn)

        assert retention.shrink(conn, 100)
        assert not retention.shrink(conn, 100_000)
    assert (tmp_path / "watchbill.db").stat().st_size < before / 2

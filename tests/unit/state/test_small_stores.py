"""What the store remembers for people: events, heads, queue views, briefs, records."""

from dataclasses import replace
from datetime import timedelta

import pytest
from store_makers import CLAUDE, COMMIT, GPT, NOW, OTHER_COMMIT, SITE, begin, end, finding, put, sent, settlement

from watchbill.domain.errors import LeaseLost
from watchbill.domain.findings import Severity
from watchbill.domain.ids import RepoName, RunId, TaskId
from watchbill.domain.money import MicroUsd
from watchbill.domain.runs import RunState
from watchbill.domain.tasks import TaskState
from watchbill.scheduling.snapshot import Record
from watchbill.state import briefs, events, heads, ledger, queueviews, records, tasks
from watchbill.state.engine import Connection
from watchbill.state.queueviews import QueueView


def test_events_come_in_order_from_where_one_stopped(conn: Connection):
    first = events.append(conn, "run.started", {"run": "run-1"}, NOW)
    second = events.append(conn, "task.landed", {"at": NOW, "paths": ("a", "b")}, NOW)

    assert [event.id for event in events.since(conn, 0)] == [first, second]
    (event,) = events.since(conn, first)
    assert (event.name, event.at, event.facts) == (
        "task.landed",
        NOW,
        {"at": "2026-11-24T12:00:00Z", "paths": ["a", "b"]},
    )


def test_events_are_picked_by_glob_and_number(conn: Connection):
    for name in ("run.started", "run.turn", "task.landed"):
        events.append(conn, name, {}, NOW)

    assert [event.name for event in events.since(conn, 0, "run.*")] == ["run.started", "run.turn"]
    assert [event.name for event in events.since(conn, 0, limit=1)] == ["run.started"]


def test_the_newest_event_is_known(conn: Connection):
    assert events.latest_id(conn) == 0

    assert events.append(conn, "daemon.ready", {}, NOW) == events.latest_id(conn) == 1


def test_the_last_checked_head_of_each_repository_is_known(conn: Connection):
    found = (finding(), finding("spelling", severity=Severity.WARNING))
    heads.record(conn, SITE, COMMIT, found, NOW)
    heads.record(conn, RepoName("book"), COMMIT, [], NOW)
    heads.record(conn, SITE, OTHER_COMMIT, found, NOW + timedelta(hours=1))

    assert heads.last(conn, SITE) == heads.Head(
        repo=SITE, commit=OTHER_COMMIT, findings=found, checked_at=NOW + timedelta(hours=1)
    )
    assert heads.last(conn, RepoName("new")) is None


VIEW = QueueView(repo=SITE, path="TODO.md", task=TaskId("a"), marker="[ ]", key="do a", title="do a", line=7)


def test_views_are_told_in_the_order_of_their_files_and_lines(conn: Connection):
    other, elsewhere = replace(VIEW, task=TaskId("b"), line=3), replace(VIEW, task=TaskId("c"), path="A.md")
    for view in (VIEW, other, elsewhere, replace(VIEW, repo=RepoName("book"))):
        queueviews.put(conn, view)

    assert queueviews.of_repo(conn, SITE) == [elsewhere, other, VIEW]


def test_a_view_is_replaced(conn: Connection):
    queueviews.put(conn, VIEW)
    queueviews.put(conn, replace(VIEW, marker="[x]", line=9))
    assert queueviews.of_repo(conn, SITE) == [replace(VIEW, marker="[x]", line=9)]


def test_views_whose_marker_is_not_their_tasks_are_found_without_reading_the_others(conn: Connection):
    put(conn, "a", "b", "gone")
    for name in ("b", "gone"):
        tasks.move(conn, TaskId(name), TaskState.CANCELLED, now=NOW)
    for name in ("a", "b", "gone"):
        queueviews.put(conn, replace(VIEW, task=TaskId(name), marker="open", gone=name == "gone"))

    wanted = {**dict.fromkeys(TaskState, "open"), TaskState.CANCELLED: "cancelled"}

    assert [view.task for view in queueviews.unlike(conn, SITE, wanted)] == ["b"]


def test_an_entry_that_moved_to_another_file_is_no_longer_in_the_first(conn: Connection):
    queueviews.put(conn, VIEW)

    queueviews.put(conn, replace(VIEW, path="DONE.md"))

    assert [view.path for view in queueviews.of_repo(conn, SITE)] == ["DONE.md"]


def test_the_brief_of_a_run_is_kept_word_for_word(conn: Connection):
    run = begin(conn)
    briefs.store(conn, run, "Write.")
    briefs.store(conn, run, "Write well.")

    assert briefs.of_run(conn, run.id) == "Write well."
    assert briefs.of_run(conn, RunId("run-9")) is None


def test_only_the_holder_keeps_a_brief(conn: Connection):
    run = begin(conn)
    end(conn, run)

    with pytest.raises(LeaseLost):
        briefs.store(conn, run, "Write.")


def test_records_count_judged_runs_only(conn: Connection):
    for number, state in enumerate(RunState):
        if state is not RunState.RUNNING:
            run = begin(conn, provider=CLAUDE)
            ledger.settle(conn, sent(conn, run, 100), settlement(10 * number), NOW)
            end(conn, run, state, now=NOW + timedelta(minutes=number))
    begin(conn, provider=GPT)

    judged = {name: n for n, name in enumerate(RunState) if name in ("landed", "verified", "rejected", "failed")}
    assert records.history(conn) == {
        (CLAUDE, "prose"): Record(
            runs=4,
            landed=2,
            mean_cost=MicroUsd(sum(judged.values()) * 10 // 4),
            mean_span=timedelta(minutes=sum(judged.values()) / 4),
        )
    }


def test_costs_of_judged_runs_are_kept_by_their_like(conn: Connection):
    for model, state, cost in (("m", RunState.LANDED, 30), ("m", RunState.REJECTED, 10), ("m", RunState.LOST, 70)):
        run = begin(conn, provider=CLAUDE, model=model)
        ledger.settle(conn, sent(conn, run, 100), settlement(cost), NOW)
        end(conn, run, state)
    end(conn, begin(conn, provider=CLAUDE, model="n"), RunState.LANDED)

    assert records.costs(conn) == {(CLAUDE, "m", "prose"): [10, 30], (CLAUDE, "n", "prose"): [0]}


def test_runs_without_a_call_cost_nothing(conn: Connection):
    end(conn, begin(conn), RunState.REJECTED)

    assert records.history(conn)[CLAUDE, "prose"].mean_cost == 0

"""What goes wrong around a run stays bounded, and nobody's word gets lost in it."""

import asyncio
import io
import os
from datetime import timedelta
from pathlib import Path
from typing import NoReturn

import pytest

from tests.unit.daemon.test_dialogue import WRITE, steps, world
from tests.unit.daemon.test_ways import begin
from tests.worlds import START, ends_of, settle, task_of
from watchbill.daemon import service as service_module
from watchbill.daemon.clocks import SystemClock
from watchbill.daemon.heads import HeadWatch
from watchbill.daemon.putting_down import put_down
from watchbill.daemon.recorder import Recorder, make_log
from watchbill.daemon.setbacks import End
from watchbill.daemon.stint import Stint
from watchbill.daemon.terms import RunTerms
from watchbill.domain.errors import IllegalMove, LeaseLost, StateError
from watchbill.domain.ids import RepoName, TaskId, TaskType
from watchbill.domain.outcomes import SetbackKind
from watchbill.domain.runs import RunState
from watchbill.domain.tasks import Task, TaskState
from watchbill.domain.transcript import Told
from watchbill.providers.scripted import Cut, Fail, Scene, Step, Useless, finish, say, use
from watchbill.state import accounts, events, heads, holds, runs, sessions, tasks
from watchbill.state.database import Database
from watchbill.workspace.repository import Repository

pytestmark = pytest.mark.anyio

DONE = steps(WRITE, finish("done"))


async def test_a_queue_is_read_again_when_what_it_said_could_not_be_stored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def raced(*_: object) -> NoReturn:
        raise IllegalMove("it moved between the look and the deed")

    here = world(tmp_path, DONE)
    async with here.service() as service:
        await settle(service)
        here.queue.write_text(here.queue.read_text() + "- [ ] Two [id:: two] [files:: two.md]\n")
        with monkeypatch.context() as patched:
            patched.setattr(tasks, "insert", raced)
            await service.ticker.tick()
        assert await service.parts.database.submit(lambda conn: tasks.get(conn, TaskId("two"))) is None

        await service.ticker.tick()
        assert (await task_of(service, "two")).state is TaskState.RUNNING


async def test_a_call_that_no_run_can_pay_waits_for_a_human_and_is_not_tried_for_ever(tmp_path: Path) -> None:
    here = world(tmp_path, DONE, names=("claude",), budget="per_run_usd = 0.001")
    async with here.service() as service:
        await settle(service)
        assert (await task_of(service, "one")).state is TaskState.REVIEW
        assert await ends_of(service, "one") == [("claude", "deferred")]


async def test_a_start_lifts_what_waited_for_a_person(tmp_path: Path) -> None:
    here = world(tmp_path, steps(Fail(kind=SetbackKind.AUTH_FAILED)), names=("claude",))
    async with here.service() as service:
        await settle(service)
        held = await service.parts.database.submit(holds.all)
    here.scripts = {"claude": DONE}
    async with here.service() as service:
        await settle(service)
        assert [hold.until for hold in held] == [None]
        assert (await task_of(service, "one")).state is TaskState.LANDED


async def test_the_tasks_of_a_repository_that_is_no_longer_configured_wait_and_stop_nothing(tmp_path: Path) -> None:
    stray = Task(id=TaskId("stray"), repo=RepoName("gone"), title="Of before", type=TaskType("write"))
    here = world(tmp_path, DONE, names=("claude",))
    async with here.service() as service:
        await service.parts.database.submit(lambda conn: tasks.insert(conn, stray, START))
        await settle(service)
        assert (await task_of(service, "one")).state is TaskState.LANDED
        assert (await task_of(service, "stray")).state is TaskState.QUEUED
    waits = {facts["task"]: facts["reason"] for facts in here.said("task.waiting")}
    assert waits["stray"] == "repo_unavailable"


async def test_a_head_that_cannot_be_checked_does_not_stop_the_service(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> NoReturn:
        raise RecursionError("a file that no parser gets to the end of")

    monkeypatch.setattr(HeadWatch, "look", broken)
    here = world(tmp_path, DONE)
    async with here.built() as service:
        stop = asyncio.Event()
        serving = asyncio.create_task(service.serve(stop))
        await here.hears("daemon.fault", where="repo", error="a file that no parser gets to the end of")
        await here.hears("task.landed", task="one")
        stop.set()
        await serving


async def test_a_repository_that_may_not_be_read_stops_only_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def forbidden(*_: object) -> NoReturn:
        raise PermissionError("it is another user's")

    monkeypatch.setattr(Repository, "fetch", forbidden)
    here = world(tmp_path, DONE)
    async with here.service() as service:
        await service.ticker.tick()
        assert "another user's" in service.ticker.broken[RepoName("repo")]


async def test_a_cancelled_task_is_not_queued_again_by_the_setback_that_ends_its_run(tmp_path: Path) -> None:
    here = world(tmp_path, steps(Cut(takes=timedelta(minutes=5))), names=("claude",))
    async with here.service() as service:
        await service.ticker.tick()
        await here.turn_begins(service)
        await service.control.cancel(TaskId("one"), "not now")
        await service.dispatcher.idle()
        assert (await task_of(service, "one")).state is TaskState.CANCELLED
        assert await ends_of(service, "one") == [("claude", "deferred")]


async def test_a_useless_answer_is_booked_although_its_run_lost_the_task(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lost(*_: object, **__: object) -> NoReturn:
        raise LeaseLost("taken over")

    here = world(tmp_path, steps(Useless()), names=("claude",))
    async with here.service() as service:
        monkeypatch.setattr(runs, "end", lost)
        await service.ticker.tick()
        await service.dispatcher.idle()
        calls = await service.parts.database.submit(accounts.calls)
    assert [call.state for call in calls] == ["settled"]


async def test_a_model_without_a_price_keeps_no_task_from_the_others(tmp_path: Path) -> None:
    here = world(tmp_path, steps(Fail(kind=SetbackKind.UNPRICED)), DONE)
    async with here.service() as service:
        await settle(service)
        assert await ends_of(service, "one") == [("claude", "deferred"), ("gpt", "landed")]
        assert (await task_of(service, "one")).attempts == 0
    assert [facts["provider"] for facts in here.said("provider.held")] == ["claude"]


async def test_a_cancellation_by_hand_outlives_the_daemon(tmp_path: Path) -> None:
    here = world(tmp_path, steps(say("", use("list_files"), takes=timedelta(hours=50))), names=("claude",))
    async with here.service() as service:
        await service.ticker.tick()
        await here.turn_begins(service)
        assert (await service.control.cancel(TaskId("one"), "not now")).state is TaskState.CANCELLED
        await service.dispatcher.drain(timedelta(0))  # as if it were killed: nothing is put down
    async with here.service() as service:
        await settle(service)
        assert (await task_of(service, "one")).state is TaskState.CANCELLED
        assert await ends_of(service, "one") == [("claude", "lost")]
    assert "- [-] Do one thing" in here.queue.read_text()


async def test_what_was_stored_while_a_run_was_being_stopped_is_kept_when_it_is_put_down(tmp_path: Path) -> None:
    here = world(tmp_path, DONE, names=("claude",))
    async with here.service() as service:
        run = await begin(service)
        task = await task_of(service, "one")
        repo = service.repos[RepoName("repo")]
        stint = Stint(service.parts, run=run, task=task, repo=repo, terms=RunTerms(), stop=lambda: None)
        await stint.open()
        before = stint.session
        await stint.remember(Told(text="stored"))
        stint.session = before  # as a cancelled wait for the store leaves it
        await put_down(stint, End(state=RunState.LOST, task_state=TaskState.QUEUED, why="it took too long"))
        session = await service.parts.database.submit(lambda conn: sessions.get(conn, TaskId("one")))
    assert session is not None
    assert session.transcript.entries == (Told(text="stored"),)
    assert session.handoff.why == "it took too long"


async def test_events_that_could_not_be_stored_are_stored_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> NoReturn:
        raise StateError("the disk is full")

    monkeypatch.setattr(service_module, "FLUSH_AGAIN", 0.01)
    here = world(tmp_path, DONE)
    async with here.service() as service:
        with monkeypatch.context() as patched:
            patched.setattr(events, "append", full)
            await here.hears("daemon.fault", where="events and reports")
        await settle(service)
    async with here.built() as service:
        kept = await service.parts.database.submit(
            lambda conn: [row["name"] for row in conn.execute("SELECT name FROM events ORDER BY number")]
        )
    assert kept[0] == "daemon.started"
    assert kept[-1] == "daemon.stopped"
    assert kept.count("run.ended") == 1


PROTECTED = 'protected = ["notes.md"]'


async def test_a_protected_path_waits_for_a_human_and_lands_without_another_call_once_accepted(tmp_path: Path) -> None:
    here = world(tmp_path, steps(WRITE, finish("done")), repo=PROTECTED)
    async with here.service() as service:
        await settle(service)
        task = await task_of(service, "one")
        assert task.state is TaskState.REVIEW
        assert "protected" in task.note
        calls = len(here.said("run.turn"))
        await service.control.accept(TaskId("one"))
        await settle(service)
        assert (await task_of(service, "one")).state is TaskState.LANDED
        assert len(here.said("run.turn")) == calls
    assert here.show("notes.md") == "# Notes\n"


REVIEWED = """
sandbox = "none"

[[repo.commands]]
name = "style"
argv = ["false"]
on_fail = "review"
"""


async def test_a_command_that_asks_for_review_lets_a_human_decide(tmp_path: Path) -> None:
    here = world(tmp_path, steps(WRITE, finish("done")), repo=REVIEWED)
    async with here.service() as service:
        await settle(service)
        assert (await task_of(service, "one")).state is TaskState.LANDED  # it fails on the base too: debt
    changed = REVIEWED.replace('["false"]', '["sh", "-c", "test ! -e notes.md"]')
    (tmp_path / "other").mkdir()
    here = world(tmp_path / "other", steps(WRITE, finish("done")), repo=changed)
    async with here.service() as service:
        await settle(service)
        assert (await task_of(service, "one")).state is TaskState.REVIEW


async def test_work_that_is_handed_on_again_and_again_becomes_a_question_for_a_human(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("watchbill.daemon.dialogue.MOST_RUNS", 3)

    def more(scene: Scene) -> Step:
        if scene.turn % 2 == 0:
            return say("", use("write_file", path="notes.md", content=f"# {scene.turn}\n"))
        return finish("some", done=False)

    here = world(tmp_path, more)
    async with here.service() as service:
        await settle(service)
        assert (await task_of(service, "one")).state is TaskState.REVIEW
        assert len(await ends_of(service, "one")) == 3


async def test_no_secret_reaches_the_stored_events(tmp_path: Path) -> None:
    async with Database.open(tmp_path / "w.db") as database:
        recorder = Recorder(
            database=database,
            clock=SystemClock(),
            log=make_log(secrets=frozenset(), stream=io.StringIO()),
            secrets=frozenset({"s3cret-key"}),
        )
        recorder.emit("daemon.fault", error="the key s3cret-key is wrong", where="run-1")
        await recorder.flush()
        (stored,) = await database.submit(lambda conn: events.since(conn, 0))
    assert stored.facts["error"] == "the key [secret] is wrong"


async def test_a_file_name_that_is_no_text_is_judged_and_told_like_any_other(tmp_path: Path) -> None:
    here = world(tmp_path, DONE)
    (here.path / os.fsdecode(b"caf\xe9.json")).write_bytes(b"{broken")
    here.queue.write_text("- [ ] Validate what is odd #validate [id:: odd] [files:: *.json]\n")
    here.commit("odd")
    async with here.service() as service:
        await settle(service)
        await service.ticker.validate_heads()
        last = await service.parts.database.submit(lambda conn: heads.last(conn, RepoName("repo")))
        (ended,) = await ends_of(service, "odd")
    assert last is not None
    assert [finding.path for finding in last.findings] == ["caf\ufffd.json"]
    assert ended[1] != "lost"
    assert not here.said("daemon.fault")

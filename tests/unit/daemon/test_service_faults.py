"""What the system takes from a running daemon is told, and costs no work that is under way."""

import asyncio
import os
import threading
from datetime import timedelta
from pathlib import Path
from typing import NoReturn

import pytest

from tests.clocks import JumpClock
from tests.unit.daemon.test_dialogue import WRITE, steps, world
from tests.unit.daemon.test_reload import hold
from tests.worlds import START, settle, task_of
from watchbill.daemon import service as service_module
from watchbill.daemon.questions import highest
from watchbill.daemon.recurring import Recurrences
from watchbill.domain.errors import StateError, StateLost
from watchbill.domain.ids import RepoName
from watchbill.domain.tasks import TaskState
from watchbill.intake.entries import Mark
from watchbill.providers.scripted import finish
from watchbill.state import ahead, events, inboxes
from watchbill.workspace import swap, watch
from watchbill.workspace.repository import Repository

pytestmark = pytest.mark.anyio

DONE = steps(WRITE, finish("done"))


async def test_watching_that_fails_is_told_once_and_looking_goes_on_by_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> NoReturn:
        raise RuntimeError("none left")

    monkeypatch.setattr(watch, "changes", broken)
    monkeypatch.setattr(service_module, "WATCH_AGAIN", 0.05)
    here = world(tmp_path, DONE)
    async with here.built() as service:
        stop = asyncio.Event()
        serving = asyncio.create_task(service.serve(stop))
        await here.hears("daemon.ready")
        here.queue.write_text(here.queue.read_text() + "- [ ] Two [id:: two] [files:: two.md]\n")
        await here.hears("task.discovered", task="two")
        stop.set()
        await serving

    assert [fault["where"] for fault in here.said("daemon.fault")] == ["watching files"]


async def test_links_in_a_circle_in_a_queues_place_stop_no_daemon(tmp_path: Path) -> None:
    here = world(tmp_path, DONE)
    here.queue.unlink()
    here.queue.symlink_to(here.queue)
    async with here.built() as service:
        stop = asyncio.Event()
        serving = asyncio.create_task(service.serve(stop))
        await here.hears("daemon.ready")
        stop.set()
        await serving


async def test_when_a_part_breaks_running_work_comes_to_its_checkpoint_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    breaks = asyncio.Event()

    async def break_off(_: Recurrences) -> NoReturn:
        await breaks.wait()
        raise RuntimeError("a bug of ours")

    monkeypatch.setattr(Recurrences, "run", break_off)
    here = world(tmp_path, DONE, names=("claude",))
    async with here.built() as service:
        held = hold(service)
        serving = asyncio.create_task(service.serve(asyncio.Event()))
        await held.asked.wait()
        breaks.set()
        await here.hears("daemon.stopping")
        held.may_answer.set()
        with pytest.raises(RuntimeError, match="a bug of ours"):
            await serving

        assert not service.dispatcher.running
    assert "a bug of ours" in str(here.said("daemon.stopping")[0]["why"])
    assert [ended["state"] for ended in here.said("run.ended")] == ["handed_off"]


async def test_a_name_that_is_no_utf8_is_told_once_and_stops_no_other_file(tmp_path: Path) -> None:
    here = world(tmp_path, DONE, repo='queue = ["docs/*QUEUE*.md"]\ninbox = "inbox"')
    (here.path / "docs" / os.fsdecode(b"caf\xe9_QUEUE.md")).write_text("- [ ] Two [id:: two]\n")
    (here.path / "inbox").mkdir()
    (here.path / "inbox" / os.fsdecode(b"caf\xe9.md")).write_text("Three\n")
    async with here.service() as service:
        await settle(service)
        assert (await task_of(service, "one")).state is TaskState.LANDED

    assert not here.said("daemon.fault")
    assert [told["path"] for told in here.said("queue.unreadable")] == ["docs/caf\\udce9_QUEUE.md"]
    assert [told["file"] for told in here.said("inbox.put_off")] == ["caf\\udce9.md"]


async def test_a_pipe_in_a_queues_place_is_told_once_and_nobody_waits_for_it(tmp_path: Path) -> None:
    here = world(tmp_path, DONE)
    async with here.service() as service:
        await settle(service)
        here.queue.unlink()
        os.mkfifo(here.queue)
        await service.ticker.tick()
        await service.ticker.tick()

    assert [told["why"] for told in here.said("queue.unreadable")] == [
        "the file cannot be read: no regular file, but a pipe or a device"
    ]


async def test_nobody_waits_for_a_pipe_in_the_questions_place(tmp_path: Path) -> None:
    here = world(tmp_path)
    os.mkfifo(here.path / "docs/AI_QUESTIONS.md")
    async with here.built() as service:
        assert highest(service.repos[RepoName("repo")]) == 0


async def test_the_end_does_not_wait_for_markers_on_a_disk_that_does_not_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service_module, "WRITE_BACK_WITHIN", 0.05)
    here = world(tmp_path, DONE)
    async with here.built() as service:
        stop = asyncio.Event()
        serving = asyncio.create_task(service.serve(stop))
        await here.hears("task.landed")
        monkeypatch.setattr(service.ticker, "write_back", asyncio.Event().wait)
        stop.set()
        await serving

    assert {"error": "the disk does not answer", "where": "last markers"} in here.said("daemon.fault")


async def test_the_end_does_not_wait_for_a_marker_that_such_a_disk_has_not_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = threading.Event()
    monkeypatch.setattr(service_module, "WRITE_BACK_WITHIN", 0.05)
    monkeypatch.setattr(swap, "compare_and_swap", lambda *_: answers.wait(30))
    here = world(tmp_path, DONE)
    async with here.built() as service:
        stop = asyncio.Event()
        serving = asyncio.create_task(service.serve(stop))
        await here.hears("task.landed")
        stop.set()
        await serving

    assert not answers.is_set()
    assert {"error": "the disk does not answer", "where": "last markers"} in here.said("daemon.fault")
    answers.set()


async def test_a_marker_that_the_end_comes_upon_half_written_is_finished_and_then_shows_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_write, has_written = threading.Event(), threading.Event()
    compare_and_swap = swap.compare_and_swap

    def slowly(path: Path, expected: bytes, new: bytes) -> bool:
        assert (may_write if "[→]".encode() in new else has_written).wait(30)
        try:
            return compare_and_swap(path, expected, new)
        finally:
            has_written.set()

    monkeypatch.setattr(swap, "compare_and_swap", slowly)
    here = world(tmp_path, DONE)
    async with here.built() as service:
        stop = asyncio.Event()
        serving = asyncio.create_task(service.serve(stop))
        await here.hears("task.landed")
        stop.set()
        await here.hears("daemon.stopping")
        may_write.set()
        await serving

    assert [written["marker"] for written in here.said("queue.written")] == [Mark.RUNNING, Mark.DONE]
    assert "- [x] Do one thing" in here.queue.read_text()
    assert not here.said("queue.write_put_off")


async def test_a_start_that_takes_long_is_broken_off_by_the_wish_for_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def slow(_: Repository) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(Repository, "ensure", slow)
    here = world(tmp_path, DONE)
    async with here.built() as service:
        stop = asyncio.Event()
        serving = asyncio.create_task(service.serve(stop))
        await here.hears("daemon.started")
        stop.set()
        async with asyncio.timeout(60):
            await serving

    assert [name for name, _ in here.log if name.startswith("daemon.")] == [
        "daemon.started",
        "daemon.stopping",
        "daemon.stopped",
    ]


async def test_a_start_that_breaks_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(**_: object) -> NoReturn:
        raise RuntimeError("a bug of ours")

    monkeypatch.setattr(service_module, "recover", broken)
    async with world(tmp_path, DONE).built() as service:
        with pytest.raises(RuntimeError, match="a bug of ours"):
            await service.serve(asyncio.Event())


def full(*_: object) -> NoReturn:
    raise StateError("the disk is full")


async def test_a_disk_that_is_full_at_the_end_is_told_and_no_fault_of_the_service(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = world(tmp_path, DONE)
    async with here.built() as service:
        stop = asyncio.Event()
        serving = asyncio.create_task(service.serve(stop))
        await here.hears("task.landed")
        await service.dispatcher.idle()
        monkeypatch.setattr(events, "append", full)
        monkeypatch.setattr(inboxes, "ended", full)
        stop.set()
        await serving

    assert {fault["where"] for fault in here.said("daemon.fault")} >= {"last markers", "events and reports"}
    assert here.said("daemon.stopped")


async def test_a_clock_that_is_set_while_the_disk_is_full_is_put_right_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = JumpClock(start=START, rate=1_000)
    here = world(tmp_path, DONE, clock=clock)
    async with here.service() as service:
        with monkeypatch.context() as patched:
            patched.setattr(ahead, "put_right", full)
            clock.set_by(timedelta(hours=-3))
            await service.guard.look()
            await service.guard.look()
        rung: list[str] = []
        monkeypatch.setattr(service.guard, "_wake", lambda: rung.append("woken"))
        await service.guard.look()
        await service.guard.look()

    assert [fault["where"] for fault in here.said("daemon.fault")] == ["clock"]
    assert rung == ["woken"]


@pytest.mark.parametrize("is_replaced", [False, True])
async def test_a_state_folder_that_is_taken_away_ends_the_daemon_before_it_writes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, is_replaced: bool
) -> None:
    monkeypatch.setattr(service_module, "HELD_EVERY", 0.02)
    here = world(tmp_path, DONE, names=("claude",))
    async with here.built() as service:
        held = hold(service)
        serving = asyncio.create_task(service.serve(asyncio.Event()))
        await held.asked.wait()
        service.folder.root.rename(tmp_path / "away")
        if is_replaced:
            service.folder.make()
            service.folder.lock_file.touch()
        before = here.queue.read_text()
        async with asyncio.timeout(60):
            with pytest.raises(StateLost, match="was removed or replaced while the daemon ran"):
                await serving

        assert not service.dispatcher.running
        assert here.queue.read_text() == before

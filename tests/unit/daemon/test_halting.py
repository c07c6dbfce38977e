"""Pauses, the stop file and the modes in the daemon: new work waits, what is in work goes to its checkpoint or breaks off."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from tests.unit.daemon.test_dialogue import WRITE, steps
from tests.worlds import FILES, START, World, ends_of, settle, task_of
from watchbill.daemon.brake import Brake
from watchbill.domain.errors import IllegalMove
from watchbill.domain.ids import ProviderName, TaskId
from watchbill.domain.pauses import Pause, Scope
from watchbill.domain.tasks import TaskState
from watchbill.operator.faults import BadQuestion, NotFound, OwnedByQueue
from watchbill.providers.scripted import Script, finish, say, use
from watchbill.scheduling.decisions import Plan, Wait
from watchbill.state import accounts, brake, claims, tasks

pytestmark = pytest.mark.anyio

HOUR = timedelta(hours=1)
DONE = steps(WRITE, finish("done"))
SLOW = steps(
    say("", use("write_file", path="notes.md", content="# Text\n"), takes=timedelta(minutes=3)),
    say("", takes=timedelta(minutes=3)),
    finish("done"),
)
EVERYTHING = Pause(scope=Scope.ALL, name="", until=None, why="budget talk", who="jo")


def world(tmp_path: Path, script: Script = DONE, **more: object) -> World:
    return World(root=tmp_path, scripts={"claude": script}, **more).make()  # type: ignore[arg-type]


def reasons(plan: Plan) -> dict[str, str]:
    return {one.task: one.binding.reason for one in plan.decisions if isinstance(one, Wait)}


async def test_a_pause_stops_new_work_until_it_is_lifted(tmp_path: Path) -> None:
    here = world(tmp_path)
    async with here.service() as service:
        await service.control.pause(EVERYTHING, at_once=False)
        assert reasons(await service.ticker.tick()) == {"one": "paused"}
        lifted = await service.control.resume(Scope.ALL, "")
        await settle(service)
        assert (await task_of(service, "one")).state is TaskState.LANDED
    assert (lifted.who, lifted.why) == ("jo", "budget talk")
    assert [name for name, _ in here.log if name.startswith("pause.")] == ["pause.set", "pause.lifted"]
    with pytest.raises(NotFound, match="everything is not paused"):
        async with here.service() as service:
            await service.control.resume(Scope.ALL, "")


async def test_a_daemon_that_begins_paused_starts_nothing_before_it_is_let_go(tmp_path: Path) -> None:
    here = world(tmp_path)
    async with here.built() as service:
        stop = asyncio.Event()
        serving = asyncio.create_task(service.serve(stop, pause=EVERYTHING))
        await here.hears("task.waiting", task="one", reason="paused")
        await service.control.resume(Scope.ALL, "")
        await here.hears("task.landed", task="one")
        stop.set()
        await serving
    names = [name for name, _ in here.log]
    assert names.index("pause.set") < names.index("daemon.ready") < names.index("pause.lifted")
    assert names.index("pause.lifted") < names.index("run.started")


async def test_a_pause_outlasts_the_daemon_and_ends_by_itself(tmp_path: Path) -> None:
    here = world(tmp_path)
    async with here.service() as service:
        until = service.parts.clock.now() + timedelta(hours=2)  # seven seconds: the next one begins well before
        await service.control.pause(Pause(scope=Scope.TASK, name="one", until=until, why=""), at_once=False)
    async with here.service() as service:
        assert reasons(await service.ticker.tick()) == {"one": "held"}
        await service.parts.clock.sleep(until - service.parts.clock.now())
        await settle(service)
        assert (await task_of(service, "one")).state is TaskState.LANDED
    assert here.said("pause.lapsed") == [{"scope": "task", "of": "one"}]


async def test_a_pause_that_is_over_already_is_no_pause(tmp_path: Path) -> None:
    here = world(tmp_path)
    async with here.service() as service:
        with pytest.raises(BadQuestion, match="is over"):
            await service.control.pause(Pause(scope=Scope.ALL, name="", until=START - HOUR, why=""), at_once=False)


async def test_what_is_in_work_goes_to_its_checkpoint(tmp_path: Path) -> None:
    here = world(tmp_path, SLOW)
    async with here.service() as service:
        await service.ticker.tick()
        await here.turn_begins(service)
        await service.control.pause(EVERYTHING, at_once=False)
        await service.ticker.tick()
        await service.dispatcher.idle()
        assert await ends_of(service, "one") == [("claude", "handed_off")]
        calls = await service.parts.database.submit(accounts.calls)
        assert [call.state for call in calls] == ["settled"]
        await service.control.resume(Scope.ALL, "")
        await settle(service)
        assert (await task_of(service, "one")).state is TaskState.LANDED
    assert here.said("run.ended")[0]["why"] == "it is paused by hand"


async def test_at_once_breaks_off_and_nothing_that_was_stored_is_asked_again(tmp_path: Path) -> None:
    here = world(tmp_path, SLOW)
    async with here.service() as service:
        await service.ticker.tick()
        await here.hears("run.tool")
        await service.control.pause(EVERYTHING, at_once=True)
        assert service.dispatcher.running == ()
        assert await ends_of(service, "one") == [("claude", "handed_off")]
        assert (await task_of(service, "one")).attempts == 0
        await service.control.resume(Scope.ALL, "")
        await settle(service)
        assert (await task_of(service, "one")).state is TaskState.LANDED
    assert len(here.said("session.resumed")) == 1


async def test_at_once_breaks_off_only_what_is_meant(tmp_path: Path) -> None:
    here = world(tmp_path, SLOW)
    async with here.service() as service:
        await service.ticker.tick()
        await here.turn_begins(service)
        await service.control.pause(Pause(scope=Scope.TYPE, name="fix", until=None, why=""), at_once=True)
        assert len(service.dispatcher.running) == 1
        await service.control.pause(Pause(scope=Scope.PROVIDER, name="claude", until=None, why=""), at_once=True)
        assert len(service.dispatcher.running) == 0


async def test_what_came_to_its_own_end_meanwhile_is_left_as_it_ended(tmp_path: Path) -> None:
    here = world(tmp_path)
    async with here.service() as service:
        await service.ticker.tick()
        running = {run.id for run in service.dispatcher.running}
        await service.dispatcher.idle()
        await service.dispatcher.abort(running, "too late")
        assert (await task_of(service, "one")).state is TaskState.LANDED


# --- the stop file


async def test_the_stop_file_stops_new_work_and_its_end_lets_it_go_on(tmp_path: Path) -> None:
    here = world(tmp_path)
    async with here.service() as service:
        service.folder.stop_file.write_text("the disk is being moved\nmore\n")
        plan = await service.ticker.tick()
        service.folder.stop_file.unlink()
        await settle(service)
        assert (await task_of(service, "one")).state is TaskState.LANDED
    (wait,) = [one for one in plan.decisions if isinstance(one, Wait)]
    assert wait.binding.reason == "paused"
    assert wait.binding.detail.endswith("WATCHBILL_STOP: the disk is being moved")


async def test_the_stop_file_counts_to_the_last_moment_before_a_start(tmp_path: Path) -> None:
    here = world(tmp_path)
    async with here.service() as service:
        plan = await service.ticker.tick(narrow=lambda seen: seen.__class__())
        assert not plan.starts
        seen = await service.ticker.tick(narrow=lambda whole: _and(whole, service.folder.stop_file.touch))
        assert len(seen.starts) == 1
        assert service.dispatcher.running == ()
        assert (await task_of(service, "one")).state is TaskState.QUEUED


def _and(value: object, deed: object) -> object:
    deed()  # type: ignore[operator]
    return value


async def test_once_honours_the_stop_file(tmp_path: Path) -> None:
    here = world(tmp_path)
    async with here.built() as service:
        service.folder.stop_file.touch()
        done = await service.once()
    assert (done.started, reasons(done.plan)) == ((), {"one": "paused"})


async def test_a_serving_daemon_sees_the_file_come_and_go_and_lets_work_reach_its_checkpoint(tmp_path: Path) -> None:
    here = world(tmp_path, SLOW, rate=60)
    stop = asyncio.Event()
    async with here.built() as service:
        serving = asyncio.create_task(service.serve(stop))
        await here.turn_begins(service)
        service.folder.stop_file.touch()
        await here.hears("daemon.halted")
        await here.hears("run.ended", state="handed_off")
        service.folder.stop_file.unlink()
        await here.hears("daemon.unhalted")
        await here.hears("task.landed")
        stop.set()
        await serving
    assert len(here.said("daemon.halted")) == 1


async def test_the_brake_needs_no_tick_to_stop_what_runs(tmp_path: Path) -> None:
    here = world(tmp_path, SLOW)
    async with here.service() as service:
        await service.ticker.tick()
        await here.turn_begins(service)
        service.folder.stop_file.touch()
        watching = asyncio.create_task(service.brake.watch(halt=service.dispatcher.halt, wake=lambda: None))
        await service.dispatcher.idle()
        watching.cancel()
        assert await ends_of(service, "one") == [("claude", "handed_off")]


def test_whatever_is_called_so_stops(tmp_path: Path) -> None:
    stop = tmp_path / "WATCHBILL_STOP"
    assert brake.pause_of(stop) is None

    stop.symlink_to("nowhere")
    assert brake.pause_of(stop) is not None
    stop.unlink()
    stop.mkdir()
    pause = brake.pause_of(stop)

    assert pause is not None
    assert (pause.why, pause.lift) == ("", f"rm {stop}")


def test_the_reason_of_the_file_is_one_short_line(tmp_path: Path) -> None:
    stop = tmp_path / "WATCHBILL_STOP"
    stop.write_bytes(b"\x1b[31mred\xff" + b"x" * 1000 + b"\nsecond")

    pause = brake.pause_of(stop)

    assert pause is not None
    assert pause.why.startswith("[31mred\ufffdxxx")
    assert len(pause.why) < 201


def test_a_file_that_vanishes_while_it_is_read_still_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(brake, "is_pulled", lambda _: True)

    pause = brake.pause_of(tmp_path / "gone")

    assert pause is not None
    assert (pause.why, pause.since) == ("", None)


def test_a_brake_is_told_by_its_events(tmp_path: Path) -> None:
    assert not Brake(stop_file=tmp_path / "x", events=None).is_pulled()  # type: ignore[arg-type]


# --- modes and what people do with tasks


async def test_by_hand_only_what_was_released_starts(tmp_path: Path) -> None:
    here = world(tmp_path, daemon='mode = "manual"')
    async with here.service() as service:
        assert reasons(await service.ticker.tick()) == {"one": "not_released"}
        await service.control.release(TaskId("one"))
        await settle(service)
        assert (await task_of(service, "one")).state is TaskState.LANDED


async def test_once_with_a_task_lets_it_go(tmp_path: Path) -> None:
    here = world(tmp_path, daemon='mode = "manual"')
    async with here.built() as service:
        done = await service.once(task=TaskId("one"))
    assert done.done == ("one",)


async def test_under_gradual_a_few_start_each_on_its_branch(tmp_path: Path) -> None:
    files = {
        **FILES,
        "docs/AI_TASK_QUEUE.md": "- [ ] One [id:: one] [files:: notes.md] [delivery:: land]\n- [ ] Two [id:: two] [files:: b.md]\n",
    }
    here = world(tmp_path, files=files, repo='mode = "gradual"\ngradual_per_day = 1')
    async with here.service() as service:
        await settle(service)
        plan = await service.ticker.tick()
    assert reasons(plan) == {"two": "daily_quota"}
    assert here.said("task.landed")[0]["target"] == "watchbill/one"
    assert here.git("rev-parse", "--verify", "--quiet", "watchbill/one")


async def test_a_bumped_task_is_next_and_on_its_provider(tmp_path: Path) -> None:
    here = world(
        tmp_path, files={**FILES, "docs/AI_TASK_QUEUE.md": "## P1\n- [ ] One [id:: one]\n## P5\n- [ ] Two [id:: two]\n"}
    )
    here.scripts = {"claude": DONE, "gpt": DONE}
    async with here.service() as service:
        await service.ticker.tick(narrow=lambda seen: seen.__class__())
        bumped = await service.control.bump(TaskId("two"), ProviderName("gpt"))
        plan = await service.ticker.tick()
        await service.dispatcher.idle()
    assert bumped.pin == "gpt"
    assert [(start.task, start.provider) for start in plan.starts] == [("two", "gpt")]
    assert here.said("task.bumped") == [{"task": "two", "provider": "gpt"}]


async def test_what_a_queue_file_says_is_changed_there(tmp_path: Path) -> None:
    here = world(tmp_path, daemon='mode = "manual"')
    async with here.service() as service:
        await service.ticker.tick()
        with pytest.raises(
            OwnedByQueue, match=r"one is written in docs/AI_TASK_QUEUE.md:5 of repo.*the priority there"
        ):
            await service.control.edit(TaskId("one"), {"priority": 0})


async def test_an_added_task_can_be_edited_while_it_waits(tmp_path: Path) -> None:
    here = world(tmp_path, daemon='mode = "manual"')
    async with here.service() as service:
        await service.control.add("new.md", "---\nid: new\n---\n# New\n")
        await service.control.add("other.md", "---\nid: other\nafter: new\n---\n# Other\n")
        await service.ticker.tick()
        edited = await service.control.edit(TaskId("new"), {"priority": 0, "claims": ("x.md",)})
        assert (edited.priority, (await task_of(service, "new")).claims) == (0, ("x.md",))
        with pytest.raises(BadQuestion, match="no task is called 'zz'"):
            await service.control.edit(TaskId("new"), {"needs": ("zz",)})
        with pytest.raises(BadQuestion, match="these would wait for each other: new → other → new"):
            await service.control.edit(TaskId("new"), {"needs": ("other",)})
        await service.parts.database.submit(
            lambda conn: tasks.move(conn, TaskId("new"), TaskState.CANCELLED, now=START)
        )
        with pytest.raises(IllegalMove, match="it is cancelled"):
            await service.control.edit(TaskId("new"), {"priority": 1})
        with pytest.raises(NotFound):
            await service.control.edit(TaskId("gone"), {"priority": 1})


# --- locks and leaving


async def test_a_run_whose_lock_is_broken_breaks_off_and_its_task_waits_for_a_person(tmp_path: Path) -> None:
    here = world(tmp_path, SLOW)
    async with here.service() as service:
        await service.ticker.tick()
        await here.turn_begins(service)
        with pytest.raises(IllegalMove, match="is in work"):
            await service.control.retry(TaskId("one"))
        broken = await service.control.break_lock(TaskId("one"), who="jo", why="it hangs")
        assert service.dispatcher.running == ()
        assert await service.parts.database.submit(claims.live) == []
        assert reasons(await service.ticker.tick()) == {"one": "held"}
        await service.control.release(TaskId("one"))
        await settle(service)
        assert (await task_of(service, "one")).state is TaskState.LANDED
    assert here.said("lock.broken") == [
        {"task": "one", "run": broken.run, "files": list(broken.files), "who": "jo", "why": "it hangs"}
    ]


async def test_a_daemon_that_is_asked_to_leave_brings_its_work_to_a_checkpoint(tmp_path: Path) -> None:
    here = world(tmp_path, SLOW, rate=60)
    async with here.built() as service:
        serving = asyncio.create_task(service.serve(asyncio.Event()))
        await here.turn_begins(service)
        leaving = await service.control.drain(timedelta(hours=1), who="jo", why="a new disk")
        await serving
    assert len(leaving.runs) == 1
    assert [ended["state"] for ended in here.said("run.ended")] == ["handed_off"]
    assert here.said("daemon.drain_asked") == [{"within": 3600.0, "who": "jo", "why": "a new disk"}]

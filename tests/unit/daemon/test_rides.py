"""Rides through the daemon: one run does small tasks on one file, and whatever happens to it, none of them is lost or stuck."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from tests.unit.daemon.test_dialogue import WRITE, steps
from tests.worlds import FILES, World, ends_of, settle, task_of
from watchbill.daemon import recovery
from watchbill.daemon.service import Service
from watchbill.domain.errors import LeaseLost
from watchbill.domain.ids import TaskId
from watchbill.domain.outcomes import SetbackKind
from watchbill.domain.pauses import Scope
from watchbill.domain.tasks import TaskState
from watchbill.providers.scripted import Fail, Script, finish, say, use
from watchbill.scheduling.decisions import Plan
from watchbill.scheduling.planner import plan
from watchbill.state import briefs, intents, pauses, rides, sessions, snapshot, tasks

pytestmark = pytest.mark.anyio

ENTRIES = "".join(
    f"- [ ] Mend {name} #fix [id:: {name}]\n  - **Files:** `notes.md`\n  - **Requirements:** mind {name}\n\n"
    for name in ("one", "two", "three")
)
DONE = steps(WRITE, finish("done"))
BROKEN = say("", use("write_file", path="notes.json", content="{,}"))


def world(tmp_path: Path, *scripts: Script, entries: str = ENTRIES, **more: object) -> World:
    files = {**FILES, "docs/AI_TASK_QUEUE.md": f"# Queue\n\n## PRIORITY 1\n\n{entries}"}
    called = dict(zip(("claude", "gpt"), scripts or (DONE,), strict=False))
    return World(root=tmp_path, scripts=called, files=files, **more).make()  # type: ignore[arg-type]


async def states(service: Service) -> Mapping[str, str]:
    found = await service.parts.database.submit(tasks.all_tasks)
    return {task.id: task.state.value for task in found}


async def ride_states(service: Service) -> Mapping[str, str]:
    found = await service.parts.database.submit(rides.all_rides)
    return {ride.task: ride.state.value for ride in found}


async def edit(service: Service, name: str, **changes: object) -> None:
    task = replace(await task_of(service, name), **changes)  # type: ignore[arg-type]
    await service.parts.database.submit(lambda conn: tasks.rewrite(conn, task, service.parts.clock.now()))


async def test_three_small_tasks_are_one_run_and_one_commit(tmp_path: Path) -> None:
    here = world(tmp_path)
    async with here.service() as service:
        await settle(service)
        assert set((await states(service)).values()) == {"landed"}
        assert await ends_of(service, "one") == [("claude", "landed")]
        assert await ends_of(service, "two") == await ends_of(service, "three") == []
        prompt = await service.parts.database.submit(lambda conn: briefs.of_run(conn, "run-1"))

    assert here.git("rev-list", "--count", "main..watchbill/main").strip() == "1"
    message = here.git("log", "-1", "--format=%B", "watchbill/main")
    assert message.startswith("Mend one\n\nDone with it:\n- Mend three\n- Mend two\n")
    assert "Task-Id: one\nTask-Id: three\nTask-Id: two\nRun-Id: run-1\n" in message
    assert [facts["task"] for facts in here.said("task.landed")] == ["one", "three", "two"]
    assert here.said("run.started")[0]["riders"] == ["three", "two"]
    assert here.queue.read_text().count("- [x]") == 3
    assert here.queue.read_text().count("run-1 with one $0") == 2
    assert "3 tasks (their type: fix)" in prompt
    assert "Do all of them before you finish" in prompt
    assert all(f"Requirements: mind {name}" in prompt for name in ("one", "two", "three"))


async def test_whoever_the_model_leaves_undone_goes_alone(tmp_path: Path) -> None:
    one = say("", use("write_file", path="notes.md", content="one\n"))
    most = say("", use("finish", done=True, summary="two are done", undone=["Mend two"]))
    last = steps(say("", use("write_file", path="notes.md", content="two\n")), finish("done"))

    def play(scene: object) -> object:
        return (steps(one, most) if "3 tasks" in scene.brief else last)(scene)  # type: ignore[attr-defined, arg-type]

    here = world(tmp_path, play)  # type: ignore[arg-type]
    async with here.service() as service:
        await settle(service)
        assert set((await states(service)).values()) == {"landed"}
        assert await ride_states(service) == {"three": "landed", "two": "left"}
        assert await ends_of(service, "two") == [("claude", "landed")]


async def test_a_title_that_nobody_has_is_no_task_undone(tmp_path: Path) -> None:
    wrong = say("", use("finish", done=True, summary="", undone=["Mend four"]))
    here = world(tmp_path, steps(WRITE, wrong, finish("done")))
    async with here.service() as service:
        await settle(service)
        said = await service.parts.database.submit(lambda conn: sessions.get(conn, TaskId("one")))
        assert set((await ride_states(service)).values()) == {"landed"}

    assert said is not None
    assert "undone names none of your tasks with 'Mend four'" in str(said.transcript.entries)


async def test_who_leaves_its_own_task_undone_hands_all_on(tmp_path: Path) -> None:
    none = say("", use("finish", done=True, summary="", undone=["Mend one"]))
    here = world(tmp_path, steps(WRITE, none, finish("done")))
    async with here.service() as service:
        await settle(service)
        assert await ends_of(service, "one") == [("claude", "handed_off"), ("claude", "landed")]
        assert set((await ride_states(service)).values()) == {"landed"}


async def test_where_merging_is_off_each_goes_alone(tmp_path: Path) -> None:
    here = world(tmp_path, budget="[saving]\nmerge = false", entries=ENTRIES)
    async with here.service() as service:
        await service.ticker.tick()
        assert not await ride_states(service)


async def test_what_the_gates_refuse_is_done_again_each_by_itself(tmp_path: Path) -> None:
    bad = ENTRIES.replace("notes.md", "notes.json")
    numbered = {"one": 1, "two": 2, "three": 3}

    def play(scene: object) -> object:
        if "3 tasks" in scene.brief:  # type: ignore[attr-defined]
            return steps(BROKEN, finish("done"))(scene)  # type: ignore[arg-type]
        mine = f'{{"a": {numbered[scene.purpose.task]}}}'  # type: ignore[attr-defined]
        return steps(say("", use("write_file", path="notes.json", content=mine)), finish("done"))(scene)  # type: ignore[arg-type]

    here = world(tmp_path, play, play, entries=bad, repo="max_repairs = 0")  # type: ignore[arg-type]
    async with here.service() as service:
        await settle(service)
        assert set((await states(service)).values()) == {"landed"}
        assert [end for _, end in await ends_of(service, "one")] == ["rejected", "landed"]
        assert [end for _, end in await ends_of(service, "two")] == ["landed"]
        assert await ride_states(service) == {"two": "left", "three": "left"}

    assert here.git("rev-list", "--count", "main..watchbill/main").strip() == "3"


async def test_a_hand_over_takes_the_riders_along(tmp_path: Path) -> None:
    down = steps(WRITE, Fail(kind=SetbackKind.AUTH_FAILED))
    here = world(tmp_path, down, DONE)
    async with here.service() as service:
        await service.ticker.tick()
        await service.dispatcher.idle()
        assert await ride_states(service) == {"two": "riding", "three": "riding"}
        await settle(service)
        assert [end for _, end in await ends_of(service, "one")] == ["handed_off", "landed"]
        assert await ride_states(service) == {"two": "landed", "three": "landed"}


async def test_who_was_edited_held_or_cancelled_meanwhile_does_not_land(tmp_path: Path) -> None:
    down = steps(WRITE, Fail(kind=SetbackKind.AUTH_FAILED))
    here = world(tmp_path, down, DONE)
    async with here.service() as service:
        now = service.parts.clock.now()
        await service.ticker.tick()
        await service.parts.database.submit(lambda conn: tasks.move(conn, TaskId("two"), TaskState.CANCELLED, now=now))
        await service.parts.database.submit(
            lambda conn: pauses.put(conn, Scope.TASK, "three", until=None, why="", now=now)
        )
        await service.dispatcher.idle()
        await settle(service)
        assert await states(service) == {"one": "landed", "two": "cancelled", "three": "queued"}
        assert await ride_states(service) == {"two": "left", "three": "left"}


async def test_a_rider_that_was_edited_since_the_plan_gets_on_as_it_is_or_not_at_all(tmp_path: Path) -> None:
    here = world(tmp_path)
    async with here.service() as service:
        await service.ticker.tick(narrow=lambda seen: replace(seen, tasks=()))
        await edit(service, "two", claims=("other.md",))
        await service.ticker.refresh(service.orders.standing)
        start = (await planned(service)).starts[0]
        await edit(service, "three", needs=(TaskId("two"),))
        await service.dispatcher.start(replace(start, riders=(TaskId("two"), TaskId("three"), TaskId("gone"))))
        assert not await ride_states(service)
        await service.dispatcher.idle()


async def planned(service: Service) -> Plan:
    now, bill = service.parts.clock.now(), service.orders.standing.bill
    seen = await service.parts.database.submit(lambda conn: snapshot.load(conn, bill, now))
    return plan(seen, bill, now)


async def test_evidence_after_a_crash_lands_riders_with_their_lead(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = world(tmp_path)
    async with here.service() as service:

        async def dies(*_: object, **__: object) -> None:
            raise LeaseLost("as if it were killed between swap and row")

        monkeypatch.setattr(service.parts.deliverer, "_landed", dies)
        await service.ticker.tick()
        await service.dispatcher.idle()
        assert await service.parts.database.submit(intents.pending)
        monkeypatch.undo()
        await recovery.recover(
            database=service.parts.database,
            clock=service.parts.clock,
            events=service.recorder,
            repos=service.orders.standing.repos,
            deliverer=service.parts.deliverer,
        )
        assert set((await states(service)).values()) == {"landed"}
        await service.ticker.write_back()

    assert here.git("rev-list", "--count", "main..watchbill/main").strip() == "1"
    assert {facts["task"] for facts in here.said("task.landed")} == {"one", "two", "three"}


async def test_cancelling_the_lead_lets_the_others_go(tmp_path: Path) -> None:
    here = world(tmp_path, steps(WRITE, Fail(kind=SetbackKind.AUTH_FAILED)), DONE)
    async with here.service() as service:
        await service.ticker.tick()
        await service.dispatcher.idle()
        now = service.parts.clock.now()
        await service.parts.database.submit(lambda conn: tasks.move(conn, TaskId("one"), TaskState.CANCELLED, now=now))
        await service.ticker.tick()
        await service.dispatcher.idle()
        assert (await states(service))["one"] == "cancelled"
        assert await ride_states(service) == {"two": "left", "three": "left"}
        assert "landed" in {end for name in ("two", "three") for _, end in await ends_of(service, name)}

"""Accounts at rest: one limit stops everybody's next request, lasts over a restart, and ends with a single probe."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

import pytest

from tests.clocks import FastClock
from tests.unit.daemon.test_dialogue import WRITE, steps
from tests.worlds import FILES, START, World, ends_of, settle, task_of
from watchbill.daemon.setbacks import GRACE, rest_after
from watchbill.daemon.terms import RunTerms
from watchbill.domain.ids import ProviderName
from watchbill.domain.outcomes import LimitWindow, Scope, Setback, SetbackKind, WindowUse
from watchbill.domain.tasks import TaskState
from watchbill.providers.scripted import Fail, Say, Scene, Step, finish, say, use
from watchbill.state import accounts, allowances, holds, snapshot

pytestmark = pytest.mark.anyio

T = TypeVar("T")
MANY = 20
CLAUDE = ProviderName("claude")
DONE = steps(WRITE, finish("done"))
LIMIT = Fail(kind=SetbackKind.EXHAUSTED, message="weekly limit", until=timedelta(hours=2))


def queue(count: int) -> dict[str, str]:
    entries = "\n".join(f"- [ ] Do {number} [id:: t{number}] [files:: f{number}.md]" for number in range(count))
    return {**FILES, "docs/AI_TASK_QUEUE.md": f"# Queue\n\n## PRIORITY 1\n\n{entries}\n"}


def write_own(scene: Scene) -> Step:
    """Write the task's own file, then finish."""
    path = f"f{scene.purpose.task.removeprefix('t')}.md"
    return steps(say("", use("write_file", path=path, content="# Text\n")), finish("done"))(scene)


class GatedClock(FastClock):
    """Runs fast, but for spans that wait at a gate until a test opens it."""

    def __init__(self, *gated: timedelta) -> None:
        super().__init__(start=START, rate=1_000)
        self.gate_by_span = {span: asyncio.Event() for span in gated}

    async def sleep(self, span: timedelta) -> None:
        gate = self.gate_by_span.get(span)
        if gate is None:
            await super().sleep(span)
        else:
            await gate.wait()


async def until_there_are(count: int, look: Callable[[], Awaitable[Sequence[T]]]) -> Sequence[T]:
    async with asyncio.timeout(60):
        while len(found := await look()) < count:
            await asyncio.sleep(0.02)
    return found


async def test_after_the_first_limit_with_twenty_runs_in_flight_nothing_more_is_sent(tmp_path: Path) -> None:
    """Of twenty whose requests are on the wire one meets the limit; the others are answered, and would ask again."""
    first, later = timedelta(minutes=1, seconds=1), timedelta(minutes=3, seconds=3)
    clock = GatedClock(first, later)

    def script(scene: Scene) -> Step:
        limited = scene.purpose.task == "t0"
        return replace(LIMIT, takes=first) if limited else say("", use("list_files"), takes=later)

    here = World(
        root=tmp_path,
        scripts={"claude": script},
        files=queue(MANY),
        daemon=f"max_parallel = {MANY}",
        keys={"claude": f"concurrent = {MANY}"},
        clock=clock,
        terms=RunTerms(lease_ttl=timedelta(days=9), dead_after=timedelta(days=9)),
    ).make()
    async with here.service() as service:
        submit = service.parts.database.submit
        await service.ticker.tick()
        await until_there_are(MANY, lambda: submit(accounts.calls))
        clock.gate_by_span[first].set()
        (held,) = await until_there_are(1, lambda: submit(holds.all))
        clock.gate_by_span[later].set()
        await service.dispatcher.idle()
        sent = await submit(accounts.calls)
        ends = [end for number in range(1, MANY) for end in await ends_of(service, f"t{number}")]
        plan = await service.ticker.tick()

    assert len(sent) == MANY  # those that were on the wire, and not one more
    assert (held.kind, held.why, held.model) == ("exhausted", "weekly limit", "")
    assert {state for _, state in ends} == {"handed_off"}  # what they had done is kept, and no attempt is used up
    assert not plan.starts
    assert len(here.said("provider.held")) == 1


class LeapClock(FastClock):
    """Runs as the wall does, and is moved on by a test."""

    def leap_to(self, moment: datetime) -> None:
        self._start += moment - self.now()


async def test_a_limit_ends_by_itself_over_a_restart_within_two_minutes_of_its_reset(tmp_path: Path) -> None:
    clock = LeapClock(start=START, rate=1)

    def script(scene: Scene) -> Step:
        return LIMIT if scene.now < START + timedelta(hours=2) else DONE(scene)

    here = World(root=tmp_path, scripts={"claude": script}, clock=clock).make()
    async with here.service() as service:
        await service.ticker.tick()
        await service.dispatcher.idle()
        (held,) = await service.parts.database.submit(holds.all)
    assert held.until is not None
    clock.leap_to(held.until - timedelta(minutes=1))
    async with here.service() as service:
        early = await service.ticker.tick()
        clock.leap_to(early.look_again)
        due = await service.ticker.tick()
        await service.dispatcher.idle()
        state = (await task_of(service, "one")).state

    assert not early.starts
    assert held.until <= early.look_again <= held.until - GRACE + timedelta(seconds=120)
    assert len(due.starts) == 1
    assert state is TaskState.LANDED


async def test_one_run_tries_an_account_again_and_its_answer_lets_the_others_go(tmp_path: Path) -> None:
    here = World(root=tmp_path, scripts={"claude": DONE}, files=queue(3), daemon="max_parallel = 3", keys={"claude": "concurrent = 3"}).make()  # fmt: skip
    async with here.service() as service:
        now = service.parts.clock.now()
        await service.parts.database.submit(
            lambda conn: holds.put(conn, CLAUDE, until=now, kind="exhausted", why="over", now=now)
        )
        first = await service.ticker.tick()
        released = here.said("provider.released")
        await service.dispatcher.idle()
        left = await service.parts.database.submit(holds.tried)
        second = await service.ticker.tick()
        await service.dispatcher.idle()

    assert len(released) == 1
    assert len(first.starts) == 1
    assert not left
    assert len(second.starts) == 2


async def test_without_auto_resume_a_hold_waits_for_a_person(tmp_path: Path) -> None:
    here = World(root=tmp_path, scripts={"claude": DONE}, daemon="auto_resume = false").make()
    async with here.service() as service:
        now = service.parts.clock.now()
        await service.parts.database.submit(
            lambda conn: holds.put(conn, CLAUDE, until=now, kind="exhausted", why="over", now=now)
        )
        plan = await service.ticker.tick()
        seen = await service.parts.database.submit(
            lambda conn: snapshot.load(conn, service.orders.standing.bill, service.parts.clock.now())
        )
        await service.parts.database.submit(lambda conn: holds.lift(conn, CLAUDE))
        await settle(service)
        landed = (await task_of(service, "one")).state

    assert not plan.starts
    assert seen.providers[0].held_until == snapshot.FOREVER
    assert landed is TaskState.LANDED


async def test_a_limit_of_one_model_leaves_the_account_to_its_others(tmp_path: Path) -> None:
    asked: list[str] = []

    def script(scene: Scene) -> Step:
        asked.append(scene.purpose.model)
        return replace(LIMIT, scope=Scope.MODEL) if scene.purpose.model == "scripted-claude" else DONE(scene)

    more = ' }, { id = "other"'
    here = World(root=tmp_path, scripts={"claude": script}, models={"claude": more}).make()
    async with here.service() as service:
        await service.ticker.tick()
        await service.dispatcher.idle()
        (held,) = await service.parts.database.submit(holds.all)
        await settle(service)
        landed = (await task_of(service, "one")).state

    assert held.model == "scripted-claude"
    assert asked[:2] == ["scripted-claude", "other"]
    assert landed is TaskState.LANDED


async def test_an_allowance_that_is_nearly_used_up_lets_what_runs_go_on_and_nothing_begin(tmp_path: Path) -> None:
    reset = START + timedelta(hours=20)
    nearly = WindowUse(window=LimitWindow.FIVE_HOURS, used=0.93, resets_at=reset)

    def script(scene: Scene) -> Step:
        step = write_own(scene)
        return replace(step, told=(nearly,)) if isinstance(step, Say) else step

    here = World(root=tmp_path, scripts={"claude": script}, files=queue(2), daemon="max_parallel = 1").make()
    async with here.service() as service:
        await settle(service)
        states = [(await task_of(service, name)).state for name in ("t0", "t1")]
        seen = await service.parts.database.submit(
            lambda conn: snapshot.load(conn, service.orders.standing.bill, service.parts.clock.now())
        )
        (held,) = await service.parts.database.submit(lambda conn: list(allowances.nearly_used_up(conn)))

    assert states == [TaskState.LANDED, TaskState.QUEUED]
    assert (seen.providers[0].held_until, seen.providers[0].held_why) == (reset, held.why)


def test_who_was_kept_from_sending_puts_nothing_to_rest_and_makes_no_hold_longer() -> None:
    barred = Setback(kind=SetbackKind.EXHAUSTED, message="", until=START, resting=True)

    assert rest_after(barred, START) is None
    assert rest_after(replace(barred, resting=False), START) is not None

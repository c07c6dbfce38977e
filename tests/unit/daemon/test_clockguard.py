"""The clock guard: a clock that is set and a machine that sleeps are noticed, told, and hurt nobody."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.clocks import FastClock, JumpClock
from tests.unit.daemon.test_dialogue import WRITE, steps
from tests.unit.daemon.test_reload import CLAUDE, Held, hold
from tests.worlds import FILES, START, World, ends_of, settle, task_of
from watchbill.daemon.clockguard import LEAST, Jump, Reading, compare, least_of, read
from watchbill.daemon.clocks import SystemClock
from watchbill.daemon.service import Service
from watchbill.daemon.terms import Stop
from watchbill.domain.tasks import TaskState
from watchbill.providers.scripted import finish
from watchbill.state import holds, leases, runs
from watchbill.state.engine import Connection

pytestmark = pytest.mark.anyio

HOURS, YEARS = timedelta(hours=3), timedelta(days=3653)
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
DONE = steps(WRITE, finish("done"))
spans = st.timedeltas(min_value=-YEARS, max_value=YEARS)
short = st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=30))


def reading(
    at: timedelta = timedelta(0), *, set_by: timedelta = timedelta(0), slept: timedelta = timedelta(0)
) -> Reading:
    return Reading(wall=NOON + at + slept + set_by, monotonic=at.total_seconds(), boot=(at + slept).total_seconds())


# --- noticing


@given(short)
def test_time_that_passes_is_no_jump(passed: timedelta) -> None:
    assert compare(reading(), reading(passed), LEAST) is None


@given(short, spans.filter(lambda span: abs(span) >= LEAST))
def test_a_clock_that_is_set_is_noticed_by_how_much(passed: timedelta, by: timedelta) -> None:
    jump = compare(reading(), reading(passed, set_by=by), LEAST)

    assert jump is not None
    assert abs(jump.wall - by) < timedelta(milliseconds=1)
    assert jump.asleep == timedelta(0)


@given(short, short.filter(lambda span: span >= LEAST * 2))
def test_a_sleep_is_noticed_and_no_jump(passed: timedelta, slept: timedelta) -> None:
    jump = compare(reading(), reading(passed, slept=slept), LEAST)

    assert jump is not None
    assert jump.wall == timedelta(0)
    assert abs(jump.asleep - slept) < timedelta(milliseconds=1)


def test_a_clock_that_is_set_during_a_sleep_is_both() -> None:
    jump = compare(reading(), reading(timedelta(seconds=1), set_by=HOURS, slept=HOURS), LEAST)

    assert jump == Jump(wall=HOURS, asleep=HOURS)


def test_a_clock_that_is_slewed_is_no_jump() -> None:
    assert compare(reading(), reading(timedelta(seconds=1), set_by=LEAST / 2), LEAST) is None


def test_the_machines_three_clocks_are_read_at_one_moment() -> None:
    clock = SystemClock()

    assert least_of(clock) == LEAST
    assert compare(read(clock, LEAST), read(clock, LEAST), LEAST) is None


def test_a_process_that_lost_its_turn_while_reading_reads_anew() -> None:
    class Interrupted(SystemClock):
        times = 0

        def boot(self) -> float:
            self.times += 1
            return 1_000.0 + (60 if self.times in (2, 4) else 0) + self.times / 1_000

    clock = Interrupted()
    read(clock, LEAST)

    assert clock.times == 6


def test_a_fast_clock_jumps_by_more_before_it_counts() -> None:
    assert least_of(FastClock(start=NOON, rate=100)) == 100 * LEAST


# --- putting right


def world(tmp_path: Path, **more: Any) -> tuple[World, JumpClock]:
    clock = JumpClock(start=START, rate=1_000)
    return World(root=tmp_path, scripts={"claude": DONE}, clock=clock, **more).make(), clock


async def running(service: Service) -> Held:
    held = hold(service)
    await service.ticker.tick()
    await held.asked.wait()
    return held


def lease(conn: Connection) -> Any:
    return conn.execute("SELECT expires_ms FROM leases").fetchone()["expires_ms"]


@pytest.mark.parametrize("by", [HOURS, -HOURS, YEARS, -YEARS])
async def test_a_run_survives_a_clock_that_is_set(tmp_path: Path, by: timedelta) -> None:
    here, clock = world(tmp_path)
    async with here.service() as service:
        held = await running(service)
        clock.set_by(by)
        await service.guard.look()
        await service.ticker.tick()
        held.may_answer.set()
        await service.dispatcher.idle()

        assert await ends_of(service, "one") == [("claude", "landed")]
    assert [round(float(str(said["by"])) / 60) for said in here.said("clock.jumped")] == [
        round(by.total_seconds() / 60)
    ]


async def test_a_run_that_slept_with_its_machine_is_not_old(tmp_path: Path) -> None:
    here, clock = world(tmp_path)
    async with here.service() as service:
        held = await running(service)
        clock.sleep_machine(timedelta(hours=9))
        await service.guard.look()
        await service.ticker.tick()
        held.may_answer.set()
        await service.dispatcher.idle()

        assert await ends_of(service, "one") == [("claude", "landed")]
    assert here.said("clock.jumped")[0]["by"] == 0


async def test_a_run_that_is_old_in_truth_is_asked_to_hand_over_whatever_the_clock_says(tmp_path: Path) -> None:
    here, clock = world(tmp_path, daemon='session_soft = "30m"')
    async with here.service() as service:
        held = await running(service)
        clock.set_by(-HOURS)
        await service.guard.look()
        await clock.sleep(timedelta(minutes=31))
        await service.ticker.tick()
        held.may_answer.set()
        await service.dispatcher.idle()

        assert await ends_of(service, "one") == [("claude", "handed_off")]


async def test_leases_of_what_runs_count_from_the_new_time(tmp_path: Path) -> None:
    here, clock = world(tmp_path, daemon='lease_ttl = "90m"')
    async with here.service() as service:
        held = await running(service)
        clock.set_by(YEARS)
        await service.guard.look()
        expires = await service.parts.database.submit(lease)
        lapsed = await service.parts.database.submit(lambda conn: runs.lapsed(conn, clock.now()))
        held.may_answer.set()
        await service.dispatcher.idle()

    assert datetime.fromtimestamp(expires / 1000, UTC) > START + YEARS
    assert lapsed == []


async def test_a_lease_that_was_lost_meanwhile_stops_nobody_else(tmp_path: Path) -> None:
    here, clock = world(tmp_path)
    async with here.service() as service:
        held = await running(service)
        (run,) = service.dispatcher.running
        await service.parts.database.submit(lambda conn: leases.release(conn, run))
        clock.set_by(HOURS)
        await service.guard.look()
        service.dispatcher.stop(run.id, Stop.DRAIN)
        held.may_answer.set()
        await service.dispatcher.idle()

    assert here.said("lease.lost")


async def test_whoever_waits_for_a_moment_looks_at_the_new_time(tmp_path: Path) -> None:
    here, clock = world(tmp_path)
    woken = asyncio.Event()
    async with here.service() as service:
        service.timers.wake_at("far", clock.now() + 2 * YEARS, woken.set)
        clock.set_by(-YEARS)
        await service.guard.look()

        assert woken.is_set()
        assert service.timers.names() == ()


async def test_a_tick_that_began_by_the_old_time_is_followed_by_one_of_the_new(tmp_path: Path) -> None:
    here, clock = world(tmp_path)
    async with here.service() as service:
        ticking = asyncio.create_task(service.ticker.run())
        await asyncio.sleep(0)
        clock.set_by(-YEARS)
        await service.guard.look()
        async with asyncio.timeout(30):
            while not any(_is_new(said["next"]) for said in here.said("daemon.tick_idle")):
                await asyncio.sleep(0.02)
        ticking.cancel()


def _is_new(moment: object) -> bool:
    return isinstance(moment, datetime) and moment < START


async def test_a_jump_of_hours_starts_no_burst(tmp_path: Path) -> None:
    entries = "\n".join(f"- [ ] Do {n} [id:: t{n}] [files:: f{n}.md]" for n in range(9))
    files = {**FILES, "docs/AI_TASK_QUEUE.md": f"# Queue\n\n{entries}\n"}
    here, clock = world(tmp_path, files=files, daemon="max_parallel = 1")
    async with here.service() as service:
        held = await running(service)
        clock.set_by(HOURS)
        await service.guard.look()
        await service.ticker.tick()
        await service.ticker.tick()

        assert len(service.dispatcher.running) == 1
        held.may_answer.set()
        await service.dispatcher.idle()


async def test_a_hold_by_a_clock_that_ran_ahead_lasts_as_long_as_it_was_meant_to(tmp_path: Path) -> None:
    here, clock = world(tmp_path)
    clock.set_by(YEARS)
    async with here.service() as service:
        now = clock.now()
        await service.parts.database.submit(
            lambda conn: holds.put(conn, CLAUDE, until=now + timedelta(hours=4), kind="throttled", why="slow", now=now)
        )
        clock.set_by(-YEARS)
        await service.guard.look()
        (held,) = await service.parts.database.submit(holds.all)
        clock.set_by(timedelta(hours=5))
        await settle(service)

        assert held.until is not None
        assert timedelta(hours=3) < held.until - START < timedelta(hours=5)
        assert (await task_of(service, "one")).state is TaskState.LANDED
    assert here.said("clock.put_right") == [{"names": ("claude",)}]


async def test_what_an_earlier_daemon_wrote_by_a_wrong_clock_is_put_right_at_the_start(tmp_path: Path) -> None:
    here, clock = world(tmp_path)
    async with here.service() as service:
        now = clock.now() + YEARS
        await service.parts.database.submit(
            lambda conn: holds.put(conn, CLAUDE, until=now + timedelta(hours=1), kind="throttled", why="slow", now=now)
        )
    stop = asyncio.Event()
    async with here.built() as service:
        serving = asyncio.create_task(service.serve(stop))
        await here.hears("clock.put_right")
        stop.set()
        await serving

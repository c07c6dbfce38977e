"""The watchdog: signs of life stop as soon as a part is stuck, and come back with it."""

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from tests.managers import FakeManager, managed
from watchbill.daemon import watchdog
from watchbill.daemon.notify import Manager
from watchbill.daemon.watchdog import Pulse, Watchdog
from watchbill.domain.errors import StateError
from watchbill.state.database import Database
from watchbill.state.engine import Connection

pytestmark = pytest.mark.anyio

SOON = timedelta(milliseconds=150)
LONG = timedelta(minutes=1)


class Told:
    def __init__(self) -> None:
        self.log: list[tuple[str, object]] = []

    def emit(self, name: str, **facts: object) -> None:
        self.log.append((name, facts["parts"]))


class Counted(Pulse):
    """A pulse that knows how often it beat."""

    beats = 0

    def beat(self, rest: timedelta = timedelta(0)) -> None:
        super().beat(rest)
        self.beats += 1


class Kennel:
    """A watchdog with its manager, a real writer and a planner's pulse."""

    def __init__(self, fake: FakeManager, database: Database, *, planner: timedelta, writer: timedelta) -> None:
        self.fake = fake
        self.database = database
        self.told = Told()
        self.planner = Pulse(planner)
        self.writer = Counted(writer)
        self.watchdog = Watchdog(
            manager=Manager(address=fake.address, watchdog=timedelta(milliseconds=40)),
            database=database,
            events=self.told,
            planner=self.planner,
            status=lambda: "on watch",
            writer=self.writer,
        )

    async def pets_within(self, seconds: float, *, plans: bool = True) -> int:
        before = self.fake.count("WATCHDOG=1")
        for _ in range(int(seconds / 0.02)):
            if plans:
                self.planner.beat()
            await asyncio.sleep(0.02)
        return self.fake.count("WATCHDOG=1") - before

    async def until_petted(self, times: int) -> None:
        before = self.fake.count("WATCHDOG=1")
        async with asyncio.timeout(60):
            while self.fake.count("WATCHDOG=1") < before + times:
                await asyncio.sleep(0.01)

    async def until_the_writer_beats(self) -> None:
        before = self.writer.beats
        async with asyncio.timeout(60):
            while self.writer.beats == before:
                await asyncio.sleep(0.01)

    async def until_told(self, name: str, part: str, *, plans: bool = True) -> None:
        async with asyncio.timeout(60):
            while (name, [part]) not in self.told.log:
                if plans:
                    self.planner.beat()
                await asyncio.sleep(0.01)


@asynccontextmanager
async def kennel(tmp_path: Path, *, planner: timedelta = LONG, writer: timedelta = LONG) -> AsyncIterator[Kennel]:
    with managed(tmp_path) as fake:
        async with Database.open(tmp_path / "w.db") as database:
            made = Kennel(fake, database, planner=planner, writer=writer)
            running = asyncio.create_task(made.watchdog.run())
            yield made
            running.cancel()
            await asyncio.wait({running})


class StillTime:
    """Stands in place of the module that tells the time."""

    now = 0.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> StillTime:
    clock = StillTime()
    monkeypatch.setattr(watchdog, "time", clock)
    return clock


async def time_goes_by(here: Kennel, clock: StillTime) -> None:
    """Longer than anybody's patience, and each step shorter."""
    for _ in range(3):
        clock.now += LONG.total_seconds() * 0.9
        here.planner.beat()
        await here.until_the_writer_beats()


async def test_all_that_moves_is_petted(tmp_path: Path, clock: StillTime) -> None:
    async with kennel(tmp_path) as here:
        await time_goes_by(here, clock)
        await here.until_petted(3)
        assert here.fake.heard[0] == "READY=1\nSTATUS=on watch"
    assert here.told.log == []


async def test_a_stuck_writer_stops_the_petting_until_it_goes_on(tmp_path: Path) -> None:
    goes_on = threading.Event()

    def stuck(conn: Connection) -> None:
        goes_on.wait(30)

    async with kennel(tmp_path, writer=SOON) as here:
        writing = asyncio.create_task(here.database.submit(stuck))
        await here.until_told("daemon.stuck", "writer")
        while_stuck = await here.pets_within(0.2)
        goes_on.set()
        await writing
        await here.until_told("daemon.unstuck", "writer")

        assert while_stuck == 0
        await here.until_petted(1)
        assert "STATUS=stuck: writer" in here.fake.heard
        assert here.fake.heard[-2:] != ["STATUS=stuck: writer"]


async def test_a_stuck_planner_stops_the_petting(tmp_path: Path) -> None:
    async with kennel(tmp_path, planner=SOON) as here:
        await here.until_told("daemon.stuck", "planner", plans=False)

        assert await here.pets_within(0.2, plans=False) == 0


async def test_a_planner_that_rests_is_not_stuck(tmp_path: Path) -> None:
    async with kennel(tmp_path, planner=SOON) as here:
        here.planner.beat(rest=timedelta(minutes=15))
        await asyncio.sleep(2 * SOON.total_seconds())

        await here.until_petted(3)


async def test_a_writer_that_cannot_write_lives(tmp_path: Path, clock: StillTime) -> None:
    async with kennel(tmp_path) as here:
        here.database.submit = _full  # type: ignore[method-assign, assignment]

        await time_goes_by(here, clock)
        await here.until_petted(3)
    assert here.told.log == []


async def _full(work: object) -> None:
    raise StateError("the disk is full")


async def test_without_a_watchdog_the_parts_are_watched_all_the_same(tmp_path: Path) -> None:
    async with Database.open(tmp_path / "w.db") as database:
        told = Told()
        late = Pulse(timedelta(seconds=-1))
        watchdog = Watchdog(manager=Manager(), database=database, events=told, planner=late, status=lambda: "on watch")
        watchdog.look()
        watchdog.look()
        await asyncio.sleep(0.05)

    assert told.log == [("daemon.stuck", ["planner"])]

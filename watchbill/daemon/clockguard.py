"""The clock guard: notices when the wall clock was set or the machine slept, says so, and has everything look anew.

Three clocks are compared: the wall's, the monotonic one (stands still while the machine sleeps), and the time since boot
(goes on while it sleeps). Wall against boot is a clock that was set; boot against monotonic is a sleep. A process that was
stopped, or had no turn, is neither: all three went on.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from watchbill.daemon.dispatcher import Dispatcher
from watchbill.daemon.timers import RateClock, Timers
from watchbill.domain.errors import StateError
from watchbill.domain.ports import Events
from watchbill.state import ahead
from watchbill.state.database import Database

LEAST = timedelta(seconds=2)  # on the wall. A clock is slewed, not set, for less, and nothing of ours is that exact
_EVERY = 1.0  # seconds on the wall between two looks
_TRIES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    wall: datetime
    monotonic: float  # seconds
    boot: float  # seconds, sleep included


@dataclass(frozen=True, slots=True, kw_only=True)
class Jump:
    """What happened to time between two readings."""

    wall: timedelta  # by how much the wall clock was set; negative: back
    asleep: timedelta


def least_of(clock: RateClock) -> timedelta:
    """What counts as a jump, in the time of a clock that may run faster than the wall."""
    return LEAST * (timedelta(seconds=1) / clock.real(timedelta(seconds=1)))


def read(clock: RateClock, least: timedelta) -> Reading:
    """All three at one moment: a process that loses its turn between them reads anew, a few times."""
    for _ in range(_TRIES):
        boot = clock.boot()
        reading = Reading(wall=clock.now(), monotonic=clock.monotonic(), boot=boot)
        if clock.boot() - boot < least.total_seconds() / 4:
            break
    return reading


def compare(before: Reading, after: Reading, least: timedelta) -> Jump | None:
    """What happened in between, if anything did."""
    passed = timedelta(seconds=after.boot - before.boot)
    asleep = passed - timedelta(seconds=after.monotonic - before.monotonic)
    jumped = after.wall - before.wall - passed
    if abs(jumped) < least and asleep < least:
        return None
    return Jump(
        wall=jumped if abs(jumped) >= least else timedelta(0), asleep=asleep if asleep >= least else timedelta(0)
    )


class ClockGuard:
    """Looks once a second, and puts right what goes by the wall clock."""

    def __init__(
        self,
        *,
        clock: RateClock,
        database: Database,
        events: Events,
        dispatcher: Dispatcher,
        timers: Timers,
        wake: Callable[[], None],
    ) -> None:
        self._clock = clock
        self._database = database
        self._events = events
        self._dispatcher = dispatcher
        self._timers = timers
        self._wake = wake
        self._least = least_of(clock)
        self._last = read(clock, self._least)
        self._owes = False  # rows that could not be put right

    async def run(self) -> None:
        await self._settle()  # what an earlier daemon wrote by a clock that has been set since
        while True:
            await asyncio.sleep(_EVERY)
            await self.look()

    async def look(self) -> None:
        before, self._last = self._last, read(self._clock, self._least)
        jump = compare(before, self._last, self._least)
        if jump is None and not self._owes:
            return
        if jump is not None:
            self._events.emit("clock.jumped", by=jump.wall.total_seconds(), asleep=jump.asleep.total_seconds())
        await self._settle()
        self._timers.ring_all()
        self._wake()  # also when no timer is set: a tick that is under way began by the old time

    async def _settle(self) -> None:
        """What cannot be written now, on a full disk for instance, is told once and tried at every look."""
        try:
            await self._dispatcher.renew()
            await self.put_right()
        except StateError as fault:
            if not self._owes:
                self._events.emit("daemon.fault", error=str(fault), where="clock")
            self._owes = True
        else:
            self._owes = False

    async def put_right(self) -> None:
        now = self._clock.now()
        names = await self._database.submit(lambda conn: ahead.put_right(conn, now))
        if names:
            self._events.emit("clock.put_right", names=names)

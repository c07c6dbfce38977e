"""Clocks: the real one, and one that runs faster for the demo."""

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

_BOOT = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)  # elsewhere than on Linux a sleep goes unnoticed


class SystemClock:
    """The machine's own time."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, span: timedelta) -> None:
        await asyncio.sleep(max(0.0, span.total_seconds()))

    def real(self, span: timedelta) -> timedelta:
        """How long a span of this clock takes on the wall."""
        return span

    def boot(self) -> float:
        return time.clock_gettime(_BOOT)


class PatientClock:
    """Fast while everybody waits, slow while somebody works: a story told by it is the same on a slow machine.

    Whoever works is counted by `workers`; each of them has one sleeper of its own anyway (its heartbeat), and a second one
    while it waits for a provider. A look at the world is as fast as the clock's rest between two, unless the machine is slow.
    """

    POLL = 0.005  # seconds
    LONG_LOOK = 0.25  # seconds of the wall after which somebody works who only looks
    LONGEST_STEP = 0.02  # seconds of the wall that one look may take in, however long the machine stood still

    def __init__(self, *, start: datetime, rate: float, slow: float = 60) -> None:
        self.workers: Callable[[], int] = lambda: 0
        self.looks: Callable[[], bool] = lambda: False
        self._start = start
        self._rate = rate
        self._slow = slow
        self._now = start
        self._seen = time.monotonic()
        self._sleepers = 0
        self._looks_since: float | None = None

    def now(self) -> datetime:
        wall = time.monotonic()
        step = min(wall - self._seen, self.LONGEST_STEP)
        everybody_waits = self._sleepers >= 2 * self.workers() and not self._looks_long(wall)
        self._now += timedelta(seconds=step * (self._rate if everybody_waits else self._slow))
        self._seen = wall
        return self._now

    def _looks_long(self, wall: float) -> bool:
        if not self.looks():
            self._looks_since = None
            return False
        self._looks_since = self._looks_since or wall
        return wall - self._looks_since > self.LONG_LOOK

    def monotonic(self) -> float:
        return (self.now() - self._start).total_seconds()

    async def sleep(self, span: timedelta) -> None:
        end = self.now() + span
        self._sleepers += 1
        try:
            while self.now() < end:  # noqa: ASYNC110 - a clock has no event: it is looked at
                await asyncio.sleep(self.POLL)
        finally:
            self._sleepers -= 1

    def real(self, span: timedelta) -> timedelta:
        return span / self._rate

    def boot(self) -> float:
        return self.monotonic()

"""Clocks: the real one, and one that runs faster for the demo and its tests."""

import asyncio
import time
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


class FastClock:
    """Starts at a chosen moment and runs `rate` times as fast as the wall."""

    def __init__(self, *, start: datetime, rate: float) -> None:
        self._start = start
        self._rate = rate
        self._origin = time.monotonic()

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self.monotonic())

    def monotonic(self) -> float:
        return (time.monotonic() - self._origin) * self._rate

    async def sleep(self, span: timedelta) -> None:
        await asyncio.sleep(max(0.0, self.real(span).total_seconds()))

    def real(self, span: timedelta) -> timedelta:
        return span / self._rate

    def boot(self) -> float:
        return self.monotonic()

"""Clocks for tests: one that runs fast, and one that is set and whose machine sleeps."""

import asyncio
import time
from datetime import datetime, timedelta


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


class JumpClock(FastClock):
    """Runs fast; a hand may set it, and its machine may sleep, which the monotonic clock does not count."""

    _set_by = timedelta(0)
    _slept = timedelta(0)

    def set_by(self, span: timedelta) -> None:
        self._set_by += span

    def sleep_machine(self, span: timedelta) -> None:
        self._slept += span

    def now(self) -> datetime:
        return super().now() + self._set_by + self._slept

    def boot(self) -> float:
        return super().boot() + self._slept.total_seconds()

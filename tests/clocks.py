"""Clocks for tests: one that runs fast, one that is set and whose machine sleeps, and a deadline that comes when a test wants it."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta
from typing import Any, TypeVar
from unittest import mock

T = TypeVar("T")


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


async def late(work: Coroutine[Any, Any, T], deadline: timedelta, begun: Callable[[], bool]) -> T:
    """What comes of work whose deadline, of that length, is over as soon as it has begun: not before, however slow the machine is."""
    loop = asyncio.get_running_loop()
    now, call_at = loop.time, loop.call_at
    waits = asyncio.Event()

    def noted(when: float, *args: Any, **more: Any) -> asyncio.TimerHandle:
        if when - now() > deadline.total_seconds() / 2:
            waits.set()
        return call_at(when, *args, **more)

    with mock.patch.object(loop, "call_at", noted):
        working = asyncio.create_task(work)
        await waits.wait()
    while not begun() and not working.done():
        await asyncio.sleep(0.01)

    def after() -> float:
        return now() + deadline.total_seconds()

    with mock.patch.object(loop, "time", after):
        return await working

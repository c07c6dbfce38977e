"""Timers: APScheduler holds every one of them, and all that a timer does is to wake somebody.

Each is a date that is set again by whoever was woken, never an interval: after a jump of the wall clock the next look puts
every timer right, and no trigger of APScheduler's has to know what daylight saving is.
"""

import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Protocol

from apscheduler.jobstores.memory import MemoryJobStore
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.date import DateTrigger

from watchbill.domain.ports import Clock


class RateClock(Clock, Protocol):
    """A clock that knows how long its spans take on the wall, where APScheduler lives, and how long the machine slept."""

    def real(self, span: timedelta) -> timedelta: ...
    def boot(self) -> float:
        """Seconds that never jump and go on while the machine sleeps."""
        ...


class Timers:
    """Named one-shot timers; setting one again replaces it."""

    def __init__(self, clock: RateClock) -> None:
        self._clock = clock
        self._scheduler = AsyncIOScheduler(
            timezone=UTC,
            jobstores={"default": MemoryJobStore()},
            # as many instances as you like: it drops a wake where an earlier one of the name is not put away yet
            job_defaults={"coalesce": True, "misfire_grace_time": None, "max_instances": sys.maxsize},
        )

    def start(self) -> None:
        self._scheduler.start()

    def stop(self) -> None:
        self._scheduler.shutdown(wait=False)

    def wake_at(self, name: str, moment: datetime, wake: Callable[[], None]) -> timedelta:
        """Call wake once at this moment of our clock, at once when it is past. How far off that is on the wall."""
        ahead = max(timedelta(0), moment - self._clock.now())
        span = self._clock.real(ahead)
        self._scheduler.add_job(
            _ring, DateTrigger(datetime.now(UTC) + span), args=(wake,), id=name, replace_existing=True
        )
        return span

    def ring_all(self) -> None:
        """The clock was set, or the machine slept: whoever waits looks at the new time and sets its timer again."""
        for job in self._scheduler.get_jobs():
            job.remove()
            (wake,) = job.args
            wake()

    def names(self) -> tuple[str, ...]:
        return tuple(sorted(job.id for job in self._scheduler.get_jobs()))


async def _ring(wake: Callable[[], None]) -> None:
    """A coroutine, because what is none is called in another thread, where no event of the loop may be set."""
    wake()

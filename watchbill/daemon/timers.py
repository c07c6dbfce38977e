"""Timers: APScheduler holds every one of them, and all that a timer does is to wake somebody.

Each is a date that is set again by whoever was woken, never an interval: after a jump of the wall clock the next look puts
every timer right, and no trigger of APScheduler's has to know what daylight saving is.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Protocol

from apscheduler.jobstores.memory import MemoryJobStore
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.date import DateTrigger

from watchbill.domain.ports import Clock


class RateClock(Clock, Protocol):
    """A clock that knows how long its spans take on the wall, where APScheduler lives."""

    def real(self, span: timedelta) -> timedelta: ...


class Timers:
    """Named one-shot timers; setting one again replaces it."""

    def __init__(self, clock: RateClock) -> None:
        self._clock = clock
        self._scheduler = AsyncIOScheduler(
            timezone=UTC,
            jobstores={"default": MemoryJobStore()},
            job_defaults={"coalesce": True, "misfire_grace_time": None, "max_instances": 1},
        )

    def start(self) -> None:
        self._scheduler.start()

    def stop(self) -> None:
        self._scheduler.shutdown(wait=False)

    def wake_at(self, name: str, moment: datetime, wake: Callable[[], None]) -> None:
        """Call wake once at this moment of our clock, at once when it is past."""
        ahead = max(timedelta(0), moment - self._clock.now())
        on_the_wall = datetime.now(UTC) + self._clock.real(ahead)
        self._scheduler.add_job(wake, DateTrigger(on_the_wall), id=name, replace_existing=True)

    def names(self) -> tuple[str, ...]:
        return tuple(sorted(job.id for job in self._scheduler.get_jobs()))

"""Plans: the forecast that pages draw. With thousands of tasks it takes seconds, so it is made beside them and kept for a while."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from watchbill.operator.foretelling import foretell
from watchbill.operator.outlook import Outlook
from watchbill.scheduling.simulate import Forecast
from watchbill.scheduling.snapshot import Snapshot

AHEAD = timedelta(hours=13)  # a strip's twelve, up to its full hour
_PATIENCE = timedelta(milliseconds=80)  # of a page
_KEPT = timedelta(seconds=20)
_SHARE = 20  # it takes a twentieth of one processor at most, while somebody looks


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    forecast: Forecast
    at: datetime  # what it was made from
    until: float  # monotonic; how long it counts as new
    took: timedelta


class Plans:
    """The last forecast that was made, and the one that is being made."""

    def __init__(self) -> None:
        self._made: Made | None = None
        self._making: asyncio.Task[Made] | None = None

    async def latest(self, outlook: Outlook, look: Callable[[], Awaitable[Snapshot]]) -> Made | None:
        """A new one where that is quick, else the last one; None where the first is still being made."""
        if self._made is not None and time.monotonic() < self._made.until and self._made.at <= outlook.now:
            return self._made
        if self._making is None:
            self._making = asyncio.create_task(self._make(outlook, look), name="a page's forecast")
            self._making.add_done_callback(self._keep)
        if self._made is None or self._made.took < _PATIENCE:  # else nobody would see its end
            await asyncio.wait({self._making}, timeout=_PATIENCE.total_seconds())
        return self._made

    async def _make(self, outlook: Outlook, look: Callable[[], Awaitable[Snapshot]]) -> Made:
        seen = await look()
        began = time.monotonic()
        hours = AHEAD / timedelta(hours=1)
        forecast = await foretell(seen, outlook.bill, outlook.now, hours=hours)
        ended = time.monotonic()
        return Made(
            forecast=forecast,
            at=outlook.now,
            until=ended + max(_KEPT.total_seconds(), _SHARE * (ended - began)),
            took=timedelta(seconds=ended - began),
        )

    def _keep(self, making: "asyncio.Task[Made]") -> None:
        self._making = None
        if not making.cancelled() and making.exception() is None:
            self._made = making.result()

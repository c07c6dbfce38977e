"""The alarm: whoever owns a rhythm looks at every ring, for ever; rings before a look are one, and no fault ends it."""

import asyncio
from collections.abc import Awaitable, Callable

from watchbill.domain.ports import Events


class Alarm:
    """Rung by timers and by whatever happened elsewhere."""

    def __init__(self, events: Events, where: str) -> None:
        self._events = events
        self._where = where  # for the report of a look that failed
        self._rung = asyncio.Event()

    def ring(self) -> None:
        self._rung.set()

    async def first(self) -> None:
        """Wait for a ring, which the next look answers."""
        await self._rung.wait()

    async def at_every_ring(self, look: Callable[[], Awaitable[object]], *, again: Callable[[], object]) -> None:
        """Look now and at each ring. One that fails is reported; `again` sets the time of the next try."""
        while True:
            self._rung.clear()
            try:
                await look()
            except Exception as fault:  # noqa: BLE001 - a full disk, a repository gone: the next look may do better
                self._events.emit("daemon.fault", error=repr(fault), where=self._where)
                again()
            await self._rung.wait()

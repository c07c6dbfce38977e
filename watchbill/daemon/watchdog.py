"""The watchdog: the service manager hears of life only while loop, writer and planner make progress.

The loop proves itself by running this. The writer is asked to commit nothing. The planner beats at each of its steps, and
says before it rests when it means to look again.
"""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

from watchbill.daemon.notify import Manager
from watchbill.domain.errors import StateError
from watchbill.domain.ports import Events
from watchbill.state.database import Database
from watchbill.state.engine import Connection

_MOST_OFTEN = 10.0  # seconds; a rarer look would find a part late that is not
_WRITER = timedelta(minutes=2)  # a disk may be slow
_PLANNER = timedelta(minutes=10)  # longer than git gets for anything but a transfer


class Pulse:
    """When the next sign of life is due."""

    def __init__(self, patience: timedelta = _PLANNER) -> None:
        self._patience = patience
        self.beat()

    def beat(self, rest: timedelta = timedelta(0)) -> None:
        """A step is done; the next may take `rest` longer than patience alone, on the wall."""
        self._due = time.monotonic() + (self._patience + rest).total_seconds()

    @property
    def is_late(self) -> bool:
        return time.monotonic() > self._due


class Watchdog:
    """Looks at the parts twice in the manager's watchdog time, at least."""

    def __init__(
        self,
        *,
        manager: Manager,
        database: Database,
        events: Events,
        planner: Pulse,
        status: Callable[[], str],
        writer: Pulse | None = None,
    ) -> None:
        self._manager = manager
        self._database = database
        self._events = events
        self._pulse_by_part = {"writer": writer or Pulse(_WRITER), "planner": planner}
        self._status = status
        self._said = ""
        self.stuck: tuple[str, ...] = ()  # parts that make no progress
        self._asking: asyncio.Task[None] | None = None
        limit = manager.watchdog
        self._every = _MOST_OFTEN if limit is None else min(_MOST_OFTEN, limit.total_seconds() / 2)

    async def run(self) -> None:
        """Say that all is ready, then look for ever."""
        self._said = self._status()
        self._manager.ready(self._said)
        try:
            while True:
                self.look()
                await asyncio.sleep(self._every)
        finally:
            if self._asking is not None:
                self._asking.cancel()

    def look(self) -> None:
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._ask_writer(), name="watchdog-writer")
        stuck = [part for part, pulse in self._pulse_by_part.items() if pulse.is_late]
        if not stuck:
            self._manager.pet()
        self._tell(stuck)

    async def _ask_writer(self) -> None:
        with suppress(StateError):  # a full disk, perhaps: the writer lives and says so
            await self._database.submit(_nothing)
        self._pulse_by_part["writer"].beat()

    def _tell(self, stuck: list[str]) -> None:
        if stuck and tuple(stuck) != self.stuck:
            self._events.emit("daemon.stuck", parts=stuck)
        if self.stuck and not stuck:
            self._events.emit("daemon.unstuck", parts=list(self.stuck))
        self.stuck = tuple(stuck)
        status = f"stuck: {', '.join(stuck)}" if stuck else self._status()
        if status != self._said:
            self._said = status
            self._manager.status(status)


def _nothing(conn: Connection) -> None:
    """A commit of nothing still needs the writer, its thread and its connection."""

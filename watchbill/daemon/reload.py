"""The reloader: a new configuration is read, checked and built aside, then put in force whole; a bad one changes nothing."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime

from watchbill.config import advice, changes
from watchbill.config.problems import BadConfig
from watchbill.daemon.notify import Manager
from watchbill.daemon.opener import Opener
from watchbill.daemon.retired import Retired
from watchbill.daemon.standing import Orders, Standing
from watchbill.domain.errors import ConfigError
from watchbill.domain.ports import Clock, Events
from watchbill.operator.outlook import ConfigFacts
from watchbill.scheduling.bill import WatchBill

_QUIET = 0.25  # seconds without another SIGHUP before it is obeyed: a storm of them is one wish
_MOST_WAITS = 20  # quiet or not, it is obeyed after so many


class Reloader:
    """Replaces the orders. What runs keeps what it began under; money obeys the new caps at once."""

    def __init__(
        self,
        *,
        build: Callable[[Standing], Standing],
        orders: Orders,
        opener: Opener,
        retired: Retired,
        changed: Callable[[Standing], None],
        count: Callable[[WatchBill, datetime], Awaitable[None]],
        clock: Clock,
        events: Events,
        manager: Manager,
    ) -> None:
        self._build = build  # reads the file anew; what did not change is taken from the orders that it is given
        self._orders = orders
        self._opener = opener
        self._retired = retired
        self._count = count  # what was used before, in caps that are new
        self._changed = changed  # told of new orders just before they are in force
        self._clock = clock
        self._events = events
        self._manager = manager
        self._started = orders.standing.loaded.settings
        self._asked = asyncio.Event()
        self._turn = asyncio.Lock()
        self._begun = 0
        self.facts = ConfigFacts(loaded_at=clock.now())

    def ask(self) -> None:
        """Reload soon. Asking often is asking once."""
        self._asked.set()

    async def run(self) -> None:
        """Do what is asked for, for ever."""
        while True:
            await self._asked.wait()
            await self._until_quiet()
            await self.reload()

    async def reload(self) -> ConfigFacts:
        """How the configuration stands after a reading that began after this call; `problems` when it was rejected."""
        begun = self._begun
        async with self._turn:
            if self._begun == begun:
                self._begun += 1
                await self._reload()
            return self.facts

    async def _until_quiet(self) -> None:
        for _ in range(_MOST_WAITS):
            self._asked.clear()
            await asyncio.sleep(_QUIET)
            if not self._asked.is_set():
                break
        self._asked.clear()

    async def _reload(self) -> None:
        self._manager.reloading()
        try:
            standing = await asyncio.to_thread(self._build, self._orders.standing)
        except BadConfig as error:
            self._reject(tuple(map(str, error.problems)))
        except ConfigError as error:
            self._reject((str(error),))
        except Exception as fault:  # noqa: BLE001 - a provider's factory is foreign code; what is in force goes on
            self._reject((f"it cannot be built: {fault!r}",))
        else:
            await self._adopt(standing)
        self._manager.ready(self.status)

    def _reject(self, problems: tuple[str, ...]) -> None:
        self.facts = replace(self.facts, rejected_at=self._clock.now(), problems=problems)
        self._events.emit("config.rejected", path=str(self._orders.standing.loaded.path), problems=problems)

    async def _adopt(self, standing: Standing) -> None:
        old, settings = self._orders.standing, standing.loaded.settings
        await self._opener.open(standing.repos.values())
        self._changed(standing)
        self._orders.replace(standing)
        await self._count(standing.bill, self._clock.now())
        self._retired.add(old, standing)
        self.facts = ConfigFacts(
            loaded_at=self._clock.now(),
            reloads=self.facts.reloads + 1,
            changed=changes.changes(old.loaded.settings, settings),
            needs_restart=changes.restarts(self._started, settings),
            fell_out=changes.fell_out(old.missing, standing.missing),
            notes=await asyncio.to_thread(advice.unusable, standing.loaded, standing.missing),
        )
        self._events.emit(
            "config.reloaded",
            path=str(standing.loaded.path),
            changed=self.facts.changed,
            needs_restart=self.facts.needs_restart,
        )

    @property
    def status(self) -> str:
        """For the service manager, in one line."""
        if self.facts.problems:
            return f"a changed configuration was rejected, the last good one is in force: {self.facts.problems[0]}"
        return "on watch"

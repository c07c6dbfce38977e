"""The retired: clients of providers that a reload replaced. Each is closed when the last run that was given it has ended."""

import asyncio
from collections.abc import Callable, Iterable

from watchbill.daemon.standing import Standing
from watchbill.domain.ports import Events, Provider

_PATIENCE = 10  # seconds for one client to close its connections


class Retired:
    """Keeps them while runs go on; the service looks here every now and then."""

    def __init__(self, *, uses: Callable[[Provider], bool], events: Events) -> None:
        self._uses = uses
        self._events = events
        self._waiting: list[Provider] = []

    def add(self, old: Standing, new: Standing) -> None:
        """Take over what `new` does not go on with."""
        self._waiting += [each for name, each in old.providers.items() if new.providers.get(name) is not each]

    async def close_unused(self) -> None:
        unused = [each for each in self._waiting if not self._uses(each)]
        self._waiting = [each for each in self._waiting if each not in unused]
        await self._close(unused)

    async def close_all(self, others: Iterable[Provider]) -> None:
        """Whatever waits here, and the others with it: nothing runs any more."""
        waiting, self._waiting = self._waiting, []
        await self._close([*waiting, *others])

    async def _close(self, providers: Iterable[Provider]) -> None:
        for provider in providers:
            try:
                async with asyncio.timeout(_PATIENCE):
                    await provider.aclose()
            except Exception as fault:  # noqa: BLE001 - foreign code on a client that nobody needs any more
                self._events.emit("daemon.fault", error=repr(fault), where=f"closing {provider.name}")

"""The told meter: the store's meter, with a word for people where money is refused or becomes unknown."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from watchbill.domain.calls import Bound, Purpose, Settlement
from watchbill.domain.errors import OverBudget
from watchbill.domain.ids import CallId, ProviderName
from watchbill.domain.outcomes import WindowUse
from watchbill.domain.ports import Events, Meter


class ToldMeter(Meter):
    """Implements the Meter port by another one."""

    def __init__(self, meter: Meter, events: Events) -> None:
        self._meter = meter
        self._events = events

    async def reserve(self, purpose: Purpose, bound: Bound) -> CallId:
        with self._told():
            return await self._meter.reserve(purpose, bound)

    async def hold(self, purpose: Purpose, bound: Bound) -> CallId:
        with self._told():
            return await self._meter.hold(purpose, bound)

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except OverBudget as fault:
            self._events.emit("budget.refused", window=fault.window, left=fault.left, wanted=fault.wanted)
            raise

    async def named(self, call: CallId, request_id: str) -> None:
        await self._meter.named(call, request_id)

    async def release(self, call: CallId, why: str) -> None:
        await self._meter.release(call, why)

    async def settle_free(self, call: CallId, why: str) -> None:
        await self._meter.settle_free(call, why)

    async def settle(self, call: CallId, settlement: Settlement) -> None:
        await self._meter.settle(call, settlement)

    async def lose(self, call: CallId, why: str) -> None:
        await self._meter.lose(call, why)
        self._events.emit("cost.unknown", call=call, why=why)

    async def note(self, provider: ProviderName, uses: Sequence[WindowUse]) -> None:
        await self._meter.note(provider, uses)

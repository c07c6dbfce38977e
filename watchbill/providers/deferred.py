"""Deferred: a provider that is built at its first use. A vendor's SDK is a second and 60 MB, and an idle daemon has no use for it."""

import asyncio
from collections.abc import Callable

from watchbill.domain.batches import BatchDesk, TakesBatches
from watchbill.domain.ids import ProviderName
from watchbill.domain.outcomes import TurnEnd
from watchbill.domain.ports import ModelProvider, ProbeResult, TurnRequest
from watchbill.domain.whole import to_its_end


class Deferred:
    """Implements ModelProvider by the one that `make` builds, in a thread, so that the daemon goes on meanwhile."""

    def __init__(self, name: ProviderName, make: Callable[[], ModelProvider]) -> None:
        self.name = name
        self._make = make
        self._made: ModelProvider | None = None
        self._line = asyncio.Lock()  # two first uses at once build one

    async def turn(self, request: TurnRequest) -> TurnEnd:
        return await (await self._provider()).turn(request)

    async def probe(self) -> ProbeResult:
        return await (await self._provider()).probe()

    async def desk(self, model: str) -> BatchDesk | None:
        provider = await self._provider()
        return await provider.desk(model) if isinstance(provider, TakesBatches) else None

    async def aclose(self) -> None:
        if self._made is not None:
            await self._made.aclose()

    async def _provider(self) -> ModelProvider:
        async with self._line:
            if self._made is None:
                await to_its_end(self._build())
        assert self._made is not None, "it was built, or building raised"
        return self._made

    async def _build(self) -> None:
        self._made = await asyncio.to_thread(self._make)

"""Timely: a turn that its provider does not end by its deadline is ended from outside, as trouble on the way to it.

Over HTTP a vendor is watched by the byte (`providers/metered.py`), and so is the worker of a local model, which is ended with its
answer: five minutes without one, or fewer than a byte a second. This is for libraries that do not keep to what they were asked.
"""

import asyncio
from datetime import timedelta

from watchbill.domain.batches import BatchDesk, TakesBatches
from watchbill.domain.outcomes import Setback, SetbackKind, TurnEnd
from watchbill.domain.ports import ModelProvider, ProbeResult, TurnRequest

GRACE = timedelta(seconds=30)  # beyond the deadline: who keeps to it has to put its money right first


class Timely:
    """Implements ModelProvider by another one."""

    def __init__(self, provider: ModelProvider, *, grace: timedelta = GRACE) -> None:
        self.name = provider.name
        self._provider = provider
        self._grace = grace

    async def turn(self, request: TurnRequest) -> TurnEnd:
        """The loop's time, not our Clock's: providers are as fast as they are."""
        asking = asyncio.create_task(self._provider.turn(request))
        try:
            await asyncio.wait({asking}, timeout=(request.deadline + self._grace).total_seconds())
            if asking.done():
                return asking.result()
        finally:
            asking.cancel()
        return Setback(kind=SetbackKind.NETWORK, message=f"silent: it did not end its turn within {request.deadline}")

    async def probe(self) -> ProbeResult:
        return await self._provider.probe()

    async def desk(self, model: str) -> BatchDesk | None:
        return await self._provider.desk(model) if isinstance(self._provider, TakesBatches) else None

    async def aclose(self) -> None:
        await self._provider.aclose()

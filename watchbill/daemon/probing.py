"""Probing: asks providers whether they are well, at no cost and without any money in hand."""

import asyncio
from collections.abc import Mapping

from watchbill.domain.calls import Bound, Purpose
from watchbill.domain.errors import OverBudget
from watchbill.domain.ids import CallId, ProviderName
from watchbill.domain.ports import Meter, ProbeResult, Provider


class NoMoney(Meter):
    """Implements the Meter port for whoever must not spend: no call of it ever begins."""

    async def reserve(self, purpose: Purpose, bound: Bound) -> CallId:
        raise OverBudget(f"probe of {purpose.provider}", left=0, wanted=bound.cost)


async def probe_all(providers: Mapping[ProviderName, Provider]) -> dict[ProviderName, ProbeResult]:
    """All at once. The providers are closed afterwards."""
    results = await asyncio.gather(*(_probe(provider) for provider in providers.values()))
    return dict(zip(providers, results, strict=True))


async def _probe(provider: Provider) -> ProbeResult:
    try:
        return await provider.probe()
    finally:
        await provider.aclose()

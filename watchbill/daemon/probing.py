"""Probing: asks providers whether they are well, at no cost and without any money in hand."""

import asyncio
from collections.abc import Mapping, Sequence

from watchbill.domain.calls import Bound, Purpose, Settlement
from watchbill.domain.errors import IllegalMove, OverBudget
from watchbill.domain.ids import CallId, ProviderName
from watchbill.domain.outcomes import WindowUse
from watchbill.domain.ports import ProbeResult, Provider


class NoMoney:
    """Implements the Meter port for whoever must not spend: no call of it ever begins, so nothing becomes of one."""

    async def reserve(self, purpose: Purpose, bound: Bound) -> CallId:
        raise OverBudget(f"probe of {purpose.provider}", left=0, wanted=bound.cost)

    hold = reserve

    async def named(self, call: CallId, request_id: str) -> None:
        raise _never(call, request_id)

    async def release(self, call: CallId, why: str) -> None:
        raise _never(call, why)

    async def settle_free(self, call: CallId, why: str) -> None:
        raise _never(call, why)

    async def settle(self, call: CallId, settlement: Settlement) -> None:
        raise _never(call, settlement.price_source)

    async def lose(self, call: CallId, why: str) -> None:
        raise _never(call, why)

    async def note(self, provider: ProviderName, uses: Sequence[WindowUse]) -> None:
        raise IllegalMove(f"{provider} worked for a probe: it told {len(uses)} uses of its allowances")


def _never(call: CallId, why: str) -> IllegalMove:
    return IllegalMove(f"{call} was never reserved: a probe has no money: {why}")


async def probe_all(providers: Mapping[ProviderName, Provider]) -> dict[ProviderName, ProbeResult]:
    """All at once. The providers are closed afterwards."""
    results = await asyncio.gather(*(_probe(provider) for provider in providers.values()))
    return dict(zip(providers, results, strict=True))


async def _probe(provider: Provider) -> ProbeResult:
    try:
        return await provider.probe()
    finally:
        await provider.aclose()

"""Probing: providers are asked at no cost, and nobody can spend meanwhile."""

from datetime import UTC, datetime

import pytest

from tests.meters import purpose
from watchbill.daemon.probing import NoMoney, probe_all
from watchbill.domain.calls import Bound
from watchbill.domain.errors import IllegalMove, OverBudget
from watchbill.domain.ids import CallId, ProviderName
from watchbill.domain.money import MicroUsd
from watchbill.domain.outcomes import TurnEnd
from watchbill.domain.ports import ProbeResult, TurnRequest

pytestmark = pytest.mark.anyio


class Vendor:
    def __init__(self, name: str, *, well: bool) -> None:
        self.name = ProviderName(name)
        self.well = well
        self.closed_at: datetime | None = None

    async def turn(self, request: TurnRequest) -> TurnEnd:
        raise AssertionError("a probe is no turn")

    async def probe(self) -> ProbeResult:
        return ProbeResult(well=self.well, message="asked")

    async def aclose(self) -> None:
        self.closed_at = datetime.now(UTC)


async def test_every_provider_is_asked_and_closed() -> None:
    vendors = {ProviderName(name): Vendor(name, well=name == "claude") for name in ("claude", "gpt")}

    results = await probe_all(vendors)

    assert {name: result.well for name, result in results.items()} == {"claude": True, "gpt": False}
    assert all(vendor.closed_at for vendor in vendors.values())


async def test_a_probe_has_no_money() -> None:
    bound = Bound(cost=MicroUsd(1), tokens_in=1, tokens_out=1, price_source="test")

    with pytest.raises(OverBudget, match="probe of claude"):
        await NoMoney().reserve(purpose(), bound)


async def test_nothing_becomes_of_a_call_that_was_never_reserved() -> None:
    meter, call = NoMoney(), CallId("call-1")

    for move in (meter.release(call, "a"), meter.settle_free(call, "a"), meter.lose(call, "a")):
        with pytest.raises(IllegalMove, match="call-1 was never reserved"):
            await move
    with pytest.raises(IllegalMove, match="claude worked for a probe"):
        await meter.note(ProviderName("claude"), [])

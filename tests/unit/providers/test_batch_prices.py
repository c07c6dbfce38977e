"""Batches cost half: by the list where it knows them, by the owner's own prices else; and a bound stays a bound."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from genai_prices.data_snapshot import get_snapshot
from hypothesis import given
from hypothesis import strategies as st

from watchbill.domain.calls import Usage
from watchbill.domain.errors import Unpriced
from watchbill.providers.pricing import IN_BATCH, Pricing
from watchbill.providers.rates import Rates

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
RATES = Rates(input=Decimal(3), output=Decimal(15), cache_read=Decimal("0.3"), cache_write=Decimal("3.75"))
OWN = Pricing(overrides={"mine": RATES})
CLAUDE, GPT = Pricing(vendor="anthropic"), Pricing(vendor="openai")


def priced() -> list[tuple[str, str]]:
    found = []
    for vendor in get_snapshot().providers:
        for model in vendor.models if vendor.id in ("anthropic", "openai") else ():
            try:
                Pricing(vendor=vendor.id).bound(model.id, tokens_in=1, tokens_out=1, terms=IN_BATCH, at=NOW)
            except Unpriced:
                continue
            found.append((vendor.id, model.id))
    return found


def test_a_batch_of_claude_costs_what_hand_arithmetic_says() -> None:
    # claude-sonnet-4-5: 3 in, 15 out, 0.3 cache reads, 3.75 cache writes for a million tokens; half of each in a batch
    usage = Usage(tokens_in=10_000, tokens_out=2_000, cache_read=4_000, cache_write=1_000)

    cost, _ = CLAUDE.price("claude-sonnet-4-5", usage, terms=IN_BATCH, at=NOW)
    assert cost == (5_000 * 3 + 4_000 * 3 // 10 + 1_000 * 15 // 4 + 2_000 * 15) // 2


def test_a_batch_of_gpt_costs_what_hand_arithmetic_says() -> None:
    # gpt-5-mini: 0.25 in, 2 out for a million tokens; half of each in a batch
    cost, _ = GPT.price("gpt-5-mini", Usage(tokens_in=8_000, tokens_out=1_000), terms=IN_BATCH, at=NOW)

    assert cost == (8_000 // 4 + 1_000 * 2) // 2


def test_the_owners_own_prices_are_halved_in_a_batch() -> None:
    usage = Usage(tokens_in=10_000, tokens_out=2_000, cache_read=4_000, cache_write=1_000)

    ordinary, _ = OWN.price("mine", usage, terms={}, at=NOW)
    cost, _ = OWN.price("mine", usage, terms=IN_BATCH, at=NOW)
    assert cost == (ordinary + 1) // 2


def test_a_batchs_bound_is_half_of_an_ordinary_one() -> None:
    ordinary = OWN.bound("mine", tokens_in=1_000, tokens_out=100, terms={}, at=NOW)
    bound = OWN.bound("mine", tokens_in=1_000, tokens_out=100, terms=IN_BATCH, at=NOW)

    assert bound.cost == (ordinary.cost + 1) // 2


@pytest.mark.parametrize("model", ["claude-sonnet-4-5", "claude-opus-4-5", "claude-haiku-4-5"])
def test_every_model_of_today_is_cheaper_in_a_batch(model: str) -> None:
    ordinary = CLAUDE.bound(model, tokens_in=1_000, tokens_out=100, terms={}, at=NOW)

    assert CLAUDE.bound(model, tokens_in=1_000, tokens_out=100, terms=IN_BATCH, at=NOW).cost < ordinary.cost


@given(
    which=st.sampled_from(priced()),
    tokens=st.tuples(*[st.integers(0, 2_000_000)] * 2),
    shares=st.tuples(*[st.floats(0, 1)] * 4),
    served=st.sampled_from([{}, {"service_tier": "batch"}, {"service_tier": "default"}]),
    day=st.integers(0, 60),
)
def test_no_usage_within_a_batchs_bound_costs_more_than_the_bound(
    *,
    which: tuple[str, str],
    tokens: tuple[int, int],
    shares: tuple[float, ...],
    served: dict[str, str],
    day: int,
) -> None:
    vendor, model = which
    pricing, at = Pricing(vendor=vendor), NOW + timedelta(days=day)
    tokens_in = int(tokens[0] * shares[0])
    written = int(tokens_in * shares[2])
    usage = Usage(
        tokens_in=tokens_in,
        tokens_out=int(tokens[1] * shares[1]),
        cache_read=int((tokens_in - written) * shares[3]),
        cache_write=written,
    )
    bound = pricing.bound(model, tokens_in=tokens[0], tokens_out=tokens[1], terms=IN_BATCH, at=at)
    cost, _ = pricing.price(model, usage, terms={**IN_BATCH, **served}, at=at)

    assert cost <= bound.cost

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from genai_prices.data_snapshot import get_snapshot
from hypothesis import given
from hypothesis import strategies as st

from watchbill.domain.calls import Usage
from watchbill.domain.errors import Unpriced
from watchbill.providers.pricing import BUNDLED, OVERRIDE, Pricing
from watchbill.providers.rates import Rates

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
RATES = Rates(input=Decimal(3), output=Decimal(15), cache_read=Decimal("0.3"), cache_write=Decimal("3.75"))
OVERRIDDEN = Pricing(overrides={"mine": RATES})


def priced() -> list[tuple[str, str]]:
    """Every model of both vendors that a bound can be made for."""
    found = []
    for vendor in get_snapshot().providers:
        if vendor.id not in ("anthropic", "openai"):
            continue
        for model in vendor.models:
            try:
                Pricing(vendor=vendor.id).bound(model.id, tokens_in=1, tokens_out=1, terms={}, at=NOW)
            except Unpriced:
                continue
            found.append((vendor.id, model.id))
    return found


TIERS = st.sampled_from([{}, {"service_tier": "default"}, {"service_tier": "priority"}, {"service_tier": "flex"}])


@given(
    which=st.sampled_from(priced()),
    tokens=st.tuples(*[st.integers(0, 2_000_000)] * 2),
    shares=st.tuples(*[st.floats(0, 1)] * 5),
    asked=TIERS,
    served=TIERS,
    day=st.integers(0, 60),
)
def test_no_usage_within_the_bound_costs_more_than_the_bound(
    *,
    which: tuple[str, str],
    tokens: tuple[int, int],
    shares: tuple[float, ...],
    asked: dict[str, str],
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
        cache_write=written,
        cache_read=int((tokens_in - written) * shares[3]),
        raw={"ephemeral_1h_input_tokens": int(written * shares[4])},
    )

    bound = pricing.bound(model, tokens_in=tokens[0], tokens_out=tokens[1], terms=asked, at=at)
    # a vendor serves on the tier that was asked for, and on any when none was
    cost, _ = pricing.price(model, usage, terms=asked or served, at=at)

    assert cost <= bound.cost


@given(
    fresh=st.integers(0, 10**6),
    read=st.integers(0, 10**6),
    written=st.integers(0, 10**6),
    out=st.integers(0, 10**6),
    rates=st.builds(
        Rates,
        input=st.decimals(0, 1000, places=6),
        output=st.decimals(0, 1000, places=6),
        cache_read=st.none() | st.decimals(0, 1000, places=6),
        cache_write=st.none() | st.decimals(0, 1000, places=6),
    ),
)
def test_no_usage_costs_more_than_its_bound_at_any_stated_rates(
    fresh: int, read: int, written: int, out: int, rates: Rates
) -> None:
    pricing, total = Pricing(overrides={"m": rates}), fresh + read + written
    usage = Usage(tokens_in=total, tokens_out=out, cache_read=read, cache_write=written)

    bound = pricing.bound("m", tokens_in=total, tokens_out=out, terms={}, at=NOW)

    assert pricing.price("m", usage, terms={}, at=NOW)[0] <= bound.cost


def test_an_override_beats_the_bundled_list_and_says_so() -> None:
    pricing = Pricing(overrides={"claude-sonnet-5-5": RATES}, vendor="anthropic")

    cost, source = pricing.price("claude-sonnet-5-5", Usage(tokens_in=1_000, tokens_out=100), terms={}, at=NOW)

    assert (cost, source) == (3_000 + 1_500, OVERRIDE)


def test_the_bundled_price_names_its_version() -> None:
    bound = Pricing(vendor="anthropic").bound("claude-sonnet-5-5", tokens_in=1, tokens_out=1, terms={}, at=NOW)

    assert bound.price_source == BUNDLED
    assert BUNDLED.startswith("genai-prices 0.")


def test_a_price_is_rounded_up() -> None:
    cost, _ = OVERRIDDEN.price("mine", Usage(cache_read=1, tokens_in=1), terms={}, at=NOW)

    assert cost == 1


def test_cache_tokens_are_part_of_the_input_even_when_the_vendor_forgot() -> None:
    cost, _ = OVERRIDDEN.price("mine", Usage(tokens_in=0, cache_write=1_000), terms={}, at=NOW)

    assert cost == 3_750


@pytest.mark.parametrize("model", ["gpt-99-unheard-of", "text-embedding-3-small"])
def test_a_model_without_prices_for_input_and_output_has_no_bound(model: str) -> None:
    with pytest.raises(Unpriced, match=model):
        Pricing(vendor="openai").bound(model, tokens_in=1, tokens_out=1, terms={}, at=NOW)


def test_without_a_vendor_there_is_no_guessing() -> None:
    with pytest.raises(Unpriced):
        Pricing().bound("claude-sonnet-5-5", tokens_in=1, tokens_out=1, terms={}, at=NOW)


def test_another_house_has_its_own_prices() -> None:
    ours = Pricing(vendor="openai").bound("gpt-5-mini", tokens_in=10**6, tokens_out=0, terms={}, at=NOW)
    deepseek = Pricing(vendor="openai", base_url="https://api.deepseek.com")

    theirs = deepseek.bound("deepseek-chat", tokens_in=10**6, tokens_out=0, terms={}, at=NOW)

    assert theirs.cost != ours.cost


def test_the_tier_that_could_be_served_is_in_the_bound_unless_it_was_pinned() -> None:
    pricing = Pricing(vendor="openai")

    free = pricing.bound("gpt-5", tokens_in=10**6, tokens_out=0, terms={}, at=NOW)
    pinned = pricing.bound("gpt-5", tokens_in=10**6, tokens_out=0, terms={"service_tier": "default"}, at=NOW)

    assert free.cost == 2 * pinned.cost


def test_a_context_tier_counts_only_when_it_can_be_reached() -> None:
    pricing = Pricing(vendor="anthropic")

    small = pricing.bound("claude-sonnet-4-5", tokens_in=100_000, tokens_out=0, terms={}, at=NOW)
    large = pricing.bound("claude-sonnet-4-5", tokens_in=300_000, tokens_out=0, terms={}, at=NOW)

    assert large.cost > 3 * small.cost


def test_a_fee_by_the_request_is_in_the_bound() -> None:
    pricing = Pricing(vendor="perplexity")

    bound = pricing.bound("sonar", tokens_in=0, tokens_out=0, terms={}, at=NOW)

    assert bound.cost == 12_000

"""Prices as an answer: what would be paid, by which row, and what is wrong with the list."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from genai_prices.data_snapshot import get_snapshot
from operator_makers import CLAUDE, GPT, NOW, outlook

from watchbill.config.provider_values import ModelPrice
from watchbill.domain.ids import ProviderName
from watchbill.domain.money import usd
from watchbill.operator import catalog
from watchbill.operator.catalog import Offer
from watchbill.operator.queries.prices import STALE_AFTER, prices
from watchbill.providers import pricelist
from watchbill.providers.pricing import BUNDLED, OVERRIDE
from watchbill.scheduling.bill import ModelTerms, ProviderTerms, WatchBill

OWN = ModelPrice(input=usd(1), output=usd(4), cache_read=usd("0.1"), cache_write=usd(2))


def offer(*models: str, provider: ProviderName = CLAUDE, kind: str = "anthropic", **fields: Any) -> Offer:
    return Offer(provider=provider, kind=kind, base_url=None, models=models, **fields)


def test_a_listed_model_is_shown_with_its_caches_and_its_batches() -> None:
    (row,) = prices(outlook(offers=(offer("claude-sonnet-4-5"),)))["rows"]

    assert (row["input_usd"], row["output_usd"], row["cache_read_usd"]) == (3, 15, 0.3)
    assert (row["cache_write_5m_usd"], row["cache_write_1h_usd"]) == (3.75, 6)
    assert (row["batch_input_usd"], row["batch_output_usd"]) == (1.5, 7.5)
    assert (row["source"], row["priced"]) == (BUNDLED, True)


@pytest.mark.parametrize("kind", ["openai", "openai-chat"])
def test_both_wires_of_a_vendor_have_its_prices(kind: str) -> None:
    (row,) = prices(outlook(offers=(offer("gpt-5.2", provider=GPT, kind=kind),)))["rows"]

    assert (row["input_usd"], row["cache_read_usd"], row["output_usd"]) == (1.75, 0.175, 14)


def test_prices_of_the_configuration_go_before_the_list() -> None:
    answer = prices(outlook(offers=(offer("claude-sonnet-4-5", price_by_model={"claude-sonnet-4-5": OWN}),)))

    (row,) = answer["rows"]
    assert (row["source"], row["input_usd"], row["cache_write_1h_usd"]) == (OVERRIDE, 1, 2)
    assert answer["warnings"] == []


def test_a_model_without_a_price_is_warned_of() -> None:
    answer = prices(outlook(offers=(offer("moon-1"),)))

    assert (answer["rows"][0]["priced"], answer["rows"][0]["source"]) == (False, None)
    assert answer["warnings"] == [
        "claude moon-1 gets no work: no price is known for 'moon-1'; set its prices in the provider's price table"
    ]


def test_only_what_is_paid_by_the_token_and_has_no_price_is_barred_from_work() -> None:
    models = tuple(ModelTerms(id=name) for name in ("claude-sonnet-4-5", "moon-1", "own"))
    terms = WatchBill(
        providers=tuple(ProviderTerms(name=ProviderName(name), kind="", models=models) for name in ("claude", "odd"))
    )
    offers = (offer(*(model.id for model in models), price_by_model={"own": OWN}),)

    claude, odd = catalog.priced(terms, offers, NOW).providers
    (foreign, _) = catalog.priced(terms, (offer("moon-1", kind="theirs"),), NOW).providers

    assert [bool(model.unpriced) for model in claude.models] == [False, True, False]
    assert claude.models[1].unpriced.startswith("no price is known for 'moon-1'")
    assert (odd, foreign) == (terms.providers[1], terms.providers[0])


def test_a_kind_of_another_distribution_has_no_list() -> None:
    assert not prices(outlook(offers=(offer("gpt-5.2", kind="theirs"),)))["rows"][0]["priced"]


def test_the_list_tells_how_new_it_is_at_least() -> None:
    listed = prices(outlook())["list"]

    assert listed["source"] == BUNDLED
    assert 0 <= listed["age_days"] < 365
    assert NOW - timedelta(days=listed["age_days"]) >= datetime.fromisoformat(listed["newest"]).replace(tzinfo=UTC)


def test_an_old_list_is_warned_of_where_it_is_used() -> None:
    late = NOW + timedelta(days=365) + STALE_AFTER
    own = offer("mine", price_by_model={"mine": OWN})

    used = prices(outlook(now=late, offers=(offer("claude-sonnet-4-5"), own)))["warnings"]

    assert len(used) == 1
    assert "names nothing newer than " in used[0]
    assert prices(outlook(now=late, offers=(own,)))["warnings"] == []


def test_a_list_without_any_date_is_no_newer_than_old(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pricelist, "newest_date", lambda _today: None)

    assert "names no date" in prices(outlook(offers=(offer("claude-sonnet-4-5"),)))["warnings"][0]


def test_dates_of_the_future_and_days_that_are_none_do_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    vendor = next(vendor for vendor in get_snapshot().providers if vendor.id == "anthropic")
    monkeypatch.setattr(vendor, "price_comments", "seen 2026-11-20, 2026-02-31 and 2031-01-01")
    pricelist.newest_date.cache_clear()

    assert pricelist.newest_date(NOW.date()) == datetime(2026, 11, 20, tzinfo=UTC).date()
    pricelist.newest_date.cache_clear()

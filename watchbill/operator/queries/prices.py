"""Prices as an answer: what would be paid for each configured model, by which row, and what is wrong with the list."""

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

from watchbill.domain.calls import Usage
from watchbill.domain.errors import Unpriced
from watchbill.domain.money import MicroUsd
from watchbill.operator import catalog, plain
from watchbill.operator.catalog import Offer
from watchbill.operator.doors import Plain
from watchbill.operator.outlook import Outlook

if TYPE_CHECKING:
    from watchbill.providers.pricing import Pricing

STALE_AFTER = timedelta(days=90)  # vendors change some price about every month
_SAMPLE = 100_000  # tokens: enough for exact prices, below every vendor's step for long requests
_PER_MILLION = 1_000_000 // _SAMPLE
_ONE_HOUR = {"ephemeral_1h_input_tokens": _SAMPLE}
_IN_BATCH = {"processing": "batch"}

# What is asked of the same function that books calls, so that what is shown is what is paid.
_SAMPLES = {
    "input": Usage(tokens_in=_SAMPLE),
    "output": Usage(tokens_out=_SAMPLE),
    "cache_read": Usage(tokens_in=_SAMPLE, cache_read=_SAMPLE),
    "cache_write_5m": Usage(tokens_in=_SAMPLE, cache_write=_SAMPLE),
    "cache_write_1h": Usage(tokens_in=_SAMPLE, cache_write=_SAMPLE, raw=_ONE_HOUR),
}


def prices(outlook: Outlook) -> Plain:
    """US dollars for a million tokens, by provider and model, with the source of each row, and the warnings."""
    rows = [_row(offer, model, outlook) for offer in outlook.offers for model in offer.models]
    listed = _list(outlook)
    return {
        "generated_at": plain.stamp(outlook.now),
        "per": "a million tokens",
        "rows": rows,
        "list": listed,
        "warnings": [*_missing(rows), *_stale(rows, listed)],
    }


def _row(offer: Offer, model: str, outlook: Outlook) -> Plain:
    pricing = catalog.pricing_of(offer)
    named = {"provider": offer.provider, "model": model, "kind": offer.kind}
    try:
        bound = pricing.bound(model, tokens_in=1, tokens_out=1, terms={}, at=outlook.now)
    except Unpriced as error:
        return {**named, "priced": False, "source": None, "why": str(error)}
    return {**named, "priced": True, "source": bound.price_source, "why": "", **_amounts(pricing, model, outlook)}


def _amounts(pricing: "Pricing", model: str, outlook: Outlook) -> Plain:
    ordinary = {name: _price(pricing, model, usage, outlook, {}) for name, usage in _SAMPLES.items()}
    batch = {name: _price(pricing, model, _SAMPLES[name], outlook, _IN_BATCH) for name in ("input", "output")}
    has_batch = any(batch[name] != ordinary[name] for name in batch)
    found: Plain = {}
    for name, amount in ordinary.items():
        found |= plain.money(name, amount)
    for name, amount in batch.items():
        found |= plain.money(f"batch_{name}", amount if has_batch else None)
    return found


def _price(pricing: "Pricing", model: str, usage: Usage, outlook: Outlook, terms: dict[str, str]) -> MicroUsd:
    cost, _ = pricing.price(model, usage, terms=terms, at=outlook.now)
    return MicroUsd(cost * _PER_MILLION)


def _list(outlook: Outlook) -> Plain:
    from watchbill.providers import pricelist  # noqa: PLC0415 - the list alone takes half a second
    from watchbill.providers.pricing import BUNDLED  # noqa: PLC0415 - the same

    newest = pricelist.newest_date(outlook.now.date())
    age = None if newest is None else (outlook.now.date() - newest).days
    return {"source": BUNDLED, "newest": None if newest is None else newest.isoformat(), "age_days": age}


def _missing(rows: list[Plain]) -> Iterator[str]:
    for row in rows:
        if not row["priced"]:
            yield f"{row['provider']} {row['model']} gets no work: {row['why']}"


def _stale(rows: list[Plain], listed: Plain) -> Iterator[str]:
    """Only where the list is used at all."""
    age = listed["age_days"]
    if any(row["source"] == listed["source"] for row in rows) and (age is None or age > STALE_AFTER.days):
        known = "names no date" if age is None else f"names nothing newer than {listed['newest']} ({age} days ago)"
        yield f"{listed['source']} {known}: install a newer genai-prices, or state prices of your own"

"""Prices: what a call can cost at most before it is sent, and what it did cost after its answer."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

import genai_prices
from genai_prices.data_snapshot import get_snapshot
from genai_prices.types import ModelInfo, ModelPrice, TieredPrices

from watchbill.domain.calls import Bound, Usage
from watchbill.domain.errors import Unpriced
from watchbill.domain.money import MicroUsd, usd
from watchbill.providers.rates import Rates

PER = 1_000_000  # rates are dollars for a million tokens
OTHER_MEDIA = ("audio", "image", "video")  # never sent: requests are text only
OVERRIDE = "override"
IN_BATCH: Mapping[str, str] = {"processing": "batch"}  # terms of a request in a batch, in genai-prices' words
BATCH_SHARE = Decimal("0.5")  # of the ordinary price, at every vendor that has batches
BUNDLED = f"genai-prices {genai_prices.__version__}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pricing:
    """The override table, then the list bundled with genai-prices; nothing is ever downloaded."""

    overrides: Mapping[str, Rates] = field(default_factory=dict)
    vendor: str = ""  # genai-prices' word for who sells the models
    base_url: str | None = None  # tried first: the same model costs differently at another house

    def bound(self, model: str, *, tokens_in: int, tokens_out: int, terms: Mapping[str, str], at: datetime) -> Bound:
        """The most that a call within these tokens can cost, at its worst cache, context and service tier.

        `terms` are the request's own words on service tier and speed. Raises Unpriced for an unknown model.
        """
        price_in, price_out, fee = self._worst(model, tokens_in, terms, at)
        dollars = (tokens_in * price_in + tokens_out * price_out) / PER + fee
        return Bound(cost=usd(dollars), tokens_in=tokens_in, tokens_out=tokens_out, price_source=self._source(model))

    def price(self, model: str, usage: Usage, *, terms: Mapping[str, str], at: datetime) -> tuple[MicroUsd, str]:
        """What that usage costs, rounded up, and where the price is from. `at` is when the call was reserved."""
        rates = self.overrides.get(model)
        if rates is not None:
            return usd(_at_rates(rates, usage) * _share(terms)), OVERRIDE
        prices = self._listed(model).get_prices(at, dict(terms))
        return usd(prices.calc_price(_listed_usage(usage))["total_price"]), BUNDLED

    def _source(self, model: str) -> str:
        return OVERRIDE if model in self.overrides else BUNDLED

    def _worst(
        self, model: str, tokens_in: int, terms: Mapping[str, str], at: datetime
    ) -> tuple[Decimal, Decimal, Decimal]:
        rates = self.overrides.get(model)
        if rates is not None:
            dearest, share = max(_cache_read(rates), _cache_write(rates), rates.input), _share(terms)
            return dearest * share, rates.output * share, Decimal(0)
        tables = list(_possible(self._listed(model), terms, at))
        if any(table.input_mtok is None or table.output_mtok is None for table in tables[:1]):
            raise Unpriced(f"{model} has no price by the token for both input and output; set prices for it")
        return (
            max(_rates(tables, tokens_in, output=False)),
            max(_rates(tables, tokens_in, output=True)),
            max(_fee(table) for table in tables),
        )

    def _listed(self, model: str) -> ModelInfo:
        snapshot = get_snapshot()
        for vendor, url in ((None, self.base_url), (self.vendor or None, None)):
            if vendor is None and url is None:
                continue
            try:
                return snapshot.find_provider_model(model, None, vendor, url)[1]
            except LookupError:
                continue
        raise Unpriced(f"no price is known for {model!r}; set its prices in the provider's price table")


def _share(terms: Mapping[str, str]) -> Decimal:
    """Of stated prices, which are those of an ordinary call."""
    return BATCH_SHARE if IN_BATCH.items() <= terms.items() else Decimal(1)


def _possible(model: ModelInfo, terms: Mapping[str, str], at: datetime) -> Iterator[ModelPrice]:
    """The standard price, and that of every variant which the request does not rule out.

    A batch has one price: the list's for batches, the standard one where it knows none.
    """
    if IN_BATCH.items() <= terms.items():
        yield model.get_prices(at, dict(terms))
        return
    yield model.get_prices(at)
    for variant in model.price_variants or ():
        if _can_apply(variant.when, terms):
            yield model.get_prices(at, variant.when)


def _can_apply(when: Mapping[str, str], terms: Mapping[str, str]) -> bool:
    """Batches and fast mode have to be asked for; a service tier can come from the account's settings."""
    return all(terms.get(word, value if word == "service_tier" else None) == value for word, value in when.items())


def _rates(tables: Iterable[ModelPrice], tokens_in: int, *, output: bool) -> Iterator[Decimal]:
    for table in tables:
        for key, price in vars(table).items():
            is_text = key.endswith("_mtok") and not any(medium in key for medium in OTHER_MEDIA)
            if is_text and key.startswith("output") is output and price is not None:
                yield from _reachable(price, tokens_in)


def _reachable(price: Decimal | TieredPrices, tokens_in: int) -> Iterator[Decimal]:
    if not isinstance(price, TieredPrices):
        yield price
        return
    yield price.base
    yield from (tier.price for tier in price.tiers if tier.start < tokens_in)


def _fee(table: ModelPrice) -> Decimal:
    fee = table.requests_kcount
    return Decimal(0) if not isinstance(fee, Decimal) else fee / 1000


def _listed_usage(usage: Usage) -> genai_prices.Usage:
    an_hour = usage.raw.get("ephemeral_1h_input_tokens", 0)
    return genai_prices.Usage(
        input_tokens=_input(usage),
        output_tokens=usage.tokens_out,
        cache_read_tokens=usage.cache_read,
        cache_write_tokens=usage.cache_write,
        cache_write_1h_tokens=min(an_hour, usage.cache_write) if isinstance(an_hour, int) else 0,
    )


def _at_rates(rates: Rates, usage: Usage) -> Decimal:
    fresh = _input(usage) - usage.cache_read - usage.cache_write
    dollars = (
        fresh * rates.input
        + usage.cache_read * _cache_read(rates)
        + usage.cache_write * _cache_write(rates)
        + usage.tokens_out * rates.output
    )
    return dollars / PER


def _input(usage: Usage) -> int:
    """Cache tokens are part of the input; a vendor that forgot to add them is not believed."""
    return max(usage.tokens_in, usage.cache_read + usage.cache_write)


def _cache_read(rates: Rates) -> Decimal:
    return rates.input if rates.cache_read is None else rates.cache_read


def _cache_write(rates: Rates) -> Decimal:
    return rates.input if rates.cache_write is None else rates.cache_write

"""The catalog: what is bought of whom, and what prices it: the configuration's own rows, then the bundled list."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from watchbill.config.provider_values import ModelPrice, ProviderSetup
from watchbill.domain.errors import Unpriced
from watchbill.domain.ids import ProviderName
from watchbill.domain.money import MICROS, MicroUsd
from watchbill.providers.rates import Rates
from watchbill.scheduling.bill import WatchBill

if TYPE_CHECKING:
    from watchbill.providers.pricing import Pricing


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A provider whose models are paid by the token."""

    provider: ProviderName
    kind: str
    base_url: str | None
    models: tuple[str, ...]
    price_by_model: Mapping[str, ModelPrice] = field(default_factory=dict)


def offers_of(setups: Iterable[ProviderSetup]) -> tuple[Offer, ...]:
    """Every provider that has models, in the order of the configuration, whether its key is there or not."""
    return tuple(
        Offer(
            provider=setup.name,
            kind=setup.kind,
            base_url=setup.base_url,
            models=setup.models,
            price_by_model=setup.price_by_model,
        )
        for setup in setups
        if setup.models
    )


def pricing_of(offer: Offer) -> "Pricing":
    """What its calls are bounded and booked by: the same as in its provider."""
    from watchbill.providers.pricing import Pricing  # noqa: PLC0415 - the list alone takes half a second

    overrides = {model: rates(price) for model, price in offer.price_by_model.items()}
    return Pricing(overrides=overrides, vendor=_vendors().get(offer.kind, ""), base_url=offer.base_url)


def priced(bill: WatchBill, offers: Iterable[Offer], now: datetime) -> WatchBill:
    """The bill with a word on each model that is paid by the token and has no price now: it gets no work."""
    vendors = _vendors()
    why = {
        (offer.provider, model): fault
        for offer in offers
        if offer.kind in vendors
        for model, fault in _faults(offer, now)
    }
    return replace(
        bill,
        providers=tuple(
            replace(
                terms,
                models=tuple(replace(model, unpriced=why.get((terms.name, model.id), "")) for model in terms.models),
            )
            for terms in bill.providers
        ),
    )


def is_listed(kind: str) -> bool:
    """Whether such a provider is paid by the token."""
    return kind in _vendors()


def _vendors() -> Mapping[str, str]:
    """The price list's word for the vendor of each kind that is paid by the token."""
    from watchbill.providers import anthropic, openai  # noqa: PLC0415 - only where somebody asks for prices

    return {
        anthropic.VENDOR: anthropic.VENDOR,
        openai.RESPONSES: openai.PRICE_LIST,
        openai.CHAT: openai.PRICE_LIST,
        "claude-code": anthropic.VENDOR,
        "codex": openai.PRICE_LIST,
    }


def _faults(offer: Offer, now: datetime) -> Iterator[tuple[str, str]]:
    pricing = pricing_of(offer)
    for model in offer.models:
        try:
            pricing.bound(model, tokens_in=1, tokens_out=1, terms={}, at=now)
        except Unpriced as fault:
            yield model, str(fault)


def rates(price: ModelPrice) -> Rates:
    return Rates(
        input=_dollars(price.input),
        output=_dollars(price.output),
        cache_read=_dollars(price.cache_read),
        cache_write=_dollars(price.cache_write),
    )


def _dollars(amount: MicroUsd) -> Decimal:
    return Decimal(amount) / MICROS

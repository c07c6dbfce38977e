"""The catalog: what is bought of whom, and what prices it: the configuration's own rows, then the bundled list."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

from watchbill.config.values import ModelPrice, ProviderSetup
from watchbill.domain.ids import ProviderName
from watchbill.domain.money import MICROS, MicroUsd
from watchbill.providers.rates import Rates

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
    from watchbill.providers import anthropic, openai  # noqa: PLC0415 - only where somebody asks for prices
    from watchbill.providers.pricing import Pricing  # noqa: PLC0415 - the list alone takes half a second

    vendors = {
        anthropic.VENDOR: anthropic.VENDOR,
        openai.RESPONSES: openai.PRICE_LIST,
        openai.CHAT: openai.PRICE_LIST,
        "claude-code": anthropic.VENDOR,
        "codex": openai.PRICE_LIST,
    }
    overrides = {model: rates(price) for model, price in offer.price_by_model.items()}
    return Pricing(overrides=overrides, vendor=vendors.get(offer.kind, ""), base_url=offer.base_url)


def rates(price: ModelPrice) -> Rates:
    return Rates(
        input=_dollars(price.input),
        output=_dollars(price.output),
        cache_read=_dollars(price.cache_read),
        cache_write=_dollars(price.cache_write),
    )


def _dollars(amount: MicroUsd) -> Decimal:
    return Decimal(amount) / MICROS

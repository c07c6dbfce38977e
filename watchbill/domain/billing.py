"""Billing: how a provider is paid, what is paid for already, and what of a call then is money."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from watchbill.domain.money import ZERO, MicroUsd


class Billing(StrEnum):
    METERED = "metered"  # each call costs what the price list says
    CREDITS = "credits"  # a monthly allowance pays first, at what it is worth by the price list
    SUBSCRIPTION = "subscription"  # paid for as a whole: a call costs nothing, and draws on tokens and runs
    FREE = "free"


class Overage(StrEnum):
    """What happens when credits do not suffice."""

    NEVER = "never"  # the provider waits for its next month
    ASK = "ask"  # it waits, until a person lets it cost money for a while
    ALLOW = "allow"  # the rest costs money, under the dollar caps


class Period(StrEnum):
    """How long an allowance lasts, in the budget's zone."""

    DAY = "day"
    WEEK = "week"  # Monday to Sunday
    MONTH = "month"


class OnCap(StrEnum):
    """What waits once a call did not fit into a day's or a month's budget. No cap is ever overspent, whatever this says."""

    PAID = "paid"  # providers that cost money by the call
    EVERYTHING = "everything"  # every provider but free ones
    ALERT = "alert"  # nothing but the tasks whose calls do not fit


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """What is paid for already. A part that is None does not bind."""

    credits: MicroUsd | None = None  # a month's, at what they are worth, what is kept back not counted
    tokens: int | None = None
    runs: int | None = None
    period: Period = Period.MONTH  # of tokens and runs
    overage: Overage = Overage.NEVER


@dataclass(frozen=True, slots=True, kw_only=True)
class Tariff:
    billing: Billing = Billing.METERED
    allowance: Allowance = field(default_factory=Allowance)


METERED = Tariff()


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Caps in tokens or runs; day and month over everything that is not free. A missing one does not bind."""

    day: int | None = None
    month: int | None = None
    per_provider: Mapping[str, int] = field(default_factory=dict)  # a provider's day
    per_task: int | None = None
    per_run: int | None = None


def money_of(billing: Billing, worth: MicroUsd, *, covered: int = 0) -> MicroUsd:
    """What a call of this worth costs in money when credits cover so much of it.

    >>> money_of(Billing.METERED, 500), money_of(Billing.CREDITS, 500, covered=400), money_of(Billing.SUBSCRIPTION, 500)
    (500, 100, 0)
    """
    match billing:
        case Billing.METERED:
            return worth
        case Billing.CREDITS:
            return MicroUsd(max(0, worth - covered))
        case Billing.SUBSCRIPTION | Billing.FREE:
            return ZERO

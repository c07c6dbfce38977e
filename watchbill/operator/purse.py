"""Money by hand: what a person may do to budgets, stopped models and unknown calls, the same with a daemon and without."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import assert_never

from watchbill.domain.billing import Billing, Overage
from watchbill.domain.calls import CallState, Settlement, Usage
from watchbill.domain.ids import CallId, ProviderName
from watchbill.domain.money import MicroUsd, show
from watchbill.domain.windows import Caps, WindowKind, turns_at
from watchbill.operator.faults import AlreadyKnown, BadQuestion, NotFound
from watchbill.state import accounts, ledger, quotas, raises
from watchbill.state.engine import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """Who says so, and why."""

    who: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class More(Signed):
    """A budget may have so much more, until then."""

    kind: WindowKind
    name: str = ""
    amount: MicroUsd
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NoMore(Signed):
    """What a budget may have more ends now."""

    kind: WindowKind
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BeyondCredits(Signed):
    """A provider may cost money when its credits are used up, until then."""

    provider: ProviderName
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AskAgain(Signed):
    """A stopped model may be asked again."""

    provider: ProviderName
    model: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Known(Signed):
    """What an unknown call cost."""

    call: CallId
    cost: MicroUsd


MoneyWish = More | NoMore | BeyondCredits | AskAgain | Known


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What was done, as the event that tells of it."""

    event: str
    facts: Mapping[str, object]


def do(conn: Connection, wish: MoneyWish, caps: Caps, now: datetime) -> Done:
    """Raises BadQuestion, NotFound and AlreadyKnown; nothing is changed then."""
    if not wish.why.strip():
        raise BadQuestion("say why: -m WHY; whoever looks at the money later will want to know")
    match wish:
        case More():
            return _raise(conn, wish, caps, now)
        case NoMore():
            return _end_raise(conn, wish, now)
        case BeyondCredits():
            return _grant(conn, wish, caps, now)
        case AskAgain():
            return _allow(conn, wish)
        case Known():
            return _lower(conn, wish, now)
        case _:
            assert_never(wish)


def _raise(conn: Connection, wish: More, caps: Caps, now: datetime) -> Done:
    _to_come(wish.until, now)
    if wish.amount <= 0:
        raise BadQuestion(f"a budget is raised by more than nothing, not by {show(wish.amount)}")
    if (wish.kind in _OF_ALL) != (not wish.name):
        told = f"is of everything, and not of {wish.name}" if wish.name else "needs a name: whose it is"
        raise BadQuestion(f"the {wish.kind} budget {told}")
    given = raises.Raise(
        kind=wish.kind,
        name=wish.name,
        amount=wish.amount,
        until=wish.until,
        who=wish.who,
        why=wish.why,
        since=now,
    )
    if raises.raised(caps, given) == caps:
        raise BadQuestion(f"{given.of} has no cap in dollars, so there is nothing to raise")
    raises.put(conn, given)
    _wake(conn, wish.kind, caps, now)
    facts = {"of": given.of, "amount_micro_usd": wish.amount, "until": wish.until, "who": wish.who, "why": wish.why}
    return Done(event="budget.raised", facts=facts)


def _end_raise(conn: Connection, wish: NoMore, now: datetime) -> Done:
    over = raises.end(conn, wish.kind, wish.name, now)
    if not over:
        raise BadQuestion(f"nothing raises {f'{wish.kind} {wish.name}'.strip()} now")
    amount = MicroUsd(sum(given.amount for given in over))
    facts = {"of": over[0].of, "amount_micro_usd": amount, "who": wish.who, "why": wish.why}
    return Done(event="budget.raise_ended", facts=facts)


def _grant(conn: Connection, wish: BeyondCredits, caps: Caps, now: datetime) -> Done:
    _to_come(wish.until, now)
    tariff = caps.tariff_of(wish.provider)
    if tariff.billing is not Billing.CREDITS or tariff.allowance.overage is not Overage.ASK:
        raise BadQuestion(f'{wish.provider} does not ask: that is for billing = "credits" with overage = "ask"')
    raises.grant(conn, raises.Granted(provider=wish.provider, until=wish.until, who=wish.who, why=wish.why), now)
    for kind in (WindowKind.DAY, WindowKind.MONTH):
        _wake(conn, kind, caps, now)
    facts = {"provider": wish.provider, "until": wish.until, "who": wish.who, "why": wish.why}
    return Done(event="budget.overage", facts=facts)


def _wake(conn: Connection, kind: WindowKind, caps: Caps, now: datetime) -> None:
    """Tasks that were put off until such a window turns are looked at anew."""
    turns = turns_at(kind, now, caps.zone)
    assert turns is not None, "what can be raised turns"
    raises.wake_put_off(conn, turns, now)


_LONGEST = timedelta(days=366)
_TICK = timedelta(milliseconds=1)  # of a row's moments
_OF_ALL = (WindowKind.DAY, WindowKind.MONTH)


def _to_come(until: datetime, now: datetime) -> None:
    if until < now + _TICK:
        raise BadQuestion(f"{until:%Y-%m-%d %H:%M} UTC is over: say a moment that is to come")
    if until - now > _LONGEST:
        raise BadQuestion("more for a while ends within a year; what is to stay belongs into the configuration")


def _allow(conn: Connection, wish: AskAgain) -> Done:
    if not ledger.allow_again(conn, wish.provider, wish.model):
        stopped = ", ".join(f"{row.model} of {row.provider}" for row in ledger.stopped(conn))
        others = f"stopped are {stopped}" if stopped else "no model is"
        raise NotFound(f"{wish.model} of {wish.provider} is not stopped; {others}", hint="watchbill budget")
    facts = {"provider": wish.provider, "model": wish.model, "who": wish.who, "why": wish.why}
    return Done(event="provider.allowed", facts=facts)


def _lower(conn: Connection, wish: Known, now: datetime) -> Done:
    call = accounts.call(conn, wish.call)
    if call is None:
        raise NotFound(f"there is no call {wish.call!r}", hint="watchbill events --kind cost.unknown")
    if call.state is not CallState.UNKNOWN:
        raise AlreadyKnown(f"cannot change what {wish.call} cost: it is {call.state}, and only unknown calls are open")
    worth = quotas.bound_of(conn, wish.call)
    before = call.bound.cost if worth is None else worth
    if wish.cost < 0 or wish.cost > before:
        raise BadQuestion(f"{wish.call} is charged at its bound of {show(before)}; say something up to that")
    settlement = Settlement(cost=wish.cost, usage=Usage(), price_source=f"by hand: {wish.who}")
    ledger.lower(conn, wish.call, settlement, wish.why, now)
    facts = {
        "call": wish.call,
        "cost": wish.cost,
        "before": before,
        "who": wish.who,
        "why": wish.why,
    }
    return Done(event="cost.lowered", facts=facts)

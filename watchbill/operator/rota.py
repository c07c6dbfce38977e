"""The rota by hand: hours given to another provider for a while, the same with a daemon and without."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import assert_never

from watchbill.domain.ids import ProviderName
from watchbill.operator.faults import BadQuestion, NotFound
from watchbill.operator.purse import Done, Signed
from watchbill.scheduling.bill import Hours, SlotPolicy, WatchBill
from watchbill.scheduling.slots import show_hours
from watchbill.state import overrides
from watchbill.state.engine import Connection

_DAY = timedelta(days=1)  # in which each hour comes once
LONGEST = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stand(Signed):
    """A provider stands these hours alone, until then; without a moment each of them once."""

    provider: ProviderName
    hours: Hours
    until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AsWritten(Signed):
    """An override, or all of them, end now."""

    number: int | None


RotaWish = Stand | AsWritten


def do(conn: Connection, wish: RotaWish, bill: WatchBill, now: datetime) -> Done:
    """Raises BadQuestion and NotFound; nothing is changed then."""
    if not wish.why.strip():
        raise BadQuestion("say why: -m WHY; whoever looks at the schedule later will want to know")
    match wish:
        case Stand():
            return _stand(conn, wish, bill, now)
        case AsWritten():
            return _clear(conn, wish, now)
        case _:
            assert_never(wish)


def _stand(conn: Connection, wish: Stand, bill: WatchBill, now: datetime) -> Done:
    until = wish.until or now + _DAY
    _check(wish, bill)
    if until <= now:
        raise BadQuestion(f"{until:%Y-%m-%d %H:%M} UTC is over: say a moment that is to come")
    if until - now > LONGEST:
        raise BadQuestion("an override ends within a week; what is to stay belongs into the provider's hours")
    put = overrides.put(conn, wish.provider, wish.hours, until=until, who=wish.who or "somebody", why=wish.why, now=now)
    facts = {
        "number": put.number,
        "provider": put.provider,
        "hours": show_hours(put.hours),
        "until": put.until,
        "who": put.who,
        "why": put.why,
    }
    return Done(event="schedule.overridden", facts=facts)


def _check(wish: Stand, bill: WatchBill) -> None:
    terms = {each.name: each for each in bill.providers}
    if wish.provider not in terms:
        raise NotFound(
            f"no provider is called {wish.provider!r}; there are {', '.join(terms)}", hint="watchbill provider list"
        )
    if bill.policy is SlotPolicy.OFF:
        raise BadQuestion(
            'hours do not matter under slot_policy = "off"; pin a task with `watchbill task bump --provider`'
        )
    if terms[wish.provider].always:
        raise BadQuestion(f"{wish.provider} stands every watch beside the others already")
    if not wish.hours:
        raise BadQuestion('no hours are given; write for instance "14-16" or "*"')


def _clear(conn: Connection, wish: AsWritten, now: datetime) -> Done:
    ended = overrides.clear(conn, wish.number, now)
    if not ended:
        what = "no override is in force" if wish.number is None else f"override {wish.number} is not in force"
        raise NotFound(what, hint="watchbill schedule show")
    facts = {
        "numbers": [each.number for each in ended],
        "providers": [each.provider for each in ended],
        "who": wish.who or "somebody",
        "why": wish.why,
    }
    return Done(event="schedule.cleared", facts=facts)

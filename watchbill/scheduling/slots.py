"""Slots: whose watch it is, as a pure function of the UTC instant.

The number of the hour in the bill's zone decides. Where clocks go forward the skipped number has no watch on that day; where
they go back the repeated number is stood twice by the same providers. What people changed by hand goes before the bill's hours.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from watchbill.domain.ids import ProviderName
from watchbill.domain.overrides import Override, binding
from watchbill.scheduling.bill import ALL_HOURS, Hours, ProviderTerms, WatchBill

_DAY = 24
_QUARTER = timedelta(minutes=15)  # every zone's offset is a multiple of it, so hours turn only there
_LOOK_AHEAD = timedelta(days=3)  # an hour can be skipped by DST, a whole date by a change of zone


def parse_hours(text: str) -> Hours:
    """The hours that a bill's entry means: "0-23/3", "1,4,7", "9-17", "22-2" over midnight, "*", "continuous" or "none".

    Raises ValueError, worded for whoever wrote it.
    """
    match text.strip().casefold():
        case "*" | "continuous":
            return ALL_HOURS
        case "none":
            return frozenset()
        case "":
            raise ValueError('no hours are given; write for instance "0-23/3", "9-17", "*" or "none"')
        case entry:
            return frozenset(hour for item in entry.split(",") for hour in _item(item.strip(), text))


def _item(item: str, text: str) -> Sequence[int]:
    span, slash, step = item.partition("/")
    every = _number(step, text) if slash else 1
    if every < 1:
        raise ValueError(f"{text!r}: a step has to be 1 or more, not {every}")
    if span.strip() == "*":
        return range(0, _DAY, every)
    first, dash, last = span.partition("-")
    begin = _hour(first, text)
    end = _hour(last, text) if dash else begin
    if slash and not dash:
        raise ValueError(f"{text!r}: a step needs a range before it, for instance {begin}-23/{every}")
    return [hour % _DAY for hour in range(begin, end + (_DAY if end < begin else 0) + 1, every)]


def _hour(word: str, text: str) -> int:
    hour = _number(word, text)
    if hour not in ALL_HOURS:
        raise ValueError(f"{text!r}: {hour} is no hour of the day; hours go from 0 to 23")
    return hour


def _number(word: str, text: str) -> int:
    word = word.strip()
    if not (word.isascii() and word.isdigit()):
        raise ValueError(f'{text!r}: {word!r} is no number; write for instance "0-23/3", "1,4,7", "22-2" or "*"')
    return int(word)


def show_hours(hours: Hours) -> str:
    """The shortest of the usual spellings; parse_hours() gives back the same hours.

    >>> show_hours(frozenset({1, 4, 7, 10, 13, 16, 19, 22})), show_hours(frozenset({22, 23, 0, 1, 5}))
    ('1-23/3', '22-1,5')
    """
    if hours == ALL_HOURS:
        return "*"
    if not hours:
        return "none"
    return _stepped(sorted(hours)) or ",".join(_spans(sorted(hours)))


def _stepped(hours: Sequence[int]) -> str | None:
    steps = {later - earlier for earlier, later in pairwise(hours)}
    if len(hours) <= 2 or len(steps) != 1 or steps == {1}:  # noqa: PLR2004 - two hours are shorter as a list
        return None
    step = steps.pop()
    last = _DAY - 1 if hours[-1] + step >= _DAY else hours[-1]
    return f"{hours[0]}-{last}/{step}"


def _spans(hours: Sequence[int]) -> Iterator[str]:
    """Runs of neighbouring hours; the one over midnight comes first."""
    begins = [hour for hour in hours if (hour - 1) % _DAY not in hours]
    for begin in sorted(begins, key=lambda hour: (not _crosses_midnight(hour, hours), hour)):
        end = begin
        while (end + 1) % _DAY in hours:
            end = (end + 1) % _DAY
        yield str(begin) if begin == end else f"{begin}-{end}"


def _crosses_midnight(begin: int, hours: Sequence[int]) -> bool:
    return begin != 0 and 0 in hours and all(hour in hours for hour in range(begin, _DAY))


def hour_of(now: datetime, zone: ZoneInfo) -> int:
    return now.astimezone(zone).hour


def owners(bill: WatchBill, now: datetime) -> tuple[ProviderName, ...]:
    """Whose hour it is, well or not; those that always stand beside own none."""
    hour = hour_of(now, bill.zone)
    changed = binding(bill.overrides, now, hour)
    return (changed.provider,) if changed else _owners_at(bill, hour)


def override_of(bill: WatchBill, now: datetime) -> Override | None:
    """By whose word it is not the bill's own turn now."""
    return binding(bill.overrides, now, hour_of(now, bill.zone))


def _owners_at(bill: WatchBill, hour: int) -> tuple[ProviderName, ...]:
    return tuple(terms.name for terms in bill.providers if hour in terms.hours and not terms.always)


def on_watch(bill: WatchBill, now: datetime, well: frozenset[ProviderName]) -> tuple[ProviderName, ...]:
    """Whose watch it is, in the bill's order: the hour's well owners, else one stand-in; and who always stands beside.

    A well provider that a person gave the hour to stands it alone; a sick one's hour falls back to its owners.
    The stand-in is the well provider whose own next hour comes soonest; the earlier in the bill where two are equal.
    """
    changed = override_of(bill, now)
    return _standing_at(bill, hour_of(now, bill.zone), well, changed.provider if changed else None)


def _standing_at(
    bill: WatchBill, hour: int, well: frozenset[ProviderName], by_hand: ProviderName | None = None
) -> tuple[ProviderName, ...]:
    able = [terms for terms in bill.providers if terms.configured and terms.name in well]
    rota = [terms for terms in able if not terms.always]
    standing = [terms for terms in rota if terms.name == by_hand]
    standing = standing or [terms for terms in rota if hour in terms.hours] or _stand_in(rota, hour)
    names = {terms.name for terms in standing}
    return tuple(terms.name for terms in able if terms.always or terms.name in names)


def _stand_in(rota: Sequence[ProviderTerms], hour: int) -> list[ProviderTerms]:
    return [min(rota, key=lambda terms: _hours_until(terms.hours, hour))] if rota else []


def _hours_until(hours: Hours, hour: int) -> int:
    return min(((own - hour) % _DAY for own in hours), default=_DAY)


def next_watch(
    bill: WatchBill, provider: ProviderName, now: datetime, well: frozenset[ProviderName]
) -> datetime | None:
    """The earliest instant from now on at which it stands watch, as a stand-in too; None when it never does."""
    changed = max((each.until for each in bill.overrides), default=now) - now
    for at in (now, *_quarters(now, changed)) if bill.overrides else ():
        if provider in on_watch(bill, at, well):
            return at
    hours = frozenset(hour for hour in ALL_HOURS if provider in _standing_at(bill, hour, well))
    plain = now + changed
    if hour_of(plain, bill.zone) in hours:
        return plain
    return next((at for at in _quarters(plain, _LOOK_AHEAD) if hour_of(at, bill.zone) in hours), None)


def watch_ends(bill: WatchBill, now: datetime) -> datetime:
    """When other providers own the hour than now; a day from now where nobody's turn ever ends."""
    same = _same_watch(bill, now)
    day = timedelta(days=1)
    ends = [each.until for each in bill.overrides if now < each.until < now + day]
    moments = sorted((*_quarters(now, day), *ends)) if ends else _quarters(now, day)
    return next((at for at in moments if not same(at)), now + day)


def watch_began(bill: WatchBill, now: datetime) -> datetime:
    """Since when the hour has had the owners that it has now; at most about a day ago."""
    same = _same_watch(bill, now)
    quarters = [_floor(now) - _QUARTER * step for step in range(timedelta(days=1) // _QUARTER)]
    return next((at for at in quarters if not same(at - _QUARTER)), quarters[-1])


def _same_watch(bill: WatchBill, now: datetime) -> Callable[[datetime], bool]:
    """Whether a moment has the owners of the present one."""
    own = owners(bill, now)
    hours = frozenset(hour for hour in ALL_HOURS if _owners_at(bill, hour) == own)
    if bill.overrides:
        return lambda at: owners(bill, at) == own
    return lambda at: hour_of(at, bill.zone) in hours


def _quarters(now: datetime, span: timedelta) -> Iterator[datetime]:
    first = _floor(now) + _QUARTER
    return (first + _QUARTER * step for step in range(span // _QUARTER))


def _floor(now: datetime) -> datetime:
    utc = now.astimezone(UTC)
    return utc.replace(minute=utc.minute - utc.minute % 15, second=0, microsecond=0)

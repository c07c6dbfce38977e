"""Telling: when people are told what they shall be told. Quiet hours, pauses between news of one thing, new tries."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from fnmatch import fnmatchcase
from zoneinfo import ZoneInfo

from watchbill.domain.notices import DIGEST, Notice

SETTLE = timedelta(seconds=10)  # what changes back, or is explained by what comes next, within this is told once
APART = timedelta(minutes=30)  # between two notices that say the same of one thing: it flaps, and once is enough
GIVE_UP = timedelta(days=1)  # a target that takes nothing for so long is told no more of what is that old
LATE = timedelta(hours=12)  # a digest that could not be made in time is news no more
_TOGETHER = timedelta(hours=1)  # a digest that follows the quiet hours so soon holds what they held
_FIRST, _MOST = timedelta(seconds=30), timedelta(hours=1)  # between two tries
_DAY = timedelta(days=1)
# What a longer story on the same thing already says.
_TELLS_MORE = frozenset({("conflict", "review")})


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What is told, and when."""

    events: tuple[str, ...]  # patterns of names
    urgent: tuple[str, ...]  # patterns of those that quiet hours do not hold
    quiet: tuple[time, time] | None
    digest: time | None
    zone: ZoneInfo

    def wants(self, event: str) -> bool:
        return event == DIGEST or any(fnmatchcase(event, pattern) for pattern in self.events)

    def is_urgent(self, event: str) -> bool:
        return any(fnmatchcase(event, pattern) for pattern in self.urgent)


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """When a notice is told. `is_held`: quiet hours hold it, and it is told with all others of theirs as one."""

    at: datetime
    is_held: bool = False


def is_news(notice: Notice, last: str) -> bool:
    """Whether it says anything new after `last`, the word that was told last on its subject ("" for none)."""
    return not notice.after or notice.after == last


def merged(waiting: Notice, new: Notice) -> Notice:
    """What is told of two changes on one subject: how it stands now."""
    told = waiting if (waiting.word, new.word) in _TELLS_MORE else new
    return replace(told, times=waiting.times + new.times)


def due(terms: Terms, notice: Notice, told: Mapping[str, datetime], now: datetime) -> Due:
    """When to tell it. `told`: when each word was told last on its subject."""
    before = told.get(notice.word)
    moment = now + SETTLE if before is None else max(now + SETTLE, before + APART)
    if terms.is_urgent(notice.event):
        return Due(at=moment)
    until = quiet_until(terms, moment)
    return Due(at=moment) if until is None else Due(at=_with_digest(terms, until), is_held=True)


def quiet_until(terms: Terms, moment: datetime) -> datetime | None:
    """When the quiet hours that it falls into end; None where it falls into none."""
    if terms.quiet is None:
        return None
    begin, end = terms.quiet
    here = moment.astimezone(terms.zone)
    clock = here.time()
    is_quiet = begin <= clock < end if begin < end else clock >= begin or clock < end
    return _next(end, moment, terms.zone) if is_quiet else None


def _with_digest(terms: Terms, until: datetime) -> datetime:
    """The end of the quiet hours, or the digest that follows at once."""
    if terms.digest is None:
        return until
    following = _next(terms.digest, until - timedelta(microseconds=1), terms.zone)
    return following if following - until <= _TOGETHER else until


def digest_due(terms: Terms, *, since: datetime, now: datetime) -> datetime | None:
    """The digest that is to be made now: the last one's time, if that was after `since` and is not long ago."""
    if terms.digest is None:
        return None
    last = _last(terms.digest, now, terms.zone)
    return last if since < last <= now and now - last < LATE else None


def next_digest(terms: Terms, now: datetime) -> datetime | None:
    return None if terms.digest is None else _next(terms.digest, now, terms.zone)


def again_after(tries: int) -> timedelta:
    """The pause after so many tries that failed.

    >>> [again_after(tries).total_seconds() for tries in (1, 2, 3, 20)]
    [30.0, 60.0, 120.0, 3600.0]
    """
    return min(_MOST, _FIRST * (1 << min(tries - 1, 10)))


def again_at(terms: Terms, notice: Notice, tries: int, now: datetime) -> datetime:
    """When a target that did not take it is tried again."""
    moment = now + again_after(tries)
    until = None if terms.is_urgent(notice.event) else quiet_until(terms, moment)
    return until or moment


def _next(clock: time, after: datetime, zone: ZoneInfo) -> datetime:
    """The next moment after `after` at which clocks in the zone show that; a time that DST skips is as if it had not."""
    return next(moment for moment in _around(clock, after, zone) if moment > after)


def _last(clock: time, until: datetime, zone: ZoneInfo) -> datetime:
    """The last such moment up to `until`: a day before the next one only where no clock was changed between them."""
    return [moment for moment in _around(clock, until, zone) if moment <= until][-1]


def _around(clock: time, moment: datetime, zone: ZoneInfo) -> list[datetime]:
    """When clocks show that on the days about the moment."""
    today = moment.astimezone(zone).date()
    days = (today + days * _DAY for days in range(-2, 3))
    return [datetime.combine(day, clock, zone).astimezone(UTC) for day in days]

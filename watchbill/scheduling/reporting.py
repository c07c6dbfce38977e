"""Reporting: which reports of the clock are due. Timers only wake; this decides, from the time and what was written."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

_DAY = timedelta(days=1)
_WEEK = timedelta(days=7)
CAUGHT_UP = 31  # days whose reports are written after the daemon was away; older ones are asked for by hand


class Kind(StrEnum):
    STATUS = "status"  # how everything stands, at some hours of the day
    PROGRESS = "progress"  # how far the texts are, at the end of a day
    DAY = "day"
    WEEK = "week"
    SWEEP = "sweep"  # no report: what is old enough is removed


_ORDER = {kind: place for place, kind in enumerate(Kind)}  # a day's report tells its progress


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportTerms:
    """How the owner wants to be told."""

    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    status_hours: tuple[int, ...] = (6, 18)  # of the day, rising
    scenes: tuple[str, ...] = ("**/scenes/**/*.txt",)  # globs of texts that are counted beside those that entries name


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeping:
    """How long what was is kept."""

    metrics: timedelta = timedelta(days=90)  # events, journaled decisions, written reports
    artefacts: timedelta = timedelta(days=7)  # prompts, transcripts and patch files of tasks that are over
    size: int = 10_000_000  # bytes of all written reports


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A report that is owed, of the time [since, until)."""

    kind: Kind
    name: str  # of its files, without their ending
    since: datetime
    until: datetime


def due(terms: ReportTerms, written: Collection[tuple[Kind, str]], began: datetime, now: datetime) -> list[Due]:
    """What is owed now, the oldest first, nothing that was written before.

    Days and weeks are told when they are over, and later where nobody was there; of what only the moment shows, status and
    progress, the latest alone is made up for. `began`: when this installation first ran.
    """
    owed = [
        *_days(terms, began, now),
        *_weeks(terms, began, now),
        *_latest(_statuses(terms, began, now)),
        *_latest(_progress(terms, began, now)),
        _sweep(terms, now),
    ]
    return sorted(
        (one for one in owed if (one.kind, one.name) not in written), key=lambda one: (one.until, _ORDER[one.kind])
    )


def next_at(terms: ReportTerms, now: datetime) -> datetime:
    """When something is owed next: midnight, or the next status."""
    today = day_of(terms.zone, now)
    hours = [_at(terms.zone, day, hour) for day in (today, today + _DAY) for hour in (0, *terms.status_hours)]
    return min(moment for moment in hours if moment > now)


def day_of(zone: ZoneInfo, moment: datetime) -> date:
    return moment.astimezone(zone).date()


def span_of_day(zone: ZoneInfo, day: date) -> tuple[datetime, datetime]:
    """From midnight to midnight of the zone, however long that is."""
    return _at(zone, day, 0), _at(zone, day + _DAY, 0)


def span_of_week(zone: ZoneInfo, day: date) -> tuple[datetime, datetime]:
    """The week, from Monday on, that the day lies in."""
    monday = day - timedelta(days=day.weekday())
    return _at(zone, monday, 0), _at(zone, monday + _WEEK, 0)


def name_of_day(day: date) -> str:
    return f"day-{day}"


def name_of_week(day: date) -> str:
    """
    >>> name_of_week(date(2026, 11, 24))
    'week-2026-W48'
    """
    year, week, _ = day.isocalendar()
    return f"week-{year}-W{week:02}"


def name_of_status(day: date, place: int) -> str:
    """The first of a day has the day's name; the second is its `-2`.

    >>> name_of_status(date(2026, 11, 24), 0), name_of_status(date(2026, 11, 24), 1)
    ('status-2026-11-24', 'status-2026-11-24-2')
    """
    return f"status-{day}" if place == 0 else f"status-{day}-{place + 1}"


def _days(terms: ReportTerms, began: datetime, now: datetime) -> Iterator[Due]:
    for day in _past_days(terms.zone, began, now):
        since, until = span_of_day(terms.zone, day)
        yield Due(kind=Kind.DAY, name=name_of_day(day), since=since, until=until)


def _weeks(terms: ReportTerms, began: datetime, now: datetime) -> Iterator[Due]:
    seen: set[str] = set()
    for day in _past_days(terms.zone, began, now):
        since, until = span_of_week(terms.zone, day)
        name = name_of_week(day)
        if until <= now and name not in seen:
            seen.add(name)
            yield Due(kind=Kind.WEEK, name=name, since=since, until=until)


def _statuses(terms: ReportTerms, began: datetime, now: datetime) -> Iterator[Due]:
    today = day_of(terms.zone, now)
    for day in (today - _DAY, today):
        for place, hour in enumerate(terms.status_hours):
            moment = _at(terms.zone, day, hour)
            if began <= moment <= now:
                yield Due(kind=Kind.STATUS, name=name_of_status(day, place), since=moment, until=moment)


def _progress(terms: ReportTerms, began: datetime, now: datetime) -> Iterator[Due]:
    for day in _past_days(terms.zone, began, now):
        since, until = span_of_day(terms.zone, day)
        yield Due(kind=Kind.PROGRESS, name=f"progress-{day}", since=since, until=until)


def _latest(owed: Iterator[Due]) -> list[Due]:
    return list(owed)[-1:]


def _sweep(terms: ReportTerms, now: datetime) -> Due:
    since, until = span_of_day(terms.zone, day_of(terms.zone, now))
    return Due(kind=Kind.SWEEP, name=f"sweep-{day_of(terms.zone, now)}", since=since, until=until)


def _past_days(zone: ZoneInfo, began: datetime, now: datetime) -> Iterator[date]:
    """Whole days since the installation began, the last month's at most, oldest first."""
    today = day_of(zone, now)
    day = max(day_of(zone, began), today - CAUGHT_UP * _DAY)
    while day < today:
        yield day
        day += _DAY


def _at(zone: ZoneInfo, day: date, hour: int) -> datetime:
    return datetime.combine(day, time(hour), tzinfo=zone)

"""Recurring work: when an entry's occurrences come, and the task that is made of a finding. Timers only wake; this decides."""

import hashlib
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from pathlib import PurePosixPath
from zoneinfo import ZoneInfo

from cronsim import CronSim

from watchbill.domain.ids import ProviderName, RepoName, TaskId, TaskType
from watchbill.domain.money import MicroUsd
from watchbill.domain.tasks import ORIGIN, Autonomy, Task
from watchbill.scheduling.detection import Find, is_path

TARGET = "{target}"
LAST_PLACE = 1_000_000  # in the order of work: what people wrote goes before what recurs, of the same priority
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MINUTE, _HOUR, _DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
_SHIFT = timedelta(hours=3)  # more than any clock is put forward or back
_SLUG = 20  # characters
_MOST_TARGETS = 1000  # that are told apart in the order of work


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """Either `every` or `cron`, each occurrence put off by `offset`.

    Minutes that divide an hour and hours that divide a day come at the same times of the zone's every day: 3 h at 0:00,
    3:00, 6:00. Any other span counts on from 1970 in UTC. A time that a clock change skips comes right after it.
    """

    every: timedelta | None = None
    cron: str = ""
    offset: timedelta = timedelta(0)
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Recurring:
    """An entry: when to look for work, where, and what each target becomes."""

    name: str
    repo: RepoName
    timing: Timing
    find: Find
    type: TaskType
    title: str
    prompt: str = ""
    success: str = ""
    files: tuple[str, ...] = (TARGET,)
    priority: int = 5
    autonomy: Autonomy | None = None
    provider: ProviderName | None = None
    fallback: tuple[ProviderName, ...] = ()
    max_cost: MicroUsd | None = None
    limit: int = 20  # open tasks of it at most
    place: int = 0  # among the entries


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    occurrence: datetime | None  # to be looked at now; None: nothing is due
    seen: datetime  # what counts as the last one seen, however `occurrence` goes
    next: datetime


def due(timing: Timing, seen: datetime | None, now: datetime) -> Due:
    """What is due now, when `seen` was the last occurrence that was looked at; None: the entry is new.

    Missed occurrences are one, the latest. A new entry begins with its next occurrence; so does one whose last occurrence
    lies ahead, for then the clock went back: the same task ids come out, so nothing is done twice.
    """
    newest, following = previous(timing, now), after(timing, now)
    if seen is None or seen > now:
        return Due(occurrence=None, seen=newest, next=following)
    return Due(occurrence=newest if newest > seen else None, seen=seen, next=following)


def after(timing: Timing, moment: datetime) -> datetime:
    """The first occurrence later than the moment, in UTC."""
    return next(_later(timing, moment))


def previous(timing: Timing, moment: datetime) -> datetime:
    """The last occurrence up to the moment, in UTC."""
    asked = moment.astimezone(UTC) - timing.offset
    line = _line(timing)
    if line is None:
        every = timing.every or _DAY
        return _EPOCH + every * ((asked - _EPOCH) // every) + timing.offset
    return _last_of(line, asked, timing.zone) + timing.offset


def coming(timing: Timing, now: datetime, until: datetime) -> Iterator[datetime]:
    """The occurrences after now, up to the end."""
    return takewhile(lambda at: at <= until, _later(timing, now))


def _later(timing: Timing, moment: datetime) -> Iterator[datetime]:
    asked = moment.astimezone(UTC) - timing.offset
    line = _line(timing)
    if line is None:
        every = timing.every or _DAY
        begin = _EPOCH + every * ((asked - _EPOCH) // every)
        while True:
            begin += every
            yield begin + timing.offset
    yield from (at + timing.offset for at in _forwards(line, asked, timing.zone))


def _last_of(line: str, moment: datetime, zone: ZoneInfo) -> datetime:
    """The same as forwards: backwards alone, cronsim sees other times where clocks change by half an hour."""
    backwards = CronSim(line, moment.astimezone(zone) + timedelta(seconds=1), reverse=True)
    lasts = (_up_to(line, local.astimezone(UTC) - _SHIFT, moment, zone) for local in backwards)
    return next(times[-1] for times in lasts if times)


def _up_to(line: str, begin: datetime, end: datetime, zone: ZoneInfo) -> list[datetime]:
    return list(takewhile(lambda at: at <= end, _forwards(line, begin, zone)))


def _forwards(line: str, begin: datetime, zone: ZoneInfo) -> Iterator[datetime]:
    return (local.astimezone(UTC) for local in CronSim(line, begin.astimezone(zone)))


def _line(timing: Timing) -> str | None:
    """The cron line of a timing; None for a span that comes at other times every day."""
    if timing.every is None:
        return timing.cron
    minutes, rest = divmod(timing.every, _MINUTE)
    if rest:
        return None
    if timing.every < _HOUR and _HOUR % timing.every == timedelta(0):
        return f"*/{minutes} * * * *"
    if _DAY % timing.every == timedelta(0) and timing.every % _HOUR == timedelta(0):
        return f"0 */{timing.every // _HOUR} * * *" if timing.every < _DAY else "0 0 * * *"
    return None


def task_of(entry: Recurring, target: str, occurrence: datetime, *, number: int = 0) -> Task | None:
    """The task that a target becomes, its id always the same for the same occurrence; `number` is its place among several.

    None where the target cannot be among the task's files.
    """
    if any(TARGET in file for file in entry.files) and not is_path(target):
        return None
    return Task(
        id=_id(entry, target, occurrence),
        repo=entry.repo,
        title=entry.title.replace(TARGET, target),
        type=entry.type,
        priority=entry.priority,
        autonomy=entry.autonomy,
        order=LAST_PLACE + entry.place * _MOST_TARGETS + min(number, _MOST_TARGETS - 1),
        claims=tuple(file.replace(TARGET, target) for file in entry.files),
        provider=entry.provider,
        fallback=entry.fallback,
        requirements=entry.prompt.replace(TARGET, target),
        success=entry.success.replace(TARGET, target),
        max_cost=entry.max_cost,
        extra={
            ORIGIN: f"recurring {entry.name}",
            "occurrence": f"{occurrence.astimezone(UTC):%Y-%m-%d %H:%M} UTC",
            **({"target": target} if target else {}),
        },
    )


def _id(entry: Recurring, target: str, occurrence: datetime) -> TaskId:
    said = "\0".join((entry.repo, entry.name, target, occurrence.astimezone(UTC).isoformat()))
    digest = hashlib.sha256(said.encode("utf-8", "replace")).hexdigest()[:8]
    return TaskId("-".join(part for part in (entry.name, _slug(target), digest) if part))


def _slug(target: str) -> str:
    plain = unicodedata.normalize("NFKD", PurePosixPath(target).stem).encode("ascii", "ignore").decode().lower()
    return "-".join(re.findall("[a-z0-9]+", plain))[:_SLUG].strip("-")

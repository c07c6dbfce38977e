"""Recurring work in watchbill.toml: the keys of [[recurring]], and how their values are written."""

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated

from cronsim import CronSim, CronSimError
from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from watchbill.config.forms import Dollars, Name, Span, Text, parse_span
from watchbill.config.section import Section
from watchbill.domain.tasks import Autonomy

LONGEST_NAME = 32  # of an entry: it begins its tasks' ids, which name branches
_SIZE = re.compile(r"(\d{1,12}) ?(words?|bytes?|kB|MB)")
_OFFSET = re.compile(r"(\S+)(?: after (\S+))?")
_FIELDS = 5  # of a cron line
_SHORTEST = timedelta(minutes=1)


def check_cron(line: str) -> str:
    """The cron line as it was written; raises ValueError for what never comes or is none."""
    if len(line.split()) != _FIELDS:
        raise ValueError('must have five fields: minute, hour, day, month, weekday, for instance "30 6 * * 1-5"')
    try:
        next(CronSim(line, datetime(2026, 1, 1, tzinfo=UTC)))
    except (CronSimError, StopIteration) as error:
        raise ValueError(f"is no cron line that ever comes ({error})") from error
    return line


def check_pace(every: timedelta) -> timedelta:
    if every < _SHORTEST:
        raise ValueError("must be a minute or more")
    return every


def check_pattern(text: str) -> str:
    """The regular expression as it was written; raises ValueError for what is none."""
    try:
        re.compile(text)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"is no regular expression: {error}") from error
    return text


def parse_size(text: str) -> tuple[int, str]:
    """The amount and its unit, for instance 4 and kB."""
    said = _SIZE.fullmatch(text)
    if said is None:
        raise ValueError('must be a size such as "1500 words", "800 bytes" or "4 kB"')
    return int(said[1]), said[2]


def check_size(text: str) -> str:
    parse_size(text)
    return text


def parse_offset(text: str) -> tuple[timedelta, str]:
    """How much later, and after which entry; "" when after none.

    >>> parse_offset("30m after scene-writer")[1]
    'scene-writer'
    """
    said = _OFFSET.fullmatch(text)
    if said is None:
        raise ValueError('must be a span, or a span after an entry: "30m" or "30m after scene-writer"')
    return parse_span(said[1]), said[2] or ""


def check_offset(text: str) -> str:
    parse_offset(text)
    return text


def _listed(value: object) -> object:
    return (value,) if isinstance(value, str) else value


Globs = Annotated[
    tuple[Text, ...],
    BeforeValidator(_listed),
    Field(min_length=1),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]}),
]
Pattern = Annotated[Text, AfterValidator(check_pattern)]
EntryName = Annotated[Name, Field(max_length=LONGEST_NAME)]


class Find(Section):
    """How work is found. Files by `glob` (and at most one of `contains`, `absent` and `smaller_than`), or what is `missing`,
    or what a `command` prints."""

    glob: Globs | None = None
    """Files that are looked at, one pattern or several, for instance "scenes/*.txt". Each that fits is a target. Files over
    1 MiB are passed over where their text counts."""

    exclude: Globs | None = None
    """Files that are never targets, though `glob` names them."""

    contains: Pattern | None = None
    """A regular expression, matched line by line: files with at least `at_least` matches are targets."""

    at_least: Annotated[int, Field(ge=1)] = 1
    """Matches of `contains`."""

    absent: Pattern | None = None
    """A regular expression, matched line by line: files with at most `at_most` matches are targets."""

    at_most: Annotated[int, Field(ge=0)] = 0
    """Matches of `absent`. None: what has to be there is not there at all."""

    smaller_than: Annotated[Text, AfterValidator(check_size)] | None = None
    """Files with less than this are targets: "1500 words", "800 bytes", "4 kB"."""

    changed: bool = False
    """Only files that changed since all earlier findings had become tasks. The first time every file counts as changed."""

    missing: Globs | None = None
    """Paths, no globs: each that is not there is a target."""

    command: Annotated[tuple[Text, ...], Field(min_length=1)] | None = None
    """A program and its arguments, run in the sandbox on the newest state: each line that it prints is a target. It ends
    with 0, or nothing counts."""

    timeout: Span = timedelta(minutes=5)
    """The command is killed, and has found nothing, after this."""


class Recurring(Section):
    """Work that comes again and again. At each occurrence work is looked for; each target that is found becomes a task, unless
    an earlier one for it is still open or failed. Nothing found: no task, no run, no cost. Occurrences that were missed are
    one. In `title`, `prompt`, `success` and `files`, `{target}` stands for the target."""

    name: EntryName
    """How it is called; its tasks' ids begin with it."""

    repo: Text | None = None
    """The repository to look into and work on. Default: the only one."""

    every: Annotated[Span, AfterValidator(check_pace)] | None = None
    """How often. Minutes that divide an hour and hours that divide a day come at the same times of each day in the daemon's
    zone: "3h" at 0:00, 3:00, 6:00 and so on. Any other span counts on from 1970 in UTC."""

    cron: Annotated[Text, AfterValidator(check_cron)] | None = None
    """When, as a cron line in the daemon's zone: minute, hour, day, month, weekday. In place of `every`."""

    offset: Annotated[Text, AfterValidator(check_offset)] | None = None
    """How much later: "30m", or "30m after scene-writer". With `every` of its own it keeps its own pace, so much later than
    the other one's times are counted from; without, it follows each occurrence of the other."""

    type: Text = "simple"
    """The type of its tasks."""

    title: Text | None = None
    """The title of its tasks. Default: its name and the target."""

    prompt: str = ""
    """What is asked for."""

    success: str = ""
    """How one sees that it is done."""

    files: tuple[Text, ...] | None = None
    """What its tasks may write: paths or globs. Default: the target; without `find`, everything."""

    provider: Text | None = None
    """Who is to do it. Default: whoever suits best."""

    fallback: tuple[Text, ...] = ()
    """Who does it, in this order, when `provider` cannot: not configured, out of order, on hold, paused, out of money, or
    failed at it. An hour that is not its own it waits for."""

    priority: Annotated[int, Field(ge=0, le=9)] = 5
    """0 is the most urgent. Within a priority, what people wrote into a queue goes first."""

    autonomy: Autonomy | None = None
    """Of its tasks. Default: as the repository's."""

    max_usd: Dollars | None = None
    """US dollars that one of its tasks may cost. The budget's own caps bind as well."""

    limit: Annotated[int, Field(ge=1, le=1000)] = 20
    """Open tasks of it at once; what is over is found again at the next occurrence. Twenty: nobody reviews more a day."""

    find: Find | None = None
    """How work is found, for instance { glob = "scenes/*.txt", contains = "TODO" }. Without it, each occurrence is one task,
    unless the last one is still open."""

"""Moments and spans as machines write them: epochs, ISO 8601, HTTP dates, seconds, and spans such as 1h2m3.5s."""

import math
import re
from datetime import UTC, datetime, timedelta, tzinfo
from email.utils import parsedate_to_datetime

MILLISECONDS_FROM = 1e11  # a greater epoch counts milliseconds
EPOCH_FROM = 1e9  # a smaller number counts seconds from now

_PIECE = re.compile(
    r"(\d+(?:\.\d+)?)\s*(milliseconds?|millis|msecs?|ms|weeks?|w|days?|d|hours?|hrs?|h|minutes?|mins?|m|seconds?|secs?|s)"
    r"(?![a-z])",
    re.IGNORECASE,
)
_UNITS = {"w": 604_800.0, "d": 86_400.0, "h": 3_600.0, "m": 60.0, "s": 1.0}
_CLOCK_SPAN = re.compile(r"(?:(\d+)\.)?(\d{1,3}):(\d\d):(\d\d)(?:\.\d+)?")


def later(now: datetime, seconds: float) -> datetime | None:
    """So many seconds from now, and never before it. None where no calendar reaches."""
    try:
        return now + timedelta(seconds=max(seconds, 0))
    except (OverflowError, ValueError):
        return None


def seconds_of(text: str) -> float | None:
    """A span: 20, 1.5, 6m0s, 120ms, 2 days 3 hours, 03:12:45, 1.03:12:45. None where there is none."""
    text = text.strip()
    try:
        number = float(text)
    except ValueError:
        pass
    else:
        return number if math.isfinite(number) else None
    if match := _CLOCK_SPAN.fullmatch(text):
        days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
        return days * 86_400.0 + hours * 3_600 + minutes * 60 + seconds
    pieces = _PIECE.findall(text)
    return sum(float(amount) * _unit(unit) for amount, unit in pieces) if pieces else None


def _unit(word: str) -> float:
    word = word.lower()
    return 0.001 if word.startswith(("ms", "milli")) else _UNITS[word[0]]


def epoch(number: float) -> datetime | None:
    """A moment in unix seconds or milliseconds."""
    try:
        return datetime.fromtimestamp(number / 1000 if number >= MILLISECONDS_FROM else number, UTC)
    except (OverflowError, ValueError, OSError):
        return None


def moment_of(value: object, now: datetime, zone: tzinfo = UTC) -> datetime | None:
    """A reset as an epoch, a moment, an HTTP date, or a span from now; small numbers are spans."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | float):
        return _of_number(float(value), now) if math.isfinite(value) else None
    if not isinstance(value, str) or not value.strip():
        return None
    return _of_text(value.strip(), now, zone)


def _of_number(number: float, now: datetime) -> datetime | None:
    return epoch(number) if number >= EPOCH_FROM else later(now, number)


def _of_text(text: str, now: datetime, zone: tzinfo) -> datetime | None:
    if (moment := iso(text, zone)) is not None:
        return moment
    try:
        return _of_number(float(text), now) if math.isfinite(float(text)) else None
    except ValueError:
        pass
    if (moment := http_date(text)) is not None:
        return moment
    seconds = seconds_of(text)
    return None if seconds is None else later(now, seconds)


def iso(text: str, zone: tzinfo = UTC) -> datetime | None:
    """An ISO moment or date; one without an offset is the zone's."""
    if not re.match(r"\d{4}-\d\d", text):
        return None
    try:
        moment = datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", text))
        return utc(moment.replace(tzinfo=zone) if moment.tzinfo is None else moment)
    except ValueError:
        return None


def http_date(text: str) -> datetime | None:
    if not re.match(r"[A-Za-z]{3,9},? ", text):
        return None
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return utc(moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment)


def utc(moment: datetime) -> datetime | None:
    """The moment in UTC. None at the calendar's ends."""
    try:
        return moment.astimezone(UTC)
    except (OverflowError, ValueError):
        return None

"""Times as sentences state them: "resets 3pm (Europe/Berlin)", "try again in 2 days 3 hours", "Nov 30th, 2026 9:00 AM".

A clock without a zone is the host's; a clock without a date is the next such time; a date without a year is the nearest.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

from watchbill.providers.oracle import moments

_REACH = 90  # characters behind the word that announces a time
_ANNOUNCED = re.compile(
    r"\b(?:resets?|resetting|try again|retry (?=in|after|at|on|\d)|available(?: again)?|regain access|renews?|until|replenish(?:es|ed)?"
    r"|refresh(?:es|ed)?|wait(?= (?:for )?(?:\d|an?\b|until|about|at least))|resumes?|come back|back|lifted|restored|(?:cycle|period) ends? on|try after|redefinido|reinicia|limit reached\|)"
    r"(?P<gap>[^.\d]{0,40}?)\b(?=[\dA-Z])?",
    re.IGNORECASE,
)
_EVERY = re.compile(r"\(every [^)]*\)", re.IGNORECASE)  # how long windows are, not when this one ends
_OPEN_WINDOW = re.compile(r"(\d+(?:\.\d+)?)\s?% (?:used|of)|used (\d+(?:\.\d+)?)\s?%", re.IGNORECASE)
_FULL = 100

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan",
            "feb fev",
            "mar",
            "apr abr",
            "may mai",
            "jun",
            "jul",
            "aug ago",
            "sep set",
            "oct out okt",
            "nov",
            "dec dez",
        ),
        1,
    )
    for name in names.split()
}
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_ZONE_HOURS = {
    "utc": 0, "gmt": 0, "z": 0, "pst": -8, "pdt": -7, "mst": -7, "mdt": -6, "cst": -6, "cdt": -5, "est": -5, "edt": -4,
    "cet": 1, "cest": 2, "bst": 1, "wet": 0, "west": 1, "eet": 2, "eest": 3, "msk": 3, "brt": -3, "jst": 9, "kst": 9, "sgt": 8, "hkt": 8, "ist": 5.5,
    "aest": 10, "aedt": 11, "awst": 8, "nzst": 12, "nzdt": 13, "akst": -9, "akdt": -8, "hst": -10,
}  # fmt: skip
_ZONE_NAMES = {
    "pt": "America/Los_Angeles", "pacific": "America/Los_Angeles", "mt": "America/Denver", "ct": "America/Chicago",
    "et": "America/New_York", "eastern": "America/New_York",
}  # fmt: skip

_EPOCH = re.compile(r"(?<!\d)\|?(\d{10}|\d{13})(?!\d)")
_ISO = re.compile(
    r"(\d{4}-\d\d-\d\d)(?:(?:T| at | |, )(\d\d:\d\d(?::\d\d)?(?:\.\d+)?)\s?(Z\b|[+-]\d\d:?\d\d)?)?", re.IGNORECASE
)
_US_DATE = re.compile(r"(?<!\d)(\d{1,2})/(\d{1,2})/(\d{4})(?!\d)")
_TIME = r"(?P<hour>\d{1,2})(?::(?P<minute>\d\d))?(?::(?P<second>\d\d))?\s?(?P<half>[ap]\.?m\b\.?)?"
_MONTH_FIRST = re.compile(
    rf"(?P<month>[A-Za-z]{{3,9}})\.? (?P<day>\d{{1,2}})(?:st|nd|rd|th)?\b(?:,? (?P<year>\d{{4}}))?(?:,? (?:at )?{_TIME})?",
    re.IGNORECASE,
)
_DAY_FIRST = re.compile(
    rf"(?P<day>\d{{1,2}})(?:st|nd|rd|th)? (?:de )?(?P<month>[A-Za-z]{{3,9}})\.?(?: de)?(?:,? (?P<year>\d{{4}}))?(?:,? (?:at )?{_TIME})?",
    re.IGNORECASE,
)
_WEEKDAY = re.compile(rf"(?P<weekday>{'|'.join(_WEEKDAYS)})[a-z]*\.?,?(?: at)? {_TIME}", re.IGNORECASE)
_NEAR_DAY = re.compile(rf"(?P<near>today|tomorrow)(?:,? at)? {_TIME}", re.IGNORECASE)
_CLOCK = re.compile(rf"(?<![\d:.-]){_TIME}(?![\d:%])(?!\.\d)(?!-\d)", re.IGNORECASE)
_MIDNIGHT = re.compile(r"\b(midnight|noon)\b", re.IGNORECASE)
_SPAN = re.compile(
    r"(?:\d+(?:\.\d+)?\s*(?:milliseconds?|ms|weeks?|days?|d|hours?|hrs?|h|minutes?|mins?|m|seconds?(?:\(s\))?|secs?|s)(?![a-z])(?:,| and)?\s*)+"
    r"|(?:\d+\.)?\d{1,3}:\d\d:\d\d|(?:an?|one) (?:minute|hour|day|week)\b",
    re.IGNORECASE,
)
_ONE = {"minute": 60, "hour": 3_600, "day": 86_400, "week": 604_800}
_ZONE = re.compile(
    r"\s*\(?(?P<name>[A-Z][A-Za-z]+(?:/[A-Z][\w+-]+)+|(?:UTC|GMT)[+-]\d{1,2}(?::?\d\d)?|[+-]\d\d:?\d\d|[A-Za-z]{1,7})\b\)?"
)


def resets_in(text: str, now: datetime, zone: tzinfo) -> list[datetime]:
    """Every time that the text announces for trying again, in its order; what it says of a window still open is left out."""
    found: list[datetime] = []
    text = _EVERY.sub(" ", text)
    for match in _ANNOUNCED.finditer(text):
        if _speaks_of_open(text[: match.start()]):
            continue
        tail = text[match.start() + len(match[0]) - len(match["gap"]) :][:_REACH]
        moment = time_in(tail, now, zone)
        if moment is not None and moment not in found:
            found.append(moment)
    return found


def _speaks_of_open(before: str) -> bool:
    sentence = re.split(r"[.;\n]\s", before)[-1]
    shares = [float(one or other) for one, other in _OPEN_WINDOW.findall(sentence)]
    return bool(shares) and shares[-1] < _FULL


def time_in(text: str, now: datetime, zone: tzinfo) -> datetime | None:
    """The first time that the text states, its most exact reading first."""
    candidates = [found for reader in _READERS for found in reader(text, now, zone)]
    return min(candidates, key=lambda found: found[0])[1] if candidates else None


Found = tuple[int, datetime]  # where it begins, and what it is


def _epochs(text: str, _now: datetime, _zone: tzinfo) -> Iterator[Found]:
    if (match := _EPOCH.search(text)) and (moment := moments.epoch(float(match[1]))) is not None:
        yield match.start(), moment


def _isos(text: str, _now: datetime, zone: tzinfo) -> Iterator[Found]:
    match = _ISO.search(text)
    if match is None:
        return
    offset, clock = match[3] or "", match[2] or "00:00"
    stated = zone if offset else _zone_behind(text[match.end() :], zone)
    moment = moments.iso(f"{match[1]}T{clock}{'+00:00' if offset.upper() == 'Z' else offset}", stated)
    if moment is not None:
        yield match.start(), moment


def _us_dates(text: str, _now: datetime, zone: tzinfo) -> Iterator[Found]:
    if match := _US_DATE.search(text):
        moment = moments.iso(f"{match[3]}-{int(match[1]):02}-{int(match[2]):02}", zone)
        if moment is not None:
            yield match.start(), moment


def _dates(text: str, now: datetime, zone: tzinfo) -> Iterator[Found]:
    for pattern in (_MONTH_FIRST, _DAY_FIRST):
        for match in pattern.finditer(text):
            month = _MONTHS.get(match["month"][:3].lower())
            if month is None:
                continue
            there = _zone_behind(text[match.end() :], zone)
            moment = _on_date(match, month, now.astimezone(there), there)
            if moment is not None:
                yield match.start(), moment
                return


def _on_date(match: re.Match[str], month: int, now: datetime, there: tzinfo) -> datetime | None:
    hour, minute = _clock(match)
    years = [int(match["year"])] if match["year"] else [now.year - 1, now.year, now.year + 1]
    readings = []
    for year in years:
        try:
            moment = moments.utc(datetime(year, month, int(match["day"]), hour, minute, tzinfo=there))
        except ValueError:
            continue
        if moment is not None:
            readings.append(moment)
    return min(readings, key=lambda moment: abs(moment - now), default=None)


def _days(text: str, now: datetime, zone: tzinfo) -> Iterator[Found]:
    for pattern in (_WEEKDAY, _NEAR_DAY):
        match = pattern.search(text)
        if match is None:
            continue
        there = _zone_behind(text[match.end() :], zone)
        local = now.astimezone(there)
        ahead = _days_ahead(match, local)
        moment = _at_clock(local + timedelta(days=ahead), *_clock(match), there)
        if moment is not None and pattern is _WEEKDAY and moment <= now:
            moment = _at_clock(local + timedelta(days=ahead + 7), *_clock(match), there)
        if moment is not None:
            yield match.start(), moment


def _days_ahead(match: re.Match[str], local: datetime) -> int:
    if "near" in match.groupdict():
        return 1 if match["near"].lower() == "tomorrow" else 0
    return (_WEEKDAYS.index(match["weekday"].lower()) - local.weekday()) % 7


def _clocks(text: str, now: datetime, zone: tzinfo) -> Iterator[Found]:
    for match in _CLOCK.finditer(text):
        if (match["half"] or match["minute"]) and not _SPAN.match(text, match.start()):
            moment = _next(now, *_clock(match), _zone_behind(text[match.end() :], zone))
            if moment is not None:
                yield match.start(), moment
            return
    if word := _MIDNIGHT.search(text):
        moment = _next(now, 0 if word[1].lower() == "midnight" else 12, 0, _zone_behind(text[word.end() :], zone))
        if moment is not None:
            yield word.start(), moment


def _spans(text: str, now: datetime, _zone: tzinfo) -> Iterator[Found]:
    match = _SPAN.search(text)
    if match is None:
        return
    words = match[0].lower().split()
    seconds = _ONE[words[1]] if words[0] in ("a", "an", "one") else moments.seconds_of(match[0].replace("(s)", ""))
    moment = None if seconds is None else moments.later(now, seconds)
    if moment is not None:
        yield match.start(), moment


_READERS = (_epochs, _isos, _us_dates, _dates, _days, _clocks, _spans)


def _clock(match: re.Match[str]) -> tuple[int, int]:
    if match["hour"] is None:
        return 0, 0
    hour, minute = int(match["hour"]), int(match["minute"] or 0)
    half = (match["half"] or "").lower()
    if half.startswith("p") and hour < 12:  # noqa: PLR2004 -- the clock's
        hour += 12
    if half.startswith("a") and hour == 12:  # noqa: PLR2004
        hour = 0
    return hour, minute


def _next(now: datetime, hour: int, minute: int, there: tzinfo) -> datetime | None:
    """The first such time on a clock of that zone after now."""
    local = now.astimezone(there)
    for ahead in range(3):
        moment = _at_clock(local + timedelta(days=ahead), hour, minute, there)
        if moment is not None and moment > now:
            return moment
    return None


def _at_clock(day: datetime, hour: int, minute: int, there: tzinfo) -> datetime | None:
    try:
        return moments.utc(datetime(day.year, day.month, day.day, hour, minute, tzinfo=there))
    except ValueError:
        return None


def _zone_behind(text: str, otherwise: tzinfo) -> tzinfo:
    """The zone that stands right behind a clock."""
    match = _ZONE.match(text)
    return (zone_named(match["name"]) if match else None) or otherwise


def zone_named(name: str) -> tzinfo | None:
    """A zone by its IANA name, its usual letters, or its distance from UTC."""
    low = name.lower()
    if low in _ZONE_HOURS:
        return UTC if _ZONE_HOURS[low] == 0 else timezone(timedelta(hours=_ZONE_HOURS[low]))
    if match := re.fullmatch(r"(?:utc|gmt)?([+-])(\d{1,2}):?(\d\d)?", low):
        span = timedelta(hours=int(match[2]), minutes=int(match[3] or 0))
        return None if span >= timedelta(days=1) else timezone(-span if match[1] == "-" else span)
    named = _ZONE_NAMES.get(low, name if "/" in name else "")
    try:
        return ZoneInfo(named) if named else None
    except (KeyError, ValueError, OSError):
        return None

"""Words: numbers, money and moments as people read them on a page. Pure; moments come as the answers have them, RFC 3339."""

import re
from datetime import UTC, datetime, timedelta, tzinfo

from watchbill.domain import money
from watchbill.domain.money import MicroUsd

_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_THOUSAND, _MILLION = 1_000, 1_000_000
_SMALL = MicroUsd(10_000)  # a cent: below it all places count


def usd(amount: int | None) -> str:
    """Micro-dollars: in cents, or in all their places where a cent would be too coarse.

    >>> usd(2_412_345), usd(83), usd(None)
    ('$2.41', '$0.000083', '—')
    """
    if amount is None:
        return "—"
    if 0 < abs(amount) < _SMALL:
        return money.show(MicroUsd(amount))
    return f"{'-' if amount < 0 else ''}${abs(amount) / _MILLION:,.2f}"


def count(number: int | None) -> str:
    """
    >>> count(950), count(41_234), count(2_500_000), count(None)
    ('950', '41k', '2.5M', '—')
    """
    if number is None:
        return "—"
    if number < _THOUSAND:
        return str(number)
    return f"{number / _THOUSAND:.0f}k" if number < _MILLION else f"{number / _MILLION:.1f}M"


def span(seconds: float | None) -> str:
    """
    >>> span(8), span(130), span(7260), span(200_000), span(None)
    ('8 s', '2 min 10 s', '2 h 1 min', '2 d 7 h', '—')
    """
    if seconds is None:
        return "—"
    whole = int(seconds)
    if whole < _MINUTE:
        return f"{whole} s"
    if whole < _HOUR:
        return _two(whole, _MINUTE, "min", 1, "s")
    return _two(whole, _HOUR, "h", _MINUTE, "min") if whole < _DAY else _two(whole, _DAY, "d", _HOUR, "h")


def _two(whole: int, big: int, of_big: str, small: int, of_small: str) -> str:
    first, rest = divmod(whole, big)
    return f"{first} {of_big} {rest // small} {of_small}" if rest // small else f"{first} {of_big}"


def parsed(stamp: str) -> datetime:
    return datetime.fromisoformat(stamp)


def ago(stamp: str | None, now: datetime) -> str:
    """How far a moment is from now, in its one largest unit.

    >>> from datetime import UTC
    >>> noon = datetime(2026, 11, 24, 12, tzinfo=UTC)
    >>> ago("2026-11-24T11:48:00Z", noon), ago("2026-11-24T14:30:00Z", noon), ago(None, noon)
    ('12 min ago', 'in 2 h', '—')
    """
    if stamp is None:
        return "—"
    seconds = (now - parsed(stamp)).total_seconds()
    if abs(seconds) < 1:
        return "now"
    amount = _one(abs(seconds))
    return f"{amount} ago" if seconds > 0 else f"in {amount}"


def _one(seconds: float) -> str:
    for size, word in ((_DAY, "d"), (_HOUR, "h"), (_MINUTE, "min")):
        if seconds >= size:
            return f"{int(seconds // size)} {word}"
    return f"{int(seconds)} s"


def clock(stamp: str | None, now: datetime, zone: tzinfo) -> str:
    """The time in the zone, with its day where that is not today.

    >>> from datetime import UTC
    >>> noon = datetime(2026, 11, 24, 12, tzinfo=UTC)
    >>> clock("2026-11-24T11:48:00Z", noon, UTC), clock("2026-11-23T11:48:00Z", noon, UTC)
    ('11:48', 'Mon 23 Nov 11:48')
    """
    if stamp is None:
        return "—"
    there, today = parsed(stamp).astimezone(zone), now.astimezone(zone).date()
    if there.date() == today:
        return f"{there:%H:%M}"
    if there.year != today.year:
        return f"{there:%Y-%m-%d %H:%M}"
    is_near = abs(there.date() - today) < timedelta(days=7)
    return f"{there:%a} {there.day} {there:%b %H:%M}" if is_near else f"{there.day} {there:%b %H:%M}"


_STATED = re.compile(r"(?:(\d{4}-\d\d-\d\d) )?(\d\d:\d\d) UTC\b")


def zoned(text: str, now: datetime, zone: tzinfo) -> str:
    """A sentence of ours, its moments in the zone: what decides says them in UTC. A bare time is the nearest one to now.

    >>> from zoneinfo import ZoneInfo
    >>> noon = datetime(2026, 11, 24, 12, tzinfo=UTC)
    >>> zoned("its turn comes at 2026-11-24 14:00 UTC, or at 23:30 UTC", noon, ZoneInfo("Africa/Cairo"))
    'its turn comes at 16:00, or at Wed 25 Nov 01:30'
    >>> zoned("not before 2026-99-99 14:00 UTC", noon, UTC)
    'not before 2026-99-99 14:00 UTC'
    """

    def told(found: re.Match[str]) -> str:
        try:
            at = datetime.fromisoformat(f"{found[1] or now.astimezone(UTC).date()} {found[2]}+00:00")
        except ValueError:
            return found[0]
        if found[1] is None:
            at = min((at + timedelta(days=days) for days in (-1, 0, 1)), key=lambda each: abs(each - now))
        return clock(at.isoformat(), now, zone)

    return _STATED.sub(told, text)

"""Zoned: our sentences, kept ones too, name moments in UTC; whoever shows them names the same moments in its own zone."""

import re
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

_MOMENT = re.compile(r"\b(?:(\d{4}-\d\d-\d\d) )?(\d\d:\d\d(?::\d\d)?) UTC\b")
_SENTENCES = frozenset(
    {"by_hand", "detail", "evidence", "message", "note", "reason", "said", "summary", "why", "why_idle", "words"}
)
_HALF_A_DAY = timedelta(hours=12)


def sentence(text: str, zone: tzinfo | None, now: datetime) -> str:
    """The same with its moments in the zone, None for the machine's own. A time of day is the one that is nearest to now.

    >>> from zoneinfo import ZoneInfo
    >>> noon = datetime(2026, 11, 24, 12, tzinfo=UTC)
    >>> sentence("its turn comes at 2026-11-24 23:30 UTC, or from 15:00 UTC", ZoneInfo("Europe/Berlin"), noon)
    'its turn comes at 2026-11-25 00:30 CET, or from 16:00 CET'
    """
    if " UTC" not in text:
        return text
    return _MOMENT.sub(lambda found: _there(found, zone, now), text)


def answer(value: Any, zone: tzinfo | None, now: datetime) -> Any:
    """An answer whose sentences are in the zone; what others wrote at length, and every field that is a moment, stay."""
    return value if str(zone) == "UTC" else _walked(value, zone, now)


def _walked(value: Any, zone: tzinfo | None, now: datetime) -> Any:
    if isinstance(value, dict):
        return {key: _of(key, each, zone, now) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_walked(each, zone, now) for each in value)
    return value


def _of(key: object, value: Any, zone: tzinfo | None, now: datetime) -> Any:
    if isinstance(value, str):
        return sentence(value, zone, now) if key in _SENTENCES else value
    if key == "problems" and isinstance(value, list):
        return [sentence(each, zone, now) for each in value]
    return _walked(value, zone, now)


def _there(found: re.Match[str], zone: tzinfo | None, now: datetime) -> str:
    day, time = found.groups()
    try:
        moment = datetime.fromisoformat(f"{day or now.astimezone(UTC).date()} {time}").replace(tzinfo=UTC)
        there = (moment if day else _nearest(moment, now)).astimezone(zone)
    except (ValueError, OverflowError):  # no moment: somebody else's words
        return found[0]
    form = "%H:%M:%S" if time.count(":") > 1 else "%H:%M"
    return f"{there:%Y-%m-%d {form} %Z}" if day else f"{there:{form} %Z}"


def _nearest(moment: datetime, now: datetime) -> datetime:
    if moment - now > _HALF_A_DAY:
        return moment - timedelta(days=1)
    return moment + timedelta(days=1) if now - moment > _HALF_A_DAY else moment

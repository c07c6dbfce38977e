"""Moments as people type them: a date, a time, so long ago, or a word; without a zone of their own they are the budget's."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from watchbill.operator.faults import NoMoment

# What the API's description says of moments; hours alone, and zones, are understood too.
MOMENT = (
    "^(today|yesterday|month|[0-9]{1,3}[hdw]"
    "|20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])(T([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?)?)$"
)
_UNITS = {"h": "hours", "d": "days", "w": "weeks"}


def moment(said: str, now: datetime, zone: ZoneInfo) -> datetime:
    """2026-11-24, 2026-11-24T14:00, 14:00 (today), 7d or 12h (ago), today, yesterday, month. Raises NoMoment.

    >>> from datetime import UTC
    >>> moment("7d", datetime(2026, 11, 24, tzinfo=UTC), ZoneInfo("UTC")).isoformat()
    '2026-11-17T00:00:00+00:00'
    """
    midnight = now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    words = {"today": midnight, "yesterday": midnight - timedelta(days=1), "month": midnight.replace(day=1)}
    try:
        if said in words:
            return words[said]
        if said[:-1].isdecimal() and said[-1] in _UNITS:
            return now - timedelta(**{_UNITS[said[-1]]: int(said[:-1])})
        dated = said if "-" in said else f"{midnight.date()}T{said}"
        found = datetime.fromisoformat(dated)
        return found if found.tzinfo else found.replace(tzinfo=zone)
    except (ValueError, OverflowError) as error:
        raise NoMoment(
            f"{said!r} is no moment: write 2026-11-24, 2026-11-24T14:00, 14:00, 7d, today or month"
        ) from error

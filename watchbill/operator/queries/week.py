"""The week as an answer: how busy each provider was in each hour of it, whose hours they are, and what people changed."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from watchbill.domain.ids import ProviderName
from watchbill.operator import plain
from watchbill.operator.doors import Plain
from watchbill.operator.outlook import Outlook
from watchbill.scheduling import slots
from watchbill.scheduling.bill import WatchBill
from watchbill.state import columns, overrides
from watchbill.state.engine import Connection

_HOUR = timedelta(hours=1)
_WEEK = timedelta(weeks=1)
_RUNS = """
SELECT provider, started_ms, coalesce(ended_ms, :now) AS ended_ms FROM runs
WHERE started_ms < :now AND coalesce(ended_ms, :now) > :since ORDER BY provider, started_ms
"""
_FIRST = "SELECT min(started_ms) AS first FROM runs"

Place = tuple[int, int]  # day of the week from Monday, hour of the day


def week(conn: Connection, outlook: Outlook, weeks: int) -> Plain:
    """Busy minutes of each hour, as the mean of the weeks of which there are runs, at most these; what went on at once counts once."""
    now = outlook.now
    first = conn.execute(_FIRST).fetchone()["first"]
    since = now - _WEEK * weeks if first is None else max(now - _WEEK * weeks, columns.moment(first))
    known = max(1.0, (now - since) / _WEEK)
    busy = _busy(conn, outlook, since)
    bill = overrides.overridden(conn, outlook.bill, now)
    here = now.astimezone(bill.zone)
    return {
        "generated_at": plain.stamp(now),
        "zone": str(bill.zone),
        "policy": bill.policy,
        "weeks": round(known, 2),
        "now": [here.weekday(), here.hour],
        "providers": [
            {
                "provider": terms.name,
                "always": terms.always,
                "hours": sorted(terms.hours) if not terms.always else [],
                "busy": [
                    {"day": day, "hour": hour, "minutes": round(minutes / known, 2)}
                    for (day, hour), minutes in sorted(busy.get(terms.name, {}).items())
                ],
                "changed": list(_changed(bill, terms.name, now)),
            }
            for terms in bill.providers
        ],
    }


def _busy(conn: Connection, outlook: Outlook, since: datetime) -> Mapping[str, Mapping[Place, float]]:
    """Minutes in all, by provider and hour of the week."""
    found: defaultdict[str, defaultdict[Place, float]] = defaultdict(lambda: defaultdict(float))
    reached: dict[str, datetime] = {}
    for row in conn.execute(_RUNS, {"now": columns.ms(outlook.now), "since": columns.ms(since)}):
        provider = row["provider"]
        begin = max(columns.moment(row["started_ms"]), since, reached.get(provider, since))
        end = columns.moment(row["ended_ms"])
        reached[provider] = max(end, begin)
        for at, minutes in _by_hour(begin, end):
            local = at.astimezone(outlook.bill.zone)
            found[provider][local.weekday(), local.hour] += minutes
    return found


def _by_hour(begin: datetime, end: datetime) -> Iterator[tuple[datetime, float]]:
    """A span cut at full hours, as its beginnings and minutes."""
    while begin < end:
        turn = begin.replace(minute=0, second=0, microsecond=0) + _HOUR
        yield begin, (min(turn, end) - begin) / timedelta(minutes=1)
        begin = turn


def _changed(bill: WatchBill, name: ProviderName, now: datetime) -> Iterator[Plain]:
    """The hours of the next seven days in which people gave it the watch, or took it."""
    plainly = replace(bill, overrides=())
    for step in range(_WEEK // _HOUR) if bill.overrides else ():
        at = now + _HOUR * step
        override = slots.override_of(bill, at)
        owned = name in slots.owners(plainly, at)
        if override is not None and owned is not (override.provider == name):
            local = at.astimezone(bill.zone)
            yield {"day": local.weekday(), "hour": local.hour, "said": override.said}

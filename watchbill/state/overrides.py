"""Overrides in the store: what is in force, what was, and the bill that follows from it."""

from dataclasses import replace
from datetime import datetime

from watchbill.domain.ids import ProviderName
from watchbill.domain.overrides import Override
from watchbill.scheduling.bill import Hours, WatchBill
from watchbill.scheduling.slots import parse_hours, show_hours
from watchbill.state import columns
from watchbill.state.engine import Connection, Row

_PUT = """
INSERT INTO overrides (provider, hours, since_ms, until_ms, who, why)
VALUES (:provider, :hours, :since, :until, :who, :why) RETURNING *
"""


def put(
    conn: Connection, provider: ProviderName, hours: Hours, *, until: datetime, who: str, why: str, now: datetime
) -> Override:
    row = {
        "provider": provider,
        "hours": show_hours(hours),
        "since": columns.ms(now),
        "until": columns.ms(until),
        "who": who,
        "why": why,
    }
    return _override(conn.execute(_PUT, row).fetchone())


_IN_FORCE = "SELECT * FROM overrides WHERE until_ms > :now ORDER BY number"


def in_force(conn: Connection, now: datetime) -> list[Override]:
    """Those that are now; of a moment that is past, those too that were at some time from then on."""
    return [_override(row) for row in conn.execute(_IN_FORCE, {"now": columns.ms(now)})]


def overridden(conn: Connection, bill: WatchBill, now: datetime) -> WatchBill:
    """The bill with what people changed of its hours."""
    return replace(bill, overrides=tuple(in_force(conn, now)))


_CLEAR = """
UPDATE overrides SET until_ms = max(:now, since_ms)
WHERE until_ms > :now AND (:number IS NULL OR number = :number) RETURNING *
"""


def clear(conn: Connection, number: int | None, now: datetime) -> list[Override]:
    """End one of them, or all; which they were."""
    rows = conn.execute(_CLEAR, {"number": number, "now": columns.ms(now)}).fetchall()
    return sorted((_override(row) for row in rows), key=lambda each: each.number)


def _override(row: Row) -> Override:
    return Override(
        number=row["number"],
        provider=ProviderName(row["provider"]),
        hours=parse_hours(row["hours"]),
        since=columns.moment(row["since_ms"]),
        until=columns.moment(row["until_ms"]),
        who=row["who"],
        why=row["why"],
    )

"""Pauses in the store: one of a thing at a time, lifted by a person or by its own end."""

from datetime import datetime

from watchbill.domain.pauses import Pause, Scope
from watchbill.state import columns
from watchbill.state.engine import Connection, Row

_PUT = """
INSERT INTO pauses (scope, name, until_ms, why, who, put_ms) VALUES (:scope, :name, :until_ms, :why, :who, :now)
ON CONFLICT (scope, name) DO UPDATE
SET until_ms = excluded.until_ms, why = excluded.why, who = excluded.who, put_ms = excluded.put_ms
RETURNING *
"""


def put(
    conn: Connection, scope: Scope, name: str, *, until: datetime | None, why: str, now: datetime, who: str = ""
) -> Pause:
    """Pause it; a pause of the same thing is replaced, since a person says so."""
    row = {
        "scope": scope,
        "name": name,
        "until_ms": columns.ms_or_none(until),
        "why": why,
        "who": who,
        "now": columns.ms(now),
    }
    return _pause(conn.execute(_PUT, row).fetchone())


_LIFT = "DELETE FROM pauses WHERE scope = :scope AND name = :name RETURNING *"


def lift(conn: Connection, scope: Scope, name: str) -> Pause | None:
    """What was lifted; None when it was not paused."""
    row = conn.execute(_LIFT, {"scope": scope, "name": name}).fetchone()
    return None if row is None else _pause(row)


_LAPSE = "DELETE FROM pauses WHERE until_ms <= :now RETURNING *"


def lapse(conn: Connection, now: datetime) -> list[Pause]:
    """Forget those that are over; which they were."""
    return [_pause(row) for row in conn.execute(_LAPSE, {"now": columns.ms(now)}).fetchall()]


_ACTIVE = "SELECT * FROM pauses WHERE until_ms IS NULL OR until_ms > :now ORDER BY scope, name"


def active(conn: Connection, now: datetime) -> list[Pause]:
    return [_pause(row) for row in conn.execute(_ACTIVE, {"now": columns.ms(now)})]


def _pause(row: Row) -> Pause:
    return Pause(
        scope=Scope(row["scope"]),
        name=row["name"],
        until=columns.moment_or_none(row["until_ms"]),
        why=row["why"],
        who=row["who"],
        since=columns.moment(row["put_ms"]),
    )

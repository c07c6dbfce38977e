"""Pauses: what a person stopped, for how long and why."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from watchbill.state import columns
from watchbill.state.engine import Connection


class Scope(StrEnum):
    ALL = "all"  # its name is ""
    PROVIDER = "provider"
    REPO = "repo"
    TYPE = "type"
    TASK = "task"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    scope: Scope
    name: str
    until: datetime | None  # None: until it is lifted
    why: str


_PUT = """
INSERT INTO pauses (scope, name, until_ms, why, put_ms) VALUES (:scope, :name, :until_ms, :why, :now)
ON CONFLICT (scope, name) DO UPDATE SET until_ms = excluded.until_ms, why = excluded.why, put_ms = excluded.put_ms
"""


def put(conn: Connection, scope: Scope, name: str, *, until: datetime | None, why: str, now: datetime) -> None:
    """Pause it; a pause of the same thing is replaced, since a person says so."""
    row = {"scope": scope, "name": name, "until_ms": columns.ms_or_none(until), "why": why, "now": columns.ms(now)}
    conn.execute(_PUT, row)


_LIFT = "DELETE FROM pauses WHERE scope = :scope AND name = :name RETURNING name"


def lift(conn: Connection, scope: Scope, name: str) -> bool:
    """False when it was not paused."""
    return conn.execute(_LIFT, {"scope": scope, "name": name}).fetchone() is not None


_ACTIVE = "SELECT * FROM pauses WHERE until_ms IS NULL OR until_ms > :now ORDER BY scope, name"


def active(conn: Connection, now: datetime) -> list[Pause]:
    return [
        Pause(
            scope=Scope(row["scope"]),
            name=row["name"],
            until=columns.moment_or_none(row["until_ms"]),
            why=row["why"],
        )
        for row in conn.execute(_ACTIVE, {"now": columns.ms(now)})
    ]

"""Events in the store: what happened, in order, for whoever asks later."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from watchbill.state import columns
from watchbill.state.engine import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    id: int  # rises with each event
    at: datetime
    name: str
    facts: Mapping[str, Any]  # as JSON has them: a moment is its text


_APPEND = "INSERT INTO events (at_ms, name, facts) VALUES (:now, :name, :facts) RETURNING number"


def append(conn: Connection, name: str, facts: Mapping[str, object], now: datetime) -> int:
    """Its id."""
    row = {"now": columns.ms(now), "name": name, "facts": columns.mapping(facts)}
    number: int = conn.execute(_APPEND, row).fetchone()["number"]
    return number


_SINCE = """
SELECT number, at_ms, name, facts FROM events
WHERE number > :after AND (:glob IS NULL OR name GLOB :glob)
ORDER BY number LIMIT :limit
"""


def since(conn: Connection, after: int, kind_glob: str | None = None, limit: int = 1000) -> list[Event]:
    """Events after that id, oldest first; `kind_glob` is for instance "run.*"."""
    rows = conn.execute(_SINCE, {"after": after, "glob": kind_glob, "limit": limit})
    return [
        Event(
            id=row["number"],
            at=columns.moment(row["at_ms"]),
            name=row["name"],
            facts=columns.parsed(row["facts"]),
        )
        for row in rows
    ]


_LATEST = "SELECT coalesce(max(number), 0) AS number FROM events"


def latest_id(conn: Connection) -> int:
    """Where to begin for what happens from now on; 0 when nothing has happened yet."""
    number: int = conn.execute(_LATEST).fetchone()["number"]
    return number

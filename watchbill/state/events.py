"""Events in the store: what happened, in order, for whoever asks later."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from watchbill.domain.ids import RunId, TaskId
from watchbill.state import columns
from watchbill.state.engine import Connection, Row


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
    return list(map(_event, rows))


_LATEST = "SELECT coalesce(max(number), 0) AS number FROM events"


def latest_id(conn: Connection) -> int:
    """Where to begin for what happens from now on; 0 when nothing has happened yet."""
    number: int = conn.execute(_LATEST).fetchone()["number"]
    return number


_NAMED = """
SELECT number, at_ms, name, facts FROM events
WHERE name IN (SELECT value FROM json_each(:names)) AND at_ms >= :since AND at_ms <= :until ORDER BY number
"""


def named(conn: Connection, names: Iterable[str], since: datetime, until: datetime) -> list[Event]:
    """Those of these names in a span, oldest first."""
    span = {"names": json.dumps(list(names)), "since": columns.ms(since), "until": columns.ms(until)}
    return [_event(row) for row in conn.execute(_NAMED, span)]


_BEFORE = "SELECT at_ms FROM events WHERE number < :number ORDER BY number DESC LIMIT 1"


def before(conn: Connection, number: int) -> datetime | None:
    """When the event before this one happened."""
    row = conn.execute(_BEFORE, {"number": number}).fetchone()
    return None if row is None else columns.moment(row["at_ms"])


_FIRST = "SELECT at_ms FROM events ORDER BY number LIMIT 1"


def first(conn: Connection) -> datetime | None:
    """When anything happened for the first time."""
    row = conn.execute(_FIRST).fetchone()
    return None if row is None else columns.moment(row["at_ms"])


_OF_TASK = (
    "SELECT number, at_ms, name, facts FROM events WHERE facts ->> 'task' = :of ORDER BY number DESC LIMIT :limit"
)
_OF_RUN = "SELECT number, at_ms, name, facts FROM events WHERE facts ->> 'run' = :of ORDER BY number DESC LIMIT :limit"


def of_task(conn: Connection, task: TaskId, limit: int = 50) -> list[Event]:
    """What happened to it of late, the newest first."""
    return list(map(_event, conn.execute(_OF_TASK, {"of": task, "limit": limit})))


def of_run(conn: Connection, run: RunId, limit: int = 50) -> list[Event]:
    """What happened in it of late, the newest first."""
    return list(map(_event, conn.execute(_OF_RUN, {"of": run, "limit": limit})))


def _event(row: Row) -> Event:
    return Event(
        id=row["number"],
        at=columns.moment(row["at_ms"]),
        name=row["name"],
        facts=columns.parsed(row["facts"]),
    )

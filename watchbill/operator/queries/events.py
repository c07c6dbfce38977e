"""Events as answers: what happened, in order, from any point on."""

from watchbill.domain.events import EVENT_BY_NAME
from watchbill.operator import plain
from watchbill.operator.doors import Plain
from watchbill.operator.outlook import Outlook
from watchbill.state import events as event_rows
from watchbill.state.engine import Connection
from watchbill.state.events import Event

_BEFORE_LAST = """
SELECT number FROM events WHERE :glob IS NULL OR name GLOB :glob ORDER BY number DESC LIMIT 1 OFFSET :limit
"""


def events(
    conn: Connection, outlook: Outlook, *, after: int | None = None, kind: str | None = None, limit: int = 100
) -> Plain:
    """Events after that id, oldest first; without `after`, the latest `limit` ones of that kind."""
    begin = _before_last(conn, kind, limit) if after is None else after
    found = event_rows.since(conn, begin, kind, limit)
    return {
        "generated_at": plain.stamp(outlook.now),
        "next_after": found[-1].id if found else max(begin, event_rows.latest_id(conn) if after is None else after),
        "events": [plain_event(each) for each in found],
    }


def plain_event(event: Event) -> Plain:
    return {
        "id": event.id,
        "at": plain.stamp(event.at),
        "name": event.name,
        "level": _level(event.name),
        "facts": dict(event.facts),
    }


def _before_last(conn: Connection, kind: str | None, limit: int) -> int:
    """The id after which the latest `limit` events of that kind come."""
    row = conn.execute(_BEFORE_LAST, {"glob": kind, "limit": limit}).fetchone()
    return 0 if row is None else row["number"]


def _level(name: str) -> str:
    spec = EVENT_BY_NAME.get(name)
    return spec.level if spec else "info"  # of another version

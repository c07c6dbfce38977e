"""The audit as an answer: who asked for which change, and what came of it."""

from watchbill.operator import plain
from watchbill.operator.doors import Plain
from watchbill.operator.outlook import Outlook
from watchbill.state import audit
from watchbill.state.audit import Entry
from watchbill.state.engine import Connection


def listing(
    conn: Connection, outlook: Outlook, *, before: int | None = None, actor: str | None = None, limit: int = 100
) -> Plain:
    """The newest first; `next_before` leads to older ones."""
    found = audit.latest(conn, before=before, actor=actor, limit=limit)
    return {
        "generated_at": plain.stamp(outlook.now),
        "next_before": found[-1].number if len(found) == limit else None,
        "entries": [_entry(each) for each in found],
    }


def _entry(entry: Entry) -> Plain:
    return {
        "id": entry.number,
        "at": plain.stamp(entry.at),
        "actor": entry.wish.actor,
        "method": entry.wish.method,
        "path": entry.wish.path,
        "said": entry.wish.said,
        "idempotency_key": entry.wish.key,
        "status": entry.status,
        "ended_at": plain.stamp(entry.ended_at),
    }

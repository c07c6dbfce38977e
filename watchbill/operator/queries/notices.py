"""Notices as answers: what people were told, what is still to be told, and how far each target has it."""

from watchbill.operator import plain
from watchbill.operator.doors import Plain
from watchbill.operator.outlook import Outlook
from watchbill.state import columns, notices
from watchbill.state.engine import Connection, Row


def listing(conn: Connection, outlook: Outlook, limit: int) -> Plain:
    """The newest first."""
    found = notices.latest(conn, limit)
    return {"generated_at": plain.stamp(outlook.now), "notices": [_notice(row, going) for row, going in found]}


def _notice(row: Row, deliveries: list[Row]) -> Plain:
    names = ("event", "subject", "word", "title", "why", "command", "times", "state")
    return {
        "number": row["number"],
        **{name: row[name] for name in names},
        "held": bool(row["held"]),
        "made_at": plain.stamp(columns.moment(row["made_ms"])),
        "due_at": plain.stamp(columns.moment(row["due_ms"])),
        "told_at": plain.stamp(columns.moment_or_none(row["told_ms"])),
        "deliveries": [_delivery(each) for each in deliveries],
    }


def _delivery(row: Row) -> Plain:
    is_open = row["state"] == "waiting"
    return {
        "target": row["target"],
        "state": row["state"],
        "tries": row["tries"],
        "next_at": plain.stamp(columns.moment(row["next_ms"])) if is_open else None,
        "ended_at": plain.stamp(columns.moment_or_none(row["ended_ms"])),
        "why": row["said"],
    }

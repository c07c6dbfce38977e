"""Reports in the store: which were written, and up to when each person was told what happened."""

from datetime import datetime

from watchbill.scheduling.reporting import Kind
from watchbill.state import columns
from watchbill.state.engine import Connection

_WRITTEN = "SELECT kind, name FROM written_reports"


def written(conn: Connection) -> frozenset[tuple[Kind, str]]:
    return frozenset((Kind(row["kind"]), row["name"]) for row in conn.execute(_WRITTEN))


_NOTE = "INSERT INTO written_reports (kind, name, at_ms) VALUES (:kind, :name, :now) ON CONFLICT DO NOTHING"


def note(conn: Connection, kind: Kind, name: str, now: datetime) -> None:
    conn.execute(_NOTE, {"kind": kind, "name": name, "now": columns.ms(now)})


_TOLD = "SELECT at_ms FROM report_readers WHERE who = :who"


def told_until(conn: Connection, who: str) -> datetime | None:
    """None: they never asked."""
    row = conn.execute(_TOLD, {"who": who}).fetchone()
    return None if row is None else columns.moment(row["at_ms"])


_TELL = """
INSERT INTO report_readers (who, at_ms) VALUES (:who, :at) ON CONFLICT (who) DO UPDATE SET at_ms = max(at_ms, excluded.at_ms)
"""


def tell(conn: Connection, who: str, until: datetime) -> None:
    """A person was told what happened until then. A clock that went back takes nothing of it away."""
    conn.execute(_TELL, {"who": who, "at": columns.ms(until)})

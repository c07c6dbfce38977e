"""Briefs in the store: what a run's provider was told, word for word."""

from watchbill.domain.ids import RunId
from watchbill.domain.runs import Run
from watchbill.state import leases
from watchbill.state.engine import Connection

_STORE = """
INSERT INTO briefs (run, body) VALUES (:run, :body) ON CONFLICT (run) DO UPDATE SET body = excluded.body
"""


def store(conn: Connection, run: Run, body: str) -> None:
    """Raises LeaseLost when the run does not hold its task."""
    leases.check(conn, run)
    conn.execute(_STORE, {"run": run.id, "body": body})


_OF_RUN = "SELECT body FROM briefs WHERE run = :run"


def of_run(conn: Connection, run_id: RunId) -> str | None:
    row = conn.execute(_OF_RUN, {"run": run_id}).fetchone()
    return None if row is None else str(row["body"])

"""Reports: what a run came to, whole, as it is kept under the state folder's logs."""

from watchbill.domain.ids import RunId
from watchbill.operator.doors import Plain
from watchbill.operator.faults import NotFound
from watchbill.operator.queries import runs
from watchbill.state import runs as run_rows
from watchbill.state import tasks
from watchbill.state.engine import Connection

VERSION = 1  # rises when a key changes its meaning or goes away


def run_report(conn: Connection, run_id: RunId) -> Plain:
    """An ended run's report: JSON values only, times in UTC, the same however late it is written. Raises NotFound."""
    run = run_rows.get(conn, run_id)
    if run is None:
        raise NotFound(f"there is no run {run_id!r}", hint="watchbill run list")
    task = tasks.get(conn, run.task)
    whole = runs.one(conn, run.ended_at or run.started_at, run_id)
    return {"report": VERSION, **whole, "task_state": None if task is None else task.state}

"""Leases with fencing tokens: at most one live holder of a task, and each holder's number is higher than every earlier one's."""

from datetime import datetime, timedelta

from watchbill.domain.errors import LeaseLost
from watchbill.domain.ids import RunId, TaskId, Token
from watchbill.domain.runs import Run
from watchbill.state import columns
from watchbill.state.engine import Connection

_ACQUIRE = """
INSERT INTO leases (task, run, token, expires_ms)
SELECT id, :run, token + 1, :expires_ms FROM tasks WHERE id = :task
ON CONFLICT (task) DO UPDATE SET run = excluded.run, token = excluded.token, expires_ms = excluded.expires_ms
WHERE leases.expires_ms <= :now
RETURNING token
"""
_REMEMBER = "UPDATE tasks SET token = :token WHERE id = :task"


def acquire(conn: Connection, task_id: TaskId, run_id: RunId, now: datetime, ttl: timedelta) -> Token:
    """The new holder's token. A lapsed lease is taken over. Raises LeaseLost while somebody else's runs."""
    row = conn.execute(
        _ACQUIRE,
        {"task": task_id, "run": run_id, "now": columns.ms(now), "expires_ms": columns.ms(now + ttl)},
    ).fetchone()
    if row is None:
        raise LeaseLost(f"{run_id} cannot have task {task_id}: another run holds it, or there is no such task")
    conn.execute(_REMEMBER, {"task": task_id, "token": row["token"]})
    return Token(row["token"])


_RENEW = (
    "UPDATE leases SET expires_ms = :expires_ms WHERE task = :task AND run = :run AND token = :token RETURNING token"
)


def renew(conn: Connection, run: Run, now: datetime, ttl: timedelta) -> None:
    """Hold it until now + ttl. A lease that lapsed but was not taken over is still its holder's. Raises LeaseLost."""
    if conn.execute(_RENEW, {**_key(run), "expires_ms": columns.ms(now + ttl)}).fetchone() is None:
        raise LeaseLost(_lost(run))


_CHECK = "SELECT 1 FROM leases WHERE task = :task AND run = :run AND token = :token"


def check(conn: Connection, run: Run) -> None:
    """Raises LeaseLost unless the run holds its task. Called in the transaction of every write that a run makes."""
    if conn.execute(_CHECK, _key(run)).fetchone() is None:
        raise LeaseLost(_lost(run))


_RELEASE = "DELETE FROM leases WHERE task = :task AND run = :run AND token = :token RETURNING token"


def release(conn: Connection, run: Run) -> None:
    """Give it back. Raises LeaseLost when it was no longer held."""
    if conn.execute(_RELEASE, _key(run)).fetchone() is None:
        raise LeaseLost(_lost(run))


def _key(run: Run) -> dict[str, object]:
    return {"task": run.task, "run": run.id, "token": run.token}


def _lost(run: Run) -> str:
    return f"{run.id} no longer holds task {run.task} with token {run.token}: it ended or was taken over; it writes nothing more"

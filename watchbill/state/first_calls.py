"""First calls in the store: what the ledger refused, so that the plan gives a task to somebody whose call fits."""

from watchbill.domain.ids import ProviderName, TaskId
from watchbill.domain.money import MicroUsd
from watchbill.scheduling.snapshot import FirstCall
from watchbill.state.engine import Connection

_NOTE = """
INSERT INTO first_calls (task, provider, model, cost, tokens, session)
SELECT task, :provider, :model, :cost, :tokens, id FROM sessions WHERE task = :task AND closed_ms IS NULL
ON CONFLICT (task, provider, model) DO UPDATE
SET cost = iif(session = excluded.session AND stale = 0, max(cost, excluded.cost), excluded.cost),
    tokens = iif(session = excluded.session AND stale = 0, max(tokens, excluded.tokens), excluded.tokens),
    session = excluded.session, stale = 0
WHERE excluded.session <> session OR excluded.cost > cost OR excluded.tokens > tokens
RETURNING task
"""


def note(conn: Connection, call: FirstCall) -> bool:
    """What the next call of the task's session takes, at the least. False where so much was known, and it began anyway."""
    said = {
        "task": call.task,
        "provider": call.provider,
        "model": call.model,
        "cost": call.cost,
        "tokens": call.tokens,
    }
    return conn.execute(_NOTE, said).fetchone() is not None


_KNOWN = """
SELECT first_calls.* FROM first_calls
JOIN sessions ON sessions.id = first_calls.session
JOIN tasks ON tasks.id = first_calls.task
WHERE stale = 0 AND sessions.closed_ms IS NULL AND tasks.state = 'queued'
ORDER BY task, provider, model
"""


def known(conn: Connection) -> list[FirstCall]:
    """Those of queued tasks whose sessions were not shortened since."""
    return [
        FirstCall(
            task=TaskId(row["task"]),
            provider=ProviderName(row["provider"]),
            model=row["model"],
            cost=MicroUsd(row["cost"]),
            tokens=row["tokens"],
        )
        for row in conn.execute(_KNOWN)
    ]


_FORGET = "DELETE FROM first_calls WHERE task = :task"


def forget(conn: Connection, task: TaskId) -> None:
    """A person wants it tried again as it is now."""
    conn.execute(_FORGET, {"task": task})

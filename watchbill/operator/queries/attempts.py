"""Attempts as an answer: the tasks on which somebody worked of late, run by run, and since when each could have been."""

from datetime import datetime, timedelta
from itertools import groupby

from watchbill.domain.runs import RunState
from watchbill.domain.tasks import OPEN, TaskState
from watchbill.operator import plain
from watchbill.operator.doors import Plain
from watchbill.operator.outlook import Outlook
from watchbill.operator.queries.outcomes import WASTED
from watchbill.state import columns
from watchbill.state.engine import Connection, Row

_RUNS = """
SELECT runs.id, runs.task, tasks.title, tasks.state AS task_state, tasks.created_ms, tasks.changed_ms,
       runs.provider, runs.state, runs.started_ms, runs.ended_ms
FROM runs JOIN tasks ON tasks.id = runs.task
WHERE runs.task IN (SELECT task FROM runs WHERE started_ms <= :now AND coalesce(ended_ms, :now) >= :begin)
ORDER BY (SELECT max(number) FROM runs AS last WHERE last.task = runs.task) DESC, runs.number
"""


def attempts(conn: Connection, outlook: Outlook, past: timedelta) -> Plain:
    """Every task with a run within that time, the one that was worked on last first, with all its runs, oldest first."""
    begin = outlook.now - past
    rows = conn.execute(_RUNS, {"now": columns.ms(outlook.now), "begin": columns.ms(begin)}).fetchall()
    return {
        "generated_at": plain.stamp(outlook.now),
        "begin": plain.stamp(begin),
        "zone": str(outlook.bill.zone),
        "tasks": [_task(list(group), outlook.now) for _, group in groupby(rows, lambda row: row["task"])],
    }


def _task(rows: list[Row], now: datetime) -> Plain:
    first = rows[0]
    is_open = TaskState(first["task_state"]) in OPEN
    return {
        "task": first["task"],
        "title": first["title"],
        "since": plain.stamp(min(columns.moment(first["created_ms"]), columns.moment(first["started_ms"]))),
        "until": None if is_open else plain.stamp(min(now, columns.moment(first["changed_ms"]))),
        "runs": [
            {
                "run": row["id"],
                "provider": row["provider"],
                "state": row["state"],
                "bad": RunState(row["state"]) in WASTED,
                "started_at": plain.stamp(columns.moment(row["started_ms"])),
                "ended_at": plain.stamp(columns.moment_or_none(row["ended_ms"])),
            }
            for row in rows
        ],
    }

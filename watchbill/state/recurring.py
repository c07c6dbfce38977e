"""Recurring entries in the store: what each last saw and found, and which tasks it made."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from watchbill.domain.ids import Commit, TaskId
from watchbill.domain.tasks import Task, TaskState
from watchbill.state import columns, tasks
from watchbill.state.engine import Connection, Row


@dataclass(frozen=True, slots=True, kw_only=True)
class Recurrence:
    """Where an entry stands."""

    entry: str
    seen: datetime  # its last occurrence that was looked at or passed by
    looked_at: datetime | None = None  # when work was last looked for
    commit: Commit | None = None  # the state that was last looked at
    found: tuple[str, ...] = ()  # the targets of the last look
    made: tuple[TaskId, ...] = ()  # the tasks that came of it
    owed: tuple[str, ...] = ()  # targets that have not become tasks: over the limit, or an earlier one is open
    fault: str = ""  # why the last look came to nothing


_ALL = "SELECT * FROM recurrences ORDER BY entry"


def all_recurrences(conn: Connection) -> Mapping[str, Recurrence]:
    return {row["entry"]: _recurrence(row) for row in conn.execute(_ALL)}


_SKIP = """
INSERT INTO recurrences (entry, seen_ms) VALUES (:entry, :seen)
ON CONFLICT (entry) DO UPDATE SET seen_ms = excluded.seen_ms
"""


def pass_by(conn: Connection, entry: str, occurrence: datetime) -> None:
    """Count an occurrence as seen, without a look: the entry is new, or the clock went back."""
    conn.execute(_SKIP, {"entry": entry, "seen": columns.ms(occurrence)})


_LOOKED = """
INSERT INTO recurrences (entry, seen_ms, looked_ms, commit_id, found, made, owed, fault)
VALUES (:entry, :seen, :looked, :commit, :found, :made, :owed, :fault)
ON CONFLICT (entry) DO UPDATE SET seen_ms = excluded.seen_ms, looked_ms = excluded.looked_ms, commit_id = excluded.commit_id,
    found = excluded.found, made = excluded.made, owed = excluded.owed, fault = excluded.fault
"""


def looked(conn: Connection, recurrence: Recurrence) -> None:
    """Store what a look came to."""
    conn.execute(
        _LOOKED,
        {
            "entry": recurrence.entry,
            "seen": columns.ms(recurrence.seen),
            "looked": columns.ms_or_none(recurrence.looked_at),
            "commit": recurrence.commit,
            "found": columns.array(recurrence.found),
            "made": columns.array(recurrence.made),
            "owed": columns.array(recurrence.owed),
            "fault": recurrence.fault,
        },
    )


_OPEN = """
SELECT target, state FROM recurring_tasks JOIN tasks ON tasks.id = recurring_tasks.task
WHERE entry = :entry AND state IN ('proposed', 'queued', 'running', 'review', 'failed')
"""


def open_targets(conn: Connection, entry: str) -> Mapping[str, TaskState]:
    """The targets that an earlier task is still about. A failed one waits for a person: another would fail the same way."""
    return {row["target"]: TaskState(row["state"]) for row in conn.execute(_OPEN, {"entry": entry})}


_LATEST = "SELECT target, max(occurrence_ms) AS latest_ms FROM recurring_tasks WHERE entry = :entry GROUP BY target"


def latest_by_target(conn: Connection, entry: str) -> Mapping[str, datetime]:
    """The occurrence that last made a task of each target."""
    return {row["target"]: columns.moment(row["latest_ms"]) for row in conn.execute(_LATEST, {"entry": entry})}


_MADE = """
INSERT INTO recurring_tasks (task, entry, target, occurrence_ms) VALUES (:task, :entry, :target, :occurrence)
"""


def make(conn: Connection, entry: str, target: str, task: Task, *, occurrence: datetime, now: datetime) -> bool:
    """Store the task of a target; False when there is one of its id: this occurrence was looked at before."""
    if tasks.get(conn, task.id) is not None:
        return False
    tasks.insert(conn, task, now)
    row = {"task": task.id, "entry": entry, "target": target, "occurrence": columns.ms(occurrence)}
    conn.execute(_MADE, row)
    return True


_ENTRY = "SELECT entry FROM recurring_tasks WHERE task = :task"


def entry_of(conn: Connection, task_id: TaskId) -> str | None:
    """The entry that made a task."""
    row = conn.execute(_ENTRY, {"task": task_id}).fetchone()
    return None if row is None else row["entry"]


def _recurrence(row: Row) -> Recurrence:
    return Recurrence(
        entry=row["entry"],
        seen=columns.moment(row["seen_ms"]),
        looked_at=columns.moment_or_none(row["looked_ms"]),
        commit=Commit(row["commit_id"]) if row["commit_id"] else None,
        found=columns.strings(row["found"]),
        made=tuple(TaskId(name) for name in columns.strings(row["made"])),
        owed=columns.strings(row["owed"]),
        fault=row["fault"],
    )

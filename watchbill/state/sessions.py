"""Sessions in the store: the memory of the work on a task, saved only by whoever holds the task."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from watchbill.domain.errors import LeaseLost
from watchbill.domain.ids import Commit, ProviderName, RepoName, SessionId, TaskId
from watchbill.domain.reviews import Review, ReviewState
from watchbill.domain.runs import Run
from watchbill.domain.sessions import HandOff, Session
from watchbill.domain.tasks import Task
from watchbill.domain.transcript import dump, load
from watchbill.state import columns, leases
from watchbill.state.engine import Connection, Row

_GET = "SELECT * FROM sessions WHERE task = :task AND closed_ms IS NULL"


def get(conn: Connection, task_id: TaskId) -> Session | None:
    """The task's open session."""
    row = conn.execute(_GET, {"task": task_id}).fetchone()
    return None if row is None else _session(row)


_VERSIONS = """
SELECT task, id, version FROM sessions WHERE closed_ms IS NULL AND task IN (SELECT value FROM json_each(:tasks))
"""


def versions(conn: Connection, tasks: Iterable[TaskId]) -> dict[TaskId, tuple[SessionId, int]]:
    """The id and the version of each one's open session, where it has one: which words it has is not read."""
    rows = conn.execute(_VERSIONS, {"tasks": columns.array(tasks)})
    return {TaskId(row["task"]): (SessionId(row["id"]), row["version"]) for row in rows}


_HAS_WORK = "SELECT 1 FROM sessions WHERE task = :task AND closed_ms IS NULL AND checkpoint IS NOT NULL"


def has_work(conn: Connection, task_id: TaskId) -> bool:
    """Whether the task's open session has something to show."""
    return conn.execute(_HAS_WORK, {"task": task_id}).fetchone() is not None


_BY_ID = "SELECT * FROM sessions WHERE id = :id"


def by_id(conn: Connection, name: str) -> Session | None:
    """The session of that id, open or closed."""
    row = conn.execute(_BY_ID, {"id": name}).fetchone()
    return None if row is None else _session(row)


_OF_OPEN_TASKS = """
SELECT sessions.* FROM sessions JOIN tasks ON tasks.id = sessions.task
WHERE sessions.closed_ms IS NULL AND tasks.state IN ('queued', 'running', 'review', 'failed')
ORDER BY sessions.saved_ms DESC, sessions.number DESC
"""


def of_open_tasks(conn: Connection) -> list[Session]:
    """Those of tasks that are not over, the one that was saved last first."""
    return [_session(row) for row in conn.execute(_OF_OPEN_TASKS)]


_OPEN = """
INSERT INTO sessions (task, repo, transcript, checkpoint, handoff, repairs, version, saved_ms)
VALUES (:task, :repo, :transcript, :checkpoint, :handoff, 0, 0, :now)
RETURNING *
"""


def get_or_open(conn: Connection, task_id: TaskId, repo: RepoName, now: datetime) -> Session:
    """The task's open session, a new empty one when it has none."""
    known = get(conn, task_id)
    if known is not None:
        return known
    blank = Session(id=SessionId(""), task=task_id, repo=repo)
    return _session(conn.execute(_OPEN, {**_memory(blank, now), "task": task_id, "repo": repo}).fetchone())


_SAVE = """
UPDATE sessions SET transcript = :transcript, checkpoint = :checkpoint, handoff = :handoff, repairs = :repairs,
    review = :review, version = version + 1, saved_ms = :now
WHERE id = :id AND task = :task AND closed_ms IS NULL
RETURNING *
"""


def save(conn: Connection, run: Run, session: Session, now: datetime) -> Session:
    """The session as it is stored now, its version one higher. Raises LeaseLost when the run does not hold its task."""
    leases.check(conn, run)
    row = conn.execute(_SAVE, {**_memory(session, now), "id": session.id, "task": run.task}).fetchone()
    if row is None:
        raise LeaseLost(f"{run.id} cannot save {session.id}: it is not the open session of task {run.task}")
    return _session(row)


_CLOSE = "UPDATE sessions SET closed_ms = :now WHERE task = :task AND closed_ms IS NULL"


def close(conn: Connection, task_id: TaskId, now: datetime) -> None:
    """The task begins anew: its next run gets a new session; this one is kept to be read."""
    conn.execute(_CLOSE, {"task": task_id, "now": columns.ms(now)})


def begin_anew(
    conn: Connection, task: Task, handoff: HandOff, now: datetime, *, checkpoint: Commit | None = None
) -> Session:
    """A new session in the place of the task's open one, which is kept to be read: its first run is told this."""
    close(conn, task.id, now)
    blank = Session(id=SessionId(""), task=task.id, repo=task.repo, handoff=handoff, checkpoint=checkpoint)
    row = conn.execute(_OPEN, {**_memory(blank, now), "task": task.id, "repo": task.repo}).fetchone()
    return _session(row)


def _memory(session: Session, now: datetime) -> dict[str, object]:
    return {
        "transcript": columns.mapping(dump(session.transcript)),
        "checkpoint": session.checkpoint,
        "handoff": columns.mapping(asdict(session.handoff)),
        "repairs": session.repairs,
        "review": None if session.review is None else columns.mapping(asdict(session.review)),
        "now": columns.ms(now),
    }


def _session(row: Row) -> Session:
    return Session(
        id=SessionId(row["id"]),
        task=TaskId(row["task"]),
        repo=RepoName(row["repo"]),
        transcript=load(columns.parsed(row["transcript"])),
        checkpoint=Commit(row["checkpoint"]) if row["checkpoint"] else None,
        handoff=_handoff(columns.parsed(row["handoff"])),
        review=_review(row["review"]),
        repairs=row["repairs"],
        version=row["version"],
    )


def _review(stored: str | None) -> Review | None:
    if stored is None:
        return None
    said = columns.parsed(stored)
    drafter = ProviderName(said["drafter"])
    return Review(state=ReviewState(said["state"]), drafter=drafter, tree=said["tree"], rounds=said["rounds"])


def _handoff(stored: Mapping[str, Any]) -> HandOff:
    return HandOff(
        goal=stored.get("goal", ""),
        summary=stored["summary"],
        decisions=tuple(stored.get("decisions", ())),
        done=tuple(stored.get("done", ())),
        next_steps=tuple(stored["next_steps"]),
        evidence=tuple(stored.get("evidence", ())),
        findings=tuple(stored["findings"]),
        why=stored["why"],
    )

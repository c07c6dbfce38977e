"""Tasks in the store: what is queued, where it stands, and the guarded moves between its states."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from watchbill.domain.errors import IllegalMove, StateError
from watchbill.domain.ids import ProviderName, RepoName, TaskId, TaskType
from watchbill.domain.machine import sources_of
from watchbill.domain.money import MicroUsd
from watchbill.domain.questions import OnQuestion
from watchbill.domain.tasks import TRANSITIONS, Autonomy, Delivery, Source, Task, TaskState
from watchbill.state import approvals, columns, first_calls, quarantine, sessions, steps, widenings
from watchbill.state.engine import Connection, Row
from watchbill.state.widenings import WideningState

DONE = frozenset({TaskState.LANDED, TaskState.VERIFIED})
CLOSED = DONE | {TaskState.CANCELLED, TaskState.REVERTED}

_INSERT = """
INSERT INTO tasks (id, repo, title, type, state, priority, autonomy, place, claims, needs, provider, fallback, requirements,
                   success, body, effort_ms, max_cost, delivery, source_path, source_line, extra, attempts, not_before_ms, tried,
                   note, on_question, artefacts, created_ms, changed_ms)
VALUES (:id, :repo, :title, :type, :state, :priority, :autonomy, :place, :claims, :needs, :provider, :fallback, :requirements,
        :success, :body, :effort_ms, :max_cost, :delivery, :source_path, :source_line, :extra, :attempts, :not_before_ms, :tried,
        :note, :on_question, :artefacts, :created_ms, :now)
ON CONFLICT DO NOTHING RETURNING id
"""


def insert(conn: Connection, task: Task, now: datetime) -> None:
    """Store a new task as it is given. Raises StateError when its id is already there."""
    standing = {
        "state": task.state,
        "attempts": task.attempts,
        "tried": columns.array(task.tried),
        "note": task.note,
        "created_ms": columns.ms(task.created_at or now),
    }
    row = {**_specification(task, now), **standing}
    if conn.execute(_INSERT, row).fetchone() is None:
        raise StateError(f"cannot store task {task.id}: there is already one of that id")


_GET = "SELECT * FROM tasks WHERE id = :id"


def get(conn: Connection, task_id: TaskId) -> Task | None:
    row = conn.execute(_GET, {"id": task_id}).fetchone()
    return None if row is None else _task(row)


_ALL = """
SELECT * FROM tasks
WHERE (:repo IS NULL OR repo = :repo) AND state NOT IN (SELECT value FROM json_each(:without))
ORDER BY repo, place, id
"""


def open_tasks(conn: Connection, repo: RepoName | None = None) -> list[Task]:
    """Everything that is not done or cancelled, failed tasks included, in the order of the queue."""
    if conn.kept is None:
        return read_open(conn, repo)
    known = conn.kept.open_tasks(conn)
    return list(known) if repo is None else [task for task in known if task.repo == repo]


def read_open(conn: Connection, repo: RepoName | None = None) -> list[Task]:
    """The same, each made of its row, whatever is kept."""
    return [_task(row) for row in conn.execute(_ALL, {"repo": repo, "without": columns.array(sorted(CLOSED))})]


def all_tasks(conn: Connection, repo: RepoName | None = None) -> list[Task]:
    """In the order of the queue."""
    if conn.kept is None:
        return [_task(row) for row in conn.execute(_ALL, {"repo": repo, "without": "[]"})]
    closed = conn.execute(_ALL, {"repo": repo, "without": columns.array(sorted(set(TaskState) - CLOSED))})
    return sorted([*open_tasks(conn, repo), *map(_task, closed)], key=place)


def place(task: Task) -> tuple[str, int, str]:
    """What the order of the queue goes by."""
    return task.repo, task.order, task.id


_OF_IDS = "SELECT * FROM tasks WHERE id IN (SELECT value FROM json_each(:ids))"


def read(conn: Connection, ids: Iterable[TaskId]) -> list[Task]:
    """Those that there are, in no order."""
    return [_task(row) for row in conn.execute(_OF_IDS, {"ids": columns.array(ids)})]


_IDS = "SELECT json_group_array(id) FROM tasks"  # one row: thousands take their time


def ids(conn: Connection) -> list[TaskId]:
    """All that there ever were, in no order."""
    return [TaskId(id_) for id_ in columns.strings(conn.execute(_IDS).fetchone()[0])]


_STATES = "SELECT id, state FROM tasks WHERE id IN (SELECT value FROM json_each(:ids))"


def states(conn: Connection, ids: Iterable[TaskId]) -> dict[TaskId, TaskState]:
    """Where each of them stands that there is, whether it is open or not."""
    return {
        TaskId(row["id"]): TaskState(row["state"]) for row in conn.execute(_STATES, {"ids": columns.array(sorted(ids))})
    }


_IN = "SELECT * FROM tasks WHERE state = :state ORDER BY repo, place, id"


def in_state(conn: Connection, state: TaskState) -> list[Task]:
    """In the order of the queue."""
    return [_task(row) for row in conn.execute(_IN, {"state": state})]


_DONE = "SELECT id FROM tasks WHERE state IN ('landed', 'verified')"


def done_ids(conn: Connection) -> frozenset[TaskId]:
    """What dependencies wait for."""
    return read_done(conn) if conn.kept is None else conn.kept.done_ids(conn)


def read_done(conn: Connection) -> frozenset[TaskId]:
    """The same, whatever is kept."""
    return frozenset(TaskId(row["id"]) for row in conn.execute(_DONE))


_MOVE = """
UPDATE tasks SET state = :to, note = :note, not_before_ms = :not_before_ms, changed_ms = :now
WHERE id = :id AND state IN (SELECT value FROM json_each(:sources))
  AND NOT (:to = 'cancelled' AND EXISTS (SELECT 1 FROM intents WHERE task = :id AND state = 'pending'))
RETURNING *
"""


def move(
    conn: Connection,
    task_id: TaskId,
    to: TaskState,
    *,
    now: datetime,
    note: str = "",
    not_before: datetime | None = None,
) -> Task:
    """The task in its new state. Raises IllegalMove when the table forbids it, or to cancel what is landing right now."""
    row = conn.execute(
        _MOVE,
        {
            "id": task_id,
            "to": to,
            "sources": columns.array(sorted(sources_of(TRANSITIONS, to))),
            "note": note,
            "not_before_ms": columns.ms_or_none(not_before),
            "now": columns.ms(now),
        },
    ).fetchone()
    if row is None:
        raise IllegalMove(f"cannot move task {task_id} to {to}: {_standing(conn, task_id)}")
    return _task(row)


_FORGET = """
UPDATE tasks SET attempts = 0, tried = '[]', losses = 0, accepted = 0, released = 0, bumped_ms = NULL,
    widened = CASE WHEN :anew THEN '[]' ELSE widened END
WHERE id = :id RETURNING *
"""


def reopen(conn: Connection, task_id: TaskId, *, now: datetime, note: str = "") -> Task:
    """Queue it again with all its attempts before it. What was done or cancelled begins with a new session.

    Raises IllegalMove, above all for one that is in work: its run would go on, and nothing come of it.
    """
    before = get(conn, task_id)
    _refuse_running(before)
    move(conn, task_id, TaskState.QUEUED, now=now, note=note)
    anew = before is not None and before.state in CLOSED
    if anew:
        sessions.close(conn, task_id, now)
    if before is not None and before.state is TaskState.FAILED:
        steps.forget(conn, task_id)
    quarantine.end(conn, task_id)
    widenings.refuse_offers(conn, task_id, why=note, now=now)
    approvals.void(conn, task_id, now)
    first_calls.forget(conn, task_id)
    if before is not None and before.state is TaskState.REVIEW:
        steps.retried(conn, task_id)
    return _task(conn.execute(_FORGET, {"id": task_id, "anew": anew}).fetchone())


def _refuse_running(task: Task | None) -> None:
    if task is not None and task.state is TaskState.RUNNING:
        raise IllegalMove(f"{task.id} is in work: wait for its end, or stop it first: watchbill task cancel {task.id}")


_ACCEPT = "UPDATE tasks SET accepted = 1 WHERE id = :id"


def accept(conn: Connection, task_id: TaskId, *, now: datetime, note: str = "") -> Task:
    """A human accepts it: a proposed task becomes work, one in review may land as it is. Raises IllegalMove."""
    before = get(conn, task_id)
    _refuse_running(before)
    task = move(conn, task_id, TaskState.QUEUED, now=now, note=note)
    if before is None or before.state is not TaskState.REVIEW:
        return task
    conn.execute(_ACCEPT, {"id": task_id})
    widenings.grant_for_later(conn, task_id, WideningState.OFFERED, why=note, now=now)
    known = get(conn, task_id)
    assert known is not None, "it was moved in this transaction"
    return known


_REWRITE = """
UPDATE tasks SET repo = :repo, title = :title, type = :type, priority = :priority, autonomy = :autonomy, place = :place,
    claims = :claims, needs = :needs, artefacts = :artefacts, provider = :provider, fallback = :fallback, requirements = :requirements,
    success = :success, body = :body,
    effort_ms = :effort_ms, max_cost = :max_cost, delivery = :delivery, source_path = :source_path,
    source_line = :source_line, extra = :extra, on_question = :on_question,
    not_before_ms = CASE WHEN :keeps_moment THEN not_before_ms ELSE :not_before_ms END
WHERE id = :id RETURNING id
"""


def rewrite(conn: Connection, task: Task, now: datetime, *, keeps_moment: bool = False) -> None:
    """Take over what the queue says now. Where the task stands, and since when, is not the queue's to say. Raises StateError.

    `keeps_moment`: it says nothing new of when the task may start; since it was read, that may have become another.
    """
    said = {**_specification(task, now), "keeps_moment": keeps_moment}
    if conn.execute(_REWRITE, said).fetchone() is None:
        raise StateError(f"cannot change task {task.id}: there is none of that id")


_ANNOTATE = "UPDATE tasks SET note = :note WHERE id = :id"


def annotate(conn: Connection, task_id: TaskId, note: str) -> None:
    """Say why it is where it is."""
    conn.execute(_ANNOTATE, {"id": task_id, "note": note})


_LET_GO = (
    "UPDATE tasks SET released = 1 WHERE id = :id AND state NOT IN (SELECT value FROM json_each(:closed)) RETURNING *"
)


def release(conn: Connection, task_id: TaskId) -> Task:
    """A human lets it start, whatever the mode. Raises IllegalMove for what is done or cancelled."""
    row = conn.execute(_LET_GO, {"id": task_id, "closed": columns.array(sorted(CLOSED))}).fetchone()
    if row is None:
        raise IllegalMove(f"cannot release task {task_id}: {_standing(conn, task_id)}")
    return _task(row)


_BUMP = """
UPDATE tasks SET bumped_ms = :now, pin = coalesce(:pin, pin)
WHERE id = :id AND state NOT IN (SELECT value FROM json_each(:closed)) RETURNING *
"""


def bump(conn: Connection, task_id: TaskId, *, pin: ProviderName | None, now: datetime) -> Task:
    """The next of its repository, on `pin` if one is given. Raises IllegalMove for what is done or cancelled."""
    said = {"id": task_id, "pin": pin, "now": columns.ms(now), "closed": columns.array(sorted(CLOSED))}
    row = conn.execute(_BUMP, said).fetchone()
    if row is None:
        raise IllegalMove(f"cannot bring task {task_id} forward: {_standing(conn, task_id)}")
    return _task(row)


_CHARGE = """
UPDATE tasks SET attempts = attempts + 1, tried = json_insert(tried, '$[#]', :provider), losses = 0
WHERE id = :id
"""


def charge_attempt(conn: Connection, task_id: TaskId, provider: ProviderName) -> None:
    """A run ended that counts."""
    conn.execute(_CHARGE, {"id": task_id, "provider": provider})


_FORGET_LOSSES = "UPDATE tasks SET losses = 0 WHERE id = :id"


def forget_losses(conn: Connection, task_id: TaskId) -> None:
    """A run came to a result: whatever killed the earlier ones, it was not the task."""
    conn.execute(_FORGET_LOSSES, {"id": task_id})


_COUNT_LOSS = "UPDATE tasks SET losses = losses + 1 WHERE id = :id RETURNING losses"


def count_loss(conn: Connection, task_id: TaskId) -> int:
    """How many holders in a row died at it, this one included."""
    losses: int = conn.execute(_COUNT_LOSS, {"id": task_id}).fetchone()["losses"]
    return losses


def _standing(conn: Connection, task_id: TaskId) -> str:
    task = get(conn, task_id)
    if task is None:
        return "there is none of that id"
    allowed = ", ".join(sorted(TRANSITIONS[task.state]))
    landing = ", and not be cancelled while its commit is being landed" if task.state is TaskState.RUNNING else ""
    return f"it is {task.state}; from there it can go to {allowed or 'nothing'}{landing}"


def _specification(task: Task, now: datetime) -> Mapping[str, object]:
    """What the queue says of a task."""
    return {
        "id": task.id,
        "repo": task.repo,
        "title": task.title,
        "type": task.type,
        "priority": task.priority,
        "autonomy": task.autonomy,
        "place": task.order,
        "claims": columns.array(task.claims),
        "needs": columns.array(task.needs),
        "artefacts": columns.array(task.artefacts),
        "provider": task.provider,
        "fallback": columns.array(task.fallback),
        "requirements": task.requirements,
        "success": task.success,
        "body": task.body,
        "effort_ms": None if task.effort is None else columns.span_ms(task.effort),
        "max_cost": task.max_cost,
        "delivery": task.delivery,
        "on_question": task.on_question,
        "source_path": task.source.path if task.source else None,
        "source_line": task.source.line if task.source else None,
        "extra": columns.mapping(task.extra),
        "not_before_ms": columns.ms_or_none(task.not_before),
        "now": columns.ms(now),
    }


def _task(row: Row) -> Task:
    return Task(
        id=TaskId(row["id"]),
        repo=RepoName(row["repo"]),
        title=row["title"],
        type=TaskType(row["type"]),
        state=TaskState(row["state"]),
        priority=row["priority"],
        autonomy=Autonomy(row["autonomy"]) if row["autonomy"] else None,
        order=row["place"],
        claims=columns.strings(row["claims"]),
        needs=tuple(TaskId(need) for need in columns.strings(row["needs"])),
        artefacts=columns.strings(row["artefacts"]),
        provider=ProviderName(row["provider"]) if row["provider"] else None,
        fallback=tuple(ProviderName(name) for name in columns.strings(row["fallback"])),
        requirements=row["requirements"],
        success=row["success"],
        body=row["body"],
        effort=None if row["effort_ms"] is None else columns.span(row["effort_ms"]),
        max_cost=None if row["max_cost"] is None else MicroUsd(row["max_cost"]),
        delivery=Delivery(row["delivery"]) if row["delivery"] else None,
        on_question=OnQuestion(row["on_question"]) if row["on_question"] else None,
        source=Source(path=row["source_path"], line=row["source_line"]) if row["source_path"] is not None else None,
        extra=columns.parsed(row["extra"]),
        attempts=row["attempts"],
        not_before=columns.moment_or_none(row["not_before_ms"]),
        tried=tuple(ProviderName(name) for name in columns.strings(row["tried"])),
        note=row["note"],
        accepted=bool(row["accepted"]),
        released=bool(row["released"]),
        pin=ProviderName(row["pin"]) if row["pin"] else None,
        bumped_at=columns.moment_or_none(row["bumped_ms"]),
        widened=columns.strings(row["widened"]),
        created_at=columns.moment(row["created_ms"]),
    )

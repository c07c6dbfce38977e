"""Runs in the store: a stint begins in one transaction and ends in one, and every write between them is fenced."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from watchbill.domain.errors import IllegalMove, LeaseLost
from watchbill.domain.ids import Commit, ProviderName, RepoName, RunId, SessionId, TaskId, Token
from watchbill.domain.rides import is_alone_after
from watchbill.domain.runs import COUNTED, Run, RunState, Stage
from watchbill.domain.tasks import TaskState
from watchbill.state import claims as claim_rows
from watchbill.state import columns, leases, rides, sessions, tasks
from watchbill.state.engine import Connection, Row

MAX_LOSSES = 5  # holders in a row that may die at a task before it is taken for the cause
RESULTS = frozenset({RunState.LANDED, RunState.VERIFIED, RunState.REVIEW})

_BEGIN = """
INSERT INTO runs (task, repo, type, session, provider, model, state, stage, attempt, base, started_ms)
SELECT id, repo, type, :session, :provider, :model, 'running', 'brief',
       1 + (SELECT count(*) FROM runs WHERE task = :task), :base, :now
FROM tasks WHERE id = :task AND NOT EXISTS (SELECT 1 FROM runs WHERE task = :task AND state = 'running')
RETURNING id
"""
_FENCE = "UPDATE runs SET token = :token WHERE id = :id AND token IS NULL RETURNING *"


def begin(
    conn: Connection,
    *,
    task_id: TaskId,
    provider: ProviderName,
    model: str,
    base: Commit | None,
    claims: Iterable[str],
    now: datetime,
    ttl: timedelta,
) -> Run:
    """Start a stint: task, session, run, lease and claims at once or not at all.

    Raises IllegalMove when the task is not queued or rides with another, ClaimTaken, LeaseLost.
    """
    lead = rides.leads(conn).get(task_id)
    if lead is not None:
        raise IllegalMove(f"cannot start task {task_id}: it rides with {lead}")
    task = tasks.move(conn, task_id, TaskState.RUNNING, now=now)
    session = sessions.get_or_open(conn, task_id, task.repo, now)
    given = {"task": task_id, "session": session.id, "provider": provider, "model": model, "base": base}
    row = conn.execute(_BEGIN, {**given, "now": columns.ms(now)}).fetchone()
    if row is None:
        raise IllegalMove(f"cannot start task {task_id}: its last run has not ended yet")
    run_id = RunId(row["id"])
    token = leases.acquire(conn, task_id, run_id, now, ttl)
    claim_rows.take(conn, run_id, task.repo, claims, now)
    return _run(conn.execute(_FENCE, {"id": run_id, "token": token}).fetchone())


_GET = "SELECT * FROM runs WHERE id = :id"


def get(conn: Connection, run_id: RunId) -> Run | None:
    row = conn.execute(_GET, {"id": run_id}).fetchone()
    return None if row is None else _run(row)


_LIVE = "SELECT * FROM runs WHERE state = 'running' ORDER BY number"


def live(conn: Connection) -> list[Run]:
    return [_run(row) for row in conn.execute(_LIVE)]


_ENDED_SINCE = "SELECT id FROM runs WHERE ended_ms >= :since ORDER BY number"


def ended_since(conn: Connection, since: datetime) -> list[RunId]:
    return [RunId(row["id"]) for row in conn.execute(_ENDED_SINCE, {"since": columns.ms(since)})]


_OF_TASK = "SELECT * FROM runs WHERE task = :task ORDER BY number"


def of_task(conn: Connection, task_id: TaskId) -> list[Run]:
    """The task's runs, oldest first."""
    return [_run(row) for row in conn.execute(_OF_TASK, {"task": task_id})]


_LAPSED = """
SELECT runs.* FROM runs LEFT JOIN leases ON leases.run = runs.id
WHERE runs.state = 'running' AND coalesce(leases.expires_ms, 0) <= :now
ORDER BY runs.number
"""


def lapsed(conn: Connection, now: datetime) -> list[Run]:
    """Running runs whose holder has not renewed its lease in time."""
    return [_run(row) for row in conn.execute(_LAPSED, {"now": columns.ms(now)})]


_STAGE = "UPDATE runs SET stage = :stage WHERE id = :id AND state = 'running' AND token = :token RETURNING id"


def set_stage(conn: Connection, run: Run, stage: Stage) -> None:
    """Raises LeaseLost when the run does not hold its task."""
    leases.check(conn, run)
    if conn.execute(_STAGE, {"id": run.id, "token": run.token, "stage": stage}).fetchone() is None:
        raise LeaseLost(f"{run.id} has ended")


_REBASE = "UPDATE runs SET base = :base WHERE id = :id AND state = 'running' AND token = :token RETURNING *"


def rebase(conn: Connection, run: Run, base: Commit) -> Run:
    """The run with another commit for its beginning: its work was put onto that. Raises LeaseLost."""
    leases.check(conn, run)
    row = conn.execute(_REBASE, {"id": run.id, "token": run.token, "base": base}).fetchone()
    if row is None:
        raise LeaseLost(f"{run.id} has ended")
    return _run(row)


_RELIEVE = "UPDATE runs SET handing_over = 1 WHERE id = :id AND state = 'running'"


def relieve(conn: Connection, run_id: RunId) -> None:
    """Remember that the run was asked to hand over; nothing when it has ended meanwhile."""
    conn.execute(_RELIEVE, {"id": run_id})


_PENDING = "SELECT 1 FROM intents WHERE run = :run AND state = 'pending'"
_END = """
UPDATE runs SET state = :state, reason = :reason, ended_ms = :now
WHERE id = :id AND state = 'running' AND token = :token
RETURNING *
"""


def end(
    conn: Connection,
    run: Run,
    *,
    state: RunState,
    task_state: TaskState,
    reason: str,
    now: datetime,
    not_before: datetime | None = None,
    keep_claims: bool = False,
) -> Run:
    """End the run and put its task where it goes; lease and claims are free after it. Returns the ended run.

    Its riders land with it, stay while its task goes on or its work waits for a review, and leave otherwise.
    A task that a person cancelled or reopened meanwhile stays as they left it. Raises LeaseLost when the run does not hold its task,
    IllegalMove when such a task would land.
    """
    if state is not RunState.LANDED and conn.execute(_PENDING, {"run": run.id}).fetchone():
        raise IllegalMove(f"{run.id} cannot end as {state}: whether its commit is on the target is not decided yet")
    leases.release(conn, run)
    ended = _close(conn, run, state, reason, now)
    if keep_claims:
        claim_rows.keep(conn, run.id, run.task)
    else:
        claim_rows.release(conn, run.id)
    _count(conn, run, state)
    if state is RunState.LANDED:
        rides.land(conn, run, note=reason, now=now)
    elif is_alone_after(state, task_state, has_work=sessions.has_work(conn, run.task)):
        rides.leave(conn, run.task, now)
    if state is RunState.LOST:
        task_state, reason = _after_loss(conn, run, task_state, reason)
    _put_task(conn, run, task_state, reason=reason, now=now, not_before=not_before)
    return ended


_FREE = "DELETE FROM leases WHERE run = :run"


def rescue(conn: Connection, run: Run, now: datetime, why: str) -> bool:
    """Free what a dead holder held: the run is lost, its task queued again, or failed after MAX_LOSSES in a row.

    False, and nothing done, while an intent of it is pending (its commit may be on the target: that is concluded
    first) or when the run has ended.
    """
    known = get(conn, run.id)
    if known is None or known.state is not RunState.RUNNING or conn.execute(_PENDING, {"run": run.id}).fetchone():
        return False
    conn.execute(_FREE, {"run": run.id})
    claim_rows.release(conn, run.id)
    _close(conn, known, RunState.LOST, why, now)
    task_state, reason = _after_loss(conn, known, TaskState.QUEUED, why)
    _put_task(conn, known, task_state, reason=reason, now=now, not_before=None)
    return True


def _close(conn: Connection, run: Run, state: RunState, reason: str, now: datetime) -> Run:
    row = conn.execute(
        _END,
        {
            "id": run.id,
            "token": run.token,
            "state": state,
            "reason": reason,
            "now": columns.ms(now),
        },
    ).fetchone()
    if row is None:
        raise LeaseLost(f"{run.id} has ended already")
    return _run(row)


def _count(conn: Connection, run: Run, state: RunState) -> None:
    if state in COUNTED:
        tasks.charge_attempt(conn, run.task, run.provider)
    elif state in RESULTS:
        tasks.forget_losses(conn, run.task)


def _after_loss(conn: Connection, run: Run, task_state: TaskState, why: str) -> tuple[TaskState, str]:
    losses = tasks.count_loss(conn, run.task)
    if losses < MAX_LOSSES:
        return task_state, why
    return TaskState.FAILED, f"{losses} runs in a row died at it, the last: {why}"


def _put_task(
    conn: Connection, run: Run, to: TaskState, *, reason: str, now: datetime, not_before: datetime | None
) -> None:
    task = tasks.get(conn, run.task)
    assert task is not None, "a run's task is never deleted: a foreign key holds it"
    if task.state is TaskState.RUNNING:
        tasks.move(conn, run.task, to, now=now, note=reason, not_before=not_before)
    elif to in tasks.DONE:
        raise IllegalMove(f"cannot put task {run.task} to {to}: it is {task.state} and no longer running")


def _run(row: Row) -> Run:
    return Run(
        id=RunId(row["id"]),
        task=TaskId(row["task"]),
        repo=RepoName(row["repo"]),
        session=SessionId(row["session"]),
        provider=ProviderName(row["provider"]),
        model=row["model"],
        token=Token(row["token"]),
        state=RunState(row["state"]),
        stage=Stage(row["stage"]),
        attempt=row["attempt"],
        base=Commit(row["base"]) if row["base"] else None,
        started_at=columns.moment(row["started_ms"]),
        ended_at=columns.moment_or_none(row["ended_ms"]),
        reason=row["reason"],
    )

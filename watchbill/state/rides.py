"""Rides in the store: which tasks are done in another one's run, from its begin until that other one, their lead, is over.

A rider stays queued. It lands in the transaction in which its lead does, if it is still what it was when it got on. Where a
run of the lead comes to nothing all its riders leave, and go alone from then on: no task rides twice.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from watchbill.domain.ids import RunId, TaskId
from watchbill.domain.pauses import Scope
from watchbill.domain.rides import Ride, RideState, digest_of
from watchbill.domain.runs import Run
from watchbill.domain.tasks import Task, TaskState
from watchbill.state import columns, leases, pauses, tasks
from watchbill.state.engine import Connection, Row

_RIDING = "SELECT * FROM rides WHERE state = 'riding' AND (:lead IS NULL OR lead = :lead) ORDER BY number"
_KEEP = """
UPDATE rides SET state = 'left', ended_ms = :now
WHERE lead = :lead AND state = 'riding' AND task NOT IN (SELECT value FROM json_each(:kept))
"""
_BOARD = """
INSERT INTO rides (task, lead, run, digest, state, began_ms)
SELECT id, :lead, :run, :digest, 'riding', :now FROM tasks
WHERE id = :task AND state = 'queued' AND NOT EXISTS (SELECT 1 FROM runs WHERE task = :task)
  AND NOT EXISTS (SELECT 1 FROM rides WHERE task = :task OR (lead = :task AND state = 'riding'))
RETURNING task
"""


def board(conn: Connection, run: Run, wanted: Sequence[Task], now: datetime) -> tuple[Task, ...]:
    """The lead's run begins: who of the wanted rides in it. Whoever rode before and does not any more has left."""
    before = {ride.task: ride.digest for ride in _riding(conn, run.task)}
    kept = [task for task in wanted if before.get(task.id) == digest_of(task)]
    if len(kept) < len(before):
        names = columns.array([task.id for task in kept])
        conn.execute(_KEEP, {"lead": run.task, "kept": names, "now": columns.ms(now)})
    new = [task for task in wanted if task.id not in before and _board(conn, run, task, now)]
    return (*kept, *new)


def _board(conn: Connection, run: Run, task: Task, now: datetime) -> bool:
    ride = {"task": task.id, "lead": run.task, "run": run.id, "digest": digest_of(task), "now": columns.ms(now)}
    return conn.execute(_BOARD, ride).fetchone() is not None


def aboard(conn: Connection, lead: TaskId, now: datetime) -> list[Task]:
    """Who lands with the lead, if it does now: neither edited, nor held or cancelled, since it got on."""
    held = {pause.name for pause in pauses.active(conn, now) if pause.scope is Scope.TASK}
    found = [(ride, tasks.get(conn, ride.task)) for ride in _riding(conn, lead)]
    return [
        task
        for ride, task in found
        if task is not None
        and task.state is TaskState.QUEUED
        and task.id not in held
        and digest_of(task) == ride.digest
    ]


_LAND = """
UPDATE rides SET state = 'landed', landed_by = :run, ended_ms = :now WHERE task = :task AND state = 'riding'
"""


def land(conn: Connection, run: Run, *, note: str, now: datetime) -> None:
    """The lead's run lands: with it whoever is aboard; the others leave when the lead's state changes."""
    for task in aboard(conn, run.task, now):
        conn.execute(_LAND, {"task": task.id, "run": run.id, "now": columns.ms(now)})
        tasks.move(conn, task.id, TaskState.LANDED, now=now, note=f"{note}, with {run.task}")


_LEAVE = "UPDATE rides SET state = 'left', ended_ms = :now WHERE lead = :lead AND state = 'riding'"


def leave(conn: Connection, lead: TaskId, now: datetime) -> None:
    """The lead's run came to nothing: everybody goes alone."""
    conn.execute(_LEAVE, {"lead": lead, "now": columns.ms(now)})


_LEAVE_OUT = """
UPDATE rides SET state = 'left', ended_ms = :now
WHERE lead = :lead AND state = 'riding' AND task IN (SELECT value FROM json_each(:tasks))
"""


def leave_out(conn: Connection, run: Run, gone: Sequence[Task], now: datetime) -> None:
    """The lead's run did not do these: they go alone. Raises LeaseLost when the run does not hold its task."""
    leases.check(conn, run)
    names = columns.array([task.id for task in gone])
    conn.execute(_LEAVE_OUT, {"lead": run.task, "tasks": names, "now": columns.ms(now)})


def leads(conn: Connection) -> Mapping[TaskId, TaskId]:
    """Every rider's lead."""
    return {ride.task: ride.lead for ride in _riding(conn)}


_ALONE = """
SELECT id FROM tasks WHERE state = 'queued'
AND (EXISTS (SELECT 1 FROM runs WHERE runs.task = tasks.id) OR EXISTS (SELECT 1 FROM rides WHERE rides.task = tasks.id))
"""


def alone(conn: Connection) -> frozenset[TaskId]:
    """The queued tasks that are not merged any more: a run of theirs began before, or they rode."""
    return frozenset(TaskId(row["id"]) for row in conn.execute(_ALONE))


_OF_TASK = "SELECT * FROM rides WHERE task = :task ORDER BY number"


def of_task(conn: Connection, task: TaskId) -> list[Ride]:
    """Its rides, oldest first."""
    return [_ride(row) for row in conn.execute(_OF_TASK, {"task": task})]


_OF_RUN = """
SELECT rides.* FROM rides JOIN runs AS own ON own.id = :run JOIN runs AS first ON first.id = rides.run
WHERE rides.lead = own.task AND first.number <= own.number
AND (rides.ended_ms IS NULL OR rides.ended_ms > own.started_ms OR rides.landed_by = own.id)
ORDER BY rides.number
"""


def of_run(conn: Connection, run: RunId) -> list[Ride]:
    """Who rode in a run of the lead's."""
    return [_ride(row) for row in conn.execute(_OF_RUN, {"run": run})]


_ALL = "SELECT * FROM rides ORDER BY number"


def all_rides(conn: Connection) -> list[Ride]:
    return [_ride(row) for row in conn.execute(_ALL)]


_TITLES = "SELECT tasks.title FROM rides JOIN tasks ON tasks.id = rides.task WHERE rides.lead = :lead"


def titles(conn: Connection, lead: TaskId) -> list[str]:
    """Of all that ever rode with the lead."""
    return [row["title"] for row in conn.execute(_TITLES, {"lead": lead})]


def _riding(conn: Connection, lead: TaskId | None = None) -> list[Ride]:
    return [_ride(row) for row in conn.execute(_RIDING, {"lead": lead})]


def _ride(row: Row) -> Ride:
    return Ride(
        task=TaskId(row["task"]),
        lead=TaskId(row["lead"]),
        run=RunId(row["run"]),
        digest=row["digest"],
        state=RideState(row["state"]),
        landed_by=RunId(row["landed_by"]) if row["landed_by"] else None,
    )

"""What follows from a landing that was undone: its tasks are reverted and, on wish, queued again with what was seen."""

from datetime import datetime

from watchbill.domain.findings import Finding
from watchbill.domain.ids import TaskId
from watchbill.domain.sessions import HandOff
from watchbill.domain.tasks import Delivery, Task, TaskState
from watchbill.domain.undoings import Undoing, UndoState, Wish
from watchbill.state import claims, intents, rides, runs, sessions, tasks, undoings
from watchbill.state.engine import Connection


def finish(conn: Connection, undoing: Undoing, *, said: str, now: datetime) -> tuple[TaskId, ...]:
    """The tasks that were landed by it and are reverted now, its own first. A later landing of theirs stays."""
    wish = undoing.wish
    undoings.end(conn, undoing, UndoState.DONE, said=said, now=now)
    if wish.delivery is Delivery.BRANCH:
        claims.drop_kept(conn, wish.task)
    reverted = tuple(name for name in _landed_by(conn, wish) if _is_its_last(conn, name, wish))
    for name in reverted:
        task = tasks.move(conn, name, TaskState.REVERTED, now=now, note=said)
        if wish.retry:
            _queue_again(conn, task, undoing, now)
    return reverted


def _landed_by(conn: Connection, wish: Wish) -> list[TaskId]:
    return [wish.task, *(ride.task for ride in rides.of_run(conn, wish.run) if ride.landed_by == wish.run)]


def _is_its_last(conn: Connection, name: TaskId, wish: Wish) -> bool:
    task, last = tasks.get(conn, name), intents.landed(conn, name)
    return task is not None and task.state is TaskState.LANDED and last is not None and last.run == wish.run


def _queue_again(conn: Connection, task: Task, undoing: Undoing, now: datetime) -> None:
    """What the gates took back used up an attempt, so that it comes to an end; what a person takes back begins anew."""
    wish = undoing.wish
    note = f"it landed and was reverted: {wish.why}"
    if undoing.is_of_gates:
        run = runs.get(conn, wish.run)
        assert run is not None, "an undoing's run is never deleted: a foreign key holds it"
        tasks.charge_attempt(conn, task.id, run.provider)
        tasks.move(conn, task.id, TaskState.QUEUED, now=now, note=note)
    else:
        tasks.reopen(conn, task.id, now=now, note=note)
    told = HandOff(goal=task.title, why=note, findings=tuple(map(_line, wish.findings)))
    sessions.begin_anew(conn, task, told, now)


def _line(finding: Finding) -> str:
    return f"{finding.place}{finding.gate}/{finding.rule}: {finding.message}"

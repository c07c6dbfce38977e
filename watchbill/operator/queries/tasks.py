"""Tasks as answers: where each stands, and why it does not run."""

import difflib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from watchbill.domain.ids import TaskId
from watchbill.domain.tasks import DONE, OPEN, Task, TaskState, queue_order
from watchbill.operator import plain
from watchbill.operator.doors import Plain
from watchbill.operator.faults import BadQuestion, NotFound
from watchbill.operator.outlook import Outlook
from watchbill.operator.queries import runs, symphony
from watchbill.operator.queries.look import Look, look
from watchbill.operator.queries.subjects import Subjects
from watchbill.operator.sieve import Sieve
from watchbill.state import intents, quarantine, rides, sessions
from watchbill.state import tasks as task_rows
from watchbill.state.engine import Connection

_NAMED = 8  # tasks
_ALIKE = 0.75  # 1: the same
_SEEN = OPEN | {TaskState.FAILED}  # the states of the tasks that a snapshot holds


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which tasks are asked for; what is not said does not restrict."""

    states: frozenset[TaskState] = _SEEN  # all, where the sieve names some
    repo: str | None = None
    type: str | None = None
    text: str | None = None  # in title or id, case does not count
    ids: frozenset[TaskId] | None = None
    sieve: Sieve | None = None

    def fits(self, task: Task) -> bool:
        return (
            (task.state in self.states or (self.sieve is not None and self.sieve.names_states))
            and (self.ids is None or task.id in self.ids)
            and self.repo in (None, task.repo)
            and self.type in (None, task.type)
            and (self.text is None or self.text.casefold() in f"{task.id} {task.title}".casefold())
        )


def listing(
    conn: Connection,
    outlook: Outlook,
    wanted: Filter,
    *,
    skip: int = 0,
    limit: int | None = None,
    cursor: str | None = None,
) -> Plain:
    """The tasks that fit, in the order of work, each with what is decided about it now.

    `cursor` is what an answer before said of those after it. Raises BadQuestion where its task fits no more.
    """
    seen = look(conn, outlook)
    fitting = found(conn, wanted, seen)
    begin = skip if cursor is None else _after(fitting, cursor)
    shown = fitting[begin:] if limit is None else fitting[begin : begin + limit]
    return {
        "generated_at": plain.stamp(outlook.now),
        "count": len(fitting),
        "next": shown[-1].id if shown and begin + len(shown) < len(fitting) else None,
        "tasks": [{**plain.task(task), "decision": _decision(seen, task.id)} for task in shown],
    }


def found(conn: Connection, wanted: Filter, seen: Look) -> list[Task]:
    """The tasks that fit, in the order of work."""
    is_of_open = wanted.states <= _SEEN and not (wanted.sieve is not None and wanted.sieve.names_states)
    known = seen.snapshot.tasks if is_of_open else task_rows.all_tasks(conn)
    fitting = sorted(filter(wanted.fits, known), key=_order)
    if wanted.sieve is None or not wanted.sieve.tests:
        return fitting
    subject_of = Subjects(conn, seen)
    return [task for task in fitting if wanted.sieve.lets_through(subject_of(task))]


def _after(fitting: Sequence[Task], cursor: str) -> int:
    for place, task in enumerate(fitting, 1):
        if task.id == cursor:
            return place
    raise BadQuestion(f"the cursor {cursor!r} fits no more: begin anew, without it")


def one(conn: Connection, outlook: Outlook, task_id: TaskId) -> Plain:
    """A task whole: what was asked, what is decided, its runs and rides, its session and what it landed. Raises NotFound."""
    task = get(conn, task_id)
    landed = intents.landed(conn, task.id)
    session = sessions.get(conn, task.id)
    past = runs.listing(conn, outlook.now, task=task.id)["runs"]
    return {
        "generated_at": plain.stamp(outlook.now),
        **plain.task(task),
        **plain.task_text(task),
        **symphony.issue(conn, task, past, outlook),
        "decision": _decision(look(conn, outlook), task.id),
        "runs": past,
        "rides": [plain.ride(ride) for ride in rides.of_task(conn, task.id)],
        "session": None if session is None else runs.session(session),
        "quarantine": _quarantine(conn, task.id),
        "landed": None if landed is None else {"commit": landed.commit, "target": landed.target_ref},
    }


def _quarantine(conn: Connection, task: TaskId) -> Plain | None:
    """Why a person has to look, with the evidence."""
    kept = quarantine.all(conn).get(task)
    if kept is None:
        return None
    return {
        "why": kept.why,
        "runs": list(kept.runs),
        "findings": [plain.finding(each) for each in kept.findings],
        "put_at": plain.stamp(kept.put_at),
    }


def get(conn: Connection, task_id: TaskId) -> Task:
    """The task of that id, or the only one whose id begins so. Raises NotFound."""
    exact = task_rows.get(conn, task_id)
    if exact is not None:
        return exact
    begins = task_id.removesuffix("…")  # as a narrow table shows it
    known = task_rows.all_tasks(conn)
    close = [task for task in known if task.id.startswith(begins)]
    if len(close) == 1:
        return close[0]
    if close:
        more = f" and {len(close) - _NAMED} more" if len(close) > _NAMED else ""
        raise NotFound(f"several tasks begin with {task_id!r}: {', '.join(task.id for task in close[:_NAMED])}{more}")
    raise NotFound(f"there is no task {task_id!r}{_guess(begins, [task.id for task in known])}")


def _guess(said: str, known: Sequence[str]) -> str:
    """The task that was meant, if only one begins nearly so."""
    by_beginning: defaultdict[str, list[str]] = defaultdict(list)
    for name in known:
        by_beginning[name[: len(said)]].append(name)
    close = difflib.get_close_matches(said, by_beginning, n=1, cutoff=_ALIKE)
    meant = by_beginning[close[0]] if close else []
    return f"; did you mean {meant[0]}?" if len(meant) == 1 else ""


def _order(task: Task) -> tuple[bool, tuple[int, int, int, str]]:
    return task.state in DONE, queue_order(task)


def _decision(seen: Look, task_id: TaskId) -> Plain | None:
    decided = seen.decision_by_task.get(task_id)
    return None if decided is None else plain.decision(decided)

"""Tasks as answers: where each stands, and why it does not run."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta

from watchbill.domain.ids import ProviderName, TaskId
from watchbill.domain.tasks import DONE, OPEN, Task, TaskState, queue_order
from watchbill.operator import plain
from watchbill.operator.doors import Plain
from watchbill.operator.faults import NotFound
from watchbill.operator.outlook import Outlook
from watchbill.operator.queries import runs
from watchbill.operator.queries.look import Look, look
from watchbill.operator.sieve import Sieve, Subject
from watchbill.scheduling.decisions import GiveUp, Reason, Start, Wait
from watchbill.state import intents, quarantine, rides, sessions
from watchbill.state import runs as run_rows
from watchbill.state import tasks as task_rows
from watchbill.state.engine import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which tasks are asked for; what is not said does not restrict."""

    states: frozenset[TaskState] = OPEN | {TaskState.FAILED}  # all, where the sieve names some
    repo: str | None = None
    type: str | None = None
    text: str | None = None  # in title or id, case does not count
    sieve: Sieve | None = None

    def fits(self, task: Task) -> bool:
        return (
            (task.state in self.states or (self.sieve is not None and self.sieve.names_states))
            and self.repo in (None, task.repo)
            and self.type in (None, task.type)
            and (self.text is None or self.text.casefold() in f"{task.id} {task.title}".casefold())
        )


def listing(conn: Connection, outlook: Outlook, wanted: Filter, *, skip: int = 0, most: int | None = None) -> Plain:
    """The tasks that fit, in the order of work, each with what is decided about it now: `count` of them, and which are shown."""
    seen = look(conn, outlook)
    found = sorted(filter(wanted.fits, task_rows.all_tasks(conn)), key=_order)
    if wanted.sieve is not None:
        subject_of = _Subjects(conn, seen)
        found = [task for task in found if wanted.sieve.lets_through(subject_of(task))]
    return {
        "generated_at": plain.stamp(outlook.now),
        "count": len(found),
        "tasks": [
            {**plain.task(task), "decision": _decision(seen, task.id)}
            for task in found[skip : None if most is None else skip + most]
        ],
    }


# What keeps a task back by itself, whoever is free to work: other work, its files, a person.
_BLOCKING = frozenset(
    {
        Reason.DEPS_UNMET,
        Reason.STAGE,
        Reason.ARTEFACT_MISSING,
        Reason.FILE_CLAIMED,
        Reason.HUMAN_EDITING,
        Reason.PAUSED,
        Reason.HELD,
        Reason.NOT_RELEASED,
        Reason.NOT_BEFORE,
        Reason.ATTEMPTS_EXHAUSTED,
        Reason.QUARANTINED,
        Reason.REPO_UNAVAILABLE,
    }
)


class _Subjects:
    """What each task says to a filter."""

    def __init__(self, conn: Connection, seen: Look) -> None:
        self._seen = seen
        self._live: defaultdict[TaskId, set[ProviderName]] = defaultdict(set)
        for run in run_rows.live(conn):
            self._live[run.task].add(run.provider)

    def __call__(self, task: Task) -> Subject:
        decided = self._seen.decision_by_task.get(task.id)
        meant = {decided.provider} if isinstance(decided, Start) else set()
        return Subject(
            names={
                "state": frozenset({task.state, *_words(task, decided)}),
                "type": frozenset({task.type}),
                "provider": frozenset({*self._live[task.id], *meant, *([task.pinned] if task.pinned else [])}),
                "repo": frozenset({task.repo}),
                "reason": frozenset({decided.binding.reason} if isinstance(decided, Wait) else ()),
            },
            priority=task.priority,
            age=_age(task, self._seen.outlook.now),
            files=task.reach,
            text=f"{task.id} {task.title} {' '.join(task.reach)}",
        )


def _words(task: Task, decided: Start | Wait | GiveUp | None) -> set[str]:
    """What people call its state beside the stored word."""
    words = {"all"}
    words |= {"open"} if task.state in OPEN else {"done"} if task.state in DONE else set()
    if task.state is TaskState.QUEUED:
        reason = decided.binding.reason if isinstance(decided, Wait) else None
        words |= {"blocked" if reason in _BLOCKING else "ready"}
        words |= {"held"} if reason is Reason.HELD else set()
    return words


def _age(task: Task, now: datetime) -> timedelta:
    return timedelta() if task.created_at is None else now - task.created_at


def one(conn: Connection, outlook: Outlook, task_id: TaskId) -> Plain:
    """A task whole: what was asked, what is decided, its runs and rides, its session and what it landed. Raises NotFound."""
    task = get(conn, task_id)
    landed = intents.landed(conn, task.id)
    session = sessions.get(conn, task.id)
    return {
        "generated_at": plain.stamp(outlook.now),
        **plain.task(task),
        **plain.task_text(task),
        "decision": _decision(look(conn, outlook), task.id),
        "runs": runs.listing(conn, outlook.now, task=task.id)["runs"],
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
    close = [task for task in task_rows.all_tasks(conn) if task.id.startswith(begins)]
    if len(close) == 1:
        return close[0]
    if close:
        raise NotFound(f"several tasks begin with {task_id!r}: {', '.join(task.id for task in close[:5])}")
    raise NotFound(f"there is no task {task_id!r}")


def _order(task: Task) -> tuple[bool, tuple[int, int, int, str]]:
    return task.state in DONE, queue_order(task)


def _decision(seen: Look, task_id: TaskId) -> Plain | None:
    decided = seen.decision_by_task.get(task_id)
    return None if decided is None else plain.decision(decided)

"""Subjects: what each task says to a filter, with the words by which people call its state."""

from collections import defaultdict
from datetime import datetime, timedelta

from watchbill.domain.ids import ProviderName, TaskId
from watchbill.domain.tasks import DONE, OPEN, Task, TaskState
from watchbill.operator.queries.look import Look
from watchbill.operator.sieve import Subject
from watchbill.scheduling.decisions import About, Reason, Start, Wait
from watchbill.state import runs
from watchbill.state.engine import Connection

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
        Reason.CALL_TOO_DEAR,
        Reason.NO_CAPABLE_PROVIDER,
    }
)


class Subjects:
    """What each task says to a filter."""

    def __init__(self, conn: Connection, seen: Look) -> None:
        self._seen = seen
        self._live: defaultdict[TaskId, set[ProviderName]] = defaultdict(set)
        for run in runs.live(conn):
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


def _words(task: Task, decided: About | None) -> set[str]:
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

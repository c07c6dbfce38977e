"""Tasks: one piece of queued work, what it asks for, and where it stands."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from watchbill.domain.ids import ProviderName, RepoName, TaskId, TaskType
from watchbill.domain.machine import Transitions, check_move
from watchbill.domain.money import MicroUsd
from watchbill.domain.questions import OnQuestion


class TaskState(StrEnum):
    """Stored facts. Blocked, paused, on watch and stale are computed from rows and the time, never stored."""

    PROPOSED = "proposed"  # found by a check of ours; becomes work when somebody accepts it
    QUEUED = "queued"
    RUNNING = "running"
    REVIEW = "review"  # waits for a human
    LANDED = "landed"  # its stored commit is an ancestor of its target (or its patch is written)
    VERIFIED = "verified"  # nothing is to be changed, say our own checks, a model that read, or a person
    FAILED = "failed"
    CANCELLED = "cancelled"
    REVERTED = "reverted"  # landed, then undone


TRANSITIONS: Transitions[TaskState] = {
    TaskState.PROPOSED: frozenset({TaskState.QUEUED, TaskState.CANCELLED}),
    TaskState.QUEUED: frozenset(
        {
            TaskState.RUNNING,
            TaskState.REVIEW,  # not one call of it fits under the caps
            TaskState.LANDED,  # in another task's run: see rides
            TaskState.FAILED,
            TaskState.CANCELLED,
        }
    ),
    TaskState.RUNNING: frozenset(
        {
            TaskState.QUEUED,
            TaskState.REVIEW,
            TaskState.LANDED,
            TaskState.VERIFIED,
            TaskState.FAILED,
            TaskState.CANCELLED,
        }
    ),
    TaskState.REVIEW: frozenset({TaskState.QUEUED, TaskState.LANDED, TaskState.VERIFIED, TaskState.CANCELLED}),
    TaskState.LANDED: frozenset({TaskState.REVERTED, TaskState.QUEUED}),
    TaskState.VERIFIED: frozenset({TaskState.QUEUED}),
    TaskState.FAILED: frozenset({TaskState.QUEUED, TaskState.CANCELLED}),
    TaskState.CANCELLED: frozenset({TaskState.QUEUED}),
    TaskState.REVERTED: frozenset({TaskState.QUEUED, TaskState.CANCELLED}),
}

OPEN = frozenset({TaskState.PROPOSED, TaskState.QUEUED, TaskState.RUNNING, TaskState.REVIEW})
DONE = frozenset({TaskState.LANDED, TaskState.VERIFIED})


class Autonomy(StrEnum):
    """How far a task may go alone. LOW waits for review; MEDIUM is listed for a look after landing."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Delivery(StrEnum):
    """Where what passes goes."""

    INTEGRATION = "integration"  # one branch of ours per repository, kept up with the target
    BRANCH = "branch"  # one branch per task
    LAND = "land"  # the target branch itself
    PATCH = "patch"  # a file in the state folder


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a task was written: path relative to the repository, 1-based line of its marker."""

    path: str
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    id: TaskId
    repo: RepoName
    title: str
    type: TaskType
    state: TaskState = TaskState.QUEUED
    priority: int = 5  # 0 is the most urgent, 9 the least
    autonomy: Autonomy | None = None  # None: as the repository is configured
    order: int = 0  # place in its queue; smaller is earlier
    claims: tuple[str, ...] = ("**",)  # paths or globs that it may write; ** when the queue does not say
    needs: tuple[TaskId, ...] = ()
    artefacts: tuple[str, ...] = ()  # paths or globs of which each must exist on its target before it starts
    provider: ProviderName | None = None  # pinned by the queue
    fallback: tuple[ProviderName, ...] = ()  # who does it, in this order, when the pinned one cannot
    requirements: str = ""
    success: str = ""
    body: str = ""  # everything else that was written under it, as written
    effort: timedelta | None = None  # the author's own estimate
    max_cost: MicroUsd | None = None
    delivery: Delivery | None = None  # None: as the repository is configured
    on_question: OnQuestion | None = None  # None: as the repository is configured
    source: Source | None = None
    extra: Mapping[str, str] = field(default_factory=dict)  # unknown keys are kept and shown
    attempts: int = 0  # runs that count; waiting never does
    not_before: datetime | None = None
    tried: tuple[ProviderName, ...] = ()  # whose counted runs on it did not land, latest last
    note: str = ""  # why it is where it is, for people
    accepted: bool = False  # a human looked at what was done: it may land although its autonomy is LOW
    released: bool = False  # a human let it start, where the mode lets nothing start by itself
    pin: ProviderName | None = None  # given to this provider by hand; goes before the queue's
    bumped_at: datetime | None = None  # brought forward by hand: the next one of its repository
    widened: tuple[str, ...] = ()  # patterns that it was granted beside its claims: see widenings
    created_at: datetime | None = None

    @property
    def reach(self) -> tuple[str, ...]:
        """Everything that its runs hold and may write."""
        return (*self.claims, *self.widened) if self.widened else self.claims

    @property
    def pinned(self) -> ProviderName | None:
        """The only provider that may do it; None when any may."""
        return self.pin or self.provider

    def to(self, state: TaskState) -> "Task":
        """The same task in another state. Raises IllegalMove when the table does not allow it."""
        return replace(self, state=check_move(TRANSITIONS, self.state, state))


GROUP = "group"  # in `extra`: the heading that it stands under
ORIGIN = "origin"  # in `extra`: where a task comes from that stands in no file


def origin_of(task: Task) -> str:
    """Where it comes from, for people: its line in a file, or who made it."""
    if task.source is not None:
        return f"{task.source.path}:{task.source.line}"
    return task.extra.get(ORIGIN, "")


def group_of(task: Task) -> str:
    """What it belongs to, for people: its heading, else who made it, else its type."""
    return task.extra.get(GROUP) or task.extra.get(ORIGIN) or task.type


AUTONOMY_RANK: Mapping[Autonomy | None, int] = {Autonomy.HIGH: 0, Autonomy.MEDIUM: 1, None: 1, Autonomy.LOW: 2}


def queue_order(task: Task) -> tuple[int, int, int, str]:
    """Sort key: priority, then higher autonomy first, then place in the file. Total, so that plans replay."""
    return (task.priority, AUTONOMY_RANK[task.autonomy], task.order, task.id)

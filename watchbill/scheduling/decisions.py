"""Decisions: what should happen, and why. Every task that is not running has a reason from one closed enum."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from watchbill.domain.ids import ProviderName, RepoName, RunId, TaskId
from watchbill.domain.money import MicroUsd
from watchbill.scheduling.ladder import Step


class Reason(StrEnum):
    DEPS_UNMET = "deps_unmet"
    STAGE = "stage"  # work of an earlier stage on the same files is still open
    ARTEFACT_MISSING = "artefact_missing"  # a file that it needs is not on its target yet
    FILE_CLAIMED = "file_claimed"
    HUMAN_EDITING = "human_editing"  # a person changed one of its files just now
    OUT_OF_SLOT = "out_of_slot"
    PROVIDER_UNHEALTHY = "provider_unhealthy"
    PROVIDER_HELD = "provider_held"
    PROVIDER_BUSY = "provider_busy"
    PROVIDER_PAUSED = "provider_paused"
    NOT_CONFIGURED = "not_configured"
    NOT_PINNED = "not_pinned"  # the task names another provider
    WRONG_TYPE = "wrong_type"  # the provider does not do this type
    MODEL_UNPRICED = "model_unpriced"  # what a call to it costs cannot be bounded
    MODEL_STOPPED = "model_stopped"  # a call to it cost more than its bound, and nobody has looked yet
    BELOW_MIN_FIT = "below_min_fit"
    NOT_A_REVIEWER = "not_a_reviewer"  # another vendor than who drafted reviews
    NOT_THE_STEP = "not_the_step"  # the task's ladder stands on another step
    ALREADY_TRIED = "already_tried"  # its last counted run on it did not land and others are left
    BUDGET_DAY = "budget_day"
    BUDGET_MONTH = "budget_month"
    BUDGET_PROVIDER = "budget_provider"
    BUDGET_REPO = "budget_repo"
    BUDGET_TYPE = "budget_type"
    BUDGET_TASK = "budget_task"
    BUDGET_TOKENS = "budget_tokens"
    BUDGET_RUNS = "budget_runs"
    BUDGET_ALLOWANCE = "budget_allowance"  # what was paid for of a provider is used up
    ATTEMPTS_EXHAUSTED = "attempts_exhausted"
    QUARANTINED = "quarantined"  # it failed in the same way three times
    PAUSED = "paused"
    HELD = "held"  # the task itself, by hand
    NOT_RELEASED = "not_released"  # under `manual` a person lets each task start
    DAILY_QUOTA = "daily_quota"  # under `gradual` as many tasks have begun today as may
    REPO_UNAVAILABLE = "repo_unavailable"
    NEEDS_REVIEW = "needs_review"
    NEEDS_ACCEPTANCE = "needs_acceptance"  # proposed, not accepted yet
    NOT_BEFORE = "not_before"
    IN_BATCH = "in_batch"  # its next turn waits for its vendor's answer to a batch
    PARALLEL_LIMIT = "parallel_limit"
    BEHIND = "behind"  # an earlier task in the same tick took the place or the files
    RIDES = "rides"  # it is done in the run of another task on the same files
    CALL_TOO_DEAR = "call_too_dear"  # not even one call of it fits under a cap of its provider, run or task
    NO_CAPABLE_PROVIDER = "no_capable_provider"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    reason: Reason
    detail: str  # for people
    until: datetime | None = None  # when it lapses by itself, if that is known


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """Parts between 0 and 1, and their weighted sum."""

    fit: float
    cost: float
    health: float
    load: float
    total: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    provider: ProviderName
    model: str  # "" for local automation
    score: Score
    estimate: MicroUsd  # what a run is expected to cost
    rejections: tuple[Rejection, ...] = field(default=())
    step: Step | None = None  # of the task's ladder, where it takes one

    @property
    def eligible(self) -> bool:
        return not self.rejections


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """Give this task to this provider now."""

    task: TaskId
    repo: RepoName
    provider: ProviderName
    model: str
    why: str
    candidates: tuple[Candidate, ...] = field(default=())
    step: Step | None = None  # of its ladder
    riders: tuple[TaskId, ...] = ()  # done in the same run
    escalated_from: str = ""  # the step whose result was not good enough, where that is why it is on this one


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """Not now, because of this."""

    task: TaskId
    repo: RepoName
    binding: Rejection  # the constraint that binds
    candidates: tuple[Candidate, ...] = field(default=())


@dataclass(frozen=True, slots=True, kw_only=True)
class Relieve:
    """Ask a running run to checkpoint and hand over: its watch ended under strict, or it ran past the soft limit."""

    run: RunId
    task: TaskId
    why: str
    paused: bool = False  # or a person stopped it
    at_once: bool = False  # it is stale: it was asked in vain, and is stopped where it is


@dataclass(frozen=True, slots=True, kw_only=True)
class GiveUp:
    """A task used up its attempts."""

    task: TaskId
    why: str

    @property
    def binding(self) -> Rejection:
        return Rejection(reason=Reason.ATTEMPTS_EXHAUSTED, detail=self.why)


@dataclass(frozen=True, slots=True, kw_only=True)
class Aside:
    """A cap that has to be raised, or to turn, before a task is looked at again."""

    budget: str  # as it is written, for instance day:2026-11-24
    wanted: int
    until: datetime | None  # when it turns


@dataclass(frozen=True, slots=True, kw_only=True)
class SetAside:
    """Not one call of this task fits under the caps, whoever would do it: a person has to raise one, before anything begins."""

    task: TaskId
    why: str
    asides: tuple[Aside, ...]
    candidates: tuple[Candidate, ...] = field(default=())

    @property
    def binding(self) -> Rejection:
        return Rejection(reason=Reason.CALL_TOO_DEAR, detail=self.why)


About = Start | Wait | GiveUp | SetAside  # a task that does not run
Decision = About | Relieve


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    decisions: tuple[Decision, ...]
    on_watch: tuple[ProviderName, ...]  # whose watch it is, stand-ins included
    look_again: datetime  # the latest time at which to plan again

    @property
    def starts(self) -> tuple[Start, ...]:
        return tuple(decision for decision in self.decisions if isinstance(decision, Start))

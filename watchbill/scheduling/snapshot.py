"""The snapshot: everything that plan() may look at, as one frozen value."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from watchbill.domain.ids import ProviderName, RepoName, RunId, TaskId
from watchbill.domain.money import MicroUsd
from watchbill.domain.overrides import Override
from watchbill.domain.pauses import Pause
from watchbill.domain.quotas import Quota
from watchbill.domain.tasks import Task
from watchbill.domain.windows import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveRun:
    run: RunId
    task: TaskId
    repo: RepoName
    provider: ProviderName
    started_at: datetime
    claims: tuple[str, ...]
    model: str = ""
    handing_over: bool = False  # was already asked to hand over
    collides: tuple[str, ...] = ()  # what it would not merge with as things stand, for people


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldClaim:
    """A claim that outlives its run: a delivered branch that nobody has merged or dropped yet."""

    repo: RepoName
    task: TaskId
    pattern: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Edited:
    """A file that a person has under their hands."""

    repo: RepoName
    path: str
    until: datetime  # when it counts as left alone, unless they go on


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRest:
    """A hold of one model of an account."""

    model: str
    until: datetime  # it is tried from then on
    why: str
    trying: bool = False  # its time is over: one run at a time, until one went well


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelState:
    """A model that is not in full order."""

    model: str
    broken_until: datetime | None  # when it may return; None: one run may try it now
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderState:
    name: ProviderName
    score: int = 100  # health, 0 to 100
    broken: bool = False  # its breaker is open
    broken_until: datetime | None = None  # when it may return, where that is known
    broken_why: str = ""
    on_trial: bool = False  # its breaker is half-open: one run may try it
    sick_models: tuple[ModelState, ...] = ()
    held_until: datetime | None = None  # an account-wide hold that lifts itself
    held_why: str = ""
    trying: bool = False  # its hold's time is over: one run at a time, until one went well
    resting: tuple[ModelRest, ...] = ()  # models of it that are on hold
    pause: Pause | None = None
    idle_since: datetime | None = None  # when its last run ended


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowState:
    window: Window
    cap: MicroUsd | None
    spent: MicroUsd
    held: MicroUsd
    short: int = 0  # what a call wanted that did not fit: with less left than that it counts as used up

    @property
    def left(self) -> MicroUsd | None:
        return None if self.cap is None else MicroUsd(self.cap - self.spent - self.held)

    @property
    def is_used_up(self) -> bool:
        return self.left is not None and self.left < max(self.short, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaState:
    quota: Quota
    cap: int
    spent: int
    held: int
    short: int = 0  # as of a window

    @property
    def left(self) -> int:
        return self.cap - self.spent - self.held

    @property
    def is_used_up(self) -> bool:
        return self.left < max(self.short, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What a provider's own results on a task type say."""

    runs: int = 0
    landed: int = 0
    mean_cost: MicroUsd = MicroUsd(0)
    mean_span: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstCall:
    """What the first call of a task's next run is held at, at the least, with one model. A part that nobody knows is 0."""

    task: TaskId
    provider: ProviderName
    model: str
    cost: MicroUsd = MicroUsd(0)  # what it is worth, of money or of credits
    tokens: int = 0  # in and out


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A task on which a run began, and when the last one did."""

    task: TaskId
    repo: RepoName
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    tasks: tuple[Task, ...] = ()  # all that are open, failed ones included; running ones too
    done: frozenset[TaskId] = frozenset()  # landed or verified: what dependencies wait for
    live: tuple[LiveRun, ...] = ()
    held_claims: tuple[HeldClaim, ...] = ()
    grounds: Mapping[RepoName, str] = field(default_factory=dict)  # repositories of one ground share their claims
    edited: tuple[Edited, ...] = ()
    absent: Mapping[TaskId, tuple[str, ...]] = field(default_factory=dict)  # what a task needs to exist and does not
    providers: tuple[ProviderState, ...] = ()
    windows: tuple[WindowState, ...] = ()  # day, month, provider, repository and type windows of now; tasks' own too
    quotas: tuple[
        QuotaState, ...
    ] = ()  # of tokens, runs and credits, as they hold now; a task's and a run's are not here
    overages: frozenset[ProviderName] = frozenset()  # may cost money for now when their credits are used up
    stopped: Mapping[tuple[ProviderName, str], str] = field(
        default_factory=dict
    )  # models that wait for a person, by provider and model: why
    records: Mapping[tuple[ProviderName, str], Record] = field(default_factory=dict)  # by provider and task type
    broken_repos: Mapping[RepoName, str] = field(default_factory=dict)  # why a repository cannot be worked on
    pauses: tuple[Pause, ...] = ()  # all that are on; those of providers stand at their states too
    overrides: tuple[Override, ...] = ()  # hours that people gave to others for a while
    passes: Mapping[RepoName, int] = field(default_factory=dict)  # how far each has come by its share: see fairness
    quarantined: frozenset[TaskId] = frozenset()  # failed in the same way three times
    begun: tuple[Begun, ...] = ()  # of the present day, where the bill counts them
    climbs: Mapping[TaskId, tuple[str, ...]] = field(
        default_factory=dict
    )  # the steps whose results were not good enough, by their names, oldest first
    drafts: Mapping[TaskId, ProviderName] = field(
        default_factory=dict
    )  # whose draft waits for a review by another vendor
    stalled: Mapping[TaskId, ProviderName] = field(
        default_factory=dict
    )  # whose run on it was asked to hand over, and had to be stopped: another goes first
    warm: Mapping[TaskId, ProviderName] = field(
        default_factory=dict
    )  # who holds a task's unfinished session, caches warm
    rides: Mapping[TaskId, TaskId] = field(default_factory=dict)  # the lead by rider, while it lasts
    batched: frozenset[TaskId] = frozenset()  # whose next turn waits in a batch
    first_calls: tuple[FirstCall, ...] = ()  # those that are known; of the others the ledger says what they take
    alone: frozenset[TaskId] = frozenset()  # queued ones that were begun, or rode, before: they are not merged again

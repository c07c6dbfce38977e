"""The watch bill and its terms: who stands which hours, for what, at what price. Plain frozen values from the configuration."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from watchbill.domain.billing import Billing, OnCap
from watchbill.domain.ids import ProviderName, RepoName, TaskType
from watchbill.domain.money import MicroUsd
from watchbill.domain.overrides import Override
from watchbill.domain.tasks import Autonomy, Delivery
from watchbill.domain.windows import Caps
from watchbill.scheduling.collaborating import Collaboration
from watchbill.scheduling.ladder import Ladder

Hours = frozenset[int]  # hours of the day, 0 to 23, in the bill's zone
ALL_HOURS: Hours = frozenset(range(24))


class SlotPolicy(StrEnum):
    STRICT = "strict"  # the literal rota; a running task changes hands at the watch's end
    PREFER = "prefer"  # the hour is a preference: a free slot may be borrowed, a task stays where it is warm
    OFF = "off"  # hours do not matter


class Mode(StrEnum):
    """How much starts by itself."""

    MANUAL = "manual"  # only what a person released
    GRADUAL = "gradual"  # a few tasks a day, each on a branch of its own
    FULL = "full"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelTerms:
    id: str
    uses: tuple[str, ...] = ("*",)  # task types that it is meant for, in the order of preference; * for all
    cost_per_run: MicroUsd = MicroUsd(50_000)  # prior of what a run costs, until own history says better
    unpriced: str = ""  # why no call to it can be bounded: it gets no work then
    takes_riders: bool = True  # False: a one-shot model, which is told of one passage only
    retires_at: datetime | None = None  # by the configuration; what the vendor lists is known beside


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderTerms:
    name: ProviderName
    kind: str  # anthropic | openai | openai-chat | local | scripted
    vendor: str = ""  # who stands behind it; "" for itself
    hours: Hours = ALL_HOURS
    always: bool = False  # stands every watch beside the others (local automation) and owns no slot
    billing: Billing = Billing.METERED
    models: tuple[ModelTerms, ...] = ()
    strengths: Mapping[str, float] = field(default_factory=dict)  # fit 0-1 by task type; "*" for the rest
    only_types: frozenset[TaskType] | None = None  # None: any type
    concurrent: int = 1  # runs at once
    configured: bool = True  # False: it cannot be used; its hours go to the others
    missing: str = ""  # why it cannot be used, where that is known
    is_agent: bool = False  # a program of its own: it takes neither riders nor reviews, and answers no question


@dataclass(frozen=True, slots=True, kw_only=True)
class RepoTerms:
    name: RepoName
    target: str = "main"
    integration: str = "watchbill/main"
    delivery: Delivery = Delivery.INTEGRATION
    autonomy: Autonomy = Autonomy.MEDIUM  # of tasks that state none
    low_waits: bool = True
    share: float = 1.0  # of the runs, beside other repositories' shares
    mode: Mode | None = None  # None: as the daemon's
    gradual_per_day: int | None = None  # None: it shares the daemon's number with the others
    branches_only: bool = False  # under `gradual` nothing lands where other work builds on it

    def delivery_of(self, stated: Delivery | None) -> Delivery:
        """Where the work of a task goes that states this delivery."""
        wanted = stated or self.delivery
        shared = wanted in (Delivery.INTEGRATION, Delivery.LAND)
        return Delivery.BRANCH if shared and self.branches_only else wanted


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """How much each part counts in a candidate's score; they need not sum to one."""

    fit: float = 0.55
    cost: float = 0.2
    health: float = 0.15
    load: float = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Tempo:
    """How often the daemon looks: fast with work pending, slow without; slower off peak."""

    tick_min: timedelta = timedelta(seconds=15)
    tick_max: timedelta = timedelta(minutes=15)
    peak_hours: Hours = frozenset({9, 10, 11, 14, 15, 16})
    off_peak_factor: float = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Merging:
    """How much one run does at most for small tasks on the same files."""

    tasks: int = 4  # its own one included
    text: int = 1_000  # characters of a task's words


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchBill:
    providers: tuple[ProviderTerms, ...]
    repos: tuple[RepoTerms, ...] = ()
    policy: SlotPolicy = SlotPolicy.PREFER
    zone: ZoneInfo = field(
        default_factory=lambda: ZoneInfo("UTC")
    )  # one rule: an hour repeated or skipped by DST keeps its number
    borrow_after: timedelta = timedelta(minutes=30)
    max_parallel: int = 3
    max_attempts: int = 4
    mode: Mode = Mode.FULL
    gradual_per_day: int = 3  # tasks that may begin in a day under `gradual`
    min_fit: float = 0.3
    weights: Weights = field(default_factory=Weights)
    tempo: Tempo = field(default_factory=Tempo)
    merging: Merging | None = None  # None: each run does one task
    ladders: tuple[Ladder, ...] = ()  # the first that serves a task's type and repository counts
    collaboration: Collaboration = field(default_factory=Collaboration)
    caps: Caps = field(default_factory=Caps)
    on_cap: OnCap = OnCap.PAID
    session_soft: timedelta = timedelta(minutes=60)
    session_stale: timedelta = timedelta(minutes=90)
    session_dead: timedelta = timedelta(minutes=120)
    wide_after: timedelta = timedelta(
        hours=2
    )  # from this age on a task that needs more than one file goes before later ones on them
    stages: Mapping[TaskType, frozenset[TaskType]] = field(
        default_factory=dict
    )  # types, and those whose open work on the same files comes first
    auto_resume: bool = True  # holds end by themselves; else a person lifts each
    overrides: tuple[Override, ...] = ()  # no configuration: what people changed of the hours, from the snapshot

    @property
    def plan_waits(self) -> frozenset[ProviderName]:
        """Whose tasks the plan itself keeps back while a budget is used up; those of others are put off until it turns."""
        if self.on_cap is OnCap.ALERT:
            return frozenset()
        tariffs = {terms.name: self.caps.tariff_of(terms.name) for terms in self.providers}
        return frozenset(name for name, tariff in tariffs.items() if tariff.billing is not Billing.CREDITS)

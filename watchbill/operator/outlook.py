"""The outlook: what an answer needs beside rows: the moment, the watch bill, and what only the daemon's memory knows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from watchbill.domain.ids import ProviderName, RepoName
from watchbill.domain.pauses import Pause
from watchbill.operator.catalog import Offer
from watchbill.operator.memory import Memory, Terms
from watchbill.scheduling.bill import WatchBill
from watchbill.scheduling.recurring import Recurring
from watchbill.scheduling.reporting import ReportTerms
from watchbill.scheduling.snapshot import FirstCall


@dataclass(frozen=True, slots=True, kw_only=True)
class DaemonFacts:
    pid: int
    started_at: datetime
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WebFacts:
    address: str = ""  # where the page is served; "" for nowhere
    fault: str = ""  # why it is not, although it should be


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticks:
    """The daemon's ticks since its start."""

    count: int = 0
    took: timedelta = timedelta(0)  # in all


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigFacts:
    """How the daemon's configuration stands."""

    loaded_at: datetime  # when what is in force was read
    reloads: int = 0
    changed: tuple[str, ...] = ()  # keys, by the last reload
    needs_restart: tuple[str, ...] = ()  # keys of the file that are not in force until a restart
    fell_out: tuple[str, ...] = ()  # providers that the last reload found without what they need, and why
    notes: tuple[str, ...] = ()  # what of it nothing can be done with
    rejected_at: datetime | None = None  # a newer file was bad then, and what was in force stayed
    problems: tuple[str, ...] = ()  # of that file


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    now: datetime
    bill: WatchBill
    worktrees: str = ""  # the folder that holds every run's, by repository; "" where nothing runs
    config: str = ""  # the file that is in force
    missing_by_provider: Mapping[ProviderName, str] = field(default_factory=dict)  # why it cannot be used
    pacing: Mapping[ProviderName, str] = field(default_factory=dict)  # whose requests wait for limits of a minute
    recurring: tuple[Recurring, ...] = ()
    offers: tuple[Offer, ...] = ()  # of whom something is bought
    broken_repos: Mapping[RepoName, str] = field(default_factory=dict)  # why it cannot be worked on
    first_calls: tuple[FirstCall, ...] = ()  # what was weighed of tasks before their runs
    parted_repos: Mapping[RepoName, tuple[str, ...]] = field(default_factory=dict)  # where two branches do not merge
    unshown: Mapping[tuple[RepoName, str], str] = field(
        default_factory=dict
    )  # why a branch of ours is not shown, by its ref
    reports: Path | None = None  # the folder of written reports
    report_terms: ReportTerms = field(default_factory=ReportTerms)
    disk_used: float = 0.0  # of the state folder's disk, 0 to 1
    stop: Pause | None = None  # by the file WATCHBILL_STOP
    configuration: ConfigFacts | None = None  # None: no daemon runs
    stuck: tuple[str, ...] = ()  # parts of the daemon that make no progress
    web: WebFacts = WebFacts()
    ticks: Ticks = Ticks()
    loop_lag: timedelta = timedelta(0)  # the most that the daemon's loop was late in the last minute
    daemon: DaemonFacts | None = None  # None: no daemon runs, rows are looked at directly
    is_left: bool = False  # nobody holds the state folder: what rows say of work is how the last one left it
    memory: Memory | None = None  # of the last look; None: nothing is kept

    @property
    def terms(self) -> Terms:
        """What is planned with, beside rows and the moment."""
        return self.bill, dict(self.broken_repos), self.stop, self.first_calls

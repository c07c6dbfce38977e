"""The outlook: what an answer needs beside rows: the moment, the watch bill, and what only the daemon's memory knows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from watchbill.domain.ids import ProviderName, RepoName
from watchbill.scheduling.bill import WatchBill


@dataclass(frozen=True, slots=True, kw_only=True)
class DaemonFacts:
    pid: int
    started_at: datetime
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    now: datetime
    bill: WatchBill
    config: str = ""  # the file that is in force
    missing_by_provider: Mapping[ProviderName, str] = field(default_factory=dict)  # why it cannot be used
    broken_repos: Mapping[RepoName, str] = field(default_factory=dict)  # why it cannot be worked on
    daemon: DaemonFacts | None = None  # None: no daemon runs, rows are looked at directly

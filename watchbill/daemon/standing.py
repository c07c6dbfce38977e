"""Standing orders: everything that the configuration decides, as one value; a reload replaces it whole, never in part."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from watchbill.config.load import Loaded
from watchbill.config.notifying import NotifySetup
from watchbill.config.provider_values import ProviderSetup
from watchbill.daemon.oneshot import OneShots
from watchbill.daemon.repositories import ManagedRepo
from watchbill.daemon.terms import RunTerms
from watchbill.domain.batches import BatchTerms
from watchbill.domain.ids import ProviderName, RepoName
from watchbill.domain.ports import Provider
from watchbill.intake.tasks import Terms
from watchbill.scheduling.bill import WatchBill
from watchbill.scheduling.recurring import Recurring
from watchbill.scheduling.reporting import Keeping, ReportTerms

Address = tuple[str, int]  # host and port; port 0: any that is free


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Built aside by commissioning.stand(). A run keeps the one that it began under until its end."""

    loaded: Loaded = field(repr=False)  # what it was built from; only a reload looks at it again
    bill: WatchBill
    repos: Mapping[RepoName, ManagedRepo]
    queue_terms: Mapping[RepoName, Terms]
    providers: Mapping[ProviderName, Provider]  # those that have what they need
    setups: Mapping[ProviderName, ProviderSetup]  # all; what did not change keeps its client
    one_shots: OneShots
    recurring: tuple[Recurring, ...]
    terms: RunTerms
    batches: BatchTerms
    alert_at: tuple[float, ...]  # shares of a budget window
    drain_timeout: timedelta
    probe_every: timedelta
    reports: ReportTerms
    keeping: Keeping
    web: Address | None = None  # where the page is served too
    notify: NotifySetup
    secrets: frozenset[str] = field(default=frozenset(), repr=False)

    @property
    def missing(self) -> dict[ProviderName, str]:
        """Why a provider cannot be used."""
        return {setup.name: setup.missing for setup in self.setups.values() if setup.missing}


class Orders:
    """The one reference to what is in force: asked at the moment of use, replaced between two moments."""

    def __init__(self, standing: Standing) -> None:
        self.standing = standing
        self.replaced = asyncio.Event()  # set when these orders are no longer the newest

    def replace(self, standing: Standing) -> None:
        self.standing = standing
        replaced, self.replaced = self.replaced, asyncio.Event()
        replaced.set()

"""Budget windows: which caps a call counts in is a function of its purpose and the moment."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from watchbill.domain.billing import METERED, Limits, Tariff
from watchbill.domain.calls import Purpose
from watchbill.domain.money import MicroUsd


class WindowKind(StrEnum):
    DAY = "day"
    MONTH = "month"
    PROVIDER = "provider"  # a provider's day
    PROVIDER_MONTH = "provider-month"
    REPO = "repo"  # a repository's day
    REPO_MONTH = "repo-month"
    TYPE = "type"  # a task type's day
    TYPE_MONTH = "type-month"
    TASK = "task"  # a task's whole life
    RUN = "run"


MONTHS = frozenset({WindowKind.MONTH, WindowKind.PROVIDER_MONTH, WindowKind.REPO_MONTH, WindowKind.TYPE_MONTH})


@dataclass(frozen=True, slots=True, kw_only=True)
class Caps:
    """Dollar caps, and what is counted beside dollars. A missing one does not bind. Day and month are counted in `zone`."""

    day: MicroUsd | None = None
    month: MicroUsd | None = None
    per_provider: Mapping[str, MicroUsd] = field(default_factory=dict)  # a day, as the two below
    per_repo: Mapping[str, MicroUsd] = field(default_factory=dict)
    per_type: Mapping[str, MicroUsd] = field(default_factory=dict)
    per_provider_month: Mapping[str, MicroUsd] = field(default_factory=dict)
    per_repo_month: Mapping[str, MicroUsd] = field(default_factory=dict)
    per_type_month: Mapping[str, MicroUsd] = field(default_factory=dict)
    per_task: MicroUsd | None = None
    per_run: MicroUsd | None = None
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    tokens: Limits = field(default_factory=Limits)
    runs: Limits = field(default_factory=Limits)
    tariffs: Mapping[str, Tariff] = field(default_factory=dict)  # by provider; who is not named is metered

    @property
    def named(self) -> Mapping[WindowKind, Mapping[str, MicroUsd]]:
        """The caps of those windows of which there is one for each name."""
        return {
            WindowKind.PROVIDER: self.per_provider,
            WindowKind.PROVIDER_MONTH: self.per_provider_month,
            WindowKind.REPO: self.per_repo,
            WindowKind.REPO_MONTH: self.per_repo_month,
            WindowKind.TYPE: self.per_type,
            WindowKind.TYPE_MONTH: self.per_type_month,
        }

    def tariff_of(self, provider: str) -> Tariff:
        return self.tariffs.get(provider, METERED)


@dataclass(frozen=True, slots=True, order=True)
class Window:
    """One window's identity, for instance day:2026-11-24 or provider:claude:2026-11-24 or run:run-7."""

    kind: WindowKind
    name: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.name}"


def windows_of(
    purpose: Purpose, caps: Caps, now: datetime, *, task_cap: MicroUsd | None
) -> dict[Window, MicroUsd | None]:
    """Every window that a call counts in, with its cap (None: counted, not capped)."""
    day = now.astimezone(caps.zone).date().isoformat()
    month = day[:7]
    of_task, lowest = task_window(purpose.task, caps, task_cap)
    return {
        Window(WindowKind.DAY, day): caps.day,
        Window(WindowKind.MONTH, month): caps.month,
        Window(WindowKind.PROVIDER, f"{purpose.provider}:{day}"): caps.per_provider.get(purpose.provider),
        Window(WindowKind.PROVIDER_MONTH, f"{purpose.provider}:{month}"): caps.per_provider_month.get(purpose.provider),
        Window(WindowKind.REPO, f"{purpose.repo}:{day}"): caps.per_repo.get(purpose.repo),
        Window(WindowKind.REPO_MONTH, f"{purpose.repo}:{month}"): caps.per_repo_month.get(purpose.repo),
        Window(WindowKind.TYPE, f"{purpose.type}:{day}"): caps.per_type.get(purpose.type),
        Window(WindowKind.TYPE_MONTH, f"{purpose.type}:{month}"): caps.per_type_month.get(purpose.type),
        of_task: lowest,
        Window(WindowKind.RUN, purpose.run): caps.per_run,
    }


def task_window(task: str, caps: Caps, task_cap: MicroUsd | None) -> tuple[Window, MicroUsd | None]:
    """A task's own window, with the lower of the cap of all tasks and its own."""
    lowest = min((cap for cap in (caps.per_task, task_cap) if cap is not None), default=None)
    return Window(WindowKind.TASK, task), lowest


def turns_at(kind: WindowKind, now: datetime, zone: ZoneInfo) -> datetime | None:
    """When the window of this kind that holds now ends, in UTC; None for a task's and a run's. Right on 23- and 25-hour days."""
    local = now.astimezone(zone)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    if kind in (WindowKind.TASK, WindowKind.RUN):
        return None
    if kind in MONTHS:
        following = (midnight.replace(day=1) + timedelta(days=32)).replace(day=1)
    else:
        following = midnight + timedelta(days=1)
    return following.astimezone(ZoneInfo("UTC"))

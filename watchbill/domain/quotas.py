"""Quotas: what is counted beside dollars (credits, tokens, runs), and which of it a call draws on."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from watchbill.domain.billing import Billing, Limits, Period
from watchbill.domain.calls import Purpose
from watchbill.domain.money import MicroUsd
from watchbill.domain.windows import Caps, WindowKind, task_window, turns_at


class Unit(StrEnum):
    CREDITS = "credits"  # in micro-dollars of what they are worth
    TOKENS = "tokens"
    RUNS = "runs"


class QuotaKind(StrEnum):
    DAY = "day"
    MONTH = "month"
    PROVIDER = "provider"  # a provider's day
    TASK = "task"
    RUN = "run"
    PLAN_DAY = "plan-day"  # a provider's allowance
    PLAN_WEEK = "plan-week"
    PLAN_MONTH = "plan-month"


_PLAN_BY_PERIOD = {
    Period.DAY: QuotaKind.PLAN_DAY,
    Period.WEEK: QuotaKind.PLAN_WEEK,
    Period.MONTH: QuotaKind.PLAN_MONTH,
}
PLANS = frozenset(_PLAN_BY_PERIOD.values())


@dataclass(frozen=True, slots=True, order=True)
class Quota:
    """One quota's identity, for instance tokens:day:2026-11-24 or credits:plan-month:copilot:2026-11."""

    unit: Unit
    kind: QuotaKind
    name: str

    def __str__(self) -> str:
        return f"{self.unit}:{self.kind}:{self.name}"


def quotas_of(purpose: Purpose, caps: Caps, now: datetime) -> dict[Quota, int]:
    """Every quota of tokens and runs that binds a call, with its cap. Free providers draw on none."""
    tariff = caps.tariff_of(purpose.provider)
    if tariff.billing is Billing.FREE:
        return {}
    found = {
        quota: cap
        for unit, limits in ((Unit.TOKENS, caps.tokens), (Unit.RUNS, caps.runs))
        for quota, cap in _limited(unit, limits, purpose, _day(caps, now))
        if cap is not None
    }
    if tariff.billing is Billing.SUBSCRIPTION:
        allowance = tariff.allowance
        for unit, cap in ((Unit.TOKENS, allowance.tokens), (Unit.RUNS, allowance.runs)):
            if cap is not None:
                found[plan_of(unit, purpose.provider, allowance.period, caps, now)] = cap
    return found


def credits_of(purpose: Purpose, caps: Caps, now: datetime) -> tuple[Quota, int] | None:
    """The month's credits that a call draws on first, with how many there are; None where none are counted."""
    tariff = caps.tariff_of(purpose.provider)
    if tariff.billing is not Billing.CREDITS or tariff.allowance.credits is None:
        return None
    return plan_of(Unit.CREDITS, purpose.provider, Period.MONTH, caps, now), tariff.allowance.credits


def plan_of(unit: Unit, provider: str, period: Period, caps: Caps, now: datetime) -> Quota:
    """The part of a provider's allowance that holds now."""
    local = now.astimezone(caps.zone).date()
    year, week, _ = local.isocalendar()
    named = {
        Period.DAY: local.isoformat(),
        Period.WEEK: f"{year}-W{week:02d}",
        Period.MONTH: local.isoformat()[:7],
    }
    return Quota(unit, _PLAN_BY_PERIOD[period], f"{provider}:{named[period]}")


def _limited(unit: Unit, limits: Limits, purpose: Purpose, day: str) -> Iterator[tuple[Quota, int | None]]:
    yield Quota(unit, QuotaKind.DAY, day), limits.day
    yield Quota(unit, QuotaKind.MONTH, day[:7]), limits.month
    per_provider = limits.per_provider.get(purpose.provider)
    yield Quota(unit, QuotaKind.PROVIDER, f"{purpose.provider}:{day}"), per_provider
    yield Quota(unit, QuotaKind.TASK, purpose.task), limits.per_task
    yield Quota(unit, QuotaKind.RUN, purpose.run), limits.per_run


def _day(caps: Caps, now: datetime) -> str:
    return now.astimezone(caps.zone).date().isoformat()


def quota_turns_at(kind: QuotaKind, now: datetime, zone: ZoneInfo) -> datetime | None:
    """When what holds now ends, in UTC; None for a task's and a run's. Right on 23- and 25-hour days."""
    match kind:
        case QuotaKind.TASK | QuotaKind.RUN:
            return None
        case QuotaKind.MONTH | QuotaKind.PLAN_MONTH:
            return turns_at(WindowKind.MONTH, now, zone)
        case QuotaKind.PLAN_WEEK:
            local = now.astimezone(zone)
            monday = local.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
            return (monday + timedelta(days=7 - local.weekday())).astimezone(ZoneInfo("UTC"))
        case QuotaKind.DAY | QuotaKind.PROVIDER | QuotaKind.PLAN_DAY:
            return turns_at(WindowKind.DAY, now, zone)


def kind_of(budget: str) -> WindowKind | QuotaKind:
    """The kind of a window or quota from how it is written. Raises ValueError for anything else.

    >>> kind_of("day:2026-11-24").value, kind_of("tokens:run:run-7").value
    ('day', 'run')
    """
    first, _, rest = budget.partition(":")
    if first in set(Unit):
        return QuotaKind(rest.partition(":")[0])
    return WindowKind(first)


def cap_of(budget: str, caps: Caps, task_cap: MicroUsd | None = None) -> int | None:
    """What the window or quota written so has while it is untouched; None where nothing binds it. `task_cap`: the task's own.

    >>> cap_of("run:run-7", Caps(per_run=MicroUsd(500_000)))
    500000

    Raises ValueError for an allowance: that is the vendor's to raise.
    """
    unit, _, rest = budget.partition(":") if budget.partition(":")[0] in set(Unit) else ("", "", budget)
    kind, _, name = rest.partition(":")
    of = name.rpartition(":")[0]
    if not unit:
        own = {
            WindowKind.DAY: caps.day,
            WindowKind.MONTH: caps.month,
            WindowKind.TASK: task_window(name, caps, task_cap)[1],
            WindowKind.RUN: caps.per_run,
        }
        money = WindowKind(kind)
        return own[money] if money in own else caps.named[money].get(of)
    limits = {Unit.TOKENS: caps.tokens, Unit.RUNS: caps.runs}.get(Unit(unit))
    counted = QuotaKind(kind)
    if limits is None or counted in PLANS:
        raise ValueError(f"{budget} is an allowance")
    return {
        QuotaKind.DAY: limits.day,
        QuotaKind.MONTH: limits.month,
        QuotaKind.PROVIDER: limits.per_provider.get(of),
        QuotaKind.TASK: limits.per_task,
        QuotaKind.RUN: limits.per_run,
    }[counted]


def budget_turns_at(budget: str, zone: ZoneInfo) -> datetime | None:
    """When the window or quota written so turns, or turned; None when it never does.

    Its own name says it: whoever was refused by yesterday's window does not wait for tomorrow.
    """
    kind = kind_of(budget)
    if kind in _NEVER_TURN:
        return None
    begin = datetime.combine(_first_day(budget.rpartition(":")[2]), time(), zone)
    return turns_at(kind, begin, zone) if isinstance(kind, WindowKind) else quota_turns_at(kind, begin, zone)


def span_of(quota: Quota, zone: ZoneInfo) -> tuple[datetime, datetime] | None:
    """The quota's own time, its end not included; None of a task's and a run's."""
    end = budget_turns_at(str(quota), zone)
    if end is None:
        return None
    return datetime.combine(_first_day(quota.name.rpartition(":")[2]), time(), zone), end


def _first_day(period: str) -> date:
    """Of a day, a month or a week as windows and quotas are named by them."""
    if "W" in period:
        return date.fromisoformat(period)  # 2026-W48: its Monday
    return date.fromisoformat(period if period.count("-") > 1 else f"{period}-01")


_NEVER_TURN = frozenset({WindowKind.TASK, WindowKind.RUN, QuotaKind.TASK, QuotaKind.RUN})

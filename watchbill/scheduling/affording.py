"""Affording: whether a task's next call fits under the caps, and what to raise where it never will.

What is known of a call is the least that the ledger will be asked to hold for it, never more: else the plan would keep back
what could be paid. Where it turns out to be more the ledger refuses, says how much, and that is known from then on.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from watchbill.domain.billing import money_of
from watchbill.domain.calls import Purpose
from watchbill.domain.money import MicroUsd, show
from watchbill.domain.quotas import QuotaKind, Unit, credits_of, kind_of, quotas_of
from watchbill.domain.windows import Caps, Window, WindowKind, windows_of
from watchbill.scheduling.snapshot import FirstCall

# By the words that windows and quotas have in common; what is not here is a provider's allowance.
_CAP_BY_KIND: Mapping[str, str] = {
    WindowKind.DAY: "budget.daily_{unit}",
    WindowKind.MONTH: "budget.monthly_{unit}",
    WindowKind.PROVIDER: "budget.per_provider_{unit}",
    WindowKind.PROVIDER_MONTH: "budget.per_provider_monthly_usd",
    WindowKind.REPO: "budget.per_repo_usd",
    WindowKind.REPO_MONTH: "budget.per_repo_monthly_usd",
    WindowKind.TYPE: "budget.per_type_usd",
    WindowKind.TYPE_MONTH: "budget.per_type_monthly_usd",
    WindowKind.TASK: "the task's max_usd or budget.per_task_{unit}",
    WindowKind.RUN: "budget.per_run_{unit}",
}
NO_CALL_FITS = "not even one call fits"


@dataclass(frozen=True, slots=True, kw_only=True)
class Short:
    """A cap that a call never fits under: it is more than that has untouched, or of a task's own than it has left for good."""

    budget: str  # a window or quota as it is written, for instance day:2026-11-24 or tokens:run:run-7
    cap: int
    wanted: int

    @property
    def said(self) -> str:
        """
        >>> Short(budget="day:2026-11-24", cap=500_000, wanted=730_000).said
        'may take $0.73, and budget day:2026-11-24 has $0.50 in all'
        """
        part = "left" if kind_of(self.budget) is WindowKind.TASK else "in all"
        named = f"budget {self.budget}" if self.budget.rpartition(":")[2] else "the budget of a run"
        return f"may take {_amount(self.budget, self.wanted)}, and {named} has {_amount(self.budget, self.cap)} {part}"

    @property
    def mend(self) -> str:
        """The key, and what it has to be at the least.

        >>> Short(budget="tokens:run:run-7", cap=6_000, wanted=9_000).mend
        'raise budget.per_run_tokens to 9,000 tokens or more (a run makes several calls)'
        """
        return mend([self])


def mend(found: Sequence[Short]) -> str:
    """What has to be raised for a call, all of it, and how far at the least."""
    wanted = " and ".join(f"{key_of(each.budget)} to {_amount(each.budget, each.wanted)}" for each in found)
    return f"raise {wanted} or more (a run makes several calls)"


def key_of(budget: str) -> str:
    """What its owner raises, in the configuration's words.

    >>> key_of("provider:claude:2026-11-24"), key_of("credits:plan-month:copilot:2026-11")
    ('budget.per_provider_usd', 'its allowance')
    """
    return _CAP_BY_KIND.get(kind_of(budget), "its allowance").format(unit=_unit(budget) or "usd")


def shorts(
    call: FirstCall,
    purpose: Purpose,
    caps: Caps,
    now: datetime,
    *,
    raised: Mapping[Window, MicroUsd | None],
    task_left: MicroUsd | None,
    may_cost: bool,
) -> Iterator[Short]:
    """Every cap that the call never fits under, as the ledger would refuse it.

    `raised`: caps in force, where they may not be the configured ones; `may_cost`: what credits do not cover costs money.
    """
    found = credits_of(purpose, caps, now)
    money = money_at_least(call, purpose, caps, credits_left=found[1] if found and may_cost else None)
    for window, configured in windows_of(purpose, caps, now, task_cap=None).items():
        cap = task_left if window.kind is WindowKind.TASK else raised.get(window, configured)
        if cap is not None and money > max(0, cap):
            yield Short(budget=str(window), cap=max(0, cap), wanted=money)
    for quota, most in quotas_of(purpose, caps, now).items():
        if quota.unit is Unit.TOKENS and call.tokens > most:
            yield Short(budget=str(quota), cap=most, wanted=call.tokens)
    if found is not None and not may_cost and call.cost > found[1]:
        yield Short(budget=str(found[0]), cap=found[1], wanted=call.cost)


def money_at_least(call: FirstCall, purpose: Purpose, caps: Caps, *, credits_left: int | None) -> MicroUsd:
    """What of the call is money; `credits_left` cover the rest: all of it where None."""
    covered = call.cost if credits_left is None else max(0, credits_left)
    return money_of(caps.tariff_of(purpose.provider).billing, call.cost, covered=covered)


def told_by_refusal(call: FirstCall, budget: str, wanted: int, *, never_fits: bool) -> FirstCall | None:
    """The call as a refusal of the ledger tells of it; None where the plan could not judge by that.

    Runs are counted apart from calls. What one run or a task's tokens have left is not in the snapshot.
    """
    kind = kind_of(budget)
    unit = _unit(budget)
    is_seen = never_fits or (kind not in (QuotaKind.RUN, QuotaKind.TASK) if unit else kind is not WindowKind.RUN)
    if unit == Unit.RUNS or not is_seen:
        return None
    if unit == Unit.TOKENS:
        return replace(call, tokens=wanted)
    return replace(call, cost=MicroUsd(wanted))


def set_aside(short_by_offer: Sequence[tuple[str, Sequence[Short]]]) -> str:
    """Why no call of a task fits anywhere, and the least that would mend it."""
    said = "; ".join(f"a call of {offer} {short.said}" for offer, found in short_by_offer for short in found[:1])
    _, least = min(short_by_offer, key=lambda each: max(short.wanted for short in each[1]))
    return f"{NO_CALL_FITS}: {said}; {mend(least)}, and it goes on"


def _unit(budget: str) -> str:
    """ "" for money."""
    first = budget.partition(":")[0]
    return first if first in set(Unit) else ""


def _amount(budget: str, amount: int) -> str:
    unit = _unit(budget)
    return show(MicroUsd(amount)) if unit in ("", Unit.CREDITS) else f"{amount:,} {unit}"

"""The purse: what budgets have left for a run, counting what earlier starts of the same tick will take."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime

from watchbill.domain.billing import Billing, OnCap, Overage
from watchbill.domain.calls import Purpose
from watchbill.domain.ids import ProviderName, RepoName, RunId, TaskId, TaskType
from watchbill.domain.money import ZERO, MicroUsd, show
from watchbill.domain.quotas import (
    PLANS,
    Quota,
    QuotaKind,
    Unit,
    budget_turns_at,
    credits_of,
    quota_turns_at,
    quotas_of,
)
from watchbill.domain.tasks import Task
from watchbill.domain.windows import Window, WindowKind, turns_at, windows_of
from watchbill.scheduling import affording
from watchbill.scheduling.affording import Short
from watchbill.scheduling.bill import WatchBill
from watchbill.scheduling.decisions import Reason, Rejection
from watchbill.scheduling.snapshot import FirstCall, QuotaState, Snapshot, WindowState

_REASONS: Mapping[WindowKind, Reason] = {
    WindowKind.DAY: Reason.BUDGET_DAY,
    WindowKind.MONTH: Reason.BUDGET_MONTH,
    WindowKind.PROVIDER: Reason.BUDGET_PROVIDER,
    WindowKind.PROVIDER_MONTH: Reason.BUDGET_PROVIDER,
    WindowKind.REPO: Reason.BUDGET_REPO,
    WindowKind.REPO_MONTH: Reason.BUDGET_REPO,
    WindowKind.TYPE: Reason.BUDGET_TYPE,
    WindowKind.TYPE_MONTH: Reason.BUDGET_TYPE,
}
_OVER_ALL = (WindowKind.DAY, WindowKind.MONTH)


class Purse:
    def __init__(self, snapshot: Snapshot, bill: WatchBill, now: datetime) -> None:
        self._caps = bill.caps
        self._on_cap = bill.on_cap
        self._overages = snapshot.overages
        self._now = now
        self._state_by_window = {state.window: state for state in snapshot.windows}
        self._raised = {state.window: state.cap for state in snapshot.windows}
        self._state_by_quota = {state.quota: state for state in snapshot.quotas}
        self._promised: Counter[Window | Quota] = Counter()

    def left_for(self, task: Task) -> MicroUsd | None:
        """What a task's own cap leaves over its whole life; None when nothing caps it."""
        state = self._state_by_window.get(Window(WindowKind.TASK, task.id))
        if state is None and task.max_cost is None:
            return self._caps.per_task
        caps = (self._caps.per_task, task.max_cost, state.cap if state else None)
        cap = min((cap for cap in caps if cap is not None), default=None)
        used = state.spent + state.held if state else 0
        return None if cap is None else MicroUsd(cap - used)

    def shorts(
        self, call: FirstCall, repo: RepoName, type_: TaskType, *, task_left: MicroUsd | None
    ) -> Iterator[Short]:
        """Every cap under which the call never fits, however empty it is."""
        purpose = _purpose(call.provider, repo, type_, call.task)
        may_cost = self._may_cost(call.provider)
        yield from affording.shorts(
            call, purpose, self._caps, self._now, raised=self._raised, task_left=task_left, may_cost=may_cost
        )

    def turns_at(self, budget: str) -> datetime | None:
        """When the window or quota that is written so turns; None when it never does."""
        return budget_turns_at(budget, self._caps.zone)

    def refusals(
        self,
        provider: ProviderName,
        repo: RepoName,
        type_: TaskType,
        *,
        estimate: MicroUsd,
        task_left: MicroUsd | None,
        call: FirstCall | None = None,
    ) -> Iterator[Rejection]:
        """Every budget that a run at this estimate, or its first call where that is known, does not fit into, with the moment
        at which it turns."""
        purpose = _purpose(provider, repo, type_)
        yield from self._over_quotas(purpose, call)
        short = self._credits_short(purpose, estimate, call)
        if short is not None and not self._may_cost(provider):
            yield self._no_credits(provider, short)
        elif short is not None or self._caps.tariff_of(provider).billing is Billing.METERED:
            money = affording.money_at_least(call, purpose, self._caps, credits_left=short) if call else None
            yield from self._over_windows(purpose, estimate, task_left, money)
        elif self._on_cap is OnCap.EVERYTHING:
            yield from self._paused_with_the_rest(purpose)

    def promise(self, provider: ProviderName, repo: RepoName, type_: TaskType, estimate: MicroUsd) -> None:
        """Count what a start of this tick is expected to take, so that the next one sees what is left."""
        purpose = _purpose(provider, repo, type_)
        for quota in self._quotas(purpose):
            self._promised[quota] += quota.unit is Unit.RUNS
        found = credits_of(purpose, self._caps, self._now)
        if found is not None and self._credits_short(purpose, estimate, None) is None:
            self._promised[found[0]] += estimate
            return
        for window in self._windows(purpose):
            self._promised[window] += estimate

    # --- dollars

    def _over_windows(
        self, purpose: Purpose, estimate: MicroUsd, task_left: MicroUsd | None, call: MicroUsd | None
    ) -> Iterator[Rejection]:
        for window, cap in self._windows(purpose).items():
            state = self._state_by_window.get(window)
            cap = state.cap if state else cap  # noqa: PLW2901 - what was raised by hand counts
            left = self._left(window, cap)
            if left is not None and cap is not None and left < (wanted := self._wanted(state, estimate, cap, call)):
                yield Rejection(
                    reason=_REASONS[window.kind],
                    detail=_worded(window, left, estimate)
                    if left < max(min(estimate, cap), 1)
                    else _of_a_call(window, left, wanted, is_known=call is not None),
                    until=turns_at(window.kind, self._now, self._caps.zone),
                )
        if task_left is not None and task_left < max(estimate, 1):
            yield Rejection(reason=Reason.BUDGET_TASK, detail=_worded("the task's own budget", task_left, estimate))

    def _wanted(self, state: WindowState | QuotaState | None, estimate: int, cap: int, call: int | None) -> int:
        """What has to be left: for the task's own first call where that is known, else for the biggest that did not fit.

        An untouched window suffices whatever the estimate: only the ledger knows what a call takes.
        """
        short = state.short if state and self._on_cap is not OnCap.ALERT else 0
        return max(min(estimate, cap), min(call, cap) if call else short, 1)

    def _paused_with_the_rest(self, purpose: Purpose) -> Iterator[Rejection]:
        for window, cap in self._windows(purpose).items():
            state = self._state_by_window.get(window)
            if (
                state
                and window.kind in _OVER_ALL
                and (left := self._left(window, cap)) is not None
                and left < max(state.short, 1)
            ):
                worded = f"{window} is used up, and then everything that is not free waits"
                until = turns_at(window.kind, self._now, self._caps.zone)
                yield Rejection(reason=_REASONS[window.kind], detail=worded, until=until)

    def _windows(self, purpose: Purpose) -> dict[Window, MicroUsd | None]:
        windows = windows_of(purpose, self._caps, self._now, task_cap=None)
        return {window: cap for window, cap in windows.items() if window.kind in _REASONS}

    def _left(self, window: Window, cap: MicroUsd | None) -> MicroUsd | None:
        state = self._state_by_window.get(window)
        left = state.left if state else cap
        return None if left is None else MicroUsd(left - self._promised[window])

    # --- credits, tokens and runs

    def _over_quotas(self, purpose: Purpose, call: FirstCall | None) -> Iterator[Rejection]:
        for quota, cap in self._quotas(purpose).items():
            state = self._state_by_quota.get(quota)
            left = (state.left if state else cap) - self._promised[quota]
            tokens = call.tokens if call and quota.unit is Unit.TOKENS else None
            if left < self._wanted(state, 1, cap, tokens):
                reason = Reason.BUDGET_TOKENS if quota.unit is Unit.TOKENS else Reason.BUDGET_RUNS
                yield Rejection(
                    reason=Reason.BUDGET_ALLOWANCE if quota.kind in PLANS else reason,
                    detail=f"{quota} has {max(left, 0):,} of {cap:,} left",
                    until=quota_turns_at(quota.kind, self._now, self._caps.zone),
                )

    def _quotas(self, purpose: Purpose) -> dict[Quota, int]:
        found = quotas_of(purpose, self._caps, self._now)
        own = (QuotaKind.TASK, QuotaKind.RUN)
        return {quota: cap for quota, cap in found.items() if quota.kind not in own}

    def _credits_short(self, purpose: Purpose, estimate: MicroUsd, call: FirstCall | None) -> MicroUsd | None:
        """What is left of the credits where a run does not fit into them; None where it does, or none are counted."""
        found = credits_of(purpose, self._caps, self._now)
        if found is None:
            return None
        quota, cap = found
        state = self._state_by_quota.get(quota)
        left = MicroUsd((state.left if state else cap) - self._promised[quota])
        return left if left < self._wanted(state, estimate, cap, call.cost if call else None) else None

    def _may_cost(self, provider: ProviderName) -> bool:
        overage = self._caps.tariff_of(provider).allowance.overage
        return overage is Overage.ALLOW or (overage is Overage.ASK and provider in self._overages)

    def _no_credits(self, provider: ProviderName, left: MicroUsd) -> Rejection:
        asks = self._caps.tariff_of(provider).allowance.overage is Overage.ASK
        way = f"; it may cost money once you say so: watchbill budget overage {provider}" if asks else ""
        return Rejection(
            reason=Reason.BUDGET_ALLOWANCE,
            detail=f"the month's credits of {provider} have {show(max(left, ZERO))} left{way}",
            until=turns_at(WindowKind.MONTH, self._now, self._caps.zone),
        )


def _purpose(provider: ProviderName, repo: RepoName, type_: TaskType, task: TaskId = TaskId("")) -> Purpose:  # noqa: B008 - a word
    return Purpose(run=RunId(""), task=task, repo=repo, type=type_, provider=provider, model="")


def _of_a_call(window: Window, left: MicroUsd, wanted: int, *, is_known: bool) -> str:
    """What a run costs in the end would fit, but not what one call of it is held at."""
    what = "its next call may cost" if is_known else "the call that was refused is held at"
    return f"{window} has {show(max(left, ZERO))} left, {'' if is_known else 'and '}{what} {show(MicroUsd(wanted))}"


def _worded(budget: object, left: MicroUsd, estimate: MicroUsd) -> str:
    return f"{budget} has {show(max(left, ZERO))} left, a run is expected to cost {show(estimate)}"

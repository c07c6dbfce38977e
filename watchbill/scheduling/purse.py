"""The purse: what the budget windows have left for a run, counting what earlier starts of the same tick will take."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from watchbill.domain.calls import Purpose
from watchbill.domain.ids import ProviderName, RepoName, RunId, TaskId, TaskType
from watchbill.domain.money import MicroUsd, show
from watchbill.domain.tasks import Task
from watchbill.domain.windows import Caps, Window, WindowKind, turns_at, windows_of
from watchbill.scheduling.decisions import Reason, Rejection
from watchbill.scheduling.snapshot import WindowState

_REASONS: Mapping[WindowKind, Reason] = {
    WindowKind.DAY: Reason.BUDGET_DAY,
    WindowKind.MONTH: Reason.BUDGET_MONTH,
    WindowKind.PROVIDER: Reason.BUDGET_PROVIDER,
    WindowKind.REPO: Reason.BUDGET_REPO,
    WindowKind.TYPE: Reason.BUDGET_TYPE,
}


class Purse:
    def __init__(self, windows: Iterable[WindowState], caps: Caps, now: datetime) -> None:
        self._caps = caps
        self._now = now
        self._state_by_window: dict[Window, WindowState] = {}
        self._state_by_task: dict[str, WindowState] = {}
        self._promised: Counter[Window] = Counter()
        for state in windows:
            if state.window.kind is WindowKind.TASK:
                self._state_by_task[state.window.name] = state
            else:
                self._state_by_window[state.window] = state

    def left_for(self, task: Task) -> MicroUsd | None:
        """What a task's own cap leaves over its whole life; None when nothing caps it."""
        state = self._state_by_task.get(task.id)
        if state is None and task.max_cost is None:
            return self._caps.per_task
        caps = (self._caps.per_task, task.max_cost, state.cap if state else None)
        cap = min((cap for cap in caps if cap is not None), default=None)
        used = state.spent + state.held if state else 0
        return None if cap is None else MicroUsd(cap - used)

    def refusals(
        self, provider: ProviderName, repo: RepoName, type_: TaskType, *, estimate: MicroUsd, task_left: MicroUsd | None
    ) -> Iterator[Rejection]:
        """Every window that a run at this estimate does not fit into, with the moment at which the window turns."""
        for window, cap in self._windows(provider, repo, type_).items():
            left = self._left(window, cap)
            if left is not None and left < max(estimate, 1):
                until = turns_at(window.kind, self._now, self._caps.zone)
                yield Rejection(reason=_REASONS[window.kind], detail=_worded(str(window), left, estimate), until=until)
        if task_left is not None and task_left < max(estimate, 1):
            yield Rejection(reason=Reason.BUDGET_TASK, detail=_worded("the task's own budget", task_left, estimate))

    def promise(self, provider: ProviderName, repo: RepoName, type_: TaskType, estimate: MicroUsd) -> None:
        """Count what a start of this tick is expected to cost, so that the next one sees what is left."""
        for window in self._windows(provider, repo, type_):
            self._promised[window] += estimate

    def _windows(self, provider: ProviderName, repo: RepoName, type_: TaskType) -> dict[Window, MicroUsd | None]:
        purpose = Purpose(run=RunId(""), task=TaskId(""), repo=repo, type=type_, provider=provider, model="")
        windows = windows_of(purpose, self._caps, self._now, task_cap=None)
        return {window: cap for window, cap in windows.items() if window.kind in _REASONS}

    def _left(self, window: Window, cap: MicroUsd | None) -> MicroUsd | None:
        state = self._state_by_window.get(window)
        left = state.left if state else cap
        return None if left is None else MicroUsd(left - self._promised[window])


def _worded(window: str, left: MicroUsd, estimate: MicroUsd) -> str:
    return f"{window} has {show(left)} left, a run is expected to cost {show(estimate)}"

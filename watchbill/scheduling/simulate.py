"""The forecast: plan() again and again on an imagined future in which every run succeeds. Writes nothing."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import assert_never

from watchbill.domain.billing import Billing
from watchbill.domain.calls import Purpose
from watchbill.domain.claims import EVERYTHING, any_overlap
from watchbill.domain.ids import ProviderName, RepoName, RunId, TaskId
from watchbill.domain.money import ZERO, MicroUsd
from watchbill.domain.tasks import Autonomy, Task, TaskState
from watchbill.domain.windows import WindowKind, windows_of
from watchbill.scheduling.bill import WatchBill
from watchbill.scheduling.decisions import GiveUp, Plan, Rejection, Relieve, SetAside, Start, Wait
from watchbill.scheduling.fairness import Shares
from watchbill.scheduling.planner import plan, plan_starts
from watchbill.scheduling.snapshot import Begun, LiveRun, ProviderState, Record, Snapshot, WindowState

USUAL_SPAN = timedelta(minutes=10)  # of a run about which nothing is known
EFFORT_SHARE = 0.1  # an author's estimate is a person's time; a run takes about a tenth
SHORTEST_SPAN = timedelta(minutes=1)  # of a run and of a hand-over: time always moves on
_LONGEST_LOOK = timedelta(days=1)  # the imagined future needs no regular ticks, only the moments that change something


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A start that is to be expected."""

    at: datetime
    ends: datetime  # or is handed over, where its watch ends first
    task: TaskId
    repo: RepoName
    provider: ProviderName
    model: str
    why: str
    estimate: MicroUsd
    cumulative: MicroUsd  # with all that starts before it
    riders: tuple[TaskId, ...] = ()  # done in the same run


@dataclass(frozen=True, slots=True, kw_only=True)
class Unscheduled:
    """A task that does not start within the forecast, and what keeps it back at the end."""

    task: TaskId
    repo: RepoName
    binding: Rejection


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    entries: tuple[Entry, ...]
    unscheduled: tuple[Unscheduled, ...]


NOTHING = Forecast(entries=(), unscheduled=())


def simulate(
    snapshot: Snapshot, bill: WatchBill, now: datetime, *, hours: float, until: TaskId | None = None
) -> Forecast:
    """What starts when within the next hours, if every run lasts as usual, costs as estimated and succeeds.

    Windows turn, holds lapse, claims and dependencies come free. With `until` it ends at that task's first start.
    """
    future = _Future(snapshot, bill, now)
    at, end = now, now + timedelta(hours=hours)
    ask = plan  # at first of every task: what is given up is given up now; later only what starts matters
    while True:
        future.finish(at)
        seen, asked_at = future.snapshot, at
        decided = ask(seen, future.bill, at)
        future.follow(decided, at)
        at = future.next_change(decided)
        if at >= end or future.is_over or until in future.scheduled:
            whole = decided if ask is plan else plan(seen, future.bill, asked_at)
            return Forecast(entries=tuple(future.entries), unscheduled=tuple(future.left_over(whole)))
        ask = plan_starts


def span_of(task: Task, record: Record, bill: WatchBill) -> timedelta:
    """How long a run is expected to last: by own history, else by the author's estimate, else USUAL_SPAN."""
    span = USUAL_SPAN
    if record.runs and record.mean_span:
        span = record.mean_span
    elif task.effort is not None:
        span = task.effort * EFFORT_SHARE
    return max(SHORTEST_SPAN, min(span, bill.session_soft))


class _Future:
    """The imagined state of things, moved on from one moment to the next."""

    def __init__(self, snapshot: Snapshot, bill: WatchBill, now: datetime) -> None:
        self.bill = replace(bill, tempo=replace(bill.tempo, tick_max=_LONGEST_LOOK))
        self.snapshot = snapshot
        self.entries: list[Entry] = []
        self.scheduled: set[TaskId] = set()
        self._spent = ZERO
        self._task_by_id = {task.id: task for task in snapshot.tasks}
        self._end_by_run: dict[RunId, datetime] = {}
        self._place_by_run: dict[RunId, int] = {}  # among the entries
        self._rest_by_task: dict[TaskId, timedelta] = {}  # of work that was handed over
        for run in snapshot.live:
            expected = run.started_at + self._span(run.task, run.provider)
            self._end_by_run[run.run] = max(expected, now + SHORTEST_SPAN)
            if run.handing_over:
                self._hand_over(run.run, run.task, now)

    @property
    def is_over(self) -> bool:
        return not self.snapshot.live and not any(task.state is TaskState.QUEUED for task in self.snapshot.tasks)

    def finish(self, at: datetime) -> None:
        """Bring to their end the runs whose time has come."""
        over = [run for run in self.snapshot.live if self._end_by_run[run.run] <= at]
        live = tuple(run for run in self.snapshot.live if run not in over)
        self.snapshot = replace(self.snapshot, live=live)
        for run in over:
            self._rest(run.provider, at)
            self._close(run)

    def _rest(self, name: ProviderName, at: datetime) -> None:
        others = tuple(state for state in self.snapshot.providers if state.name != name)
        known = [state for state in self.snapshot.providers if state.name == name]
        state = replace(known[0] if known else ProviderState(name=name), idle_since=at)
        self.snapshot = replace(self.snapshot, providers=(*others, state))

    def _close(self, run: LiveRun) -> None:
        task = self._task_by_id.get(run.task)
        if run.task in self._rest_by_task:
            self._put(run.task, TaskState.QUEUED)
        elif task is not None and self._waits_for_review(task):
            self._put(run.task, TaskState.REVIEW)
        else:
            landed = {run.task, *(rider for rider, lead in self.snapshot.rides.items() if lead == run.task)}
            rides = {rider: lead for rider, lead in self.snapshot.rides.items() if lead != run.task}
            self.snapshot = replace(self.snapshot, done=self.snapshot.done | landed, rides=rides)
            for name in landed:
                self._put(name, TaskState.LANDED)
            if self.snapshot.absent:
                self._make(run.repo, run.claims)

    def _make(self, repo: RepoName, claims: Sequence[str]) -> None:
        """What landed is imagined to have made the files that others wait for, where it says that it writes them."""
        stated = [claim for claim in claims if claim != EVERYTHING]
        absent = {
            task: tuple(pattern for pattern in lost if any_overlap([pattern], stated) is None)
            if self._task_by_id[task].repo == repo
            else lost
            for task, lost in self.snapshot.absent.items()
            if task in self._task_by_id
        }
        self.snapshot = replace(self.snapshot, absent={task: lost for task, lost in absent.items() if lost})

    def _waits_for_review(self, task: Task) -> bool:
        repo = next((repo for repo in self.bill.repos if repo.name == task.repo), None)
        autonomy = task.autonomy or (repo.autonomy if repo else None)
        return autonomy is Autonomy.LOW and (repo is None or repo.low_waits)

    def _put(self, name: TaskId, state: TaskState) -> None:
        tasks = tuple(replace(task, state=state) if task.id == name else task for task in self.snapshot.tasks)
        self.snapshot = replace(self.snapshot, tasks=tasks)

    def follow(self, decided: Plan, at: datetime) -> None:
        for decision in decided.decisions:
            match decision:
                case Start():
                    self._start(decision, at)
                case Relieve():
                    self._relieve(decision, at)
                case GiveUp():
                    self._put(decision.task, TaskState.FAILED)
                case SetAside():
                    self._put(decision.task, TaskState.REVIEW)
                case Wait():
                    pass
                case _:
                    assert_never(decision)

    def _start(self, start: Start, at: datetime) -> None:
        task = self._task_by_id[start.task]
        estimate = start.candidates[0].estimate
        run = LiveRun(
            run=RunId(f"imagined-{len(self.entries):06d}"),
            task=task.id,
            repo=task.repo,
            provider=start.provider,
            started_at=at,
            claims=task.reach,
        )
        span = self._rest_by_task.pop(task.id, None) or self._span(task.id, start.provider)
        self._end_by_run[run.run] = at + span
        self._spend(task, start, estimate, at)
        begun = Begun(task=task.id, repo=task.repo, at=at)
        self.snapshot = replace(self.snapshot, live=(*self.snapshot.live, run), begun=(*self.snapshot.begun, begun))
        shares = Shares(self.snapshot.passes, self.bill)
        shares.begin(task.repo, start.provider)
        self.snapshot = replace(self.snapshot, passes=shares.passes)
        self._put(task.id, TaskState.RUNNING)
        rides = {rider: lead for rider, lead in self.snapshot.rides.items() if lead != task.id}
        rides |= dict.fromkeys(start.riders, task.id)
        self.snapshot = replace(self.snapshot, rides=rides, alone=self.snapshot.alone | {task.id})
        self.scheduled |= {task.id, *start.riders}
        self._place_by_run[run.run] = len(self.entries)
        self.entries.append(
            Entry(
                at=at,
                ends=at + span,
                task=task.id,
                repo=task.repo,
                provider=start.provider,
                model=start.model,
                why=start.why,
                estimate=estimate,
                cumulative=self._spent,
                riders=start.riders,
            )
        )

    def _spend(self, task: Task, start: Start, estimate: MicroUsd, at: datetime) -> None:
        """Book the estimate into every window of that moment; a later day's windows begin empty by their names.

        What credits would pay is not told apart: a forecast counts on their lasting.
        """
        if self.bill.caps.tariff_of(start.provider).billing is Billing.CREDITS:
            return
        self._spent = MicroUsd(self._spent + estimate)
        purpose = Purpose(
            run=RunId(""), task=task.id, repo=task.repo, type=task.type, provider=start.provider, model=start.model
        )
        caps = windows_of(purpose, self.bill.caps, at, task_cap=task.max_cost)
        known = {state.window: state for state in self.snapshot.windows}
        for window, cap in caps.items():
            if window.kind is not WindowKind.RUN:
                state = known.get(window, WindowState(window=window, cap=cap, spent=ZERO, held=ZERO))
                known[window] = replace(state, spent=MicroUsd(state.spent + estimate))
        self.snapshot = replace(self.snapshot, windows=tuple(known.values()))

    def _relieve(self, relieve: Relieve, at: datetime) -> None:
        live = tuple(replace(run, handing_over=True) if run.run == relieve.run else run for run in self.snapshot.live)
        self.snapshot = replace(self.snapshot, live=live)
        self._hand_over(relieve.run, relieve.task, at)

    def _hand_over(self, run: RunId, task: TaskId, at: datetime) -> None:
        handed_over = at + SHORTEST_SPAN
        rest = self._end_by_run[run] - handed_over
        if rest > timedelta(0):
            self._rest_by_task[task] = max(rest, SHORTEST_SPAN)
            self._end_by_run[run] = handed_over
            if run in self._place_by_run:
                place = self._place_by_run[run]
                self.entries[place] = replace(self.entries[place], ends=handed_over)

    def _span(self, name: TaskId, provider: ProviderName) -> timedelta:
        task = self._task_by_id.get(name)
        if task is None:
            return USUAL_SPAN
        return span_of(task, self.snapshot.records.get((provider, task.type), Record()), self.bill)

    def next_change(self, decided: Plan) -> datetime:
        return min([decided.look_again, *(self._end_by_run[run.run] for run in self.snapshot.live)])

    def left_over(self, decided: Plan) -> Iterator[Unscheduled]:
        for decision in decided.decisions:
            if isinstance(decision, Wait) and decision.task not in self.scheduled:
                yield Unscheduled(task=decision.task, repo=decision.repo, binding=decision.binding)
            elif isinstance(decision, GiveUp | SetAside):
                repo = self._task_by_id[decision.task].repo
                yield Unscheduled(task=decision.task, repo=repo, binding=decision.binding)

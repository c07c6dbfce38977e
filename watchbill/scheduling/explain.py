"""The explanation: why a task does not run, or why on this provider, when it will, and how to bring it forward."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeGuard, assert_never

from watchbill.domain.ids import TaskId
from watchbill.domain.pauses import Scope
from watchbill.domain.tasks import Task, TaskState
from watchbill.scheduling.bill import SlotPolicy, WatchBill
from watchbill.scheduling.claimed import claimed_in
from watchbill.scheduling.decisions import (
    Candidate,
    Decision,
    GiveUp,
    Plan,
    Reason,
    Rejection,
    Relieve,
    SetAside,
    Start,
    Wait,
)
from watchbill.scheduling.ladder import ladder_for
from watchbill.scheduling.pausing import Pauses
from watchbill.scheduling.planner import plan
from watchbill.scheduling.selection import LASTING, candidates
from watchbill.scheduling.simulate import Entry, Forecast, simulate
from watchbill.scheduling.slots import hour_of, watch_ends
from watchbill.scheduling.snapshot import Snapshot
from watchbill.scheduling.stages import Stages

HORIZON_HOURS = 48.0
_NAMED = 4  # tasks in one line
_A_DAY = timedelta(days=1)
_NEEDS_A_HUMAN = frozenset(
    {
        Reason.NEEDS_ACCEPTANCE,
        Reason.NEEDS_REVIEW,
        Reason.ATTEMPTS_EXHAUSTED,
        Reason.QUARANTINED,
        Reason.NOT_RELEASED,
        Reason.CALL_TOO_DEAR,
    }
)
_ITSELF = _NEEDS_A_HUMAN | {
    Reason.PAUSED,
    Reason.HELD,
    Reason.REPO_UNAVAILABLE,
    Reason.NOT_BEFORE,
    Reason.DAILY_QUOTA,
    Reason.RIDES,
}
_MONEY = frozenset(reason for reason in Reason if reason.name.startswith("BUDGET_")) | {Reason.CALL_TOO_DEAR}
_SLOT = frozenset({Reason.OUT_OF_SLOT})
_PROVIDER = frozenset(Reason) - _MONEY - _SLOT

_RETRY = "watchbill task retry {task}"
_RELEASE = "watchbill task release {task}"
_ONCE = "watchbill once --task {task} --provider {provider}"
_FORCE: Mapping[Reason, str] = {
    Reason.NEEDS_ACCEPTANCE: "watchbill task accept {task}",
    Reason.ATTEMPTS_EXHAUSTED: _RETRY,
    Reason.QUARANTINED: _RETRY,
    Reason.NOT_RELEASED: _RELEASE,
    Reason.DAILY_QUOTA: _RELEASE,
    Reason.OUT_OF_SLOT: _ONCE,
    Reason.ALREADY_TRIED: _ONCE,
    Reason.BEHIND: _ONCE,
    Reason.PARALLEL_LIMIT: _ONCE,
    Reason.PROVIDER_BUSY: _ONCE,
}
_BUMP = "watchbill task bump {task}"
_SERVED: Mapping[Reason, str] = {  # while a daemon serves, `once` has to stay away from its state
    Reason.OUT_OF_SLOT: "watchbill schedule override {hour} {provider} --for 1h -m WHY",
    Reason.ALREADY_TRIED: _BUMP + " --provider {provider}",
    Reason.BEHIND: _BUMP,
    Reason.PARALLEL_LIMIT: _BUMP,
    Reason.PROVIDER_BUSY: _BUMP,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that has to be so before a task starts."""

    name: str  # task | depends on | stage | artefacts | files | merge | place | ladder | budget | slot | provider
    passes: bool
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    task: Task
    decision: Decision | None  # None: nothing has to be decided about it now, for instance because it runs
    checks: tuple[Check, ...]
    alternatives: tuple[Candidate, ...]  # every provider, the best first, with score and rejections
    binding: Rejection | None  # None: nothing keeps it back
    earliest: Entry | None  # its expected start; None: not within HORIZON_HOURS
    force: str  # the command that brings it forward; "" where only the cause itself can be mended


def explain(
    task: TaskId,
    snapshot: Snapshot,
    bill: WatchBill,
    now: datetime,
    *,
    decided: Plan | None = None,
    coming: Forecast | None = None,
    serves: bool = False,
) -> Explanation | None:
    """Everything about one open task's next start; None when no open task is called so.

    `serves`: a daemon runs, and what brings the task forward has to be a word to it.
    `decided` is what plan() says, where that is known. The start is looked for in `coming`; without it, in a forecast made for this task, which takes seconds in a long queue.
    """
    known = next((each for each in snapshot.tasks if each.id == task), None)
    if known is None:
        return None
    decided = decided or plan(snapshot, bill, now)
    decision = next((each for each in decided.decisions if each.task == task), None)
    told = decision.candidates if isinstance(decision, Start | Wait | SetAside) else ()
    found = told or candidates(known, snapshot, bill, now)
    binding = _binding(decision)
    return Explanation(
        task=known,
        decision=decision,
        checks=tuple(_checks(known, snapshot, bill, now, found=found, decision=decision)),
        alternatives=found,
        binding=binding,
        earliest=_earliest(decision, snapshot, bill, now, coming),
        force=_lift(known, binding, snapshot, now)
        or _bring_lead(known, snapshot)
        or _force(known, binding, found, {**_FORCE, **_SERVED} if serves else _FORCE, hour_of(now, bill.zone)),
    )


def _binding(decision: Decision | None) -> Rejection | None:
    match decision:
        case Wait() | GiveUp() | SetAside():
            return decision.binding
        case Start() | Relieve() | None:
            return None
        case _:
            assert_never(decision)


def is_foreseen(decision: Decision | None) -> TypeGuard[Start | Wait]:
    """Whether a forecast can say when it starts; where it is in people's hands, none can."""
    match decision:
        case Wait(binding=Rejection(reason=reason)):
            return reason not in _NEEDS_A_HUMAN
        case Start():
            return True
        case Relieve() | GiveUp() | SetAside() | None:
            return False
        case _:
            assert_never(decision)


def earliest(decision: Start | Wait, coming: Forecast) -> Entry | None:
    """The start that is to be expected; None where it is past what is forecast."""
    return next((entry for entry in coming.entries if decision.task in (entry.task, *entry.riders)), None)


def _earliest(
    decision: Decision | None, snapshot: Snapshot, bill: WatchBill, now: datetime, coming: Forecast | None
) -> Entry | None:
    if not is_foreseen(decision):
        return None
    return earliest(decision, coming or simulate(snapshot, bill, now, hours=HORIZON_HOURS, until=decision.task))


def _lift(task: Task, binding: Rejection | None, snapshot: Snapshot, now: datetime) -> str:
    """How the pause that binds is lifted; "" when none does."""
    if binding is None or binding.reason not in (Reason.PAUSED, Reason.HELD, Reason.PROVIDER_PAUSED):
        return ""
    pause = Pauses(snapshot.pauses, now).of_task(task)
    stopped = [one for one in snapshot.pauses if one.scope is Scope.PROVIDER and one.said == binding.detail]
    return pause.way_out if pause else next((one.way_out for one in stopped), "")


def _bring_lead(task: Task, snapshot: Snapshot) -> str:
    """How the task is brought forward that this one rides with; "" where it rides with none that is queued."""
    lead = next((each for each in snapshot.tasks if each.id == snapshot.rides.get(task.id)), None)
    return f"watchbill task bump {lead.id}" if lead is not None and lead.state is TaskState.QUEUED else ""


def _force(
    task: Task, binding: Rejection | None, found: Sequence[Candidate], ways: Mapping[Reason, str], hour: int
) -> str:
    if binding is None or not found:
        return ""
    return ways.get(binding.reason, "").format(task=task.id, provider=found[0].provider, hour=hour)


def _checks(
    task: Task,
    snapshot: Snapshot,
    bill: WatchBill,
    now: datetime,
    *,
    found: Sequence[Candidate],
    decision: Decision | None,
) -> Iterator[Check]:
    yield _itself(task, snapshot, _binding(decision))
    yield _needs(task, snapshot)
    yield from _waits(task, snapshot, bill)
    yield _files(task, snapshot, now, decision)
    yield from _merges(task, snapshot)
    yield _place(snapshot, bill, decision)
    yield from _ladder(task, snapshot, bill, found)
    yield _by_reason("budget", found, _MONEY, passed="every budget has room for a run")
    yield _by_reason("slot", found, _SLOT, passed=_watch_words(bill, now))
    yield _by_reason("provider", found, _PROVIDER, passed=f"{found[0].provider} can take it" if found else "")


def _itself(task: Task, snapshot: Snapshot, binding: Rejection | None) -> Check:
    run = next((each for each in snapshot.live if each.task == task.id), None)
    if run is not None:
        return Check(name="task", passes=True, words=f"runs on {run.provider} since {run.started_at:%H:%M} UTC")
    if binding is not None and binding.reason in _ITSELF:
        return Check(name="task", passes=False, words=binding.detail)
    return Check(name="task", passes=True, words=task.state.value)


def _needs(task: Task, snapshot: Snapshot) -> Check:
    if not task.needs:
        return Check(name="depends on", passes=True, words="nothing")
    state_by_id = {each.id: each.state for each in snapshot.tasks}
    running = {run.task for run in snapshot.live}
    words = []
    for need in task.needs:
        open_state = TaskState.RUNNING if need in running else state_by_id.get(need)
        words.append(f"{need} ({'done' if need in snapshot.done else open_state or 'no open task is called so'})")
    return Check(name="depends on", passes=snapshot.done.issuperset(task.needs), words=", ".join(words))


def _waits(task: Task, snapshot: Snapshot, bill: WatchBill) -> Iterator[Check]:
    """Work of earlier stages and files that it needs; nothing for a task that has neither."""
    earlier = Stages(snapshot, bill).all_of(task)
    if earlier and task.state is TaskState.QUEUED:
        more = f" and {len(earlier) - _NAMED} more" if len(earlier) > _NAMED else ""
        words = f"{', '.join(earlier[:_NAMED])}{more} on the same files first, since it is {task.type}"
        yield Check(name="stage", passes=False, words=words)
    if task.artefacts:
        absent = snapshot.absent.get(task.id, ())
        words = f"{', '.join(absent)} not there yet" if absent else f"{', '.join(task.artefacts)} there"
        yield Check(name="artefacts", passes=not absent, words=words)


def _files(task: Task, snapshot: Snapshot, now: datetime, decision: Decision | None) -> Check:
    taken = claimed_in(snapshot, now).met_by(task.id, task.repo, task.reach)
    if taken is not None:
        return Check(name="files", passes=False, words=taken.said_in(task.repo))
    match decision:
        case Wait(binding=Rejection(reason=Reason.BEHIND, detail=detail), candidates=()):
            return Check(name="files", passes=False, words=detail)
        case _:
            return Check(name="files", passes=True, words=f"{', '.join(task.reach) or 'it writes none'}: free")


def _merges(task: Task, snapshot: Snapshot) -> Iterator[Check]:
    """What its run would not merge with as things stand; nothing while it would."""
    for other in (other for run in snapshot.live if run.task == task.id for other in run.collides):
        yield Check(name="merge", passes=False, words=f"would conflict with {other}; its model is told")


def _place(snapshot: Snapshot, bill: WatchBill, decision: Decision | None) -> Check:
    """Whether one more run may go on beside the others."""
    match decision:
        case Wait(binding=Rejection(detail=detail), candidates=(best, *_)) if best.eligible:
            return Check(name="place", passes=False, words=detail)
        case _:
            words = f"{len(snapshot.live)} of {bill.max_parallel} runs at once are under way"
            return Check(name="place", passes=True, words=words)


def _ladder(task: Task, snapshot: Snapshot, bill: WatchBill, found: Sequence[Candidate]) -> Iterator[Check]:
    """On which step of its ladder the task is; nothing for a task that takes none."""
    ladder = ladder_for(bill.ladders, task.type, task.repo)
    step = next((each.step for each in found if each.step is not None), None)
    if ladder is not None and step is not None:
        yield Check(name="ladder", passes=True, words=ladder.told(step, snapshot.climbs.get(task.id, ())))


def _watch_words(bill: WatchBill, now: datetime) -> str:
    if bill.policy is SlotPolicy.OFF:
        return "hours do not matter"
    ends = watch_ends(bill, now)
    return "the watch never changes" if ends - now >= _A_DAY else f"the watch lasts until {ends:%H:%M} UTC"


def _by_reason(name: str, found: Sequence[Candidate], reasons: frozenset[Reason], *, passed: str) -> Check:
    """Passes when one of those who suit the task has nothing of the kind against it; else the best one's words."""
    if not found:
        return Check(name=name, passes=False, words="the bill names no provider")
    suited = [each for each in found if LASTING.isdisjoint(one.reason for one in each.rejections)] or found
    against = [[one for one in each.rejections if one.reason in reasons] for each in suited]
    if not all(against):
        return Check(name=name, passes=True, words=passed)
    return Check(name=name, passes=False, words=against[0][0].detail)

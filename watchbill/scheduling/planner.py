"""The planner: what should happen now, and why, as one pure function of snapshot, watch bill and moment."""

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from datetime import datetime
from functools import cached_property

from watchbill.domain.circles import circles
from watchbill.domain.claims import EVERYTHING, normal
from watchbill.domain.ids import TaskId, TaskType
from watchbill.domain.tasks import Task, TaskState
from watchbill.scheduling import affording
from watchbill.scheduling.bill import SlotPolicy, WatchBill
from watchbill.scheduling.claimed import Taken, claimed_in
from watchbill.scheduling.decisions import (
    Aside,
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
from watchbill.scheduling.fairness import Shares, by_turns
from watchbill.scheduling.ladder import ladder_for
from watchbill.scheduling.merging import Merger
from watchbill.scheduling.ordering import in_order, why_before
from watchbill.scheduling.pausing import Pauses, refusal
from watchbill.scheduling.rollout import Rollout
from watchbill.scheduling.selection import BUSY, Chooser
from watchbill.scheduling.slots import override_of, watch_ends
from watchbill.scheduling.snapshot import Snapshot
from watchbill.scheduling.stages import Stages

_WAITS_FOR_A_HUMAN = {
    TaskState.PROPOSED: Rejection(reason=Reason.NEEDS_ACCEPTANCE, detail="it is proposed; somebody has to accept it"),
    TaskState.REVIEW: Rejection(reason=Reason.NEEDS_REVIEW, detail="it waits for a review"),
    TaskState.FAILED: Rejection(reason=Reason.ATTEMPTS_EXHAUSTED, detail="it used up its attempts; retry it by hand"),
}


def plan(snapshot: Snapshot, bill: WatchBill, now: datetime) -> Plan:
    """Every running run that has to hand over, and one decision for every open task that does not run.

    In the order of work: by priority; within one, repositories take turns by their shares; within one, as its queue says.
    """
    return _Tick(snapshot, bill, now).plan()


def plan_starts(snapshot: Snapshot, bill: WatchBill, now: datetime) -> Plan:
    """The starts and reliefs of plan(), and when they may change; it stops looking where nobody has a place left.

    Of the other tasks it decides only those before that. A forecast asks so at every moment: the rest would take most of it.
    """
    return _Tick(snapshot, bill, now).plan_starts()


class _Tick:
    """One tick: what its earlier starts took is what its later tasks do not get."""

    def __init__(self, snapshot: Snapshot, bill: WatchBill, now: datetime) -> None:
        bill = replace(bill, overrides=snapshot.overrides) if snapshot.overrides else bill
        self._snapshot = snapshot
        self._bill = bill
        self._now = now
        self._chooser = Chooser(snapshot, bill, now)
        self._task_by_id = {task.id: task for task in snapshot.tasks}
        self._running = {run.task for run in snapshot.live}
        self._claimed = claimed_in(snapshot, now)
        self._stages = Stages(snapshot, bill)
        self._pauses = Pauses(snapshot.pauses, now)
        self._rollout = Rollout(snapshot, bill, now)
        self._shares = Shares(snapshot.passes, bill)
        self._ordered = in_order(snapshot.tasks)
        self._merger = Merger(snapshot, bill, self._ordered, is_ready=self._is_ready)
        self._started: list[TaskId] = []
        self._changes: set[datetime] = set()  # when what keeps a task back lapses by itself

    def plan(self) -> Plan:
        decisions: list[Decision] = list(self._reliefs())
        for task in by_turns(self._ordered, self._shares):
            decision = self._decide(task)
            if decision is not None:
                decisions.append(decision)
        return Plan(decisions=tuple(decisions), on_watch=self._chooser.turns.on_watch, look_again=self._look_again())

    def plan_starts(self) -> Plan:
        decisions: list[Decision] = list(self._reliefs())
        types = {task.type for task in self._snapshot.tasks if task.state is TaskState.QUEUED}
        has_place = self._has_place(types)
        for task in by_turns(self._ordered, self._shares):
            if not has_place:
                self._changes |= self._chooser.turns.openings()
                break
            decision = self._decide(task)
            if decision is not None:
                decisions.append(decision)
            if isinstance(decision, Start):
                has_place = self._has_place(types)
        return Plan(decisions=tuple(decisions), on_watch=self._chooser.turns.on_watch, look_again=self._look_again())

    def _has_place(self, types: AbstractSet[TaskType]) -> bool:
        under_way = len(self._snapshot.live) + len(self._started)
        return under_way < self._bill.max_parallel and self._chooser.has_place(types)

    def _reliefs(self) -> Iterator[Relieve]:
        for run in sorted(self._snapshot.live, key=lambda run: run.run):
            soft_end = run.started_at + self._bill.session_soft
            stale = run.started_at + self._bill.session_stale
            if stale <= self._now:
                worded = f"it is stale: it did not hand over within {self._bill.session_stale}"
                yield Relieve(run=run.run, task=run.task, why=worded, at_once=True)
                continue
            self._changes.add(stale)
            if run.handing_over:
                continue
            task = self._task_by_id.get(run.task)
            pause = self._pauses.of_run(run, task.type if task else "")
            if pause is not None:
                yield Relieve(run=run.run, task=run.task, why=pause.said, paused=True)
            elif soft_end <= self._now:
                yield Relieve(run=run.run, task=run.task, why=f"it has run longer than {self._bill.session_soft}")
            elif self._bill.policy is SlotPolicy.STRICT and self._chooser.turns.has_ended_for(run.provider):
                yield Relieve(run=run.run, task=run.task, why=f"the watch of {run.provider} has ended")
            else:
                self._changes.add(soft_end)

    def _decide(self, task: Task) -> Decision | None:
        if task.state is TaskState.QUEUED and task.id not in self._running:
            if task.attempts >= self._bill.max_attempts:
                return GiveUp(task=task.id, why=f"{task.attempts} of {self._bill.max_attempts} attempts did not land")
            return self._decide_queued(task)
        human = _WAITS_FOR_A_HUMAN.get(task.state)
        if human is None or task.id in self._running:
            return None
        if task.id in self._snapshot.quarantined and task.state is TaskState.FAILED:
            return self._wait(task, Rejection(reason=Reason.QUARANTINED, detail=task.note))
        said = task.note if task.state is TaskState.REVIEW else ""
        return self._wait(task, replace(human, detail=said or human.detail))

    def _decide_queued(self, task: Task) -> Decision:
        obstacle = self._obstacle(task)
        if obstacle is not None:
            return self._wait(task, obstacle)
        lead = self._merger.lead_of(task.id)
        if lead is not None:
            worded = f"rides with {lead} ({self._standing(lead)}): one run does both"
            return self._wait(task, Rejection(reason=Reason.RIDES, detail=worded))
        taken = self._claimed.met_by(task.id, task.repo, task.reach)
        if taken is not None and taken.reason is Reason.HUMAN_EDITING and is_wide(task) and self._is_ripe(task):
            taken = self._claimed.met_by(task.id, task.repo, task.reach, but=taken.reason)
        if taken is not None:
            self._hold_for_broad(task)
            return self._wait(task, self._met(task, taken))
        found, binding = self._chooser.choose(task)
        if binding is not None:
            return self._set_aside(task, found) or self._wait(task, binding, found)
        if len(self._snapshot.live) + len(self._started) >= self._bill.max_parallel:
            return self._wait(task, self._no_place(task), found)
        return self._start(task, found)

    def _set_aside(self, task: Task, found: tuple[Candidate, ...]) -> SetAside | None:
        """None where somebody may take it yet, or not for want of money alone."""
        dear = self._chooser.too_dear(task, found)
        if not dear:
            return None
        offers = [(f"{each.provider} {each.model}".strip(), shorts) for each, shorts in dear]
        asides = {
            short.budget: Aside(budget=short.budget, wanted=short.wanted, until=self._chooser.turns_at(short.budget))
            for short in sorted((one for _, shorts in dear for one in shorts), key=lambda one: -one.wanted)
        }  # under a cap that several share it goes on with the cheapest, as it is told
        return SetAside(task=task.id, why=affording.set_aside(offers), asides=tuple(asides.values()), candidates=found)

    def _is_ready(self, task: Task) -> bool:
        """Whether nothing but others' work, hours and money keeps it from starting now."""
        return (
            task.state is TaskState.QUEUED
            and task.id not in self._running
            and task.id not in self._started
            and task.attempts < self._bill.max_attempts
            and self._obstacle(task) is None
        )

    def _obstacle(self, task: Task) -> Rejection | None:
        """What keeps the task itself back, whoever would do it."""
        pause = self._pauses.of_task(task)
        if pause is not None:
            return refusal(pause)
        if task.repo in self._snapshot.broken_repos:
            worded = f"{task.repo}: {self._snapshot.broken_repos[task.repo]}"
            return Rejection(reason=Reason.REPO_UNAVAILABLE, detail=worded)
        if task.needs and not self._snapshot.done.issuperset(task.needs):
            return Rejection(reason=Reason.DEPS_UNMET, detail=self._needs(task))
        if task.id in self._snapshot.absent:
            worded = f"waits for {', '.join(self._snapshot.absent[task.id])} to exist on its target"
            return Rejection(reason=Reason.ARTEFACT_MISSING, detail=worded)
        if task.not_before is not None and task.not_before > self._now:
            return self._put_off(task, task.not_before)
        earlier = self._stages.first_of(task)
        return _refused(task, earlier) if earlier else self._rollout.refusal(task)

    def _put_off(self, task: Task, until: datetime) -> Rejection:
        if task.id in self._snapshot.batched:
            worded = f"its next turn waits in a batch; one that is not answered by {until:%Y-%m-%d %H:%M} UTC is asked for in the ordinary way"
            return Rejection(reason=Reason.IN_BATCH, detail=worded, until=until)
        return Rejection(reason=Reason.NOT_BEFORE, detail=f"not before {until:%Y-%m-%d %H:%M} UTC", until=until)

    def _needs(self, task: Task) -> str:
        missing = [need for need in task.needs if need not in self._snapshot.done]
        said = "waits for " + ", ".join(f"{need} ({self._standing(need)})" for need in missing)
        circle = self._circle_by_task.get(task.id)
        return (
            f"{said}; {' → '.join((*circle, circle[0]))} is a circle: take one of these needs away" if circle else said
        )

    @cached_property
    def _circle_by_task(self) -> Mapping[TaskId, tuple[TaskId, ...]]:
        done = self._snapshot.done
        open_needs = {task.id: task.needs for task in self._snapshot.tasks if not done.issuperset(task.needs)}
        return {task: circle for circle in circles(open_needs) for task in circle}

    def _standing(self, need: TaskId) -> str:
        known = self._task_by_id.get(need)
        if known is None:
            return "no open task is called so"
        return TaskState.RUNNING if need in (*self._running, *self._started) else known.state

    def _hold_for_broad(self, task: Task) -> None:
        """A task that needs more than one file and has waited long keeps later ones from starting there before it."""
        if not is_broad(task) or not self._is_ripe(task):
            return
        if any(BUSY.issuperset(one.reason for one in each.rejections) for each in self._chooser.candidates(task)):
            what = "the whole repository" if is_wide(task) else ", ".join(task.reach)
            self._take(task, f"goes first to {task.id}, which needs {what} and has waited long")

    def _is_ripe(self, task: Task) -> bool:
        """Whether it has waited so long that others make way for it."""
        if task.created_at is None:
            return False
        ripe = task.created_at + self._bill.wide_after
        if ripe > self._now:
            self._changes.add(ripe)
        return ripe <= self._now

    def _met(self, task: Task, taken: Taken) -> Rejection:
        """What keeps it from its files; of who was just given them, also why that one goes before."""
        if taken.task not in self._started:
            return _refused(task, taken)
        return Rejection(
            reason=taken.reason, detail=f"{taken.said_in(task.repo)}: {self._why_before(taken.task, task)}"
        )

    def _why_before(self, first: TaskId, then: Task) -> str:
        return why_before(self._task_by_id[first], then)

    def _no_place(self, task: Task) -> Rejection:
        if self._started:
            last = self._started[-1]
            worded = f"the last place went to {last}: {self._why_before(last, task)}"
            return Rejection(reason=Reason.BEHIND, detail=worded)
        worded = f"{len(self._snapshot.live)} runs at once are as many as allowed"
        return Rejection(reason=Reason.PARALLEL_LIMIT, detail=worded)

    def _start(self, task: Task, found: tuple[Candidate, ...]) -> Start:
        chosen = found[0]
        self._started.append(task.id)
        self._chooser.begin(task, chosen)
        self._rollout.begin(task)
        self._shares.begin(task.repo, chosen.provider)
        self._take(task, f"was just given to {task.id}, which goes before")
        riders = self._merger.begin(task, chosen)
        return Start(
            task=task.id,
            repo=task.repo,
            provider=chosen.provider,
            model=chosen.model,
            why=self._why(task, chosen) + _along(riders),
            candidates=found,
            step=chosen.step,
            riders=riders,
            escalated_from=self._escalated_from(task, chosen),
        )

    def _escalated_from(self, task: Task, chosen: Candidate) -> str:
        """The last step whose result was not good enough, where the task leaves it."""
        failed = self._snapshot.climbs.get(task.id, ())
        if chosen.step is None or not failed or chosen.step.name in failed:
            return ""
        return failed[-1]

    def _take(self, task: Task, why: str) -> None:
        for pattern in task.reach:
            self._claimed.add(
                Taken(
                    repo=task.repo,
                    task=task.id,
                    pattern=pattern,
                    reason=Reason.BEHIND,
                    why=why,
                )
            )

    def _why(self, task: Task, chosen: Candidate) -> str:
        ladder = ladder_for(self._bill.ladders, task.type, task.repo)
        if chosen.step is None or ladder is None:
            return self._turn_of(task, chosen)
        return f"{self._turn_of(task, chosen)}; {ladder.told(chosen.step, self._snapshot.climbs.get(task.id, ()))}"

    def _turn_of(self, task: Task, chosen: Candidate) -> str:
        name = chosen.provider
        fit = f"fits {task.type} {chosen.score.fit:.2f}"
        if name in self._chooser.turns.on_watch:
            changed = override_of(self._bill, self._now)
            by_hand = f" ({changed.said})" if changed and changed.provider == name else ""
            return f"{name} is on watch{by_hand} and {fit}"
        if self._bill.policy is SlotPolicy.OFF:
            return f"{name} {fit}; hours do not matter"
        if self._snapshot.warm.get(task.id) == name:
            return f"{name} {fit} and has the task's session warm"
        return f"{name} {fit} and borrows the watch's free slot"

    def _wait(self, task: Task, binding: Rejection, found: tuple[Candidate, ...] = ()) -> Wait:
        if binding.until is not None:
            self._changes.add(binding.until)
        return Wait(task=task.id, repo=task.repo, binding=binding, candidates=found)

    def _look_again(self) -> datetime:
        known = (at for at in (*self._changes, *self._chooser.changes) if at > self._now)
        return min(watch_ends(self._bill, self._now), self._now + self._bill.tempo.tick_max, *known)


def _along(riders: Sequence[TaskId]) -> str:
    return f"; {', '.join(riders)} {'rides' if len(riders) == 1 else 'ride'} along" if riders else ""


def _refused(task: Task, taken: Taken) -> Rejection:
    return Rejection(reason=taken.reason, detail=taken.said_in(task.repo), until=taken.until)


def is_broad(task: Task) -> bool:
    """Whether it may write more than one file, as far as names tell: while it waits, others may come and go on its files."""
    return len(task.reach) > 1 or any("*" in pattern or "?" in pattern or "." not in pattern for pattern in task.reach)


def is_wide(task: Task) -> bool:
    """Whether the task may write anywhere in its repository."""
    return any(normal(pattern) == EVERYTHING for pattern in task.reach)

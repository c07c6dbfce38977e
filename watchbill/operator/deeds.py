"""Deeds: what people's commands do to rows, the same with a daemon and without one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from watchbill.domain.circles import circles
from watchbill.domain.errors import IllegalMove
from watchbill.domain.ids import ProviderName, RunId, TaskId
from watchbill.domain.pauses import Pause, Scope
from watchbill.domain.tasks import Task, TaskState
from watchbill.operator.faults import BadQuestion, NotFound, OwnedByQueue
from watchbill.state import allowances, breakers, claims, holds, pauses, queueviews, runs, tasks
from watchbill.state.engine import Connection


def pause(conn: Connection, wanted: Pause, now: datetime) -> Pause:
    if not wanted.is_on(now):
        raise BadQuestion(f"{wanted.until:%Y-%m-%d %H:%M} UTC is over: say a moment that is to come")
    if wanted.scope is Scope.TASK:
        _check_open(conn, TaskId(wanted.name))
    return pauses.put(conn, wanted.scope, wanted.name, until=wanted.until, why=wanted.why, who=wanted.who, now=now)


def _check_open(conn: Connection, task_id: TaskId) -> None:
    task = tasks.get(conn, task_id)
    if task is not None and task.state in tasks.CLOSED:  # none: its queue was not read yet
        raise IllegalMove(f"cannot hold task {task_id}: it is {task.state}, so nothing of it would start")


def resume(conn: Connection, scope: Scope, name: str) -> Pause:
    """What was lifted. Raises NotFound when it was not paused."""
    lifted = pauses.lift(conn, scope, name)
    if lifted is None:
        raise NotFound(f"{name or 'everything'} is not paused", hint="watchbill status")
    return lifted


def release(conn: Connection, task: TaskId) -> Task:
    """The task may start: its hold is lifted, and the mode no longer keeps it. Raises IllegalMove."""
    released = tasks.release(conn, task)
    pauses.lift(conn, Scope.TASK, task)
    return released


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """A hold on files that is no more."""

    task: TaskId
    run: RunId | None  # that has to break off; None: it was kept for a branch that nobody merged
    files: tuple[str, ...]


def break_lock(conn: Connection, task: TaskId, *, who: str, why: str, now: datetime) -> Broken:
    """Files are free for others: a branch's claims are dropped at once, a run's go with the run, whose task is held so that it
    does not take them again. Raises BadQuestion and NotFound."""
    if not why.strip():
        raise BadQuestion("say why: -m WHY; whoever looks at this later will want to know")
    held = [claim for claim in claims.live(conn) if claim.task == task]
    if not held:
        raise NotFound(f"{task} holds no files", hint="watchbill lock list")
    run = next((claim.run for claim in held if claim.run is not None), None)
    if run is not None:
        pauses.put(conn, Scope.TASK, task, until=None, why=f"its lock was broken: {why}", who=who, now=now)
    claims.drop_kept(conn, task)
    return Broken(task=task, run=run, files=tuple(claim.pattern for claim in held))


def reset(conn: Connection, provider: ProviderName, *, who: str, why: str) -> Mapping[str, object]:
    """Its breakers close and its holds are lifted; the facts of the event that tells of it. Raises BadQuestion and NotFound."""
    if not why.strip():
        raise BadQuestion("say why: -m WHY; whoever looks at this later will want to know")
    broken = breakers.reset(conn, provider)
    held = [f"{hold.of}: {hold.said}" for hold in holds.all(conn) if hold.provider == provider]
    held += [found.why for found in allowances.nearly_used_up(conn) if found.provider == provider]
    tried = holds.lift(conn, provider)
    if not (allowances.forget(conn, provider) or tried or broken):
        raise NotFound(f"nothing keeps work from {provider}: no breaker and no hold", hint="watchbill provider list")
    models = [model or "all" for model in broken]
    return {"provider": provider, "models": models, "holds": held, "who": who, "why": why}


def bump(conn: Connection, task: TaskId, provider: ProviderName | None, now: datetime) -> Task:
    return tasks.bump(conn, task, pin=provider, now=now)


def hand_over(conn: Connection, task: TaskId, to: ProviderName | None, now: datetime) -> RunId | None:
    """Whoever goes on is named; the run that has to stop for it. Raises IllegalMove."""
    live = next((run.id for run in runs.live(conn) if run.task == task), None)
    if live is None and to is None:
        raise IllegalMove(f"nothing works on {task}: its session waits for its next run; --to says whose that is")
    if to is not None:
        tasks.bump(conn, task, pin=to, now=now)
    if live is not None:
        runs.relieve(conn, live)
    return live


def edit(conn: Connection, task_id: TaskId, changes: Mapping[str, Any], now: datetime) -> Task:
    """The task with other fields. Raises OwnedByQueue for what a queue file says, IllegalMove for what runs or is over."""
    task = tasks.get(conn, task_id)
    if task is None:
        raise NotFound(f"there is no task {task_id!r}")
    _check_owner(conn, task, changes)
    if task.state in tasks.CLOSED or task.state is TaskState.RUNNING:
        raise IllegalMove(f"cannot edit task {task_id}: it is {task.state}")
    _check_needs(conn, task_id, changes.get("needs", ()))
    tasks.rewrite(conn, replace(task, **changes), now)
    return replace(task, **changes)


def _check_owner(conn: Connection, task: Task, changes: Mapping[str, Any]) -> None:
    view = queueviews.of_task(conn, task.repo, task.id)
    if view is not None:
        line = task.source.line if task.source else view.line
        raise OwnedByQueue(
            f"{task.id} is written in {view.path}:{line} of {task.repo}, and what stands there counts: "
            f"change {', '.join(_WORD_BY_FIELD[name] for name in changes)} there"
        )


_WORD_BY_FIELD = {
    "title": "the title",
    "type": "the type",
    "claims": "the files",
    "priority": "the priority",
    "provider": "the provider",
    "needs": "what it comes after",
    "max_cost": "max_usd",
    "autonomy": "the autonomy",
}


def _check_needs(conn: Connection, task_id: TaskId, wanted: Sequence[TaskId]) -> None:
    known = {task.id: task.needs for task in tasks.all_tasks(conn)}
    for need in wanted:
        if need not in known:
            raise BadQuestion(f"no task is called {need!r}, so {task_id} would wait for ever")
    for circle in circles({**known, task_id: tuple(wanted)}):
        if task_id in circle:
            raise BadQuestion(f"these would wait for each other: {' → '.join((*circle, circle[0]))}")

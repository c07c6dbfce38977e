"""Forecasts as answers: what will happen when, why a task does not run now, and who stands which hours."""

from datetime import datetime, timedelta
from itertools import groupby

from watchbill.domain.ids import TaskId
from watchbill.domain.tasks import Task, TaskState
from watchbill.operator import plain
from watchbill.operator.outlook import Outlook
from watchbill.operator.plain import Plain
from watchbill.operator.queries import tasks
from watchbill.operator.queries.look import Look, look, snapshot_of
from watchbill.scheduling import slots
from watchbill.scheduling.decisions import Decision, GiveUp, Start, Wait
from watchbill.scheduling.simulate import Entry, Unscheduled, simulate
from watchbill.state.engine import Connection

FAR = timedelta(hours=72)  # how far `why` looks for a task's start: past any weekend of held accounts

_HOUR = timedelta(hours=1)


def plan(conn: Connection, outlook: Outlook, ahead: timedelta) -> Plain:
    """Every start within the time ahead, and every other open task with what keeps it back."""
    seen = snapshot_of(conn, outlook)
    found = simulate(seen, outlook.bill, outlook.now, hours=ahead / _HOUR)
    title_by_task = {task.id: task.title for task in seen.tasks}
    return {
        "generated_at": plain.stamp(outlook.now),
        "until": plain.stamp(outlook.now + ahead),
        "running": [{"run": run.run, "task": run.task, "provider": run.provider} for run in seen.live],
        "starts": [_start(entry, title_by_task[entry.task]) for entry in found.entries],
        "not_scheduled": [_left(each, title_by_task[each.task]) for each in found.unscheduled],
    }


def _start(entry: Entry, title: str) -> Plain:
    return {
        "at": plain.stamp(entry.at),
        "ends": plain.stamp(entry.ends),
        "task": entry.task,
        "title": title,
        "repo": entry.repo,
        "provider": entry.provider,
        "model": entry.model,
        "why": entry.why,
        **plain.money("estimate", entry.estimate),
        **plain.money("sum", entry.cumulative),
    }


def _left(each: Unscheduled, title: str) -> Plain:
    return {"task": each.task, "title": title, "repo": each.repo, **plain.rejection(each.binding)}


def why(conn: Connection, outlook: Outlook, task_id: TaskId) -> Plain:
    """What keeps a task from starting now, how each provider stands to it, and when it will start. Raises NotFound."""
    task = tasks.get(conn, task_id)
    seen = look(conn, outlook)
    decided = seen.decision_by_task.get(task.id)
    first, left = _forecast(seen, task.id) if task.state is TaskState.QUEUED else (None, None)
    return {
        "generated_at": plain.stamp(outlook.now),
        "task": plain.task(task),
        "summary": _summary(task, decided, seen),
        "decision": None if decided is None else plain.decision(decided),
        "candidates": plain.candidates(decided.candidates) if isinstance(decided, Start | Wait) else [],
        "earliest_start": plain.stamp(first.at) if first else None,
        "earliest_provider": first.provider if first else None,
        "outlook": f"it does not start within {FAR // _HOUR} hours: {left.binding.detail}" if left else "",
    }


def _forecast(seen: Look, task: TaskId) -> tuple[Entry | None, Unscheduled | None]:
    found = simulate(seen.snapshot, seen.outlook.bill, seen.outlook.now, hours=FAR / _HOUR, until=task)
    entry = next((entry for entry in found.entries if entry.task == task), None)
    return entry, next((left for left in found.unscheduled if left.task == task), None)


def _summary(task: Task, decided: Decision | None, seen: Look) -> str:
    live = next((run for run in seen.snapshot.live if run.task == task.id), None)
    if live is not None:
        return f"it runs: {live.run} on {live.provider} since {plain.stamp(live.started_at)}"
    match decided:
        case Start(why=reason):
            return f"it can start now: {reason}"
        case Wait(binding=binding):
            return f"{binding.reason}: {binding.detail}"
        case GiveUp(why=reason):
            return reason
        case _:
            return f"it is {task.state}" + (f": {task.note}" if task.note else "")


def schedule(outlook: Outlook, ahead: timedelta) -> Plain:
    """Who owns which hours from now on, neighbouring hours of the same owners together."""
    bill = outlook.bill
    hours = [_floor(outlook.now) + _HOUR * step for step in range(ahead // _HOUR)]
    turns = [(owners, list(group)) for owners, group in groupby(hours, lambda at: slots.owners(bill, at))]
    return {
        "generated_at": plain.stamp(outlook.now),
        "zone": str(bill.zone),
        "policy": bill.policy,
        "always": [terms.name for terms in bill.providers if terms.always],
        "turns": [
            {"from": plain.stamp(group[0]), "to": plain.stamp(group[-1] + _HOUR), "owners": list(owners)}
            for owners, group in turns
        ],
    }


def _floor(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)

"""Forecasts as answers: what will happen when, why a task does not run now, and who stands which hours."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import groupby

from watchbill.domain.ids import ProviderName, TaskId
from watchbill.domain.tasks import Task
from watchbill.domain.undoings import OPEN
from watchbill.operator import plain
from watchbill.operator.doors import Plain
from watchbill.operator.faults import BadQuestion
from watchbill.operator.foretelling import foretell
from watchbill.operator.outlook import Outlook
from watchbill.operator.queries import recurring, tasks
from watchbill.operator.queries.look import look, snapshot_of
from watchbill.operator.reading import Read
from watchbill.scheduling import expecting, slots
from watchbill.scheduling.decisions import Reason, Start
from watchbill.scheduling.expecting import Expected, Like
from watchbill.scheduling.explain import HORIZON_HOURS, Explanation, earliest, explain, is_foreseen
from watchbill.scheduling.simulate import NOTHING, Entry, Forecast, Unscheduled
from watchbill.scheduling.snapshot import Snapshot
from watchbill.state import approvals, overrides, questions, records, rides, undoings
from watchbill.state import recurring as rows
from watchbill.state.engine import Connection

_HOUR = timedelta(hours=1)
_FARTHEST = timedelta(days=14)
_WORKS_ON = "the daemon works on until then as it is planned now"
_BEGINS = "no daemon runs; one begins then"


async def plan(read: Read, outlook: Outlook, ahead: timedelta, at: datetime | None = None) -> Plain:
    """Every start within the time ahead, and every other open task with what keeps it back.

    With `at` it is the time after that moment, with what is under way then: a daemon works on until then; where none runs,
    one is imagined to begin then. Raises BadQuestion for a moment that is over, or too far to be foreseen.
    """
    begin = _begin(at, outlook.now)
    start = begin if outlook.daemon is None else outlook.now
    seen = await read(lambda conn: snapshot_of(conn, replace(outlook, now=start)))
    found = await foretell(seen, outlook.bill, start, hours=(begin + ahead - start) / _HOUR)
    then = replace(found, entries=tuple(entry for entry in found.entries if entry.ends > begin))
    answer = await read(lambda conn: _plan(conn, outlook, seen, then, begin=begin, ahead=ahead))
    return {**answer, "supposing": [] if at is None else [_WORKS_ON if outlook.daemon else _BEGINS]}


def _begin(at: datetime | None, now: datetime) -> datetime:
    if at is None:
        return now
    if not now <= at <= now + _FARTHEST:
        raise BadQuestion(
            f"{at.isoformat()} is {'over' if at < now else 'too far off'}: a plan is made for the next {_FARTHEST.days} days"
        )
    return at


def _plan(
    conn: Connection, outlook: Outlook, seen: Snapshot, found: Forecast, *, begin: datetime, ahead: timedelta
) -> Plain:
    title_by_task = {task.id: task.title for task in seen.tasks}
    expect = _expecting(conn, outlook, seen.tasks)
    return {
        "generated_at": plain.stamp(outlook.now),
        "from": plain.stamp(begin),
        "until": plain.stamp(begin + ahead),
        "running": [{"run": run.run, "task": run.task, "provider": run.provider} for run in seen.live],
        "starts": [
            {**_start(entry, title_by_task[entry.task]), "expected": expect(entry.task, entry.provider, entry.model)}
            for entry in found.entries
        ],
        "occurrences": recurring.coming(replace(outlook, now=begin), ahead),
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
        "riders": list(entry.riders),
        **plain.money("estimate", entry.estimate),
        **plain.money("sum", entry.cumulative),
    }


def _expecting(
    conn: Connection, outlook: Outlook, known: Iterable[Task]
) -> Callable[[TaskId, ProviderName, str], Plain]:
    """What a run of a known task costs by own history, with a provider and model."""
    costs = records.costs(conn)
    task_by_id = {task.id: task for task in known}

    def expect(task: TaskId, provider: ProviderName, model: str) -> Plain:
        like = Like(provider=provider, model=model, type=task_by_id[task].type)
        return _expected(expecting.expect(costs, like, task_by_id[task], outlook.bill))

    return expect


def _expected(found: Expected) -> Plain:
    return {
        "runs": found.runs,
        "words": found.words,
        **plain.money("p50", found.p50),
        **plain.money("p90", found.p90),
        **plain.money("most", found.most),
    }


def _left(each: Unscheduled, title: str) -> Plain:
    return {"task": each.task, "title": title, "repo": each.repo, **plain.rejection(each.binding)}


async def why(read: Read, outlook: Outlook, task_id: TaskId) -> Plain:
    """What keeps a task from starting now, check by check, how each provider stands to it, and when it will start.

    The name of a recurring entry tells about that. Raises NotFound.
    """
    answer, seen = await read(lambda conn: (standing(conn, outlook, task_id, NOTHING), look(conn, outlook)))
    if not answer["checks"]:
        return answer
    decided = seen.decision_by_task.get(TaskId(answer["task"]["id"]))
    if not is_foreseen(decided):
        return answer
    found = await foretell(seen.snapshot, outlook.bill, outlook.now, hours=HORIZON_HOURS, until=decided.task)
    return {**answer, "earliest": _first(earliest(decided, found))}


def standing(conn: Connection, outlook: Outlook, task_id: TaskId, coming: Forecast) -> Plain:
    """The same, with the start as it is forecast already. Raises NotFound."""
    entry = recurring.named(conn, outlook, task_id)
    if entry is not None:
        return {"generated_at": plain.stamp(outlook.now), "task": None, "recurring": entry, **_silent(entry["words"])}
    task = tasks.get(conn, task_id)
    made_by = rows.entry_of(conn, task.id)
    seen = look(conn, outlook)
    found = explain(
        task.id,
        seen.snapshot,
        outlook.bill,
        outlook.now,
        decided=seen.plan,
        coming=coming,
        serves=outlook.daemon is not None,
    )
    answer = {
        "generated_at": plain.stamp(outlook.now),
        "task": plain.task(task),
        "recurring": recurring.named(conn, outlook, made_by) if made_by else None,
    }
    if found is None:
        return {**answer, **_closed(conn, task)}
    expect = _expecting(conn, outlook, [found.task])
    opened = _open(found)
    if found.binding is not None and found.binding.reason is Reason.NEEDS_REVIEW:
        opened["force"] = _decide(conn, task.id)
    for each in opened["candidates"]:
        each["expected"] = expect(task.id, each["provider"], each["model"])
    return {**answer, **opened}


def _closed(conn: Connection, task: Task) -> Plain:
    """What is done or cancelled is not planned any more; but somebody may want it back."""
    said = f"it is {task.state}" + (f": {task.note}" if task.note else "")
    for undoing in undoings.in_states(conn, OPEN, task.repo):
        wish = undoing.wish
        if task.id in (wish.task, *(ride.task for ride in rides.of_run(conn, wish.run) if ride.landed_by == wish.run)):
            said += f"; {undoing.id} takes {wish.run} back, which {wish.who} asked for, once a daemon is at work on it"
    return _silent(said)


def _decide(conn: Connection, task: TaskId) -> str:
    """The command with which a person decides what a task in review waits for; "" where that is decided."""
    asked = questions.holding(conn, task)
    if asked:
        return f"watchbill question show {asked[0].id}"
    is_decided = task in {approval.task for approval in approvals.given(conn)}
    return "" if is_decided else f"watchbill review show {task}"


def _silent(said: str) -> Plain:
    return {"summary": said, "checks": [], "candidates": [], "binding": None, "earliest": None, "force": ""}


def _open(found: Explanation) -> Plain:
    return {
        "summary": _summary(found),
        "checks": [{"name": each.name, "passes": each.passes, "words": each.words} for each in found.checks],
        "candidates": plain.candidates(found.alternatives),
        "binding": None if found.binding is None else plain.rejection(found.binding),
        "earliest": _first(found.earliest),
        "force": found.force,
    }


def _first(entry: Entry | None) -> Plain | None:
    return None if entry is None else {"at": plain.stamp(entry.at), "provider": entry.provider}


def _summary(found: Explanation) -> str:
    if isinstance(found.decision, Start):
        return f"it can start now: {found.decision.why}"
    if found.binding is not None:
        return f"{found.binding.reason}: {plain.said(found.binding, found.task.note)}"
    return found.checks[0].words


def schedule(conn: Connection, outlook: Outlook, ahead: timedelta) -> Plain:
    """Who owns which hours from now on, neighbouring hours of the same owners together, and what of it people changed."""
    bill = overrides.overridden(conn, outlook.bill, outlook.now)
    hours = [_floor(outlook.now) + _HOUR * step for step in range(ahead // _HOUR)]
    turns = [(owners, list(group)) for owners, group in groupby(hours, lambda at: slots.owners(bill, at))]
    return {
        "generated_at": plain.stamp(outlook.now),
        "zone": str(bill.zone),
        "policy": bill.policy,
        "always": [terms.name for terms in bill.providers if terms.always],
        "overrides": [plain.override(each) for each in bill.overrides],
        "turns": [
            {"from": plain.stamp(group[0]), "to": plain.stamp(group[-1] + _HOUR), "owners": list(owners)}
            for owners, group in turns
        ],
    }


def _floor(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)

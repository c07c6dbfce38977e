"""I10 to I13, I15, I18 and I19: the order of work. Who may write what, when, after whom, and that it comes to an end."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import combinations

from watchbill.domain.calls import Call, CallState
from watchbill.domain.claims import overlaps
from watchbill.domain.ids import RunId, TaskId
from watchbill.domain.invariants.evidence import (
    Claim,
    Delivered,
    HttpRequest,
    Intent,
    Lease,
    Queue,
    Rest,
    Rota,
    TakenBack,
    TakeUp,
)
from watchbill.domain.invariants.report import Violation, breach
from watchbill.domain.rides import Ride, RideState
from watchbill.domain.runs import Run, RunState
from watchbill.domain.tasks import DONE, OPEN, Task, TaskState

DROPS_WORK = frozenset({RunState.REJECTED, RunState.FAILED})  # after these the next run asks from the start


def is_fenced(
    claims: Sequence[Claim], leases: Sequence[Lease], runs: Sequence[Run], delivered: Sequence[Delivered]
) -> Iterator[Violation]:
    """I10: never two live claims on one path; a task's tokens strictly rise, and a commit bears its run's."""
    for one, other in combinations(claims, 2):
        if (
            one.repo == other.repo
            and one.task != other.task
            and _at_once(one, other)
            and overlaps(one.pattern, other.pattern)
        ):
            yield breach(
                "I10", "two live claims meet on one path", one=(one.run, one.pattern), other=(other.run, other.pattern)
            )
    last: dict[TaskId, int] = {}
    for lease in leases:
        if lease.token <= last.get(lease.task, 0):
            yield breach(
                "I10",
                "a lease was taken without a higher token",
                task=lease.task,
                run=lease.run,
                token=lease.token,
                before=last[lease.task],
            )
        last[lease.task] = lease.token
    token_by_run = {run.id: run.token for run in runs}
    for commit in delivered:
        if commit.run in token_by_run and commit.token != token_by_run[commit.run]:
            yield breach(
                "I10",
                "a commit bears a token that is not its run's",
                commit=commit.commit,
                run=commit.run,
                token=commit.token,
            )


def is_ordered(tasks: Sequence[Task], runs: Sequence[Run], rides: Sequence[Ride]) -> Iterator[Violation]:
    """I11: no run of a task begins before everything that the task needs is landed or verified; nor does one that it rides in."""
    done_at = _done_at(tasks, runs, rides)
    needs_by_task = {task.id: task.needs for task in tasks}
    run_by_id = {run.id: run for run in runs}
    begun = [(run.task, run) for run in runs]
    begun += [(ride.task, run_by_id[ride.run]) for ride in rides if ride.landed_by is not None]
    for task, run in begun:
        for need in needs_by_task.get(task, ()):
            if need not in done_at or done_at[need] > run.started_at:
                yield breach("I11", "a run began before what it needs was done", run=run.id, task=task, needs=need)


def is_conserved(tasks: Sequence[Task], queue: Queue) -> Iterator[Violation]:
    """I12: the queue is conserved: no entry lost, none twice, markers as the tasks' states, every other byte as it was."""
    task_by_id = {task.id: task for task in tasks}
    times = Counter((entry.repo, entry.path, entry.task) for entry in queue.entries)
    for (_, path, task_id), count in times.items():
        if count > 1:
            yield breach("I12", "an entry is twice", path=path, task=task_id)
        if task_id not in task_by_id:
            yield breach("I12", "an entry has no task", path=path, task=task_id)
    for entry in queue.entries:
        if entry.marker != entry.due:
            yield breach(
                "I12",
                "a marker does not show its task's state",
                path=entry.path,
                line=entry.line,
                marker=entry.marker,
                due=entry.due,
            )
    for task in tasks:
        if task.source is not None and task.state in OPEN and (task.repo, task.source.path, task.id) not in times:
            yield breach("I12", "an open task is not in its queue", task=task.id, path=task.source.path)
    for place in sorted({*queue.text_before, *queue.text_after}):
        if queue.text_before.get(place) != queue.text_after.get(place):
            yield breach("I12", "a queue's text is changed", place=place)


def is_continued(take_ups: Sequence[TakeUp]) -> Iterator[Violation]:
    """I13: what a run takes up is the last durable state of its session."""
    for take_up in take_ups:
        if take_up.stored != take_up.taken:
            yield breach(
                "I13",
                "a session was not taken up as it was stored",
                session=take_up.session,
                run=take_up.run,
                stored=take_up.stored,
                taken=take_up.taken,
            )


def is_on_watch(runs: Sequence[Run], calls: Sequence[Call], rota: Rota) -> Iterator[Violation]:
    """I15: a provider begins work only in its hours, or by a policy that is logged; under strict its calls keep to them."""
    for run in runs:
        if not _stands(rota, run, run.started_at, timedelta(0)):
            yield breach(
                "I15", "a run began outside its provider's watch", run=run.id, provider=run.provider, at=run.started_at
            )
    run_by_id = {run.id: run for run in runs}
    for call in calls if rota.strict else ():
        owner = run_by_id.get(call.purpose.run)
        if owner is not None and not _stands(rota, owner, call.reserved_at, rota.grace):
            yield breach(
                "I15",
                "a call was made outside its provider's watch",
                call=call.id,
                provider=owner.provider,
                at=call.reserved_at,
            )


def is_finished(
    tasks: Sequence[Task],
    runs: Sequence[Run],
    calls: Sequence[Call],
    intents: Sequence[Intent],
    rest: Rest,
    *,
    rides: Sequence[Ride],
    taken_back: Sequence[TakenBack],
) -> Iterator[Violation]:
    """I18: once faults have stopped every runnable task finishes, and nothing is left open behind it."""
    over = {task.id for task in tasks if task.state not in OPEN}
    left = {
        "a task could still start": rest.runnable,
        "a task is still running": [task.id for task in tasks if task.state is TaskState.RUNNING],
        "a run is still running": [run.id for run in runs if run.state is RunState.RUNNING],
        "a task rides with one that is over": [
            ride.task for ride in rides if ride.state is RideState.RIDING and ride.lead in over
        ],
        "a lease is still held": rest.live_leases,
        "a call is still open": [call.id for call in calls if call.state in (CallState.HELD, CallState.SENT)],
        "an intent is still open": [intent.commit for intent in intents if not intent.finished],
        "an undoing is still open": [undoing.run for undoing in taken_back if not undoing.finished],
    }
    for what, names in left.items():
        for name in names:
            yield breach("I18", what, name=name)


def is_needed(calls: Sequence[Call], runs: Sequence[Run], requests: Sequence[HttpRequest]) -> Iterator[Violation]:
    """I19: no provider call without work: each belongs to a run that was going on, and asks what is not answered yet."""
    run_by_id = {run.id: run for run in runs}
    for call in calls:
        run = run_by_id.get(call.purpose.run)
        if run is not None and not _was_going_on(run, call.reserved_at):
            yield breach(
                "I19", "a call was made when its run was not going on", call=call.id, run=run.id, at=call.reserved_at
            )
    yield from _asked_again(calls, run_by_id, requests)


def _at_once(one: Claim, other: Claim) -> bool:
    return (other.until is None or one.since < other.until) and (one.until is None or other.since < one.until)


def _done_at(tasks: Sequence[Task], runs: Sequence[Run], rides: Sequence[Ride]) -> dict[TaskId, datetime]:
    """When each task was first done. One that is done without a run of ours was done by its human before us."""
    done_at: dict[TaskId, datetime] = {}
    for run in runs:
        if run.state in (RunState.LANDED, RunState.VERIFIED) and run.ended_at is not None:
            for task_id in (run.task, *(ride.task for ride in rides if ride.landed_by == run.id)):
                done_at[task_id] = min(run.ended_at, done_at.get(task_id, run.ended_at))
    started = [run.started_at for run in runs]
    for task in tasks:
        if task.state in DONE and task.id not in done_at and started:
            done_at[task.id] = min(started)
    return done_at


def _stands(rota: Rota, run: Run, at: datetime, grace: timedelta) -> bool:
    hours = rota.hours.get(run.provider)
    if hours is None or rota.licences.get(run.id):
        return True
    return any(moment.astimezone(rota.zone).hour in hours for moment in (at, at - grace))


def _was_going_on(run: Run, at: datetime) -> bool:
    return run.started_at <= at and (run.ended_at is None or at <= run.ended_at)


def _asked_again(
    calls: Sequence[Call], run_by_id: Mapping[RunId, Run], requests: Sequence[HttpRequest]
) -> Iterator[Violation]:
    """A question whose answer is stored is not asked again, by its run or by the one that goes on with its work."""
    call_by_id = {call.id: call for call in calls}
    answered: dict[tuple[TaskId, str, str], Call] = {}
    for request in requests:
        call = call_by_id.get(request.call) if request.call else None
        if call is None or not request.digest or not _is_answer(call):
            continue
        question = (call.purpose.task, call.purpose.model, request.digest)
        before = answered.get(question)
        owner = None if before is None else run_by_id.get(before.purpose.run)
        if before is not None and owner is not None and owner.state not in DROPS_WORK:
            yield breach(
                "I19",
                "a question was asked again after its answer was stored",
                call=call.id,
                answered_by=before.id,
                task=call.purpose.task,
            )
        answered[question] = call


def _is_answer(call: Call) -> bool:
    return call.settlement is not None and call.settlement.usage.tokens_out > 0

"""The graph: what waits for what and why, which names nobody has, and who waits in a circle, each with its place in the queue."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from watchbill.domain.circles import circles
from watchbill.domain.ids import TaskId
from watchbill.domain.tasks import DONE, Task, TaskState, origin_of
from watchbill.operator import plain
from watchbill.operator.doors import Plain
from watchbill.operator.outlook import Outlook
from watchbill.operator.queries.look import snapshot_of
from watchbill.scheduling.ordering import in_order
from watchbill.scheduling.snapshot import Snapshot
from watchbill.scheduling.stages import Stages
from watchbill.state import tasks
from watchbill.state.engine import Connection

_SHOWN = 60  # tasks that wait, in one picture
_BOXES = 150  # with what they wait for: nobody reads a larger one


def graph(conn: Connection, outlook: Outlook, *, repo: str | None = None) -> Plain:
    """Every open task with what it waits for and who waits for it, in the order of work."""
    seen = snapshot_of(conn, outlook)
    stages = Stages(seen, outlook.bill)
    of_repo = {task.id: task for _, task in in_order(seen.tasks) if repo in (None, task.repo)}
    return _told(conn, outlook, seen, of_repo, {task.id: _staged(task, stages) for task in of_repo.values()})


def picture(conn: Connection, outlook: Outlook, *, repo: str | None = None, page: int = 1) -> Plain:
    """The same of some: those that wait for open work, so many a page in the order of work, and what they wait for.

    `open` says how many tasks are open in all, `next` the page with those that wait after these; None where there are none.
    """
    seen = snapshot_of(conn, outlook)
    stages = Stages(seen, outlook.bill)
    of_repo = {task.id: task for _, task in in_order(seen.tasks) if repo in (None, task.repo)}
    waiting = (task for task in of_repo.values() if _waits(task, seen, stages))
    shown = list(islice(waiting, (page - 1) * _SHOWN, page * _SHOWN + 1))
    staged = {task.id: _staged(task, stages) for task in shown[:_SHOWN]}
    boxes = dict.fromkeys(staged)
    for task in shown[:_SHOWN]:
        needs = (need for need in (*task.needs, *staged[task.id]) if need in of_repo)
        boxes |= dict.fromkeys(islice(needs, max(0, _BOXES - len(boxes))))
    within = {id_: [need for need in staged.get(id_, ()) if need in boxes] for id_ in of_repo if id_ in boxes}
    return {
        **_told(conn, outlook, seen, of_repo, within),
        "open": len(of_repo),
        "next": page + 1 if len(shown) > _SHOWN else None,
    }


def _staged(task: Task, stages: Stages) -> Sequence[TaskId]:
    return stages.all_of(task) if task.state is TaskState.QUEUED else ()


def _waits(task: Task, seen: Snapshot, stages: Stages) -> bool:
    has_needs = bool(task.needs) and not seen.done.issuperset(task.needs)
    return has_needs or (task.state is TaskState.QUEUED and stages.first_of(task) is not None)


def _told(
    conn: Connection,
    outlook: Outlook,
    seen: Snapshot,
    of_repo: Mapping[TaskId, Task],
    staged: Mapping[TaskId, Sequence[TaskId]],
) -> Plain:
    """The tasks that `staged` names as nodes; what is wrong is told of all."""
    shown = [of_repo[id_] for id_ in staged]
    asked = {need for task in of_repo.values() for need in task.needs}
    state_by_id = tasks.states(conn, asked) | {task.id: task.state for task in seen.tasks}
    before: defaultdict[TaskId, list[TaskId]] = defaultdict(list)
    for task in shown:
        for need in dict.fromkeys((*task.needs, *staged[task.id])):
            before[need].append(task.id)
    return {
        "generated_at": plain.stamp(outlook.now),
        "tasks": [
            {
                **_node(task, state_by_id, staged[task.id]),
                "artefacts": _artefacts(task, seen.absent),
                "before": before[task.id],
            }
            for task in shown
        ],
        "circles": [list(circle) for circle in circles({id_: task.needs for id_, task in of_repo.items()})],
        "unknown": [
            {"task": id_, "needs": need, "origin": origin_of(task)}
            for id_, task in of_repo.items()
            for need in task.needs
            if need not in state_by_id
        ],
    }


def _node(task: Task, state_by_id: Mapping[TaskId, TaskState], staged: Sequence[TaskId]) -> Plain:
    return {
        "id": task.id,
        "repo": task.repo,
        "title": task.title,
        "type": task.type,
        "state": task.state,
        "origin": origin_of(task),
        "needs": list(_needs(task, state_by_id, staged)),
    }


def _needs(task: Task, state_by_id: Mapping[TaskId, TaskState], staged: Sequence[TaskId]) -> Iterator[Plain]:
    """What the queue says first; `by` tells it from what the stages of work say."""
    for need in task.needs:
        state = state_by_id.get(need)
        yield {"task": need, "state": state, "met": state in DONE, "by": "queue"}
    for need in staged:
        if need not in task.needs:
            yield {"task": need, "state": state_by_id[need], "met": False, "by": "stage"}


def _artefacts(task: Task, absent: Mapping[TaskId, Sequence[str]]) -> list[Plain]:
    return [{"pattern": pattern, "met": pattern not in absent.get(task.id, ())} for pattern in task.artefacts]

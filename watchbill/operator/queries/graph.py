"""The graph: what waits for what and why, which names nobody has, and who waits in a circle, each with its place in the queue."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from watchbill.domain.circles import circles
from watchbill.domain.ids import TaskId
from watchbill.domain.tasks import DONE, Task, TaskState, origin_of
from watchbill.operator import plain
from watchbill.operator.doors import Plain
from watchbill.operator.outlook import Outlook
from watchbill.operator.queries.look import snapshot_of
from watchbill.scheduling.ordering import in_order
from watchbill.scheduling.stages import Stages
from watchbill.state import tasks
from watchbill.state.engine import Connection


def graph(conn: Connection, outlook: Outlook, *, repo: str | None = None) -> Plain:
    """Every open task with what it waits for and who waits for it, in the order of work."""
    seen = snapshot_of(conn, outlook)
    stages = Stages(seen, outlook.bill)
    known = {task.id: task for task in tasks.all_tasks(conn)}
    shown = {task.id: task for task in seen.tasks if repo in (None, task.repo)}
    staged = {task.id: stages.all_of(task) for task in shown.values() if task.state is TaskState.QUEUED}
    before: defaultdict[TaskId, list[TaskId]] = defaultdict(list)
    for task in shown.values():
        for need in dict.fromkeys((*task.needs, *staged.get(task.id, ()))):
            before[need].append(task.id)
    return {
        "generated_at": plain.stamp(outlook.now),
        "tasks": [
            {
                **_node(task, known, staged.get(task.id, ())),
                "artefacts": _artefacts(task, seen.absent),
                "before": before[task.id],
            }
            for _, task in in_order(shown.values())
        ],
        "circles": [list(circle) for circle in circles({id_: task.needs for id_, task in shown.items()})],
        "unknown": [
            {"task": id_, "needs": need, "origin": origin_of(task)}
            for id_, task in shown.items()
            for need in task.needs
            if need not in known
        ],
    }


def _node(task: Task, known: Mapping[TaskId, Task], staged: Sequence[TaskId]) -> Plain:
    return {
        "id": task.id,
        "repo": task.repo,
        "title": task.title,
        "type": task.type,
        "state": task.state,
        "origin": origin_of(task),
        "needs": list(_needs(task, known, staged)),
    }


def _needs(task: Task, known: Mapping[TaskId, Task], staged: Sequence[TaskId]) -> Iterator[Plain]:
    """What the queue says first; `by` tells it from what the stages of work say."""
    for need in task.needs:
        is_met = need in known and known[need].state in DONE
        yield {"task": need, "state": known[need].state if need in known else None, "met": is_met, "by": "queue"}
    for need in staged:
        if need not in task.needs:
            yield {"task": need, "state": known[need].state, "met": False, "by": "stage"}


def _artefacts(task: Task, absent: Mapping[TaskId, Sequence[str]]) -> list[Plain]:
    return [{"pattern": pattern, "met": pattern not in absent.get(task.id, ())} for pattern in task.artefacts]

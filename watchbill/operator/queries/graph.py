"""The graph: what waits for what, which names nobody has, and who waits in a circle."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime

from watchbill.domain.ids import TaskId
from watchbill.domain.tasks import DONE, Task
from watchbill.intake import needs
from watchbill.operator import plain
from watchbill.operator.doors import Plain
from watchbill.scheduling.ordering import in_order
from watchbill.state import tasks
from watchbill.state.engine import Connection


def graph(conn: Connection, now: datetime, *, repo: str | None = None) -> Plain:
    """Every open task with what it waits for and who waits for it, in the order of work."""
    known = {task.id: task for task in tasks.all_tasks(conn)}
    shown = {task.id: task for task in tasks.open_tasks(conn) if repo in (None, task.repo)}
    before: defaultdict[TaskId, list[TaskId]] = defaultdict(list)
    for task in shown.values():
        for need in task.needs:
            before[need].append(task.id)
    return {
        "generated_at": plain.stamp(now),
        "tasks": [{**_node(task, known), "before": before[task.id]} for _, task in in_order(shown.values())],
        "circles": [list(circle) for circle in needs.circles({id_: task.needs for id_, task in shown.items()})],
        "unknown": [
            {"task": id_, "needs": need} for id_, task in shown.items() for need in task.needs if need not in known
        ],
    }


def _node(task: Task, known: Mapping[TaskId, Task]) -> Plain:
    return {
        "id": task.id,
        "repo": task.repo,
        "title": task.title,
        "state": task.state,
        "needs": [
            {"task": need, "state": known[need].state if need in known else None, "met": _is_met(known.get(need))}
            for need in task.needs
        ],
    }


def _is_met(task: Task | None) -> bool:
    return task is not None and task.state in DONE

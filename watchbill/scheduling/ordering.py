"""The order of work: the queue's own, with what was bumped by hand as the next of its repository."""

from collections.abc import Iterable

from watchbill.domain.ids import RepoName
from watchbill.domain.tasks import AUTONOMY_RANK, Autonomy, Task, TaskState, queue_order

_Key = tuple[int, int, int, str]


def in_order(tasks: Iterable[Task]) -> list[tuple[int, Task]]:
    """Each task with its priority. A bumped one stands right before the most urgent queued one of its repository, in that
    one's priority, the last bumped first, those of one moment in the queue's order: it overtakes its own repository only,
    others keep their place against it.
    """
    known = list(tasks)
    if not any(task.bumped_at for task in known):
        return [(task.priority, task) for task in sorted(known, key=queue_order)]
    heads = _heads(known)
    placed = sorted(((_place(task, heads), task) for task in known), key=lambda pair: pair[0])
    return [(place[0][0], task) for place, task in placed]


def why_before(first: Task, then: Task) -> str:
    """Why one that goes before another does, for whoever reads the other's wait."""
    if first.bumped_at is not None:
        return "it was brought forward by hand"
    if first.priority != then.priority:
        return f"it is P{first.priority}"
    if first.repo != then.repo:
        return f"it is the turn of {first.repo}"
    if AUTONOMY_RANK[first.autonomy] != AUTONOMY_RANK[then.autonomy]:
        return f"its autonomy is {first.autonomy or Autonomy.MEDIUM}"
    return "it stands earlier in the queue"


def _heads(tasks: Iterable[Task]) -> dict[RepoName, _Key]:
    heads: dict[RepoName, _Key] = {}
    for task in tasks:
        if task.state is TaskState.QUEUED:
            heads[task.repo] = min(queue_order(task), heads.get(task.repo, queue_order(task)))
    return heads


def _place(task: Task, heads: dict[RepoName, _Key]) -> tuple[_Key, float, _Key]:
    if task.bumped_at is None or task.repo not in heads:
        return queue_order(task), 0.0, queue_order(task)
    return heads[task.repo], -task.bumped_at.timestamp(), queue_order(task)

"""Stages: work of one type on a file comes before work of another, as writing before polishing, without a word in the queue."""

from collections.abc import Iterator, Mapping

from watchbill.domain.ids import TaskId, TaskType
from watchbill.domain.tasks import Task, TaskState
from watchbill.scheduling.bill import WatchBill
from watchbill.scheduling.claimed import Claimed, Taken
from watchbill.scheduling.decisions import Reason
from watchbill.scheduling.snapshot import Snapshot

_COMES_FIRST = frozenset({TaskState.QUEUED, TaskState.RUNNING, TaskState.REVIEW})  # what failed is a person's to judge


class Stages:
    """Who waits for whom by the bill's table, in one tick."""

    def __init__(self, snapshot: Snapshot, bill: WatchBill) -> None:
        self._before = bill.stages
        self._needs: Mapping[TaskId, tuple[TaskId, ...]] = {task.id: task.needs for task in snapshot.tasks}
        self._claimed_by_type: dict[TaskType, Claimed] = {}
        later = {task.type for task in snapshot.tasks} & bill.stages.keys()
        wanted = {type_ for after in later for type_ in bill.stages[after]}
        for task in snapshot.tasks:
            if task.type in wanted and task.state in _COMES_FIRST:
                claimed = self._claimed_by_type.setdefault(task.type, Claimed(snapshot.grounds))
                for pattern in task.reach:
                    claimed.add(_taken(task, pattern))

    def first_of(self, task: Task) -> Taken | None:
        """What the task waits for: open work of an earlier stage on its files. What itself waits for the task comes later."""
        if task.type not in self._before:
            return None
        return next((taken for taken in self._all_before(task) if not self._waits(taken.task, task.id)), None)

    def all_of(self, task: Task) -> list[TaskId]:
        """Everybody whom the task waits for."""
        met = sorted({taken.task for taken in self._all_before(task)})
        return [other for other in met if not self._waits(other, task.id)]

    def _all_before(self, task: Task) -> Iterator[Taken]:
        for type_ in sorted(self._before.get(task.type, ())):
            if type_ in self._claimed_by_type:
                yield from self._claimed_by_type[type_].all_met_by(task.id, task.repo, task.reach)

    def _waits(self, task: TaskId, for_: TaskId) -> bool:
        """Whether the one needs the other, as the queue says it, over any number of tasks."""
        todo, seen = list(self._needs.get(task, ())), {task}
        while todo:
            need = todo.pop()
            if need == for_:
                return True
            if need not in seen:
                seen.add(need)
                todo += self._needs.get(need, ())
        return False


def _taken(task: Task, pattern: str) -> Taken:
    why = f"is to be worked on by {task.id} first, which is {task.type} and {task.state}"
    return Taken(repo=task.repo, task=task.id, pattern=pattern, reason=Reason.STAGE, why=why)

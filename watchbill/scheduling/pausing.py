"""Pausing: which pause binds a task or a run now."""

from collections.abc import Iterable
from datetime import datetime

from watchbill.domain.ids import RepoName, TaskId
from watchbill.domain.pauses import Pause, Scope
from watchbill.domain.tasks import Task
from watchbill.scheduling.decisions import Reason, Rejection
from watchbill.scheduling.snapshot import LiveRun


class Pauses:
    """All pauses that are on, found by what they are of; where several bind, the one that lasts longest."""

    def __init__(self, pauses: Iterable[Pause], now: datetime) -> None:
        self._now = now
        self._pause_by_place = {(pause.scope, pause.name): pause for pause in pauses if pause.is_on(now)}

    def of_task(self, task: Task) -> Pause | None:
        if not self._pause_by_place:
            return None
        return self._of(_places(task.id, task.repo, task.type))

    def of_run(self, run: LiveRun, type_: str) -> Pause | None:
        """`type_` is the run's task's."""
        return self._of([*_places(run.task, run.repo, type_), (Scope.PROVIDER, run.provider)])

    def _of(self, places: Iterable[tuple[Scope, str]]) -> Pause | None:
        found = [self._pause_by_place[place] for place in places if place in self._pause_by_place]
        return max(found, key=lambda pause: (pause.until is None, pause.until or self._now), default=None)


def refusal(pause: Pause) -> Rejection:
    reason = Reason.HELD if pause.scope is Scope.TASK else Reason.PAUSED
    return Rejection(reason=reason, detail=pause.said, until=pause.until)


def _places(task: TaskId, repo: RepoName, type_: str) -> list[tuple[Scope, str]]:
    return [(Scope.ALL, ""), (Scope.REPO, repo), (Scope.TYPE, type_), (Scope.TASK, task)]

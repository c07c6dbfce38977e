"""Rollout: how much starts by itself: only what a person released, a few tasks a day, or everything."""

from collections.abc import Mapping
from datetime import datetime

from watchbill.domain.ids import RepoName, TaskId
from watchbill.domain.tasks import Task
from watchbill.domain.windows import WindowKind, turns_at
from watchbill.scheduling.bill import Mode, RepoTerms, WatchBill
from watchbill.scheduling.decisions import Reason, Rejection
from watchbill.scheduling.snapshot import Snapshot

_DAEMON = RepoName("")  # the pool of the repositories that have no number of their own


class Rollout:
    """What the mode of each task's repository allows in one tick; told of every start, so that the next task sees it."""

    def __init__(self, snapshot: Snapshot, bill: WatchBill, now: datetime) -> None:
        self._bill = bill
        self._now = now
        self._terms: Mapping[RepoName, RepoTerms] = {terms.name: terms for terms in bill.repos}
        self._begun: dict[RepoName, set[TaskId]] = {}
        for begun in snapshot.begun:
            if begun.at.astimezone(bill.zone).date() == now.astimezone(bill.zone).date():
                self._pool(begun.repo).add(begun.task)

    def refusal(self, task: Task) -> Rejection | None:
        """A released task goes in every mode, and counts all the same."""
        terms = self._terms.get(task.repo)
        mode = (terms.mode if terms else None) or self._bill.mode
        if mode is Mode.FULL or task.released:
            return None
        if mode is Mode.MANUAL:
            worded = f"{self._place(task.repo)} is in manual mode, and nobody has released this task"
            return Rejection(reason=Reason.NOT_RELEASED, detail=worded)
        pool = self._pool(task.repo)
        number = self._number(task.repo)
        if task.id in pool or len(pool) < number:
            return None
        worded = f"{len(pool)} of the {number} tasks that {self._place(task.repo)} may begin a day have begun today"
        until = turns_at(WindowKind.DAY, self._now, self._bill.zone)
        return Rejection(reason=Reason.DAILY_QUOTA, detail=worded, until=until)

    def begin(self, task: Task) -> None:
        self._pool(task.repo).add(task.id)

    def _pool(self, repo: RepoName) -> set[TaskId]:
        return self._begun.setdefault(repo if self._is_own(repo) else _DAEMON, set())

    def _is_own(self, repo: RepoName) -> bool:
        terms = self._terms.get(repo)
        return terms is not None and (terms.mode is not None or terms.gradual_per_day is not None)

    def _number(self, repo: RepoName) -> int:
        terms = self._terms.get(repo)
        own = terms.gradual_per_day if terms else None
        return self._bill.gradual_per_day if own is None else own

    def _place(self, repo: RepoName) -> str:
        return repo if self._is_own(repo) else "the daemon"

"""Fairness between repositories: within one priority, whoever is furthest behind its share of the runs goes first.

Each run that begins moves its repository on by a stride, which is the shorter the larger its share is; the one that has come
least far goes first. Who could not go (nothing to do, paused, broken, outranked by priority) saves up at most SAVED of its own
runs, so that a long rest does not keep everybody else waiting afterwards. What local automation does beside the watch takes
nobody's turn, so it does not count.
"""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from watchbill.domain.ids import ProviderName, RepoName
from watchbill.domain.tasks import Task
from watchbill.scheduling.bill import WatchBill

RUN = 1_000_000  # the stride of a repository whose share is 1
SAVED = 3  # runs


class Shares:
    """How far each repository has come, told of every run that begins. `passes` are the places as stored."""

    def __init__(self, passes: Mapping[RepoName, int], bill: WatchBill) -> None:
        self._pass_by_repo = dict(passes)
        self._stride_by_repo = {terms.name: max(1, round(RUN / terms.share)) for terms in bill.repos}
        self._beside = _beside(bill)
        self._front = max((at - self._stride(repo) for repo, at in passes.items()), default=0)

    def standing(self, repo: RepoName) -> int:
        """Where its next run begins; the smallest goes first. A newcomer begins beside the others."""
        own = self._pass_by_repo.get(repo, self._front)
        return max(0, own, self._front - SAVED * self._stride(repo))

    def begin(self, repo: RepoName, provider: ProviderName) -> int:
        """Count a run; the repository's new place."""
        if provider in self._beside:
            return self.standing(repo)
        begins = self.standing(repo)
        self._front = max(self._front, begins)
        self._pass_by_repo[repo] = begins + self._stride(repo)
        return self._pass_by_repo[repo]

    @property
    def passes(self) -> Mapping[RepoName, int]:
        return dict(self._pass_by_repo)

    def _stride(self, repo: RepoName) -> int:
        return self._stride_by_repo.get(repo, RUN)


def _beside(bill: WatchBill) -> frozenset[ProviderName]:
    """Who stands beside every watch takes nobody's turn: local automation, unless there is nothing else."""
    always = frozenset(terms.name for terms in bill.providers if terms.always)
    return always if len(always) < len(bill.providers) else frozenset()


def by_turns(ordered: Sequence[tuple[int, Task]], shares: Shares) -> Iterator[Task]:
    """The tasks, each given with its priority and in the order of work, so that repositories take turns within a priority.

    What is counted in `shares` between two of them decides whose turn is next. Within a repository the order stays; where
    two have come equally far, so does theirs.
    """
    for _, group in groupby(enumerate(ordered), key=lambda item: item[1][0]):
        waiting: dict[RepoName, deque[tuple[int, Task]]] = {}
        for place, (_, task) in group:
            waiting.setdefault(task.repo, deque()).append((place, task))
        while len(waiting) > 1:
            repo = min(waiting, key=lambda name: (shares.standing(name), waiting[name][0][0]))
            yield waiting[repo].popleft()[1]
            if not waiting[repo]:
                del waiting[repo]
        yield from (task for rest in waiting.values() for _, task in rest)  # nobody is left to take turns with

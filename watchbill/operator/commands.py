"""Commands: what people may ask to be done. The daemon carries them out; without one, only moves that touch rows alone."""

from dataclasses import dataclass
from typing import Protocol

from watchbill.domain.ids import Commit, RepoName, RunId, TaskId
from watchbill.domain.tasks import Task


@dataclass(frozen=True, slots=True, kw_only=True)
class Promotion:
    """What promoting a repository's integration branch came to."""

    repo: RepoName
    target: str
    commit: Commit | None  # where the target stands now; None when it did not move
    why: str


class Commands(Protocol):
    """Each raises NotFound for an unknown name and IllegalMove where the task's state forbids it."""

    async def cancel(self, task: TaskId, why: str) -> Task:
        """The task, cancelled; a running run of it stops at once."""
        ...

    async def retry(self, task: TaskId) -> Task:
        """The task, queued again with all its attempts before it."""
        ...

    async def accept(self, task: TaskId) -> Task:
        """A proposed task becomes work; one in review lands."""
        ...

    async def refresh(self) -> None:
        """Look at the queues and plan now."""
        ...

    async def promote(self, repo: RepoName) -> Promotion:
        """Bring the integration branch onto the target, where nobody has that checked out. Raises GitError."""
        ...

    async def run_diff(self, run: RunId) -> str:
        """What the run changed, as a unified diff; "" when nothing."""
        ...

"""The opener: makes repositories ready to be worked on, each once in the life of the process."""

import asyncio
from collections.abc import Iterable

from watchbill.daemon import queues
from watchbill.daemon.repositories import ManagedRepo
from watchbill.domain.errors import GitError
from watchbill.domain.ids import RepoName
from watchbill.domain.ports import Events


class Opener:
    """Once, because what puts a clone right after a crash would hurt the runs that work in it."""

    def __init__(self, events: Events) -> None:
        self._events = events
        self._opened: set[RepoName] = set()

    async def open(self, repos: Iterable[ManagedRepo]) -> None:
        """A repository that cannot be opened stops only itself; the ticker says so and tries again."""
        for repo in repos:
            if repo.name not in self._opened:
                await self._open(repo)

    async def _open(self, repo: ManagedRepo) -> None:
        try:
            await repo.vcs.ensure()
            await asyncio.to_thread(queues.tidy, repo)
        except (GitError, OSError) as error:
            self._events.emit("daemon.fault", error=str(error), where=repo.name)
        else:
            self._opened.add(repo.name)

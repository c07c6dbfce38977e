"""The sweeper: each night, what is old enough is removed and our clones are tidied.

Open work, the ledger and what was delivered are left alone.
"""

import asyncio
from collections.abc import Iterable
from datetime import datetime

from watchbill.daemon.repositories import ManagedRepo
from watchbill.daemon.standing import Orders
from watchbill.domain.errors import GitError
from watchbill.domain.ids import RunId, TaskId
from watchbill.domain.ports import Clock, Events
from watchbill.operator.reports.shelf import Shelf
from watchbill.state import retention
from watchbill.state.database import Database
from watchbill.state.folder import StateFolder
from watchbill.state.retention import Faded
from watchbill.workspace.removal import remove

_PAGES = 500  # of the database that are given back at once: 2 MB, some ten milliseconds


class Sweeper:
    def __init__(
        self, *, database: Database, clock: Clock, events: Events, orders: Orders, folder: StateFolder, shelf: Shelf
    ) -> None:
        self._database = database
        self._clock = clock
        self._events = events
        self._orders = orders
        self._folder = folder
        self._shelf = shelf

    async def sweep(self) -> None:
        """In small steps, so that whoever else writes never waits long."""
        keeping, now = self._orders.standing.keeping, self._clock.now()
        faded = await self._fade(metrics=now - keeping.metrics, artefacts=now - keeping.artefacts)
        over, ended = await self._database.submit(
            lambda conn: (
                retention.tasks_over(conn, now - keeping.artefacts),
                retention.runs_ended(conn, now - keeping.artefacts),
            )
        )
        while await self._database.submit(lambda conn: retention.shrink(conn, _PAGES)):
            pass
        patches, freed = await asyncio.to_thread(self._drop_patches, over)
        worktrees = await asyncio.to_thread(self._drop_worktrees, ended)
        refs = sum([await self._tidy(repo, now - keeping.artefacts) for repo in self._orders.standing.repos.values()])
        reports, text = await asyncio.to_thread(
            lambda: self._shelf.prune(before=now - keeping.metrics, size=keeping.size)
        )
        self._events.emit(
            "retention.swept",
            events=faded.events,
            decisions=faded.decisions,
            transcripts=faded.transcripts,
            prompts=faded.prompts,
            audits=faded.audits,
            patches=patches,
            worktrees=worktrees,
            refs=refs,
            reports=reports,
            bytes=freed + text,
        )

    async def _fade(self, *, metrics: datetime, artefacts: datetime) -> Faded:
        whole = Faded()
        while True:
            step = await self._database.submit(lambda conn: retention.fade(conn, metrics=metrics, artefacts=artefacts))
            whole += step
            if step.is_all:
                return whole

    def _drop_patches(self, over: Iterable[tuple[str, TaskId]]) -> tuple[int, int]:
        """How many, and their bytes. Their commits stay: `watchbill run diff` makes the same patch again."""
        places = [self._folder.patches / repo / f"{task}.patch" for repo, task in over]
        sizes = [place.stat().st_size for place in places if place.exists()]
        for place in places:
            place.unlink(missing_ok=True)
        return len(sizes), sum(sizes)

    def _drop_worktrees(self, ended: Iterable[RunId]) -> int:
        """Of runs that ended long ago: a crash may have left them, and the next start has not come yet."""
        names = frozenset(ended)
        places = [place for place in self._folder.worktrees.glob("*/*") if place.name in names]
        for place in places:
            remove(place)
        return len(places)

    async def _tidy(self, repo: ManagedRepo, before: datetime) -> int:
        """How many refs of its clone went. One repository that cannot be tidied stops no other."""
        try:
            names = await repo.vcs.kept_tasks()
            over = await self._database.submit(lambda conn: retention.over_of(conn, names, before))
            gone = await repo.vcs.forget(over)
            await repo.vcs.pack()
        except (GitError, OSError) as error:
            self._events.emit("daemon.fault", error=str(error), where=f"tidying the clone of {repo.name}")
            return 0
        return gone

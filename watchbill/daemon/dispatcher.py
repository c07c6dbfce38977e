"""The dispatcher: turns decisions into running runs, and knows which are running in this process."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from watchbill.daemon.repositories import ManagedRepo
from watchbill.daemon.runner import Runner
from watchbill.daemon.stint import Parts, Stop
from watchbill.domain.errors import ClaimTaken, GitError, IllegalMove
from watchbill.domain.ids import Commit, ProviderName, RepoName, RunId, TaskId
from watchbill.domain.ports import Provider
from watchbill.domain.runs import Run
from watchbill.domain.tasks import Task
from watchbill.scheduling.decisions import Relieve, Start
from watchbill.state import runs, sessions, tasks
from watchbill.state.engine import Connection


@dataclass(slots=True)
class _Flight:
    """A run of this process: its asyncio task, and whether it was asked to stop."""

    run: Run
    job: asyncio.Task[None] | None = None
    stop: Stop | None = field(default=None)


class Dispatcher:
    """Starts runs, passes on stops, and says when one ends."""

    def __init__(
        self,
        parts: Parts,
        runner: Runner,
        *,
        repos: Mapping[RepoName, ManagedRepo],
        providers: Mapping[ProviderName, Provider],
        on_end: Callable[[Run], None],
    ) -> None:
        self._parts = parts
        self._runner = runner
        self._repos = repos
        self._providers = providers
        self._on_end = on_end
        self._flights: dict[RunId, _Flight] = {}

    @property
    def running(self) -> tuple[Run, ...]:
        return tuple(flight.run for flight in self._flights.values())

    async def start(self, start: Start) -> Run | None:
        """Begin a run; None when the world moved between decision and deed, which the next plan will see."""
        repo = self._repos[start.repo]
        try:
            base = await self._base(repo, start.task)
            run = await self._parts.database.submit(lambda conn: self._begin(conn, start, base))
        except (ClaimTaken, IllegalMove):
            return None
        except GitError as error:
            self._parts.events.emit("daemon.fault", error=str(error), where=f"start of {start.task}")
            return None
        task = await self._parts.database.submit(lambda conn: tasks.get(conn, start.task))
        assert task is not None, "a task whose run has begun is there"
        self._parts.events.emit(
            "run.started",
            run=run.id,
            task=task.id,
            provider=run.provider,
            model=run.model,
            token=run.token,
            attempt=run.attempt,
        )
        self._launch(run, task, repo)
        return run

    async def relieve(self, decision: Relieve) -> None:
        """Ask a run to hand over; the store remembers that it was asked."""
        await self._parts.database.submit(lambda conn: runs.relieve(conn, decision.run))
        self.stop(decision.run, Stop.RELIEVED)

    def stop(self, run: RunId, why: Stop) -> None:
        """Ask a run to end at its next checkpoint; the first reason stays."""
        flight = self._flights.get(run)
        if flight is not None and flight.stop is None:
            flight.stop = why

    def cancel(self, task: TaskId) -> bool:
        """Ask a running task's run to end; False when it is not running here."""
        mine = [flight for flight in self._flights.values() if flight.run.task == task]
        for flight in mine:
            flight.stop = Stop.CANCEL
        return bool(mine)

    async def drain(self, within: timedelta) -> None:
        """Ask everything to end at its next checkpoint; what is not there in time is cancelled, its call unknown."""
        for run in tuple(self._flights):
            self.stop(run, Stop.DRAIN)
        jobs = [flight.job for flight in self._flights.values() if flight.job is not None]
        if not jobs:
            return
        _, late = await asyncio.wait(jobs, timeout=within.total_seconds())
        for job in late:
            job.cancel()
        if late:
            await asyncio.wait(late)

    async def idle(self) -> None:
        """Wait until nothing runs."""
        while jobs := [flight.job for flight in self._flights.values() if flight.job is not None]:
            await asyncio.wait(jobs)

    async def _base(self, repo: ManagedRepo, task: TaskId) -> Commit:
        """Where the run begins: where the session's work began, if it has any, else the newest state."""
        session = await self._parts.database.submit(lambda conn: sessions.get(conn, task))
        if session is not None and session.checkpoint is not None:
            before = await self._parts.database.submit(lambda conn: runs.of_task(conn, task))
            known = next((run.base for run in reversed(before) if run.base is not None), None)
            if known is not None:
                return known
        return await repo.start_point()

    def _begin(self, conn: Connection, start: Start, base: Commit) -> Run:
        task = tasks.get(conn, start.task)
        if task is None:
            raise IllegalMove(f"task {start.task} is gone")
        return runs.begin(
            conn,
            task_id=start.task,
            provider=start.provider,
            model=start.model,
            base=base,
            claims=task.claims,
            now=self._parts.clock.now(),
            ttl=self._parts.terms.lease_ttl,
        )

    def _launch(self, run: Run, task: Task, repo: ManagedRepo) -> None:
        flight = _Flight(run=run)
        self._flights[run.id] = flight
        flight.job = asyncio.create_task(
            self._runner.carry_out(
                run=run, task=task, repo=repo, provider=self._providers[run.provider], stop=lambda: flight.stop
            ),
            name=run.id,
        )
        flight.job.add_done_callback(lambda job: self._ended(run, job))

    def _ended(self, run: Run, job: asyncio.Task[None]) -> None:
        del self._flights[run.id]
        if not job.cancelled() and (fault := job.exception()) is not None:
            self._parts.events.emit("daemon.fault", error=repr(fault), where=run.id)
        self._on_end(run)

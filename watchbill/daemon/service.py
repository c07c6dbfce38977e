"""The service: one daemon on one state folder, from recovery to the last checkpoint."""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from watchbill import __version__
from watchbill.daemon.batches import Batches
from watchbill.daemon.brake import Brake
from watchbill.daemon.chronicle import Chronicle
from watchbill.daemon.clockguard import ClockGuard
from watchbill.daemon.control import Control
from watchbill.daemon.dispatcher import Dispatcher
from watchbill.daemon.gatehouse import Gatehouse
from watchbill.daemon.lag import Lag
from watchbill.daemon.notify import Manager
from watchbill.daemon.opener import Opener
from watchbill.daemon.prober import Prober
from watchbill.daemon.recorder import Recorder
from watchbill.daemon.recovery import recover
from watchbill.daemon.recurring import Recurrences
from watchbill.daemon.reload import Reloader
from watchbill.daemon.reporter import Reporter
from watchbill.daemon.repositories import ManagedRepo
from watchbill.daemon.retired import Retired
from watchbill.daemon.standing import Orders
from watchbill.daemon.telling import Teller
from watchbill.daemon.terms import Parts
from watchbill.daemon.ticker import Ticker
from watchbill.daemon.timers import Timers
from watchbill.daemon.tracing import Tracing
from watchbill.daemon.watchdog import Watchdog
from watchbill.domain.errors import StateError, StateLost
from watchbill.domain.ids import ProviderName, RepoName, TaskId
from watchbill.domain.pauses import Pause
from watchbill.domain.ports import Provider
from watchbill.domain.tasks import DONE, TaskState
from watchbill.domain.undoings import OPEN, Undoing, UndoState
from watchbill.scheduling.decisions import Plan
from watchbill.scheduling.snapshot import Snapshot
from watchbill.state import holds, tasks, undoings
from watchbill.state.engine import Connection
from watchbill.state.folder import StateFolder
from watchbill.workspace import watch
from watchbill.workspace.confinement import Quarters

FLUSH_AFTER = 0.25  # seconds in which events are collected for one write to the store
HELD_EVERY = 1.0  # seconds between two looks at whether the state folder is still ours; each is one stat
WATCH_AGAIN = 10  # seconds until files are looked at all the same, and watched again, after watching failed
WRITE_BACK_WITHIN = 30  # seconds at the end; a disk that does not answer must not keep the service manager waiting
FLUSH_AGAIN = 10  # seconds after a write that failed, for instance on a full disk


@dataclass(frozen=True, slots=True, kw_only=True)
class Once:
    """What one tick came to."""

    started: tuple[TaskId, ...]
    done: tuple[TaskId, ...]
    undone: tuple[Undoing, ...]  # landings that were to be taken back, and what came of it
    plan: Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """Everything that bootstrap built, ready to run."""

    parts: Parts
    recorder: Recorder
    reporter: Reporter
    chronicle: Chronicle
    folder: StateFolder
    orders: Orders
    opener: Opener
    dispatcher: Dispatcher
    ticker: Ticker
    recurrences: Recurrences
    batches: Batches
    prober: Prober
    teller: Teller
    brake: Brake
    control: Control
    timers: Timers
    retired: Retired
    reloader: Reloader
    guard: ClockGuard
    watchdog: Watchdog
    lag: Lag
    manager: Manager
    gatehouse: Gatehouse
    quarters: Quarters
    tracing: Tracing | None = None
    api: Callable[[], Coroutine[None, None, None]] | None = None  # serves the control socket until cancelled

    @property
    def repos(self) -> Mapping[RepoName, ManagedRepo]:
        return self.orders.standing.repos

    @property
    def providers(self) -> Mapping[ProviderName, Provider]:
        return self.orders.standing.providers

    async def serve(self, stop: asyncio.Event, *, pause: Pause | None = None) -> None:
        """Run until stop is set, by a signal or a person's command, then drain to checkpoints. A pause is set before all work."""
        self.control.departure.leads_to(stop.set)
        async with self.running(stop) as has_begun:
            if not has_begun:
                self.recorder.emit("daemon.stopping", why="asked to, before it was ready")
                return
            if pause is not None:
                await self.control.pause(pause, at_once=False)
            jobs = [
                self.ticker.run(),
                self._watch_files(),
                self._validate_heads(),
                self.recurrences.run(),
                self.batches.run(),
                self.prober.run(),
                self.chronicle.run(),
                self.teller.run(),
                self.brake.watch(halt=self.dispatcher.halt, wake=self.ticker.wake),
                self.reloader.run(),
                self.guard.run(),
                self.lag.run(),
                self._keep_folder(),
            ]
            if self.api is not None:
                jobs.append(self.api())
            if self.tracing is not None:
                jobs.append(self.tracing.run())
            self.recorder.emit("config.loaded", path=str(self.orders.standing.loaded.path))
            try:
                await self._until(
                    stop, [*jobs, self._announce()]
                )  # the last: all others have begun, the socket listens
            except StateLost as fault:  # another daemon may work on the same things by now: nothing more is written
                self.ticker.pen.drop()
                self.recorder.emit("daemon.stopping", why=str(fault))
                await self.dispatcher.drain(timedelta(0))
                raise
            except Exception as fault:
                await self._leave(f"a part of it failed: {fault!r}")
                raise
            await self._leave("asked to")

    async def _leave(self, why: str) -> None:
        self.recorder.emit("daemon.stopping", why=why)
        self.manager.stopping()
        asked = self.control.departure.within
        await self.dispatcher.drain(self.orders.standing.drain_timeout if asked is None else asked)
        try:
            async with asyncio.timeout(WRITE_BACK_WITHIN):
                await self.ticker.write_back()
        except TimeoutError:
            self.recorder.emit("daemon.fault", error="the disk does not answer", where="last markers")
        except StateError as fault:  # a full disk: the next start sets the markers
            self.recorder.emit("daemon.fault", error=str(fault), where="last markers")

    async def once(self, *, task: TaskId | None = None) -> Once:
        """One tick to its end; never begins a second round."""
        async with self.running():
            before = await self.parts.database.submit(_taken_back)
            if task is None:
                await self.ticker.refresh(self.orders.standing)
                await self.recurrences.look()
            await self.batches.look()
            await self.prober.look()
            plan = await self.ticker.tick(narrow=lambda seen: _only(seen, task))
            landing = [run.task for run in self.dispatcher.running]  # what people approved is in no plan
            await self.dispatcher.idle()
            await self.ticker.validate_heads()
            await self.ticker.write_back()
            await self.chronicle.look()
            await self.teller.look()
            started = tuple(dict.fromkeys((*(start.task for start in plan.starts), *landing)))
            ended = await self.parts.database.submit(lambda conn: [tasks.get(conn, name) for name in started])
            after = await self.parts.database.submit(_taken_back)
            return Once(
                started=started,
                done=tuple(t.id for t in ended if t is not None and t.state in DONE),
                undone=tuple(one for name, one in after.items() if name not in before),
                plan=plan,
            )

    @asynccontextmanager
    async def running(self, stop: asyncio.Event | None = None) -> AsyncIterator[bool]:
        """Open and recover; at the end put everything away. Yields False where stop was set before that was done."""
        self.recorder.emit("daemon.started", version=__version__, pid=os.getpid(), state_dir=str(self.folder.root))
        has_begun = await _unless(stop or asyncio.Event(), self._begin())
        self.timers.start()
        flusher = asyncio.create_task(self._flush(), name="flush")
        try:
            yield has_begun
        finally:
            self.timers.stop()
            flusher.cancel()
            await asyncio.wait({flusher})
            await self.gatehouse.aclose()
            await self.retired.close_all(self.providers.values())
            await self._write_the_rest(self.reporter.write)
            if self.tracing is not None:
                await self.tracing.aclose()
            self.recorder.emit("daemon.stopped")
            await self._write_the_rest(self.recorder.flush)

    async def _write_the_rest(self, write: Callable[[], Awaitable[None]]) -> None:
        """What a full disk does not take is in the log, and no fault of the service: the work was put away before."""
        try:
            await write()
        except StateError as fault:
            self.recorder.emit("daemon.fault", error=str(fault), where="events and reports")

    async def _begin(self) -> None:
        if orphans := await self.quarters.clear():
            self.recorder.emit("agents.reaped", processes=orphans)
        await self.opener.open(self.repos.values())
        await recover(
            database=self.parts.database,
            clock=self.parts.clock,
            events=self.recorder,
            repos=self.repos,
            deliverer=self.parts.deliverer,
        )
        await self.parts.purser.count(self.orders.standing.bill, self.parts.clock.now())
        await self._lift_lasting()
        await self.reporter.catch_up()
        await self.teller.recover()

    async def _lift_lasting(self) -> None:
        """A start is how a person says that a key or a model was mended; one that was not is refused again, for free."""
        for provider in await self.parts.database.submit(holds.lift_lasting):
            self.recorder.emit("provider.released", provider=provider)

    async def _announce(self) -> None:
        self.recorder.emit("daemon.ready", providers=list(self.providers), repos=list(self.repos))
        await self.watchdog.run()

    async def _until(self, stop: asyncio.Event, jobs: Sequence[Coroutine[None, None, None]]) -> None:
        """Run the jobs until stop is set; a job that breaks ends the service with its fault."""
        running = [asyncio.create_task(job) for job in jobs]
        stopped = asyncio.create_task(stop.wait())
        try:
            done, _ = await asyncio.wait({stopped, *running}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for job in (stopped, *running):
                job.cancel()
            await asyncio.wait({stopped, *running})
        for job in done:
            await job

    async def _keep_folder(self) -> None:
        mark = self.folder.lock_mark()
        while True:
            self.folder.check_held(mark)
            await asyncio.sleep(HELD_EVERY)

    async def _watch_files(self) -> None:
        """A saved queue file, one dropped into an inbox, or a commit on a target wakes the ticker. Where watching fails, time does."""
        told = ""
        while True:
            replaced = self.orders.replaced
            try:
                async for _ in watch.changes(self._watched(), replaced, folders=self._boxes()):
                    self.ticker.wake()
            except Exception as fault:  # noqa: BLE001 - whatever the system does not give us, the daemon looks by itself
                if repr(fault) != told:
                    told = repr(fault)
                    self.recorder.emit("daemon.fault", error=told, where="watching files")
                await asyncio.sleep(WATCH_AGAIN)
                self.ticker.wake()

    def _watched(self) -> list[Path]:
        return [
            path
            for repo in self.repos.values()
            for path in (
                *(repo.path / name for name in (*repo.queues, repo.questions)),
                *repo.vcs.branch_files(repo.terms.target),
            )
        ]

    def _boxes(self) -> list[Path]:
        return [self.folder.inbox, *(repo.inbox for repo in self.repos.values() if repo.inbox is not None)]

    async def _validate_heads(self) -> None:
        while True:
            await self.ticker.ticked.wait()
            self.ticker.ticked.clear()
            self.recurrences.wake()
            self.batches.wake()
            self.prober.wake()
            await self.ticker.validate_heads()

    async def _flush(self) -> None:
        """Write what happened; while nothing does, nothing wakes. What a disk does not take is tried again, and told of once."""
        said = ""
        while True:
            await self.recorder.news.wait()
            await asyncio.sleep(FLUSH_AFTER)
            self.recorder.news.clear()
            try:
                await self.reporter.write()
                await self.recorder.flush()
                said = ""
            except Exception as fault:  # noqa: BLE001 - whatever it is, what happens later wants to be written too
                if said != (said := str(fault)):
                    self.recorder.emit("daemon.fault", error=said, where="events and reports")
                await asyncio.sleep(FLUSH_AGAIN)
                self.recorder.news.set()
            await self.retired.close_unused()


async def _unless(stop: asyncio.Event, work: Coroutine[None, None, None]) -> bool:
    """Do the work; False where stop was set first, and what was left of it was not begun."""
    doing, stopped = asyncio.create_task(work), asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({doing, stopped}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        doing.cancel()
        stopped.cancel()
        await asyncio.wait({doing, stopped})
    if not doing.cancelled():
        doing.result()
    return not doing.cancelled()


def _taken_back(conn: Connection) -> Mapping[str, Undoing]:
    """Every wish for a landing to be undone that has ended, one way or the other."""
    return {one.id: one for one in undoings.in_states(conn, frozenset(UndoState) - OPEN)}


def _only(seen: Snapshot, task: TaskId | None) -> Snapshot:
    """The snapshot in which nothing but this task may start."""
    if task is None:
        return seen
    keep = tuple(
        replace(t, released=t.released or t.id == task)  # whoever names it lets it go
        for t in seen.tasks
        if t.id == task or t.state is not TaskState.QUEUED
    )
    return replace(seen, tasks=keep)

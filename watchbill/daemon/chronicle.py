"""The chronicle: reports that come by the clock (status, progress, day, week), and the nightly sweep of what is old."""

import asyncio
from collections.abc import Callable, Collection
from datetime import date, timedelta

from watchbill.daemon.reporter import Reporter
from watchbill.daemon.repositories import ManagedRepo
from watchbill.daemon.standing import Orders
from watchbill.daemon.sweeper import Sweeper
from watchbill.daemon.terms import Parts
from watchbill.daemon.timers import Timers
from watchbill.domain.errors import GitError
from watchbill.domain.ids import RepoName
from watchbill.operator.outlook import Outlook
from watchbill.operator.queries import management, periods, scenes
from watchbill.operator.reports import period, standing, texts
from watchbill.operator.reports.shelf import RUNS, SCENES, STANDING
from watchbill.scheduling import progress, reporting
from watchbill.scheduling.reporting import Due, Kind
from watchbill.state import measures, reports, tasks
from watchbill.state import progress as progress_rows
from watchbill.state.engine import Connection

RETRY = timedelta(minutes=10)  # after which what a full disk did not take is tried again


class Chronicle:
    """Looks when its timer rings, and once at the start: what was owed meanwhile is written then, once."""

    def __init__(
        self,
        parts: Parts,
        *,
        orders: Orders,
        reporter: Reporter,
        sweeper: Sweeper,
        timers: Timers,
        outlook: Callable[[], Outlook],
        broken: Callable[[], Collection[RepoName]],
    ) -> None:
        self._parts = parts
        self._orders = orders
        self._reporter = reporter
        self._sweeper = sweeper
        self._timers = timers
        self._outlook = outlook
        self._broken = broken
        self._woken = asyncio.Event()

    def wake(self) -> None:
        self._woken.set()

    async def run(self) -> None:
        """Write what is due, for ever. A look that fails is reported; it never stops the daemon."""
        while True:
            self._woken.clear()
            clock = self._parts.clock
            try:
                is_all = await self.look()
                again = reporting.next_at(self._orders.standing.reports, clock.now())
            except Exception as fault:  # noqa: BLE001 - a full disk, a repository gone: the next look may do better
                self._parts.events.emit("daemon.fault", error=repr(fault), where="reports")
                is_all = False
            if not is_all:
                again = clock.now() + RETRY
            self._timers.wake_at("reports", again, self.wake)
            await self._woken.wait()

    async def look(self) -> bool:
        """Write everything that is owed now; False where a disk did not take all of it."""
        is_all = await self._reporter.again()
        now = self._parts.clock.now()
        first = await self._parts.database.submit(lambda conn: measures.keep_first_week(conn, now))
        if first is not None:
            self._parts.events.emit("report.baseline", since=first[0], until=first[1])
        for one in await self._parts.database.submit(self._owed):
            is_all = await self._write(one) and is_all
        return is_all

    def _owed(self, conn: Connection) -> list[Due]:
        now = self._parts.clock.now()
        began = measures.first_seen(conn) or now
        return reporting.due(self._orders.standing.reports, reports.written(conn), began, now)

    async def _write(self, one: Due) -> bool:
        match one.kind:
            case Kind.STATUS:
                done = await self._status(one)
            case Kind.PROGRESS:
                done = await self._progress(one)
            case Kind.DAY:
                done = await self._period(one, periods.daily)
            case Kind.WEEK:
                done = await self._period(one, periods.weekly)
            case Kind.SWEEP:
                await self._sweeper.sweep()
                done = True
        if done:
            now = self._parts.clock.now()
            await self._parts.database.submit(lambda conn: reports.note(conn, one.kind, one.name, now))
        return done

    async def _status(self, one: Due) -> bool:
        await self._count(self._day(one))
        answer = await self._parts.database.submit(lambda conn: management.standing(conn, self._outlook()))
        return await self._reporter.put(STANDING, one.name, answer, standing.document(answer))

    async def _progress(self, one: Due) -> bool:
        day = self._day(one)
        await self._count(day)
        answer = await self._parts.database.submit(lambda conn: scenes.scenes(conn, self._outlook(), day, day))
        told = {"report": periods.VERSION, "day": day.isoformat(), **answer}
        return await self._reporter.put(SCENES, one.name, told, texts.document(day, told))

    async def _period(self, one: Due, ask: Callable[[Connection, Outlook, str], dict[str, object]]) -> bool:
        day = self._day(one).isoformat()
        answer = await self._parts.database.submit(lambda conn: ask(conn, self._outlook(), day))
        return await self._reporter.put(RUNS, one.name, answer, period.document(answer), page=True)

    def _day(self, one: Due) -> date:
        return reporting.day_of(self._orders.standing.reports.zone, one.since)

    async def _count(self, day: date) -> None:
        """Count the words of every repository as its work stands now."""
        for repo in self._orders.standing.repos.values():
            if repo.name not in self._broken():
                try:
                    await self._count_repo(repo, day)
                except (GitError, OSError) as error:
                    self._parts.events.emit(
                        "daemon.fault", error=str(error), where=f"counting the words of {repo.name}"
                    )

    async def _count_repo(self, repo: ManagedRepo, day: date) -> None:
        terms, entries = self._orders.standing.reports, self._orders.standing.recurring
        tree = await repo.vcs.read_tree(await repo.start_point())
        known = await self._parts.database.submit(lambda conn: tasks.all_tasks(conn, repo.name))
        globs = progress.wanted(terms.scenes, entries, repo.name, known)
        apart = {*repo.queues, repo.questions, *([repo.handoff.path] if repo.handoff else [])}
        counts = await asyncio.to_thread(lambda: list(progress.count(tree, globs, apart)))
        await self._parts.database.submit(lambda conn: progress_rows.put(conn, repo.name, day, counts))

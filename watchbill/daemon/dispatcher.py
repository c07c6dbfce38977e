"""The dispatcher: turns decisions into running runs, and knows which are running in this process."""

import asyncio
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial

from watchbill.daemon.repositories import ManagedRepo
from watchbill.daemon.runner import Runner
from watchbill.daemon.standing import Orders, Standing
from watchbill.daemon.terms import Parts, Stop
from watchbill.domain.approvals import PERSON, Approval
from watchbill.domain.errors import ClaimTaken, GitError, IllegalMove, LeaseLost
from watchbill.domain.ids import Commit, RunId, TaskId
from watchbill.domain.ports import Provider
from watchbill.domain.runs import Run, RunState
from watchbill.domain.tasks import Task, TaskState
from watchbill.scheduling.decisions import Relieve, Start
from watchbill.scheduling.fairness import Shares
from watchbill.scheduling.ladder import Step
from watchbill.scheduling.merging import fits
from watchbill.scheduling.snapshot import LiveRun
from watchbill.state import approvals, leases, passes, rides, runs, sessions, steps, tasks
from watchbill.state.engine import Connection

SET_BY = timedelta(seconds=5)  # from here on the clock was set; a start and its row are never so far apart


@dataclass(slots=True)
class _Flight:
    """A run of this process: the orders that it began under, its asyncio task, and whether it was asked to stop."""

    run: Run
    standing: Standing
    began: float  # monotonic seconds
    job: asyncio.Task[None] | None = None
    stop: Stop | None = field(default=None)


class Dispatcher:
    """Starts runs, passes on stops, and says when one ends."""

    def __init__(
        self,
        parts: Parts,
        runner: Runner,
        *,
        orders: Orders,
        on_end: Callable[[Run], None],
        halted: Callable[[], bool] = lambda: False,
    ) -> None:
        self._parts = parts
        self._runner = runner
        self._orders = orders
        self._on_end = on_end
        self._halted = halted
        self._flights: dict[RunId, _Flight] = {}
        self._starting: list[Standing] = []

    @property
    def running(self) -> tuple[Run, ...]:
        return tuple(flight.run for flight in self._flights.values())

    def uses(self, provider: Provider) -> bool:
        """Whether a run that is under way, or about to be, was given this very client."""
        given = (flight.standing.providers.get(flight.run.provider) for flight in self._flights.values())
        near = (one for standing in self._starting for one in standing.providers.values())
        return any(one is provider for one in (*given, *near))

    async def start(self, start: Start) -> Run | None:
        """Begin a run; None when the world moved between decision and deed, which the next plan will see."""
        with self._under_orders() as standing:
            if start.repo not in standing.repos or start.provider not in standing.providers:
                return None
            return await self._start(start, standing)

    async def start_approved(self, approval: Approval) -> Run | None:
        """Begin the run that lands what a person approved; None where it cannot begin now, or is no longer what they saw."""
        with self._under_orders() as standing:
            task = await self._parts.database.submit(lambda conn: tasks.get(conn, approval.task))
            if task is None or task.repo not in standing.repos or not self._may_land(task):
                return None
            try:
                run = await self._land_approved(standing, approval, standing.repos[task.repo])
            except (ClaimTaken, IllegalMove):
                return None
            except GitError as error:
                self._parts.events.emit("daemon.fault", error=str(error), where=f"landing of {task.id}")
                return None
            if run is not None:
                await self._fly(run, standing, None, ())
            return run

    def _may_land(self, task: Task) -> bool:
        is_due = task.not_before is None or task.not_before <= self._parts.clock.now()
        return is_due and not self._halted() and task.id not in {run.task for run in self.running}

    async def _land_approved(self, standing: Standing, approval: Approval, repo: ManagedRepo) -> Run | None:
        if not await self._is_as_shown(repo, approval):
            now = self._parts.clock.now()
            await self._parts.database.submit(lambda conn: approvals.void(conn, approval.task, now))
            return None
        base = await self._base(repo, approval.task)
        return await self._parts.database.submit(lambda conn: self._begin_approved(conn, approval, base, standing))

    async def _is_as_shown(self, repo: ManagedRepo, approval: Approval) -> bool:
        session = await self._parts.database.submit(lambda conn: sessions.get(conn, approval.task))
        if session is None or session.checkpoint is None:
            return False
        return await repo.vcs.tree_of(session.checkpoint) == approval.tree

    def _begin_approved(self, conn: Connection, approval: Approval, base: Commit, standing: Standing) -> Run:
        task = tasks.get(conn, approval.task)
        if task is not None and task.state is TaskState.REVIEW:
            task = tasks.accept(conn, task.id, now=self._parts.clock.now(), note=task.note)
        if task is None or not task.accepted:
            raise IllegalMove(f"{approval.task} is approved no longer")
        return runs.begin(
            conn,
            task_id=task.id,
            provider=PERSON,
            model="",
            base=base,
            claims=task.reach,
            now=self._parts.clock.now(),
            ttl=standing.terms.lease_ttl,
        )

    async def _start(self, start: Start, standing: Standing) -> Run | None:
        try:
            base = await self._base(standing.repos[start.repo], start.task)
            if self._halted():
                return None
            run, riders = await self._parts.database.submit(lambda conn: self._begin(conn, start, base, standing))
        except (ClaimTaken, IllegalMove):
            return None
        except GitError as error:
            self._parts.events.emit("daemon.fault", error=str(error), where=f"start of {start.task}")
            return None
        await self._fly(run, standing, start.step, riders)
        if start.step is not None and start.escalated_from:
            self._parts.events.emit(
                "ladder.escalated", task=run.task, run=run.id, from_step=start.escalated_from, to_step=start.step.name
            )
        return run

    async def _fly(self, run: Run, standing: Standing, step: Step | None, riders: tuple[Task, ...]) -> None:
        task = await self._parts.database.submit(lambda conn: tasks.get(conn, run.task))
        assert task is not None, "a task whose run has begun is there"
        self._parts.events.emit(
            "run.started",
            run=run.id,
            task=task.id,
            provider=run.provider,
            model=run.model,
            token=run.token,
            attempt=run.attempt,
            riders=[rider.id for rider in riders],
        )
        self._launch(run, task, standing, step, riders)

    @contextmanager
    def _under_orders(self) -> Iterator[Standing]:
        """The orders of now, whose providers stay open until what is begun here flies."""
        standing = self._orders.standing
        self._starting.append(standing)
        try:
            yield standing
        finally:
            self._starting.remove(standing)

    async def relieve(self, decision: Relieve) -> None:
        """Ask a run to hand over; the store remembers that it was asked. A stale one is stopped: it was asked in vain."""
        await self._parts.database.submit(lambda conn: runs.relieve(conn, decision.run))
        if decision.at_once:
            await self._take_over(decision)
            return
        self.stop(decision.run, Stop.PAUSED if decision.paused else Stop.RELIEVED)

    async def _take_over(self, decision: Relieve) -> None:
        held = next((run for run in self.running if run.id == decision.run), None)
        if held is None:
            return
        self._parts.events.emit(
            "session.taken_over", task=held.task, run=held.id, from_provider=held.provider, why=decision.why
        )
        await self.abort([held.id], decision.why, RunState.LOST)

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

    def halt(self) -> None:
        """Ask everything to end at its next checkpoint."""
        for run in tuple(self._flights):
            self.stop(run, Stop.PAUSED)

    async def abort(self, wanted: Collection[RunId], why: str, state: RunState = RunState.HANDED_OFF) -> None:
        """Break runs off at once: a call under way stays charged at its bound, the work goes on from the last stored step."""
        mine = [flight for flight in self._flights.values() if flight.run.id in wanted]
        jobs = [flight.job for flight in mine if flight.job is not None]
        for job in jobs:
            job.cancel()
        if jobs:
            await asyncio.wait(jobs)
        for flight in mine:
            with suppress(LeaseLost, IllegalMove):  # it came to its own end, or git has to say whether it did
                await self._parts.database.submit(partial(self._break_off, run=flight.run, why=why, state=state))

    def _break_off(self, conn: Connection, run: Run, why: str, state: RunState) -> None:
        session = sessions.get(conn, run.task)
        assert session is not None, "runs.begin opens the task's session"
        handoff = replace(session.handoff, why=why)
        sessions.save(conn, run, replace(session, handoff=handoff), self._parts.clock.now())
        runs.end(
            conn,
            run,
            state=state,
            task_state=TaskState.QUEUED,
            reason=why,
            now=self._parts.clock.now(),
        )

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

    async def renew(self) -> None:
        """The clock was set: the leases of what flies here count from now."""
        for flight in tuple(self._flights.values()):
            with suppress(LeaseLost):  # its heartbeat finds out, and ends it
                await self._parts.database.submit(partial(self._renew, flight))

    def _renew(self, flight: _Flight, conn: Connection) -> None:
        leases.renew(conn, flight.run, self._parts.clock.now(), flight.standing.terms.lease_ttl)

    def with_true_ages(self, live: Iterable[LiveRun], now: datetime) -> tuple[LiveRun, ...]:
        """Runs with the age that they have, where the wall clock was set since they began."""
        return tuple(self._with_true_age(run, now) for run in live)

    def _with_true_age(self, run: LiveRun, now: datetime) -> LiveRun:
        flight = self._flights.get(run.run)
        if flight is None:
            return run
        began = now - timedelta(seconds=self._parts.clock.monotonic() - flight.began)
        return replace(run, started_at=began) if abs(began - run.started_at) > SET_BY else run

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

    def _begin(self, conn: Connection, start: Start, base: Commit, standing: Standing) -> tuple[Run, tuple[Task, ...]]:
        """The run, and who rides in it: those of the plan's who still may."""
        task = tasks.get(conn, start.task)
        if task is None:
            raise IllegalMove(f"task {start.task} is gone")
        if task.accepted:
            raise IllegalMove(f"task {start.task} is approved as it is: nobody changes it before it lands")
        begun = runs.begin(
            conn,
            task_id=start.task,
            provider=start.provider,
            model=start.model,
            base=base,
            claims=task.reach,
            now=self._parts.clock.now(),
            ttl=standing.terms.lease_ttl,
        )
        shares = Shares(passes.all_passes(conn), standing.bill)
        passes.put(conn, task.repo, shares.begin(task.repo, start.provider))
        if start.step is not None:
            steps.note(conn, begun.id, start.step.name)
        wanted = [rider for name in start.riders if (rider := _rider(conn, task, name, standing)) is not None]
        return begun, rides.board(conn, begun, wanted, self._parts.clock.now())

    def _launch(self, run: Run, task: Task, standing: Standing, step: Step | None, riders: tuple[Task, ...]) -> None:
        flight = _Flight(run=run, standing=standing, began=self._parts.clock.monotonic())
        self._flights[run.id] = flight
        flight.job = asyncio.create_task(
            self._runner.carry_out(
                run=run, task=task, standing=standing, stop=lambda: flight.stop, step=step, riders=riders
            ),
            name=run.id,
        )
        flight.job.add_done_callback(lambda job: self._ended(run, job))

    def _ended(self, run: Run, job: asyncio.Task[None]) -> None:
        del self._flights[run.id]
        if not job.cancelled() and (fault := job.exception()) is not None:
            self._parts.events.emit("daemon.fault", error=repr(fault), where=run.id)
        self._on_end(run)


def _rider(conn: Connection, lead: Task, name: TaskId, standing: Standing) -> Task | None:
    """The task, if it may ride with the lead as both are now."""
    rider = tasks.get(conn, name)
    if rider is None or rider.state is not TaskState.QUEUED or not fits(lead, rider, standing.bill):
        return None
    return rider if tasks.done_ids(conn).issuperset(rider.needs) else None

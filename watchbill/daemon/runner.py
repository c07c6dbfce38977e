"""The runner: carries one run from its lease to its end, with a heartbeat that keeps the lease and a hard limit on time."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

from watchbill.daemon import approved, catching_up
from watchbill.daemon.briefing import Briefer
from watchbill.daemon.collecting import Collector, collecting_of
from watchbill.daemon.continuity import Continuity
from watchbill.daemon.delivery import Landed
from watchbill.daemon.dialogue import Dialogue
from watchbill.daemon.errand import Errand
from watchbill.daemon.oneshot import OneShot
from watchbill.daemon.putting_down import put_down
from watchbill.daemon.reviewing import Reviewing
from watchbill.daemon.setbacks import End
from watchbill.daemon.sparing import Sparing
from watchbill.daemon.standing import Standing
from watchbill.daemon.stint import Stint
from watchbill.daemon.terms import Parts, Stop
from watchbill.domain.approvals import PERSON
from watchbill.domain.errors import IllegalMove, LeaseLost, NotCommittable
from watchbill.domain.ids import RunId
from watchbill.domain.lore import CONTINUITY
from watchbill.domain.money import MicroUsd
from watchbill.domain.ports import AgentProvider, Provider
from watchbill.domain.reviews import ReviewState
from watchbill.domain.runs import Run, RunState
from watchbill.domain.tasks import Task, TaskState
from watchbill.domain.whole import to_its_end
from watchbill.domain.windows import Window, WindowKind
from watchbill.scheduling.ladder import Step, has_next
from watchbill.state import leases, ledger, runs
from watchbill.state.engine import Connection
from watchbill.workspace.confinement import Quarters


class Runner:
    """Carries out runs; ends each one's row, whatever happens in between."""

    def __init__(self, parts: Parts, briefer: Briefer, collector: Collector, quarters: Quarters) -> None:
        self._parts = parts
        self._briefer = briefer
        self._collector = collector
        self._quarters = quarters

    async def carry_out(
        self,
        *,
        run: Run,
        task: Task,
        standing: Standing,
        stop: Callable[[], Stop | None],
        step: Step | None = None,
        riders: tuple[Task, ...] = (),
    ) -> None:
        """Work until the task lands or the run ends otherwise. A lost lease stops it at once: it writes nothing more."""
        repo = standing.repos[run.repo]
        stint = Stint(
            self._parts, run=run, task=task, repo=repo, terms=standing.terms, stop=stop, step=step, riders=riders
        )
        stint.has_next_step = has_next(standing.bill.ladders, step, task.type, task.repo)
        try:
            async with asyncio.TaskGroup() as group:
                beat = group.create_task(self._heartbeat(stint), name=f"{run.id}-heartbeat")
                await self._work(stint, standing)
                beat.cancel()
        except* LeaseLost:
            self._parts.events.emit("lease.lost", run=run.id, task=task.id)
        except* _Overrun as overrun:
            await self._put_down_overrun(stint, overrun)
        finally:
            self._parts.flights.land(run.id)
            await to_its_end(repo.vcs.drop_worktree(run.id))

    async def _work(self, stint: Stint, standing: Standing) -> None:
        try:
            end = await self._end(stint, standing)
        except (LeaseLost, asyncio.CancelledError):
            raise
        except NotCommittable as what:  # it left that behind, and is told so at its next try
            end = stint.again(f"what it left behind cannot be committed: {what}", RunState.REJECTED)
        except Exception as fault:  # noqa: BLE001 - whatever broke in one run must not stop the daemon or the other runs
            self._parts.events.emit("daemon.fault", error=repr(fault), where=stint.run.id)
            end = End(state=RunState.FAILED, task_state=TaskState.QUEUED, why=f"fault of ours: {fault!r}")
        if isinstance(end, End):
            await self._put_down(stint, end)
        else:
            await self._tell(stint)

    async def _put_down(self, stint: Stint, end: End) -> None:
        """End the run, unless its commit may be on the target already: the next tick asks git, and nothing is lost."""
        try:
            await put_down(stint, end)
        except IllegalMove as undecided:
            self._parts.events.emit("daemon.fault", error=str(undecided), where=stint.run.id)
        else:
            await self._tell(stint)

    async def _tell(self, stint: Stint) -> None:
        """Say how it ended and what it cost, as the rows have it."""
        ended, cost = await self._parts.database.submit(lambda conn: _ended(conn, stint.run.id))
        self._parts.events.emit(
            "run.ended", run=ended.id, task=ended.task, state=ended.state, why=ended.reason, cost=cost
        )

    async def _end(self, stint: Stint, standing: Standing) -> Landed | End:
        bench = await stint.open()
        if stint.run.provider == PERSON:
            return await approved.land(stint)
        await catching_up.catch_up(stint)
        provider: Provider = standing.providers[stint.run.provider]
        if isinstance(provider, AgentProvider):
            return await Errand(stint, bench, provider, briefer=self._briefer, quarters=self._quarters).run()
        if stint.task.type == CONTINUITY:
            return await Continuity(stint, provider).hold()
        review = stint.session.review
        together = stint.terms.collaboration
        if review is not None and review.state is ReviewState.WANTED and together.wants(stint.task.type):
            return await Reviewing(stint, provider, review, together.rounds).hold()
        collecting = await collecting_of(stint, provider, self._collector, standing.batches)
        if stint.terms.keeping is not None:
            setup = standing.setups[stint.run.provider]
            house = f"{setup.kind} {setup.base_url or (setup.worker.weights if setup.worker else '')}"
            provider = Sparing(provider, stint=stint, keeping=stint.terms.keeping, house=house)
        examples = standing.one_shots.get((stint.run.provider, stint.run.model))
        if examples is not None:
            stint.repo = replace(stint.repo, max_repairs=0)  # it has said all that it has to say
            provider = OneShot(provider, stint=stint, bench=bench, examples=examples)
            collecting = await collecting_of(stint, provider, self._collector, standing.batches)  # it takes none
        return await Dialogue(stint, bench, provider, self._briefer, collecting).hold()

    async def _heartbeat(self, stint: Stint) -> None:
        """Renew the lease while the run may live. Raises LeaseLost when it is another's, _Overrun after the hard limit.

        A run's age is counted on the monotonic clock: nobody overruns because the wall clock was set.
        """
        terms, clock = stint.terms, self._parts.clock
        latest = clock.monotonic() + terms.dead_after.total_seconds()
        while clock.monotonic() < latest:
            await clock.sleep(terms.lease_ttl / 3)
            try:
                await self._parts.database.submit(
                    lambda conn: leases.renew(conn, stint.run, clock.now(), terms.lease_ttl), aside=True
                )
            except LeaseLost:
                ended, _ = await self._parts.database.submit(lambda conn: _ended(conn, stint.run.id))
                if ended.state in (RunState.RUNNING, RunState.LOST):
                    raise
                return  # the run came to its own end just now
        raise _Overrun(f"stopped after {terms.dead_after}")

    async def _put_down_overrun(self, stint: Stint, overrun: BaseException) -> None:
        with suppress(LeaseLost):
            await self._put_down(stint, End(state=RunState.LOST, task_state=TaskState.QUEUED, why=str(overrun)))


class _Overrun(Exception):
    """A run lived past the hard limit."""


def _ended(conn: Connection, run: RunId) -> tuple[Run, MicroUsd]:
    ended = runs.get(conn, run)
    assert ended is not None, "a run's row is never deleted"
    spent, _ = ledger.used(conn, Window(WindowKind.RUN, run))
    return ended, spent

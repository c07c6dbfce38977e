"""The ticker: look at the world, plan, do what was decided, and say when to look again."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from watchbill.daemon import offers, recovery
from watchbill.daemon.dispatcher import Dispatcher
from watchbill.daemon.heads import HeadWatch
from watchbill.daemon.queues import Queues
from watchbill.daemon.repositories import ManagedRepo
from watchbill.daemon.stint import Parts
from watchbill.daemon.timers import Timers
from watchbill.domain.errors import GitError, Unsafe
from watchbill.domain.ids import ProviderName, RepoName, TaskId
from watchbill.domain.tasks import TaskState
from watchbill.scheduling import codec, planner, tempo
from watchbill.scheduling.bill import WatchBill
from watchbill.scheduling.decisions import Decision, GiveUp, Plan, Relieve, Start, Wait
from watchbill.scheduling.snapshot import Snapshot
from watchbill.state import decisions, holds, runs, snapshot, tasks


class Ticker:
    """Owns the rhythm. Everything that happens elsewhere only wakes it."""

    def __init__(
        self,
        parts: Parts,
        *,
        bill: WatchBill,
        repos: Mapping[RepoName, ManagedRepo],
        dispatcher: Dispatcher,
        queues: Queues,
        heads: HeadWatch,
        timers: Timers,
    ) -> None:
        self._parts = parts
        self._bill = bill
        self._repos = repos
        self._dispatcher = dispatcher
        self._queues = queues
        self._heads = heads
        self._timers = timers
        self._woken = asyncio.Event()
        self.ticked = asyncio.Event()
        self.broken: dict[RepoName, str] = {}  # why a repository cannot be worked on
        self._last_by_subject: dict[str, tuple[str, str]] = {}
        self._on_watch: tuple[ProviderName, ...] = ()

    def wake(self) -> None:
        self._woken.set()

    async def run(self) -> None:
        """Tick at every wake, for ever. A tick that fails is reported and tried again; it never stops the daemon."""
        while True:
            self._woken.clear()
            try:
                await self.tick()
            except Exception as fault:  # noqa: BLE001 - disk full, a repository gone: the next tick may do better
                self._parts.events.emit("daemon.fault", error=repr(fault), where="tick")
                self._timers.wake_at("tick", self._parts.clock.now() + self._bill.tempo.tick_min, self.wake)
            self.ticked.set()
            await self._woken.wait()

    async def tick(self, *, narrow: Callable[[Snapshot], Snapshot] = lambda whole: whole) -> Plan:
        """One look and what follows from it. `narrow` restricts what may start (a single task, for instance)."""
        await self._refresh()
        now = self._parts.clock.now()
        seen = narrow(await self._look(now))
        plan = planner.plan(seen, self._bill, now)
        await self._journal(seen, plan, now)
        await self._act(plan)
        await self.write_back()
        self._parts.purser.look(seen.windows, now)
        self._arm(plan, seen, now)
        return plan

    async def write_back(self) -> None:
        """Show the owner where things stand: markers in the queue files, branches in the repository."""
        for name, repo in self._repos.items():
            if name not in self.broken:
                await self._queues.write_back(repo)
                await self._parts.deliverer.show_owner(repo)

    async def validate_heads(self) -> None:
        """Check new heads of target branches; apart from the tick, since a big tree takes a while."""
        for name, repo in self._repos.items():
            if name not in self.broken:
                await self._validate_head(repo)

    async def _validate_head(self, repo: ManagedRepo) -> None:
        try:
            if await self._heads.look(repo) is not None:
                self.wake()
        except Exception as fault:  # noqa: BLE001 - what lies in one repository must not stop the others or the daemon
            self._parts.events.emit("daemon.fault", error=repr(fault), where=f"head of {repo.name}")

    # --- looking

    async def _refresh(self) -> None:
        for name, repo in self._repos.items():
            try:
                await repo.vcs.fetch()
                await repo.start_point()
                if repo.commands:
                    await asyncio.to_thread(repo.sandbox.check)
            except (GitError, Unsafe, OSError) as error:
                self._break(name, str(error))
                continue
            self.broken.pop(name, None)
            await offers.free_taken(repo, database=self._parts.database, events=self._parts.events)
            await self._queues.read(repo, stop_run=self._dispatcher.cancel)
        now = self._parts.clock.now()
        for provider in await self._parts.database.submit(lambda conn: holds.lift_due(conn, now, timedelta(0))):
            self._parts.events.emit("provider.released", provider=provider)
        await self._rescue_lapsed(now)

    def _break(self, name: RepoName, why: str) -> None:
        if self.broken.get(name) != why:
            self._parts.events.emit("daemon.fault", error=why, where=name)
        self.broken[name] = why

    async def _rescue_lapsed(self, now: datetime) -> None:
        """Runs that nobody works on any more: their landing is decided first, then they are freed."""
        mine = {run.id for run in self._dispatcher.running}
        await recovery.conclude_intents(
            database=self._parts.database,
            events=self._parts.events,
            repos=self._repos,
            deliverer=self._parts.deliverer,
            but=mine,
        )
        await self._parts.database.submit(
            lambda conn: [
                runs.rescue(conn, run, now, "its lease lapsed") for run in runs.lapsed(conn, now) if run.id not in mine
            ]
        )

    async def _look(self, now: datetime) -> Snapshot:
        seen = await self._parts.database.submit(lambda conn: snapshot.load(conn, self._bill, now))
        return replace(seen, broken_repos={**snapshot.strays(seen, self._bill), **self.broken})

    # --- doing

    async def _act(self, plan: Plan) -> None:
        if plan.on_watch != self._on_watch:
            self._on_watch = plan.on_watch
            self._parts.events.emit("schedule.watch_changed", on_watch=list(plan.on_watch))
        for decision in plan.decisions:
            match decision:
                case Start():
                    await self._dispatcher.start(decision)
                case Relieve():
                    await self._dispatcher.relieve(decision)
                case GiveUp(task=task, why=why):
                    await self._give_up(task, why)
                case Wait():
                    pass  # its reason was journaled

    async def _give_up(self, task: TaskId, why: str) -> None:
        now = self._parts.clock.now()
        await self._parts.database.submit(lambda conn: tasks.move(conn, task, TaskState.FAILED, now=now, note=why))
        self._parts.events.emit("task.failed", task=task, why=why)

    async def _journal(self, seen: Snapshot, plan: Plan, now: datetime) -> None:
        """Store the decisions that changed, with everything that they were made from."""
        changed = [d for d in plan.decisions if self._last_by_subject.get(_subject(d)) != _gist(d)]
        self._last_by_subject = {_subject(decision): _gist(decision) for decision in plan.decisions}
        if not changed:
            return
        inputs = codec.encode_inputs(seen, self._bill, now)
        rows = [(_subject(d), _gist(d)[0], _gist(d)[1], codec.encode_decisions((d,))) for d in changed]
        await self._parts.database.submit(lambda conn: decisions.journal(conn, now, inputs, rows))
        for decision in changed:
            if isinstance(decision, Wait):
                self._parts.events.emit(
                    "task.waiting",
                    task=decision.task,
                    reason=decision.binding.reason,
                    detail=decision.binding.detail,
                    until=decision.binding.until,
                )

    def _arm(self, plan: Plan, seen: Snapshot, now: datetime) -> None:
        pending = any(task.state is TaskState.QUEUED for task in seen.tasks)
        pace = tempo.next_tick(self._bill, now, pending=pending)
        soonest = min(plan.look_again, now + pace)
        self._timers.wake_at("tick", max(soonest, now + timedelta(milliseconds=200)), self.wake)
        if not plan.starts and not self._dispatcher.running:
            self._parts.events.emit("daemon.tick_idle", next=soonest)


def _subject(decision: Decision) -> str:
    return decision.run if isinstance(decision, Relieve) else decision.task


def _gist(decision: Decision) -> tuple[str, str]:
    """Kind and reason: what makes a decision a changed one."""
    match decision:
        case Start(provider=provider, model=model):
            return ("start", f"{provider} {model}".strip())
        case Wait(binding=binding):
            return ("wait", binding.reason)
        case Relieve(why=why):
            return ("relieve", why)
        case GiveUp(why=why):
            return ("give_up", why)

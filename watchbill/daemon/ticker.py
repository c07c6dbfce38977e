"""The ticker: look at the world, plan, do what was decided, and say when to look again."""

import asyncio
from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from watchbill.daemon import offers, recovery
from watchbill.daemon.alarm import Alarm
from watchbill.daemon.brake import Brake
from watchbill.daemon.dispatcher import Dispatcher
from watchbill.daemon.following import Follower
from watchbill.daemon.foresight import Foresight
from watchbill.daemon.heads import HeadWatch
from watchbill.daemon.inbox import Inbox
from watchbill.daemon.journal import Journal
from watchbill.daemon.lookout import Lookout
from watchbill.daemon.noticeboard import NoticeBoard
from watchbill.daemon.pen import Pen
from watchbill.daemon.questions import QUIET, Questions
from watchbill.daemon.queues import Queues
from watchbill.daemon.repositories import ManagedRepo
from watchbill.daemon.setbacks import GRACE
from watchbill.daemon.standing import Orders, Standing
from watchbill.daemon.terms import Parts
from watchbill.daemon.timers import Timers
from watchbill.daemon.validating import LineWatch
from watchbill.daemon.watchdog import Pulse
from watchbill.daemon.weighing import Weigher
from watchbill.domain.errors import GitError, Unsafe
from watchbill.domain.ids import ProviderName, RepoName, TaskId
from watchbill.domain.pauses import Pause
from watchbill.domain.tasks import TaskState
from watchbill.domain.windows import Caps
from watchbill.operator.memory import Memory, Seen
from watchbill.operator.outlook import Ticks
from watchbill.scheduling import planner, tempo
from watchbill.scheduling.decisions import GiveUp, Plan, Relieve, SetAside, Start, Wait
from watchbill.scheduling.pausing import Pauses
from watchbill.scheduling.snapshot import Snapshot
from watchbill.state import allowances, approvals, holds, pauses, raises, runs, shortage, snapshot, tasks
from watchbill.state.engine import Connection
from watchbill.workspace.owner import TRANSFER

MOST_PLANS = 6  # in one look
MOST_LOOKS = 8  # at one repository's line in a row: each takes back one change, or finds nothing more


class Ticker:
    """Owns the rhythm. Everything that happens elsewhere only wakes it."""

    def __init__(
        self,
        parts: Parts,
        *,
        orders: Orders,
        dispatcher: Dispatcher,
        queues: Queues,
        questions: Questions,
        board: NoticeBoard,
        heads: HeadWatch,
        weigher: Weigher,
        lookout: Lookout,
        foresight: Foresight,
        follower: Follower,
        lines: LineWatch,
        timers: Timers,
        inbox: Inbox,
        brake: Brake,
        pulse: Pulse,
        memory: Memory,
    ) -> None:
        self._parts = parts
        self._orders = orders
        self._dispatcher = dispatcher
        self._queues = queues
        self._questions = questions
        self._board = board
        self._heads = heads
        self.weigher = weigher
        self._lookout = lookout
        self._foresight = foresight
        self._follower = follower
        self._lines = lines
        self._timers = timers
        self._inbox = inbox
        self._brake = brake
        self._pulse = pulse  # beats at each step, for the watchdog
        self._memory = memory  # of what was seen and planned, for answers
        self.pen = Pen()
        self._idle_ticks = 0  # in a row
        self._stop: Pause | None = None  # as at the last look
        self._alarm = Alarm(parts.events, "tick")
        self._journal = Journal(database=parts.database, events=parts.events)
        self.ticked = asyncio.Event()
        self.ticks = Ticks()
        self.is_looking = False
        self._fault_by_step: dict[tuple[RepoName, str], str] = {}
        self.broken: dict[RepoName, str] = {}  # why a repository cannot be worked on
        self.parted: dict[RepoName, tuple[str, ...]] = {}  # where two branches do not merge
        self._on_watch: tuple[ProviderName, ...] = ()
        self._scores: dict[ProviderName, int] = {}  # as last told

    def wake(self) -> None:
        self._alarm.ring()

    async def run(self) -> None:
        """Tick at every wake, for ever. A tick that fails is reported and tried again; it never stops the daemon."""
        await self._alarm.at_every_ring(
            self._tick_and_tell, again=lambda: self._rest(self._orders.standing.bill.tempo.tick_min)
        )

    async def _tick_and_tell(self) -> None:
        began, self.is_looking = self._parts.clock.monotonic(), True
        try:
            await self.tick()
        finally:
            self.is_looking = False
            took = timedelta(seconds=self._parts.clock.monotonic() - began)
            self.ticks = Ticks(count=self.ticks.count + 1, took=self.ticks.took + took)
            self.ticked.set()

    async def tick(self, *, narrow: Callable[[Snapshot], Snapshot] = lambda whole: whole) -> Plan:
        """One look and what follows from it. `narrow` restricts what may start (a single task, for instance)."""
        standing = self._orders.standing  # one tick, one configuration
        await self.refresh(standing)
        now = self._parts.clock.now()
        await self._land_approved(standing, now)
        mark, whole = await self._look(standing, now)
        stored = narrow(whole)
        seen, plan = await self._plan(stored, standing, now)
        if stored is whole:
            terms = (standing.bill, seen.broken_repos, self._stop, self.weigher.known)
            self._memory.keep(mark, terms, Seen.of(seen, plan, now))
        self._tell_scores(seen)
        await self._journal.write(plan.decisions, seen, standing.bill, now)
        await self._act(plan)
        await self.write_back()
        await self._parts.purser.look(seen, now)
        self._arm(plan, seen, standing, now)
        return plan

    async def _plan(self, stored: Snapshot, standing: Standing, now: datetime) -> tuple[Snapshot, Plan]:
        """The plan, and what it was made with: made anew where it would begin calls that turn out to be too dear.

        In a long queue of those a look does not last until all are weighed: what it begins then is the ledger's to judge.
        """
        await self.weigher.begin(standing, stored)
        for _ in range(MOST_PLANS):
            self._pulse.beat()
            seen = replace(stored, first_calls=(*stored.first_calls, *self.weigher.known))
            plan = planner.plan(seen, standing.bill, now)
            if not await self.weigher.look(plan, seen, standing, now):
                break
        return seen, plan

    async def _land_approved(self, standing: Standing, now: datetime) -> None:
        """Before anything is planned: what people approved needs no provider, only its turn."""
        given = await self._parts.database.submit(approvals.given)
        if not given:
            return
        _, seen = await self._look(standing, now)
        paused, task_by_id = Pauses(seen.pauses, now), {task.id: task for task in seen.tasks}
        for approval in given:
            task = task_by_id.get(approval.task)
            if task is not None and task.repo not in self.broken and paused.of_task(task) is None:
                await self._dispatcher.start_approved(approval)

    async def write_back(self) -> None:
        """Show the owner where things stand: markers in the queue files, branches in the repository, files in inboxes."""
        for name, repo in self._orders.standing.repos.items():
            if name not in self.broken:
                self._pulse.beat(TRANSFER)
                with self._apart(name, "write back"):
                    for shown in (self._queues, self._questions, self._board):
                        await self.pen.write(partial(shown.write_back, repo))
                    await self._parts.deliverer.show_owner(repo)
        self._pulse.beat()
        await self._inbox.put_away(self._orders.standing)

    async def validate_heads(self) -> None:
        """Check new heads of target branches; apart from the tick, since a big tree takes a while."""
        for name, repo in self._orders.standing.repos.items():
            if name not in self.broken:
                with self._apart(name, "heads"):
                    if await self._take_back(repo) | (await self._heads.look(repo) is not None):
                        self.wake()

    async def _take_back(self, repo: ManagedRepo) -> bool:
        """Bring what work builds on up to its owner's branches, and check it; what broke it is reverted first, so that nobody
        mends it as well."""
        was_behind = await self._follower.look(repo)
        for looks in range(MOST_LOOKS):
            if not await self._lines.look(repo):
                return was_behind or looks > 0
        return True

    @contextmanager
    def _apart(self, name: RepoName, step: str) -> Iterator[None]:
        """Whatever is wrong with one repository stops only that one; it is said once, and tried again at the next look."""
        try:
            yield
        except Exception as fault:  # noqa: BLE001 - a damaged clone, a full disk, a name that nobody thought of
            why = str(fault) or repr(fault)
            if self._fault_by_step.get((name, step)) != why:
                self._fault_by_step[name, step] = why
                self._parts.events.emit("daemon.fault", error=why, where=name)
        else:
            self._fault_by_step.pop((name, step), None)

    # --- looking

    async def refresh(self, standing: Standing) -> None:
        """Bring over what the owners' repositories have, and read their queues."""
        for name, repo in standing.repos.items():
            self._pulse.beat(TRANSFER)
            try:
                await repo.vcs.fetch()
                await self._follower.notice(repo)
                self._part(repo, await repo.parted())
                if repo.commands:
                    await asyncio.to_thread(repo.sandbox.means)
            except (GitError, Unsafe, OSError) as error:
                self._break(name, str(error))
                continue
            self.broken.pop(name, None)
            with self._apart(name, "queues"):
                await offers.free_taken(repo, database=self._parts.database, events=self._parts.events)
                await self._queues.read(repo, standing.queue_terms[name], stop_run=self._dispatcher.cancel)
                if await self._questions.read(repo):
                    self._timers.wake_at(f"questions of {name}", self._parts.clock.now() + QUIET, self.wake)
            with self._apart(name, "look"):
                await self._lookout.look(repo)
        self._pulse.beat()
        sound = {name: repo for name, repo in standing.repos.items() if name not in self.broken}
        try:
            await self._foresight.look(sound)
        except GitError as error:
            self._parts.events.emit("daemon.fault", error=str(error), where="foresight")
        await self._inbox.read(standing, broken=self.broken)
        now = self._parts.clock.now()
        for pause in await self._parts.database.submit(lambda conn: pauses.lapse(conn, now)):
            self._parts.events.emit("pause.lapsed", scope=pause.scope, of=pause.name)
        await self._resume(now, standing.bill.caps, auto_resume=standing.bill.auto_resume)
        await self._rescue_lapsed(standing, now)

    def _part(self, repo: ManagedRepo, paths: tuple[str, ...]) -> None:
        if paths and paths != self.parted.get(repo.name):
            self._parts.events.emit("landing.parted", repo=repo.name, target=repo.terms.target, paths=paths)
        if paths:
            self.parted[repo.name] = paths
        elif self.parted.pop(repo.name, None):
            self._parts.events.emit("landing.rejoined", repo=repo.name, target=repo.terms.target)

    async def _resume(self, now: datetime, caps: Caps, *, auto_resume: bool) -> None:
        """Let accounts be tried whose hold is over, and work begin where an allowance or a budget came back."""

        def resume(conn: Connection) -> tuple[list[ProviderName], list[TaskId]]:
            turned = allowances.turn_due(conn, now, GRACE) if auto_resume else []
            released = sorted({*holds.lift_due(conn, now, auto_resume=auto_resume), *turned})
            return released, shortage.go_on(conn, now, raises.in_force(conn, caps, now))

        released, queued = await self._parts.database.submit(resume)
        for provider in released:
            self._parts.events.emit("provider.released", provider=provider)
        for task in queued:
            self._parts.events.emit("task.requeued", task=task, why=shortage.GOES_ON)

    def _break(self, name: RepoName, why: str) -> None:
        if self.broken.get(name) != why:
            self._parts.events.emit("daemon.fault", error=why, where=name)
        self.broken[name] = why

    async def _rescue_lapsed(self, standing: Standing, now: datetime) -> None:
        """Runs that nobody works on any more: their landing is decided first, then they are freed."""
        mine = {run.id for run in self._dispatcher.running}
        await recovery.conclude_intents(
            database=self._parts.database,
            events=self._parts.events,
            repos=standing.repos,
            deliverer=self._parts.deliverer,
            but=mine,
        )
        await self._parts.database.submit(
            lambda conn: [
                runs.rescue(conn, run, now, "its lease lapsed") for run in runs.lapsed(conn, now) if run.id not in mine
            ]
        )

    async def _look(self, standing: Standing, now: datetime) -> tuple[int, Snapshot]:
        """Where the store stood, and what was seen in it."""
        mark, seen = await self._parts.database.submit(
            lambda conn: (self._memory.mark(conn), snapshot.load(conn, standing.bill, now))
        )
        self._miss(standing, {task.repo for task in seen.tasks})
        self._stop = self._brake.pause()
        return mark, replace(
            seen,
            live=self._dispatcher.with_true_ages(seen.live, now),
            broken_repos=dict(self.broken),
            pauses=(*seen.pauses, *([self._stop] if self._stop else [])),
        )

    def _miss(self, standing: Standing, wanted: AbstractSet[RepoName]) -> None:
        """Open tasks of a repository that the configuration no longer has wait for it, and say so."""
        for name in [name for name in self.broken if name not in standing.repos and name not in wanted]:
            del self.broken[name]
        for name in sorted(wanted - standing.repos.keys()):
            self._break(name, "it is no longer in the configuration, and tasks of it are open")

    # --- doing

    async def _act(self, plan: Plan) -> None:
        if plan.on_watch != self._on_watch:
            self._on_watch = plan.on_watch
            self._parts.events.emit("schedule.watch_changed", on_watch=list(plan.on_watch))
        for decision in plan.decisions:
            self._pulse.beat()
            match decision:
                case Start():
                    await self._dispatcher.start(decision)
                case Relieve():
                    await self._dispatcher.relieve(decision)
                case GiveUp(task=task, why=why):
                    await self._give_up(task, why)
                case SetAside():
                    await self._set_aside(decision)
                case Wait():
                    pass  # its reason was journaled

    def _tell_scores(self, seen: Snapshot) -> None:
        """So that people see later how they went."""
        for state in seen.providers:
            before = self._scores.get(state.name)
            if state.score != before:
                self._scores[state.name] = state.score
                self._parts.events.emit("provider.scored", provider=state.name, score=state.score, before=before)

    async def _give_up(self, task: TaskId, why: str) -> None:
        now = self._parts.clock.now()
        await self._parts.database.submit(lambda conn: tasks.move(conn, task, TaskState.FAILED, now=now, note=why))
        self._parts.events.emit("task.failed", task=task, why=why)

    async def _set_aside(self, decision: SetAside) -> None:
        now, task, why = self._parts.clock.now(), decision.task, decision.why

        def put(conn: Connection) -> None:
            tasks.move(conn, task, TaskState.REVIEW, now=now, note=why)
            for aside in decision.asides:
                shortage.set_aside(conn, task, aside.budget, wanted=aside.wanted, until=aside.until)

        await self._parts.database.submit(put)
        self._parts.events.emit("task.review", task=task, run="", why=why)

    def _arm(self, plan: Plan, seen: Snapshot, standing: Standing, now: datetime) -> None:
        pending = any(task.state is TaskState.QUEUED for task in seen.tasks)
        idle = not plan.starts and not self._dispatcher.running
        self._idle_ticks = self._idle_ticks + 1 if idle else 0
        pace = tempo.next_tick(standing.bill, now, pending=pending, idle_ticks=self._idle_ticks)
        soonest = min(plan.look_again, now + pace)
        self._rest(max(soonest - now, timedelta(milliseconds=200)))
        if idle:
            self._parts.events.emit("daemon.tick_idle", next=soonest)

    def _rest(self, span: timedelta) -> None:
        """Look again after so much of our clock's time, unless something wakes us sooner."""
        on_the_wall = self._timers.wake_at("tick", self._parts.clock.now() + span, self.wake)
        self._pulse.beat(on_the_wall)

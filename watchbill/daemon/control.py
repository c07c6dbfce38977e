"""Control: what people ask of the running daemon."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from watchbill.config.load import Loaded, load
from watchbill.config.places import Places
from watchbill.config.problems import BadConfig
from watchbill.daemon.departure import Departure
from watchbill.daemon.dispatcher import Dispatcher
from watchbill.daemon.prober import Prober
from watchbill.daemon.reload import Reloader
from watchbill.daemon.repositories import ManagedRepo
from watchbill.daemon.standing import Orders
from watchbill.daemon.terms import Parts, Stop
from watchbill.daemon.undoing import Undoer
from watchbill.domain.errors import ConfigError, GitError, IllegalMove
from watchbill.domain.ids import ProviderName, QuestionId, RepoName, RunId, TaskId
from watchbill.domain.pauses import Pause, Scope
from watchbill.domain.ports import ProbeResult
from watchbill.domain.questions import Question
from watchbill.domain.runs import COUNTED, Run, RunState
from watchbill.domain.tasks import Task, TaskState
from watchbill.domain.undoings import Undoing
from watchbill.operator import deeds, purse, rota
from watchbill.operator import evidence as proofs
from watchbill.operator.commands import Came, Commands, Leaving, Promotion
from watchbill.operator.deciding import Change, Desk
from watchbill.operator.entrance import Front, Link
from watchbill.operator.evidence import Evidence, Found
from watchbill.operator.faults import NotFound, NoWeb
from watchbill.operator.outlook import ConfigFacts
from watchbill.operator.purse import Done, MoneyWish
from watchbill.operator.rota import RotaWish
from watchbill.scheduling.pausing import Pauses
from watchbill.state import intents, leftovers, questions, reports, runs, sessions, snapshot, tasks, verdicts
from watchbill.state.engine import Connection
from watchbill.workspace import boxes

COMMITS_TOLD = 10  # of those that a fetch brought
ANSWER_WITHIN = timedelta(seconds=30)  # half of the time that the command line waits


@dataclass(frozen=True, slots=True, kw_only=True)
class Control(Commands):
    """Implements the operator's Commands port."""

    parts: Parts
    orders: Orders
    dispatcher: Dispatcher
    reloader: Reloader
    prober: Prober
    undoer: Undoer
    wake: Callable[[], None]
    front: Front
    departure: Departure
    places: Places
    environ: Mapping[str, str]
    inbox: Path  # the shared one
    taking_back: set["asyncio.Task[Undoing]"] = field(default_factory=set)

    async def cancel(self, task: TaskId, why: str) -> Task:
        """Cancelled at once and for good; a run of it ends at its next checkpoint and can no longer land."""
        await self._task(task)
        now = self.parts.clock.now()
        moved = await self.parts.database.submit(
            lambda conn: tasks.move(conn, task, TaskState.CANCELLED, now=now, note=why)
        )
        self.dispatcher.cancel(task)
        self.parts.events.emit("task.cancelled", task=task, why=why)
        self.wake()
        return moved

    async def retry(self, task: TaskId) -> Task:
        now = self.parts.clock.now()
        done = await self.parts.database.submit(
            lambda conn: tasks.reopen(conn, task, now=now, note="asked for by hand")
        )
        self.parts.events.emit("task.requeued", task=task, why="asked for by hand")
        self.wake()
        return done

    async def accept(self, task: TaskId) -> Task:
        """A proposed task becomes work. One in review is approved as it is now."""
        now = self.parts.clock.now()
        if (await self._task(task)).state is TaskState.REVIEW:
            work = await self.desk.work(task)
            return await self.approve(task, "" if work is None else work.tree, who="somebody", said="")
        moved = await self.parts.database.submit(
            lambda conn: tasks.accept(conn, task, now=now, note="accepted by hand")
        )
        self.parts.events.emit("task.requeued", task=task, why="accepted by hand")
        self.wake()
        return moved

    async def approve(self, task: TaskId, tree: str, *, who: str, said: str) -> Task:
        done = await self.desk.approve(task, tree, who=who, said=said)
        self.wake()
        return done

    async def reject(self, task: TaskId, *, who: str, why: str) -> Task:
        done = await self.desk.reject(task, who=who, why=why)
        self.wake()
        return done

    async def amend(self, task: TaskId, tree: str, change: Change, *, who: str, said: str) -> Task:
        done = await self.desk.amend(task, tree, change, who=who, said=said)
        self.wake()
        return done

    async def rollback(self, run: RunId, *, who: str, why: str, retry: bool) -> Undoing:
        """Done at once where that is quick; slow gates go on by themselves."""
        wanted = await self.desk.want_back(run, who=who, why=why, retry=retry)
        doing = asyncio.create_task(self.undoer.carry_out(self._repo(wanted.wish.repo), wanted), name=wanted.id)
        self.taking_back.add(doing)
        doing.add_done_callback(self.taking_back.discard)
        await asyncio.wait({doing}, timeout=ANSWER_WITHIN.total_seconds())
        self.wake()
        return doing.result() if doing.done() else wanted

    @property
    def desk(self) -> Desk:
        return Desk(
            submit=self.parts.database.submit,
            vcs=lambda name: self._repo(name).vcs,
            now=self.parts.clock.now,
            emit=self.parts.events.emit,
        )

    async def answer(self, question: QuestionId, said: str) -> Question:
        """The task that waited for it goes back into the queue; the file shows it at the next look."""
        now, how = self.parts.clock.now(), "answered by hand"
        settled = await self.parts.database.submit(
            lambda conn: questions.answer(conn, question, said, how=how, now=now)
        )
        self.parts.events.emit("question.answered", question=question, task=settled.task, how=how)
        self.wake()
        return settled

    async def pause(self, pause: Pause, *, at_once: bool) -> Pause:
        now = self.parts.clock.now()
        done = await self.parts.database.submit(lambda conn: deeds.pause(conn, pause, now))
        self.parts.events.emit(
            "pause.set", scope=done.scope, of=done.name, until=done.until, who=done.who, why=done.why
        )
        if at_once:
            bound = await self.parts.database.submit(lambda conn: _runs_under(conn, done, now))
            await self.dispatcher.abort(bound, f"broken off: {done.said}")
        self.wake()
        return done

    async def resume(self, scope: Scope, name: str) -> Pause:
        lifted = await self.parts.database.submit(lambda conn: deeds.resume(conn, scope, name))
        self.parts.events.emit("pause.lifted", scope=scope, of=name)
        self.wake()
        return lifted

    async def release(self, task: TaskId) -> Task:
        released = await self.parts.database.submit(lambda conn: deeds.release(conn, task))
        self.parts.events.emit("task.released", task=task)
        self.wake()
        return released

    async def bump(self, task: TaskId, provider: ProviderName | None) -> Task:
        now = self.parts.clock.now()
        bumped = await self.parts.database.submit(lambda conn: deeds.bump(conn, task, provider, now))
        self.parts.events.emit("task.bumped", task=task, provider=bumped.pin)
        self.wake()
        return bumped

    async def edit(self, task: TaskId, changes: Mapping[str, Any]) -> Task:
        now = self.parts.clock.now()
        edited = await self.parts.database.submit(lambda conn: deeds.edit(conn, task, changes, now))
        self.parts.events.emit("task.changed", task=task, fields=list(changes))
        self.wake()
        return edited

    async def add(self, name: str, text: str) -> None:
        await asyncio.to_thread(boxes.drop, self.inbox, name, text.encode())
        self.wake()

    async def money(self, wish: MoneyWish) -> Done:
        now, caps = self.parts.clock.now(), self.orders.standing.bill.caps
        done = await self.parts.database.submit(lambda conn: purse.do(conn, wish, caps, now))
        self.parts.events.emit(done.event, **done.facts)
        self.wake()
        return done

    async def rota(self, wish: RotaWish) -> Done:
        now, bill = self.parts.clock.now(), self.orders.standing.bill
        done = await self.parts.database.submit(lambda conn: rota.do(conn, wish, bill, now))
        self.parts.events.emit(done.event, **done.facts)
        self.wake()
        return done

    async def probe(self, provider: ProviderName) -> ProbeResult:
        missing = self.orders.standing.missing.get(provider)
        if missing:
            raise IllegalMove(f"cannot ask {provider}: {missing}")
        return await self.prober.ask(provider)

    async def reset(self, provider: ProviderName, *, who: str, why: str) -> Mapping[str, object]:
        facts = await self.parts.database.submit(lambda conn: deeds.reset(conn, provider, who=who, why=why))
        self.parts.events.emit("provider.reset", **facts)
        self.wake()
        return facts

    async def hand_over(self, task: TaskId, to: ProviderName | None, *, why: str) -> RunId | None:
        now = self.parts.clock.now()
        run = await self.parts.database.submit(lambda conn: deeds.hand_over(conn, task, to, now))
        if run is not None:
            self.dispatcher.stop(run, Stop.ASKED)
        self.parts.events.emit("session.hand_over_asked", task=task, run=run, to=to, why=why)
        self.wake()
        return run

    async def reconcile(self, evidence: Evidence) -> Found:
        """What is freed lets work go on that waited for money."""
        now = self.parts.clock.now()
        found = await self.parts.database.submit(lambda conn: proofs.apply(conn, evidence, now))
        for name, facts in proofs.notes(evidence, found):
            self.parts.events.emit(name, **facts)
        self.wake()
        return found

    async def break_lock(self, task: TaskId, *, who: str, why: str) -> deeds.Broken:
        now = self.parts.clock.now()
        broken = await self.parts.database.submit(lambda conn: deeds.break_lock(conn, task, who=who, why=why, now=now))
        if broken.run is not None:
            await self.dispatcher.abort([broken.run], f"its lock was broken: {why}")
        self.parts.events.emit("lock.broken", task=task, run=broken.run, files=list(broken.files), who=who, why=why)
        self.wake()
        return broken

    async def drain(self, within: timedelta | None, *, who: str, why: str) -> Leaving:
        runs_now = tuple(run.id for run in self.dispatcher.running)
        given = self.orders.standing.drain_timeout if within is None else within
        self.parts.events.emit("daemon.drain_asked", within=given.total_seconds(), who=who, why=why)
        self.departure.ask(given)
        return Leaving(runs=runs_now, within=given)

    async def caught_up(self, who: str, until: datetime) -> None:
        await self.parts.database.submit(lambda conn: reports.tell(conn, who, until))

    async def refresh(self) -> None:
        self.wake()

    async def reload(self, *, wait: bool) -> ConfigFacts:
        if not wait:
            self.reloader.ask()
            return self.reloader.facts
        facts = await self.reloader.reload()
        if facts.problems:
            raise ConfigError("\n".join(("it is rejected, and what was in force stays:", *facts.problems)))
        return facts

    async def configured(self) -> tuple[Loaded, Loaded | BadConfig, Places]:
        return self.orders.standing.loaded, await asyncio.to_thread(self._in_file), self.places

    def _in_file(self) -> Loaded | BadConfig:
        force = self.orders.standing.loaded
        try:
            return load(force.path, self.environ, cwd=force.path.parent)
        except BadConfig as problems:
            return problems

    def tell(self, name: str, /, **facts: object) -> None:
        self.parts.events.emit(name, **facts)

    async def sign_in(self) -> Link:
        entrance = self.front.entrance
        if entrance is None and self.orders.standing.web is None:
            raise NoWeb('no page is served: add [web] with listen = "127.0.0.1:8620" to the configuration, then reload')
        if entrance is None:
            raise NoWeb(f"the page cannot be served: {self.front.fault or 'it is about to be, ask again'}")
        return entrance.link()

    async def sync(self, repo: RepoName) -> Came:
        managed = self._repo(repo)
        vcs, ref = managed.vcs, managed.vcs.target_ref
        was = await vcs.resolve(ref)
        await vcs.fetch()
        now = await vcs.resolve(ref)
        self.wake()
        made = [] if now is None or now == was else await vcs.commits(now, but=[] if was is None else [was])
        shown = [one.commit for one in reversed(made[-COMMITS_TOLD:])]
        return Came(
            repo=repo,
            target=managed.terms.target,
            was=was,
            now=now,
            commits=tuple([(commit, (await vcs.author_of(commit)).subject) for commit in shown]),
            count=len(made),
            rewritten=was is not None and now is not None and not await vcs.is_ancestor(was, now),
        )

    async def promote(self, repo: RepoName) -> Promotion:
        managed = self._repo(repo)
        terms = managed.terms
        await managed.vcs.fetch()
        if not await managed.is_followed():
            raise GitError(
                f"{terms.target} or {terms.integration} was moved just now, and what you did there is being taken in: "
                f"ask again in a moment. If it stays so: watchbill status"
            )
        merge = await managed.vcs.promote(terms.target, terms.integration)
        if merge.commit is None:
            raise GitError(f"{terms.integration} does not merge into {terms.target}: {', '.join(merge.conflicts)}")
        return Promotion(repo=repo, target=terms.target, commit=merge.commit, why=f"took in {terms.integration}")

    async def run_diff(self, run: RunId) -> str:
        found, (base, end) = await self.parts.database.submit(lambda conn: _work_of(conn, run))
        if base is None or end is None:
            return ""
        return await self._repo(found.repo).vcs.diff(base, end)

    def _repo(self, name: RepoName) -> ManagedRepo:
        repos = self.orders.standing.repos
        if name not in repos:
            raise NotFound(f"there is no repository {name!r}; there are {', '.join(repos)}", hint="watchbill status")
        return repos[name]

    async def _task(self, task: TaskId) -> Task:
        found = await self.parts.database.submit(lambda conn: tasks.get(conn, task))
        if found is None:
            raise NotFound(f"there is no task {task!r}")
        return found


def _runs_under(conn: Connection, pause: Pause, now: datetime) -> set[RunId]:
    """The live runs that a pause binds."""
    pauses = Pauses([pause], now)
    type_by_task = {task.id: task.type for task in tasks.open_tasks(conn)}
    live = [(run, pauses.of_run(run, type_by_task.get(run.task, ""))) for run in snapshot.live(conn)]
    return {run.run for run, binding in live if binding is not None}


def _work_of(conn: Connection, run: RunId) -> tuple[Run, tuple[str | None, str | None]]:
    """The run and between which two states of the files its work lies.

    What it landed; else what the gates looked at last; else what it left when its work was dropped; else how far its session is.
    """
    found = runs.get(conn, run)
    if found is None:
        raise NotFound(f"there is no run {run!r}", hint="watchbill run list")
    landed = intents.landed(conn, found.task)
    if found.state is RunState.LANDED and landed is not None and landed.run == run:
        return found, (found.base, landed.commit)
    judged = verdicts.of_run(conn, run)
    if judged and found.state in COUNTED:
        return found, (judged[-1].base or found.base, judged[-1].tree)
    left = leftovers.of_run(conn, run)
    if left is not None:
        return found, (found.base, left.checkpoint)
    session = sessions.by_id(conn, found.session)
    return found, (found.base, session.checkpoint if session is not None else None)

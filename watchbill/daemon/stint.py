"""A stint: what every run has in its hands, whoever does the work: session, worktree, bench, gates, landing."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from watchbill.daemon import breaking, widening
from watchbill.daemon.asking import Asker
from watchbill.daemon.delivery import Conflicts, Contended, Landed, Parted, Refused
from watchbill.daemon.repositories import ManagedRepo
from watchbill.daemon.setbacks import End
from watchbill.daemon.terms import Parts, RunTerms, Stop
from watchbill.daemon.widening import Widener
from watchbill.daemon.workbench import Bench, show_findings
from watchbill.domain import compaction, sound
from watchbill.domain.calls import Purpose
from watchbill.domain.claims import Widen, covers
from watchbill.domain.errors import LeaseLost
from watchbill.domain.findings import Finding, Verdict, waits_for_a_human
from watchbill.domain.ids import Commit
from watchbill.domain.outcomes import Answered, Setback, Spared
from watchbill.domain.reviews import Review
from watchbill.domain.runs import Run, RunState, Stage
from watchbill.domain.sessions import HandOff, Session
from watchbill.domain.tasks import Autonomy, Task, TaskState
from watchbill.domain.transcript import Entry, Transcript
from watchbill.scheduling.ladder import Step
from watchbill.scheduling.widening import Free, Held, Unfit
from watchbill.state import (
    allowances,
    answers,
    batches,
    breakers,
    holds,
    ledger,
    rides,
    runs,
    sessions,
    verdicts,
)
from watchbill.state.answers import Saved
from watchbill.state.breakers import Moved
from watchbill.state.engine import Connection
from watchbill.workspace import names
from watchbill.workspace.files import Files

LAND_AGAIN = timedelta(minutes=5)  # how long finished work waits when its branch could not take it


class Stint:
    """One run's hands and memory. Everything that it stores is guarded by the run's token."""

    def __init__(
        self,
        parts: Parts,
        *,
        run: Run,
        task: Task,
        repo: ManagedRepo,
        terms: RunTerms,
        stop: Callable[[], Stop | None],
        step: Step | None = None,
        riders: tuple[Task, ...] = (),
    ) -> None:
        assert run.base is not None, "the dispatcher gives every run its base"
        self.parts = parts
        self.terms = terms
        self.run = run
        self.task = task
        self.repo = repo
        self.stop = stop
        self.step = step  # of the task's ladder
        self.riders = riders  # done in this run beside its task
        self._stage = Stage.BRIEF
        self.has_next_step = False  # then nothing is mended: the next step does it anew
        self.base = run.base
        self.tip = run.base  # the last checkpoint, or the base
        self.began_at = run.base  # where this run took the work up
        self.session = Session(id=run.session, task=task.id, repo=repo.name)
        self.has_progress = False
        self.may_wait = False  # its turns are put into batches where they fit, at half the price
        self.is_over = False  # a call cost more than its bound, and nobody was told yet
        self.widener = Widener(database=parts.database, clock=parts.clock, events=parts.events, run=run)
        self.asker = Asker(
            database=parts.database, clock=parts.clock, events=parts.events, run=run, task=task, repo=repo
        )

    @property
    def purpose(self) -> Purpose:
        """What its calls are for."""
        run, task = self.run, self.task
        return Purpose(run=run.id, task=task.id, repo=task.repo, type=task.type, provider=run.provider, model=run.model)

    async def open(self) -> Bench:
        """Take up the session where the last run left it: its transcript, and a worktree of its checkpoint."""
        session = await self.parts.database.submit(lambda conn: sessions.get(conn, self.task.id))
        assert session is not None, "runs.begin opens the task's session"
        self.session = session
        self.tip = self.began_at = session.checkpoint or self.base
        root = await self.repo.vcs.open_worktree(self.run.id, self.tip)
        if session.checkpoint or session.transcript.entries:
            self.parts.events.emit(
                "session.resumed", session=session.id, task=self.task.id, run=self.run.id, checkpoint=self.tip
            )
        return Bench(
            files=Files(root, writable=self.task.reach, protected=()),
            root=root,
            verdict=self.verdict,
            survey=self.survey,
            proc=self.parts.proc,
            repo=self.repo,
            widen=self._widen,
        )

    async def _widen(self, path: str, why: str) -> tuple[str, Sequence[str]]:
        """The answer to its model's wish for one more file, and all that it may write now."""
        if self.repo.widen is Widen.NEVER:
            return "refused: this task keeps to its own files, as configured. Go on without it.", self.task.reach
        target = "/".join(names.parts_of(path))
        answer = await self.widener.ask([target], sound.text(why))
        self.take_in(answer)
        return widening.told(answer, [target], self.task), self.task.reach

    def take_in(self, answer: Free | Held | Unfit) -> None:
        """What it was granted it may write from now on."""
        if isinstance(answer, Free):
            self.task = replace(self.task, widened=(*self.task.widened, *answer.patterns))

    # --- memory

    async def remember(self, *entries: Entry, answered: Answered | Spared | None = None) -> None:
        """Store what was said; with a reply, book its call, or count the one that it saved, in the same transaction."""
        session = replace(self.session, transcript=self.session.transcript.plus(*entries))
        await self._save(session, answered)

    async def checkpoint(self, *entries: Entry) -> None:
        """Store tool results together with the worktree that they left behind."""
        commit = await self.snapshot()
        if commit == self.tip and not entries:
            return
        if commit != self.tip:
            await self.repo.vcs.move_ref(f"refs/watchbill/checkpoints/{self.task.id}/{commit}", commit, None)
        session = replace(
            self.session,
            transcript=self.session.transcript.plus(*entries),
            checkpoint=None if commit == self.base else commit,
        )
        await self._save(session)
        self.tip = commit

    async def compact(self, budget: int) -> bool:
        """Shorten the transcript to so many tokens, about. False where it fits as it is, or cannot be any shorter."""
        before = self.session.transcript
        after = compaction.compact(before, budget)
        if compaction.size(after) >= compaction.size(before):
            return False
        await self._save(replace(self.session, transcript=after))
        self.parts.events.emit(
            "session.compacted",
            session=self.session.id,
            task=self.task.id,
            run=self.run.id,
            before=compaction.size(before),
            after=compaction.size(after),
        )
        return True

    def set_system(self, system: str) -> None:
        self.session = replace(self.session, transcript=replace(self.session.transcript, system=system))

    def begin_transcript(self, system: str) -> None:
        """Nothing that was said before counts."""
        self.session = replace(self.session, transcript=Transcript(system=system))

    def note(self, handoff: HandOff) -> None:
        self.session = replace(self.session, handoff=handoff)

    async def set_review(self, review: Review, *entries: Entry, answered: Answered | Spared | None = None) -> None:
        """Store how its review stands, with what its author is told of it; with the reviewer's answer, book its call."""
        session = replace(self.session, review=review, transcript=self.session.transcript.plus(*entries))
        await self._save(session, answered)

    async def count_repair(self, *entries: Entry) -> None:
        """The gates sent it back; the model is told."""
        session = replace(
            self.session, repairs=self.session.repairs + 1, transcript=self.session.transcript.plus(*entries)
        )
        await self._save(session)

    async def _save(self, session: Session, answered: Answered | Spared | None = None) -> None:
        now = self.parts.clock.now()

        def record(conn: Connection) -> tuple[Session, Saved | None, list[Moved]]:
            saved = None if answered is None else self._book(conn, answered)
            moved = self._well(conn, now) if isinstance(answered, Answered) else []
            return sessions.save(conn, self.run, session, now=now), saved, moved

        try:
            self.session, saved, moved = await self.parts.database.submit(record, aside=True)
        except LeaseLost:
            if isinstance(answered, Answered):  # the work is another's now, the bill is still ours
                await self.parts.database.submit(
                    lambda conn: batches.is_booked(conn, answered.call) or self._book(conn, answered)
                )
            raise
        finally:
            self.parts.flights.land(self.run.id)
            await self.tell_over()
        self.has_progress = self.has_progress or answered is not None
        breaking.tell(self.parts.events, moved)
        if isinstance(answered, Answered):
            self._tell_turn(answered)
        if isinstance(answered, Spared) and saved is not None:
            self._tell_saved(answered, saved)

    async def went_well(self) -> None:
        """Its provider did its part, so whatever kept work from it is over."""
        now = self.parts.clock.now()

        def record(conn: Connection) -> list[Moved]:
            holds.prove_well(conn, self.run.provider, self.run.model)
            return self._well(conn, now)

        breaking.tell(self.parts.events, await self.parts.database.submit(record))

    def _well(self, conn: Connection, now: datetime) -> list[Moved]:
        return breakers.answered(conn, self.run.provider, self.run.model, now)

    def _book(self, conn: Connection, answered: Answered | Spared) -> Saved | None:
        now = self.parts.clock.now()
        if isinstance(answered, Spared):
            return answers.take(conn, self.run, answered, now)
        if not batches.use(conn, answered.call):  # what came from a batch was booked when it came
            self.is_over |= ledger.settle(conn, answered.call, answered.settlement, now=now)
        if answered.kept is not None and self.terms.keeping is not None:
            answers.store(conn, answered.call, answered.kept, self.terms.keeping, now)
        holds.prove_well(conn, self.run.provider, self.run.model)
        allowances.note(conn, self.run.provider, answered.uses, now)
        return None

    async def tell_over(self) -> None:
        if self.is_over:
            self.is_over = False
            await self.parts.purser.tell_stopped(self.parts.clock.now())

    def _tell_turn(self, turn: Answered) -> None:
        tools = [call.name for call in turn.reply.tool_calls]
        self.parts.events.emit("run.turn", run=self.run.id, call=turn.call, tools=tools, cost=turn.settlement.cost)

    def _tell_saved(self, spared: Spared, saved: Saved) -> None:
        self.parts.events.emit(
            "call.saved",
            run=self.run.id,
            task=self.task.id,
            by=spared.by,
            call=spared.call,
            tokens=saved.tokens,
            cost=saved.cost,
        )

    # --- riders

    async def strangers(self, titles: Sequence[str]) -> list[str]:
        """Those of the titles that no task has that this one's runs were ever told of."""
        if not titles:
            return []
        rode = await self.parts.database.submit(lambda conn: rides.titles(conn, self.task.id))
        known = {title.strip() for title in (self.task.title, *rode)}
        return [title for title in titles if title not in known]

    async def leave_out(self, titles: Sequence[str]) -> None:
        """The riders of these titles are not done here: they go alone."""
        gone = [rider for rider in self.riders if rider.title.strip() in titles]
        if gone:
            now = self.parts.clock.now()
            await self.parts.database.submit(lambda conn: rides.leave_out(conn, self.run, gone, now))
            self.riders = tuple(rider for rider in self.riders if rider not in gone)

    # --- checks

    async def snapshot(self) -> Commit:
        """The worktree as it is, as a commit on the last checkpoint; the checkpoint itself when nothing changed."""
        return await self.repo.vcs.snapshot(self.run.id, self.tip, f"checkpoint of {self.run.id}")

    async def verdict(self) -> Verdict:
        """What the gates say of the worktree as it is."""
        return await self._judge(await self.snapshot())

    async def survey(self) -> Sequence[Finding]:
        """Every finding on the worktree inside the task's claims, old ones included."""
        found = await self.parts.gatekeeper.survey(self.repo, await self.snapshot())
        return [finding for finding in found if covers(self.task.reach, finding.path)]

    async def _judge(self, commit: Commit) -> Verdict:
        return await self.parts.gatekeeper.judge(self.repo, self.task, run=self.run.id, base=self.base, commit=commit)

    async def gate(self) -> Verdict | None:
        """The stored verdict on what was done; None when nothing was changed."""
        await self.stage(Stage.GATE)
        commit = await self.snapshot()
        if not await self.repo.vcs.changed_paths(self.base, commit):
            return None
        verdict = await self._judge(commit)
        await self.parts.database.submit(
            lambda conn: verdicts.store(conn, self.run, verdict, now=self.parts.clock.now())
        )
        self.parts.events.emit(
            "run.gated", run=self.run.id, new=len(verdict.new), debt=len(verdict.debt), passes=verdict.passes
        )
        return verdict

    async def stage(self, stage: Stage) -> None:
        await self.parts.database.submit(lambda conn: runs.set_stage(conn, self.run, stage))
        self._tell_stage(stage)

    def _tell_stage(self, stage: Stage) -> None:
        """Of landing alone it is not in the row yet: that comes with the intent, after others who wait for the branch."""
        if stage is not self._stage:
            self._stage = stage
            self.parts.events.emit("run.stage", run=self.run.id, task=self.task.id, stage=stage)

    # --- ends

    async def land(self) -> Landed | End | Conflicts:
        """Deliver what passed, unless its autonomy says that a human looks first. Conflicts: see unmerged."""
        await self.checkpoint()
        if self._waits_for_review:
            return self.review("its autonomy is LOW: a human looks first")
        self._tell_stage(Stage.LAND)
        delivered = await self.parts.deliverer.deliver(self.repo, self.task, self.run, base=self.base, commit=self.tip)
        match delivered:
            case Landed():
                return delivered
            case Conflicts():
                return delivered
            case Parted(why=why):
                return self.review(why)
            case Refused(findings=findings):
                return self._refused(findings)
            case Contended(target=target):
                return self._later(f"{target} was moved by others every time")

    def _refused(self, findings: tuple[Finding, ...]) -> End:
        why = "merged with what landed meanwhile it no longer passes"
        if waits_for_a_human(findings):
            return self.review(f"{why}, and only a human decides: {show_findings(findings)}", findings)
        return self.again(why, RunState.REJECTED, findings)

    @property
    def _waits_for_review(self) -> bool:
        autonomy = self.task.autonomy or self.repo.terms.autonomy
        return autonomy is Autonomy.LOW and self.repo.terms.low_waits and not self.task.accepted

    def review(self, why: str, findings: tuple[Finding, ...] = ()) -> End:
        """A human decides; what was done waits as it is."""
        return End(state=RunState.REVIEW, task_state=TaskState.REVIEW, why=why, findings=findings)

    def _later(self, why: str) -> End:
        """What was done is kept, and tried to be landed again when the branches may have changed."""
        not_before = self.parts.clock.now() + LAND_AGAIN
        return End(state=RunState.DEFERRED, task_state=TaskState.QUEUED, why=why, not_before=not_before)

    def again(self, why: str, state: RunState, findings: tuple[Finding, ...] = ()) -> End:
        """Nothing of it is kept; the next run begins anew."""
        return End(state=state, task_state=TaskState.QUEUED, why=why, fresh=True, findings=findings)

    def tell_setback(self, setback: Setback) -> None:
        self.parts.events.emit(
            "provider.setback",
            provider=self.run.provider,
            kind=setback.kind,
            scope=setback.scope,
            until=setback.until,
            message=setback.message,
        )


def stopped(why: Stop) -> End:
    """How a run ends that was asked to: another takes its work up, unless a human wants none of it."""
    state = RunState.CANCELLED if why is Stop.CANCEL else RunState.HANDED_OFF
    task_state = TaskState.CANCELLED if why is Stop.CANCEL else TaskState.QUEUED
    return End(state=state, task_state=task_state, why=why)

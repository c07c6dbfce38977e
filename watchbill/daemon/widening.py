"""Widening a run: its wish, the planner's word, the claim and what is remembered of it, in one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass

from watchbill.domain.findings import Finding, Severity
from watchbill.domain.ports import Clock, Events
from watchbill.domain.runs import Run
from watchbill.domain.tasks import Task
from watchbill.scheduling.widening import Free, Held, Unfit, widen
from watchbill.state import leases, snapshot, tasks, widenings
from watchbill.state.database import Database
from watchbill.state.engine import Connection
from watchbill.state.widenings import WideningState

_OUTSIDE = ("change", "claims")  # gate and rule of what a change has outside of its task's files


@dataclass(frozen=True, slots=True, kw_only=True)
class Widener:
    """One run's way to more files."""

    database: Database
    clock: Clock
    events: Events
    run: Run

    async def ask(self, patterns: Sequence[str], why: str) -> Free | Held | Unfit:
        """Grant what is free; what somebody else has is wanted from now on. Raises LeaseLost."""
        answer = await self.database.submit(lambda conn: self._decide(conn, patterns, why))
        match answer:
            case Free(patterns=granted):
                if granted:
                    self.events.emit("claim.granted", run=self.run.id, task=self.run.task, patterns=granted, why=why)
            case Held(why=reason) | Unfit(why=reason):
                self.events.emit("claim.refused", run=self.run.id, task=self.run.task, patterns=patterns, why=reason)
        return answer

    async def offer(self, paths: Sequence[str]) -> Free | Held | Unfit:
        """Put what was changed unasked, and is free, before a person: accepting the task grants it. Raises LeaseLost."""
        answer = await self.database.submit(lambda conn: self._offer(conn, paths))
        if isinstance(answer, Free):
            self.events.emit("claim.offered", run=self.run.id, task=self.run.task, patterns=answer.patterns)
        return answer

    def _decide(self, conn: Connection, patterns: Sequence[str], why: str) -> Free | Held | Unfit:
        now = self.clock.now()
        answer = self._planned(conn, patterns)
        match answer:
            case Free(patterns=free):
                widenings.grant(conn, self.run, free, why=why, now=now)
            case Held(why=reason):
                widenings.note(conn, self.run, patterns, WideningState.WANTED, why=reason, now=now)
            case Unfit(why=reason):
                widenings.note(conn, self.run, patterns, WideningState.REFUSED, why=reason, now=now)
        return answer

    def _offer(self, conn: Connection, paths: Sequence[str]) -> Free | Held | Unfit:
        answer = self._planned(conn, paths)
        if isinstance(answer, Free):
            why = "changed without having been asked for"
            widenings.note(conn, self.run, answer.patterns, WideningState.OFFERED, why=why, now=self.clock.now())
        return answer

    def _planned(self, conn: Connection, patterns: Sequence[str]) -> Free | Held | Unfit:
        leases.check(conn, self.run)
        task = tasks.get(conn, self.run.task)
        assert task is not None, "a run's task is never deleted: a foreign key holds it"
        return widen(task, self.run.repo, patterns, snapshot.held(conn))


def outside(findings: Sequence[Finding]) -> tuple[str, ...]:
    """The changed paths outside of the task's files, where nothing else speaks against the change; else none."""
    blocking = [finding for finding in findings if finding.severity is Severity.ERROR]
    stray = tuple(finding.path for finding in blocking if (finding.gate, finding.rule) == _OUTSIDE)
    return stray if len(stray) == len(blocking) else ()


def told(answer: Free | Held | Unfit, patterns: Sequence[str], task: Task) -> str:
    """The answer as its model reads it."""
    match answer:
        case Free():
            return f"granted: you may now write {', '.join(task.reach)}"
        case Held(pattern=pattern, why=why):
            return (
                f"not now: {pattern} is taken ({why}). Go on without it, or call finish with done=false: then this task "
                "waits until it is free and goes on with it."
            )
        case Unfit(why=why):
            return f"refused: {why}. {', '.join(patterns)} stays as it is."

"""Widening a run: its wish, the planner's word, the claim and what is remembered of it, in one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

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


Answer = Free | Held | Unfit


@dataclass(frozen=True, slots=True, kw_only=True)
class Widener:
    """One run's way to more files."""

    database: Database
    clock: Clock
    events: Events
    run: Run

    async def ask(self, patterns: Sequence[str], why: str) -> Answer:
        """Grant what is free; what somebody else has is wanted from now on. Raises LeaseLost."""
        now = self.clock.now()
        answer = await self.database.submit(lambda conn: decide(conn, self.run, patterns, why=why, now=now))
        match answer:
            case Free(patterns=granted):
                if granted:
                    self.events.emit("claim.granted", run=self.run.id, task=self.run.task, patterns=granted, why=why)
            case Held(why=reason) | Unfit(why=reason):
                self.events.emit("claim.refused", run=self.run.id, task=self.run.task, patterns=patterns, why=reason)
        return answer

    async def offer(self, paths: Sequence[str]) -> Answer:
        """Put what was changed unasked, and is free, before a person: accepting the task grants it. Raises LeaseLost."""
        now = self.clock.now()
        answer = await self.database.submit(lambda conn: put_before_a_person(conn, self.run, paths, now=now))
        if isinstance(answer, Free):
            self.events.emit("claim.offered", run=self.run.id, task=self.run.task, patterns=answer.patterns)
        return answer


def decide(conn: Connection, run: Run, patterns: Sequence[str], *, why: str, now: datetime) -> Answer:
    """The planner's word, and what follows from it."""
    answer = _planned(conn, run, patterns, now)
    match answer:
        case Free(patterns=free):
            widenings.grant(conn, run, free, why=why, now=now)
        case Held(why=reason):
            widenings.note(conn, run, patterns, WideningState.WANTED, why=reason, now=now)
        case Unfit(why=reason):
            widenings.note(conn, run, patterns, WideningState.REFUSED, why=reason, now=now)
    return answer


def put_before_a_person(conn: Connection, run: Run, paths: Sequence[str], *, now: datetime) -> Answer:
    answer = _planned(conn, run, paths, now)
    if isinstance(answer, Free):
        why = "changed without having been asked for"
        widenings.note(conn, run, answer.patterns, WideningState.OFFERED, why=why, now=now)
    return answer


def _planned(conn: Connection, run: Run, patterns: Sequence[str], now: datetime) -> Answer:
    leases.check(conn, run)
    task = tasks.get(conn, run.task)
    assert task is not None, "a run's task is never deleted: a foreign key holds it"
    return widen(task, run.repo, patterns, snapshot.held(conn), now)


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

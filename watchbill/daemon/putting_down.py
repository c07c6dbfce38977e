"""Putting down: how a run ends, in one transaction with what follows from it for its task, its session and its provider."""

from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from watchbill.daemon import breaking
from watchbill.daemon.setbacks import UNSENT, End, Rest, rest_after
from watchbill.daemon.stint import Stint
from watchbill.daemon.terms import Stop
from watchbill.daemon.workbench import show_findings
from watchbill.domain import sound
from watchbill.domain.errors import LeaseLost
from watchbill.domain.handoff import with_facts
from watchbill.domain.money import MicroUsd
from watchbill.domain.outcomes import UNWELL, Setback, SetbackKind
from watchbill.domain.questions import Question
from watchbill.domain.rides import is_alone_after
from watchbill.domain.runs import COUNTED, Run, RunState
from watchbill.domain.sessions import Session
from watchbill.domain.tasks import TaskState
from watchbill.scheduling.affording import NO_CALL_FITS, told_by_refusal
from watchbill.scheduling.snapshot import FirstCall
from watchbill.state import (
    batches,
    first_calls,
    holds,
    ledger,
    leftovers,
    quarantine,
    rides,
    runs,
    sessions,
    shortage,
    widenings,
)
from watchbill.state.breakers import Moved
from watchbill.state.engine import Connection
from watchbill.state.quarantine import Quarantine
from watchbill.state.widenings import WideningState


class _Shortage(NamedTuple):
    """A budget that a call did not fit into, for now."""

    budget: str
    wanted: int
    until: datetime


async def put_down(stint: Stint, end: End) -> None:
    """End the run in one transaction: its row, the task, and what the next run needs to know.

    Before it, and before anything that is waited for, its account or model is put to rest: others are at work there.
    """
    now = stint.parts.clock.now()
    rest = await _put_to_rest(stint, end.setback, now)
    end = replace(end, why=sound.text(end.why))  # it may name a file
    if stint.stop() is Stop.CANCEL:
        end = replace(end, task_state=TaskState.CANCELLED)  # a human's word, whatever came before its checkpoint
    if stint.step is not None and end.state in COUNTED:
        end = replace(end, fresh=True)  # the next step begins with a clean worktree
    if stint.riders and is_alone_after(end.state, end.task_state, has_work=stint.session.checkpoint is not None):
        end = replace(end, fresh=True)  # it is told of itself alone then
    findings = tuple(show_findings([finding]) for finding in end.findings)
    handoff = replace(stint.session.handoff, why=end.why, findings=findings or stint.session.handoff.findings)
    handoff = with_facts(handoff, stint.task, stint.session.transcript)
    session = replace(stint.session, handoff=handoff)
    if end.fresh:
        session = Session(id=session.id, task=session.task, repo=session.repo, handoff=handoff, version=session.version)
    short = _shortage(end)
    end = _kept_back(stint, end, short)
    above = await stint.asker.above(end.asks)

    is_news = False
    moved: Moved | None = None
    kept: Quarantine | None = None

    def record(conn: Connection) -> tuple[End, tuple[Question, ...]]:
        nonlocal is_news, moved, kept
        is_news = _mark(conn, short, now)
        stint.is_over |= _book_useless(conn, end.setback, now)
        _save(conn, stint, session, end, now)
        passed_on = _passed_on(conn, stint, end, now)
        _keep_wishes(conn, stint, passed_on, now)
        if end.setback is not None and not end.setback.resting:
            moved = breaking.note(conn, stint.run, end.setback, now)
        stored, asked = stint.asker.ended(conn, passed_on, above)
        kept = _quarantined(conn, stint, stored, now)
        if kept is not None:
            stored = replace(stored, task_state=TaskState.FAILED, why=kept.why)
        _end(conn, stint.run, stored, now)
        return stored, asked

    try:
        stored, asked = await stint.parts.database.submit(record)
    except LeaseLost:  # the work is another's now, the bill is still ours
        stint.is_over |= await stint.parts.database.submit(
            lambda conn: _book_useless(conn, end.setback, now, lost=True)
        )
        raise
    finally:
        await stint.tell_over()
    stint.asker.tell(asked)
    breaking.tell(stint.parts.events, [moved] if moved else [])
    if kept is not None:
        stint.parts.events.emit("task.quarantined", task=kept.task, runs=list(kept.runs), why=kept.why)
    _tell(stint, stored, rest, short if is_news else None)


def _save(conn: Connection, stint: Stint, session: Session, end: End, now: datetime) -> None:
    """What nobody goes on from is kept to be read."""
    if end.fresh:
        leftovers.keep(conn, stint.run.id, stint.session, now)
    sessions.save(conn, stint.run, _newest(conn, session), now=now)


def _passed_on(conn: Connection, stint: Stint, end: End, now: datetime) -> End:
    """What its caps keep from this provider may be another's: the plan knows from now on what the call takes, and is asked anew.

    Not where so much was known before and the run began all the same, nor where the plan could not tell by it.
    """
    setback = end.setback
    if setback is None or setback.kind is not SetbackKind.OVER_BUDGET:
        return end
    call = FirstCall(task=stint.task.id, provider=stint.run.provider, model=stint.run.model)
    told = told_by_refusal(call, setback.window, setback.wanted, never_fits=setback.never_fits)
    if told is None or end.task_state not in (TaskState.REVIEW, TaskState.QUEUED):
        return end
    if stint.may_wait:  # what was refused is the whole price
        told = replace(told, cost=MicroUsd(told.cost // 2))
    if end.fresh and stint.riders:  # alone it may well fit
        rides.leave(conn, stint.task.id, now)
    elif not first_calls.note(conn, told):
        return end
    why = end.why if end.task_state is TaskState.QUEUED else f"{setback.message}: {NO_CALL_FITS}; others are asked"
    return replace(end, task_state=TaskState.QUEUED, why=why, not_before=None, goes_on=False)


def _keep_wishes(conn: Connection, stint: Stint, end: End, now: datetime) -> None:
    """Whoever goes on gets the files that this run was refused, once they are free."""
    if end.state is RunState.HANDED_OFF:
        widenings.grant_for_later(conn, stint.task.id, WideningState.WANTED, why="it was handed on", now=now)


async def _put_to_rest(stint: Stint, setback: Setback | None, now: datetime) -> Rest | None:
    """The hold that follows from how the run ended. Whatever else a provider that is tried answers proves it well."""
    if setback is None or setback.resting or setback.kind in UNSENT:
        return None
    rest, provider, model = rest_after(setback, now), stint.run.provider, stint.run.model

    def record(conn: Connection) -> None:
        if rest is None:
            holds.prove_well(conn, provider, model)
            return
        of_model = model if rest.of_model else ""
        holds.put(conn, provider, model=of_model, until=rest.until, kind=rest.kind, why=rest.why, now=now)

    await stint.parts.database.submit(record)
    return rest


def _quarantined(conn: Connection, stint: Stint, end: End, now: datetime) -> Quarantine | None:
    """Waiting is no failure; what only its provider failed at counts where that is well for others."""
    is_own = end.state in COUNTED
    is_providers = end.setback is not None and end.setback.kind in UNWELL
    if end.task_state is not TaskState.QUEUED or not (is_own or is_providers):
        return None
    return quarantine.after(conn, stint.run, why=end.why, findings=end.findings, is_own=is_own, now=now)


def _kept_back(stint: Stint, end: End, short: _Shortage | None) -> End:
    """Where the plan keeps such work back by itself, whoever costs none of that budget may take the task meanwhile."""
    return replace(end, not_before=None) if short and stint.run.provider in stint.terms.plan_waits else end


def _tell(stint: Stint, end: End, rest: Rest | None, short: _Shortage | None) -> None:
    emit = stint.parts.events.emit
    if short is not None:
        emit("budget.paused", window=short.budget, until=short.until)
    if rest is not None:
        model = stint.run.model if rest.of_model else ""
        emit("provider.held", provider=stint.run.provider, model=model, kind=rest.kind, until=rest.until)
    if end.state is RunState.HANDED_OFF:
        emit(
            "session.handed_over",
            session=stint.session.id,
            task=stint.task.id,
            from_provider=stint.run.provider,
            why=end.why,
        )
    if end.task_state is TaskState.VERIFIED:
        emit("task.verified", task=stint.task.id, run=stint.run.id)
    if end.task_state is TaskState.REVIEW:
        emit("task.review", task=stint.task.id, run=stint.run.id, why=end.why)
    if end.task_state is TaskState.QUEUED:
        emit("task.requeued", task=stint.task.id, why=end.why)


def _end(conn: Connection, run: Run, end: End, now: datetime) -> None:
    is_aside = end.task_state is TaskState.REVIEW
    runs.end(
        conn,
        run,
        state=end.state,
        task_state=end.task_state,
        reason=end.why,
        now=now,
        not_before=None if is_aside else end.not_before,
    )
    if is_aside and end.setback is not None and end.goes_on:
        shortage.set_aside(conn, run.task, end.setback.window, wanted=end.setback.wanted, until=end.not_before)


def _shortage(end: End) -> _Shortage | None:
    setback = end.setback
    if setback is None or setback.kind is not SetbackKind.OVER_BUDGET or end.not_before is None:
        return None
    if end.task_state is TaskState.REVIEW:  # what fits no untouched window says nothing of what is left in it
        return None
    return _Shortage(setback.window, max(1, setback.wanted), end.not_before)


def _mark(conn: Connection, short: _Shortage | None, now: datetime) -> bool:
    """True when that is news."""
    return short is not None and shortage.mark(conn, short.budget, wanted=short.wanted, until=short.until, now=now)


def _book_useless(conn: Connection, setback: Setback | None, now: datetime, *, lost: bool = False) -> bool:
    """An answer of no use is billed all the same. A batch's is another run's to take up where the lease was lost.

    True when it cost more than its bound.
    """
    if setback is None or setback.call is None or setback.settlement is None:
        return False
    if (lost and batches.is_booked(conn, setback.call)) or batches.use(conn, setback.call):
        return False
    return ledger.settle(conn, setback.call, setback.settlement, now)


def _newest(conn: Connection, session: Session) -> Session:
    """The session to be put down: what was stored while its run was being cancelled is not lost, only given the last word."""
    stored = sessions.get(conn, session.task)
    if stored is None or stored.version == session.version:
        return session
    return replace(stored, handoff=session.handoff)

"""What a setback means for the run, the task and the account: three tables and no judgement elsewhere."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from watchbill.domain.findings import Finding
from watchbill.domain.outcomes import HOLDS_ACCOUNT, Scope, Setback, SetbackKind
from watchbill.domain.questions import Asked
from watchbill.domain.quotas import budget_turns_at, kind_of
from watchbill.domain.runs import RunState
from watchbill.domain.tasks import TaskState
from watchbill.domain.windows import WindowKind
from watchbill.scheduling.affording import NO_CALL_FITS, Short, key_of

# How long an account rests when the provider states no time. None: until a person acts.
REST: Mapping[SetbackKind, timedelta | None] = {
    SetbackKind.THROTTLED: timedelta(minutes=1),
    SetbackKind.EXHAUSTED: timedelta(minutes=30),
    SetbackKind.CREDIT_EXHAUSTED: timedelta(hours=6),
    SetbackKind.AUTH_FAILED: None,
    SetbackKind.OVERLOADED: timedelta(minutes=2),
    SetbackKind.NETWORK: timedelta(minutes=2),
    SetbackKind.MODEL_GONE: None,
    SetbackKind.UNPRICED: None,  # else every task of the queue would go there in its turn, and none be done
}
UNSENT = frozenset({SetbackKind.OVER_BUDGET})  # says nothing of the provider
GRACE = timedelta(seconds=5)  # after a stated reset: clocks differ


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """How a run ends when it did not land: the run's state, the task's, and why."""

    state: RunState
    task_state: TaskState
    why: str
    not_before: datetime | None = None
    goes_on: bool = False  # of a task in review: by itself, at that time or once the cap of its setback is raised
    fresh: bool = False  # what this run wrote is dropped; the next one begins anew with its findings
    setback: Setback | None = None
    findings: tuple[Finding, ...] = field(default=())
    asks: tuple[Asked, ...] = ()  # without whose answers it does not go on


@dataclass(frozen=True, slots=True, kw_only=True)
class Rest:
    """An account, or one model of it, rests until then; None until a person acts."""

    of_model: bool
    until: datetime | None
    kind: SetbackKind
    why: str


def rest_after(setback: Setback, now: datetime) -> Rest | None:
    """The hold that a setback puts on its account or model, or None when it concerns neither, or one is on already."""
    if setback.resting or setback.kind not in REST:
        return None
    if setback.kind in HOLDS_ACCOUNT and setback.scope is Scope.REQUEST:
        return None
    span = REST[setback.kind]
    until = setback.until + GRACE if setback.until is not None else None if span is None else now + span
    of_model = setback.scope is Scope.MODEL
    return Rest(of_model=of_model, until=until, kind=setback.kind, why=setback.message)


def end_after(setback: Setback, zone: ZoneInfo, *, has_progress: bool) -> End:
    """How a run ends after a setback that it cannot outwait. Waiting, money, logins and sick providers never count."""
    if setback.kind is SetbackKind.OVER_BUDGET:
        return _after_money(setback, zone, has_progress=has_progress)
    if setback.counts_as_attempt:
        too_long = setback.kind is SetbackKind.CONTEXT_TOO_LONG
        return End(
            state=RunState.FAILED,
            task_state=TaskState.QUEUED,
            why=f"{setback.kind}: {setback.message}",
            fresh=too_long,
            setback=setback,
        )
    return End(
        state=RunState.HANDED_OFF if has_progress else RunState.DEFERRED,
        task_state=TaskState.QUEUED,
        why=f"{setback.kind}: {setback.message}",
        setback=setback,
    )


def _after_money(setback: Setback, zone: ZoneInfo, *, has_progress: bool) -> End:
    kind = kind_of(setback.window)
    no_call_fits = setback.never_fits or (kind == WindowKind.RUN and not has_progress)
    if no_call_fits or kind == WindowKind.TASK:  # waiting would be for ever
        that = f": {NO_CALL_FITS}" if no_call_fits else ""
        turns_at = budget_turns_at(setback.window, zone)
        goes_on = turns_at is not None or setback.never_fits or kind == WindowKind.TASK
        then = "and it goes on" if goes_on else "then: watchbill task retry"
        return End(
            state=RunState.DEFERRED,
            task_state=TaskState.REVIEW,
            why=f"{setback.message}{that}; {_mend(setback)}, {then}",
            not_before=turns_at,
            goes_on=goes_on,
            setback=setback,
        )
    return End(
        state=RunState.DEFERRED,
        task_state=TaskState.QUEUED,
        why=setback.message,
        not_before=budget_turns_at(setback.window, zone),
        setback=setback,
    )


def _mend(setback: Setback) -> str:
    """The key, and for what is more than all of it what it has to be at the least."""
    if not setback.never_fits:
        return f"raise {key_of(setback.window)}"
    return Short(budget=setback.window, cap=0, wanted=setback.wanted).mend

"""Runs: one provider's stint on a task, from the moment it holds the lease to its end."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from watchbill.domain.ids import Commit, ProviderName, RepoName, RunId, SessionId, TaskId, Token
from watchbill.domain.machine import Transitions


class RunState(StrEnum):
    RUNNING = "running"
    LANDED = "landed"
    VERIFIED = "verified"
    REVIEW = "review"
    HANDED_OFF = "handed_off"  # unfinished, continued by the next run of the same session
    DEFERRED = "deferred"  # put back without using up an attempt: limit, slot, money
    REJECTED = "rejected"  # its result did not pass the gates
    FAILED = "failed"
    CANCELLED = "cancelled"
    LOST = "lost"  # its holder died; rescued at start or when its lease lapsed


TRANSITIONS: Transitions[RunState] = {
    RunState.RUNNING: frozenset(set(RunState) - {RunState.RUNNING}),
    **{state: frozenset() for state in RunState if state is not RunState.RUNNING},
}

COUNTED = frozenset({RunState.REJECTED, RunState.FAILED})  # ends that use up one of the task's attempts


class Stage(StrEnum):
    """How far a running run is, for people; recovery goes by rows, never by this word."""

    BRIEF = "brief"
    WORK = "work"
    GATE = "gate"
    LAND = "land"
    SETTLE = "settle"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    id: RunId
    task: TaskId
    repo: RepoName
    session: SessionId
    provider: ProviderName
    model: str  # "" for local automation
    token: Token
    state: RunState
    stage: Stage
    attempt: int  # 1 for the task's first run
    base: Commit | None  # the commit that it started from
    started_at: datetime
    ended_at: datetime | None = None
    reason: str = ""  # why it ended as it did

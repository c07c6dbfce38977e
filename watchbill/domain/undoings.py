"""Undoings: taking off a branch again what landed on it, asked by the gates or by a person."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from watchbill.domain.findings import Finding
from watchbill.domain.ids import Commit, RepoName, RunId, TaskId
from watchbill.domain.machine import Transitions
from watchbill.domain.tasks import Delivery

GATES = "gates"  # who asked, where it was no person


class UndoState(StrEnum):
    WANTED = "wanted"
    PENDING = "pending"  # the exact revert is stored; it may be on its branch or not
    DONE = "done"
    CONFLICTS = "conflicts"  # others built on it: a person decides
    REFUSED = "refused"  # without it the gates find more than with it: a person decides


TRANSITIONS: Transitions[UndoState] = {
    UndoState.WANTED: frozenset({UndoState.PENDING, UndoState.DONE, UndoState.CONFLICTS, UndoState.REFUSED}),
    UndoState.PENDING: frozenset({UndoState.WANTED, UndoState.DONE}),
    UndoState.DONE: frozenset(),
    UndoState.CONFLICTS: frozenset(),  # asked again it is another one
    UndoState.REFUSED: frozenset(),
}

FAILED = frozenset({UndoState.CONFLICTS, UndoState.REFUSED})
OPEN = frozenset({UndoState.WANTED, UndoState.PENDING})


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is to be undone, for whom and why."""

    run: RunId
    task: TaskId
    repo: RepoName
    commit: Commit  # as it landed
    target_ref: str
    delivery: Delivery
    who: str
    why: str
    findings: tuple[Finding, ...] = ()  # the evidence
    retry: bool = False  # its task is queued again, and told why


@dataclass(frozen=True, slots=True, kw_only=True)
class Undoing:
    id: str
    wish: Wish
    state: UndoState
    revert: Commit | None = None  # None where nothing had to be put onto a branch
    old: Commit | None = None  # where the branch stood
    said: str = ""  # what came of it, for people
    wanted_at: datetime
    ended_at: datetime | None = None

    @property
    def is_of_gates(self) -> bool:
        return self.wish.who == GATES

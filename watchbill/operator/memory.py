"""Memory: what plan() last said to the state of things, kept for the next answers as long as it would say the same."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from watchbill.domain.ids import TaskId
from watchbill.scheduling.decisions import About, Plan, Relieve
from watchbill.scheduling.snapshot import Snapshot
from watchbill.state.engine import Connection

LASTS = timedelta(
    seconds=20
)  # for what is written aside, as money is; longer than the daemon rests while work is pending

# What else was planned with: the bill, what is broken, whether all is stopped, what was weighed.
Terms = tuple[object, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A snapshot and what plan() says to it."""

    snapshot: Snapshot
    plan: Plan
    decision_by_task: dict[TaskId, About]
    at: datetime

    @classmethod
    def of(cls, snapshot: Snapshot, plan: Plan, at: datetime) -> "Seen":
        about = {each.task: each for each in plan.decisions if not isinstance(each, Relieve)}
        return cls(snapshot=snapshot, plan=plan, decision_by_task=about, at=at)


class Memory:
    """The last one. `aside` says how many rows changed so far that nothing is planned from."""

    def __init__(self, aside: Callable[[], int]) -> None:
        self._aside = aside
        self._kept: tuple[int, Terms, Seen] | None = None

    def mark(self, conn: Connection) -> int:
        """Another one after every change, those of the open transaction included, but for what was written aside."""
        return conn.total_changes - self._aside()

    def keep(self, mark: int, terms: Terms, seen: Seen) -> None:
        self._kept = mark, terms, seen

    def recall(self, mark: int, terms: Terms, now: datetime) -> Seen | None:
        """None where something changed since, or time brings something new."""
        if self._kept is None:
            return None
        was, under, seen = self._kept
        until = min(seen.at + LASTS, seen.plan.look_again)
        return seen if was == mark and under == terms and seen.at <= now < until else None

"""Widening: whether a run that is under way may have more files. Asked by its model beforehand, or after it changed them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from watchbill.domain.claims import any_overlap, covers
from watchbill.domain.ids import RepoName
from watchbill.domain.tasks import Task
from watchbill.scheduling.claimed import claimed_in
from watchbill.scheduling.decisions import Reason
from watchbill.scheduling.snapshot import Snapshot

MOST = 20  # patterns beside its own; a task that needs more was cut wrong


@dataclass(frozen=True, slots=True, kw_only=True)
class Free:
    """It may have these, which is what of them it has not already."""

    patterns: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """Somebody else has one of them."""

    pattern: str
    why: str
    reason: Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Unfit:
    """No run is given that."""

    why: str


def widen(
    task: Task, repo: RepoName, patterns: Sequence[str], snapshot: Snapshot, now: datetime
) -> Free | Held | Unfit:
    """What the planner says to a run's wish. A run never waits while it holds files, so nobody waits in a circle: where
    somebody else has a file, the run goes on without it or ends, and its task then waits for all of its files at once."""
    wanted = tuple(pattern for pattern in dict.fromkeys(patterns) if not covers(task.reach, pattern))
    if wide := [pattern for pattern in wanted if any(mark in pattern for mark in "*?")]:
        return Unfit(why=f"{wide[0]} is no single file: name the files one by one")
    if len(task.widened) + len(wanted) > MOST:
        return Unfit(why=f"a task is given {MOST} files beside its own at most: leave the rest to another task")
    taken = claimed_in(snapshot, now).met_by(task.id, repo, wanted)
    if taken is not None:
        pair = any_overlap(wanted, [taken.pattern])
        assert pair is not None, "met_by answers what overlaps"
        return Held(pattern=pair[0], why=taken.said_in(repo), reason=taken.reason)
    return Free(patterns=wanted)

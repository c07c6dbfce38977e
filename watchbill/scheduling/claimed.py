"""Claimed: an index of the paths that are taken, so that a tick asks once per task and not once per pair of tasks."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from itertools import chain

from watchbill.domain.claims import EVERYTHING, normal, overlaps
from watchbill.domain.ids import RepoName, TaskId
from watchbill.scheduling.decisions import Reason
from watchbill.scheduling.snapshot import Snapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    repo: RepoName
    task: TaskId
    pattern: str
    reason: Reason  # what a task that wants the same has to wait with
    why: str  # for people
    until: datetime | None = None  # when it lapses by itself, if that is known

    def said_in(self, repo: RepoName) -> str:
        """As a sentence: of whoever names no files, every file; and whose, where another repository shares its remote."""
        what = "every file" if self.pattern == EVERYTHING else self.pattern
        return f"{what}{'' if repo == self.repo else f' of {self.repo}, which shares its remote,'} {self.why}"


NOBODY = TaskId("")  # what a person has under their hands is no task's


class Claimed:
    """Patterns by their fixed beginnings: only what lies on the way to a pattern, or below it, can meet it."""

    def __init__(self, grounds: Mapping[RepoName, str] | None = None) -> None:
        self._grounds = grounds or {}
        self._shelf_by_ground: dict[str, _Shelf] = {}

    def add(self, taken: Taken) -> None:
        shelf = self._shelf_by_ground.setdefault(self._ground(taken.repo), _Shelf({}, {}))
        *above, own = _ancestors(taken.pattern)
        shelf.at.setdefault(own, []).append(taken)
        for folder in above:
            shelf.below.setdefault(folder, []).append(taken)

    def met_by(
        self, task: TaskId, repo: RepoName, patterns: Sequence[str], *, but: Reason | None = None
    ) -> Taken | None:
        """What keeps the task from its patterns: the longest-standing of those that overlap; its own never do.

        `but`: a reason that does not keep it.
        """
        shelf = self._shelf_by_ground.get(self._ground(repo))
        if shelf is None:
            return None
        met = [
            taken
            for pattern in patterns
            for taken in shelf.near(pattern)
            if taken.task != task and taken.reason is not but and overlaps(taken.pattern, pattern)
        ]
        return min(met, key=_standing) if met else None

    def all_met_by(self, task: TaskId, repo: RepoName, patterns: Sequence[str]) -> Iterator[Taken]:
        """All that others have of the patterns, one by one; what meets several of them comes several times."""
        shelf = self._shelf_by_ground.get(self._ground(repo))
        if shelf is None:
            return
        for pattern in patterns:
            for taken in shelf.near(pattern):
                if taken.task != task and overlaps(taken.pattern, pattern):
                    yield taken

    def _ground(self, repo: RepoName) -> str:
        return self._grounds.get(repo, repo)


@dataclass(frozen=True, slots=True)
class _Shelf:
    """What is taken on one ground, by the fixed beginning of its pattern and by every folder above that."""

    at: dict[str, list[Taken]]
    below: dict[str, list[Taken]]

    def near(self, pattern: str) -> Iterable[Taken]:
        """One by one: of hundreds on one file, whoever looks for any needs the first alone."""
        folders = _ancestors(pattern)
        below = self.below.get(folders[-1], ())
        if self.at.keys().isdisjoint(folders):
            return below
        return chain(*(self.at.get(folder, ()) for folder in folders), below)


def claimed_in(snapshot: Snapshot, now: datetime) -> Claimed:
    """What live runs and unmerged branches hold, and what people edit."""
    claimed = Claimed(snapshot.grounds)
    for run in snapshot.live:
        why = f"is in work for {run.task} on {run.provider}"
        for pattern in run.claims:
            claimed.add(Taken(repo=run.repo, task=run.task, pattern=pattern, reason=Reason.FILE_CLAIMED, why=why))
    for held in snapshot.held_claims:
        why = f"is in the delivered branch of {held.task}, which is neither merged nor dropped"
        claimed.add(Taken(repo=held.repo, task=held.task, pattern=held.pattern, reason=Reason.FILE_CLAIMED, why=why))
    for edit in (edit for edit in snapshot.edited if edit.until > now):
        why = "was changed by a person just now, who may go on"
        claimed.add(
            Taken(
                repo=edit.repo,
                task=NOBODY,
                pattern=edit.path,
                reason=Reason.HUMAN_EDITING,
                why=why,
                until=edit.until,
            )
        )
    return claimed


_WEIGHT = {Reason.HUMAN_EDITING: 1, Reason.BEHIND: 2}  # what lasts longest is told


def _standing(taken: Taken) -> tuple[int, TaskId, str]:
    return (_WEIGHT.get(taken.reason, 0), taken.task, taken.pattern)


@lru_cache(maxsize=65536)
def _ancestors(pattern: str) -> tuple[str, ...]:
    """Every fixed folder above a pattern, the root first, and last its own fixed beginning.

    >>> _ancestors("scenes/act1/*.txt")
    ('', 'scenes', 'scenes/act1')
    """
    parts = normal(pattern).split("/")
    fixed = next((place for place, part in enumerate(parts) if any(mark in part for mark in "*?[")), len(parts))
    return tuple("/".join(parts[:depth]) for depth in range(fixed + 1))

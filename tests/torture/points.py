"""Points: every place at which the daemon may die. Installed in a forked child only, over production code as it is.

A point stands before and after each durable change (a piece of work in a COMMIT that wrote something, a git command that
writes, an exchange of a queue file) and around each request to a provider. Counting them and dying at one of them is the same
walk. A kind is what is the same in every life: which work, never what happened to be committed together or who was asked.
"""

import functools
import re
import signal
import threading
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path

from watchbill.state import engine
from watchbill.workspace import gitcmd, swap

# Those that only fill a private index are left out: it is scratch, emptied at start.
GIT_WRITES = frozenset(
    {"init", "fetch", "push", "update-ref", "commit-tree", "merge-tree", "hash-object", "write-tree"}
)
# Money, work, landing and undoing, and what changes a person's file. The rest is record, view or scratch.
WEIGHTY = re.compile(
    "ledger|calls|batch|leases|sessions|intents|approvals|undoings|git update-ref|git push|queue swap|exchange"
)
_WRITE = re.compile(r"\s*(INSERT INTO|UPDATE|DELETE FROM)\s+(\w+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Place:
    """A point by its label and how often it was reached: what runs at once may change the order of points, but not that."""

    label: str
    time: int  # 1 for the first

    def __str__(self) -> str:
        return f"{self.label} #{self.time}"

    @property
    def side(self) -> str:
        """Before or after."""
        return self.label.partition(" ")[0]

    @property
    def kind(self) -> str:
        return self.label.partition(" ")[2]


@dataclass(slots=True)
class Points:
    """Counts points and stands still at some of them. Each goes to a file at once, since nothing else survives a kill."""

    log: Path
    stand_at: frozenset[Place] = frozenset()
    _times: "Counter[str]" = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def reach(self, label: str) -> None:
        with self._lock:  # COMMITs are made in a thread of their own
            self._times[label] += 1
            with self.log.open("a", encoding="utf-8") as file:
                file.write(f"{label}\n")
            if Place(label, self._times[label]) in self.stand_at:
                # of all threads, this one first: by the time it could go on, it stands
                signal.pthread_kill(threading.get_ident(), signal.SIGSTOP)

    @classmethod
    def places(cls, log: Path) -> list[Place]:
        """Every place that was reached, in order."""
        labels = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
        times: Counter[str] = Counter()
        found = []
        for label in labels:
            times[label] += 1
            found.append(Place(label, times[label]))
        return found

    def install(self) -> None:
        """Wrap what makes changes durable. There is no way back: for a child that never returns."""
        self._wrap_commits()
        self._wrap_git()
        swap.compare_and_swap = self._around("queue swap", swap.compare_and_swap)
        swap.exchange = self._around("exchange", swap.exchange)

    def _wrap_commits(self) -> None:
        engine.Connection = _watched(self.reach)

    def _wrap_git(self) -> None:
        run = gitcmd.Git.run

        @functools.wraps(run)
        async def watched(git: gitcmd.Git, *argv: str, **options: object) -> object:
            if argv[0] not in GIT_WRITES:
                return await run(git, *argv, **options)
            return await self.around_awaited(f"git {argv[0]}", lambda: run(git, *argv, **options))

        gitcmd.Git.run = watched

    async def around_awaited(self, label: str, work: Callable[[], Awaitable[object]]) -> object:
        self.reach(f"before {label}")
        result = await work()
        self.reach(f"after {label}")
        return result

    def _around(self, label: str, work: Callable[..., object]) -> Callable[..., object]:
        @functools.wraps(work)
        def watched(*args: object) -> object:
            self.reach(f"before {label}")
            result = work(*args)
            self.reach(f"after {label}")
            return result

        return watched


def first_of_each(places: Sequence[Place]) -> list[Place]:
    """Both sides of every kind, where it is first reached."""
    return [place for place in places if place.time == 1]


def most_telling(places: Sequence[Place]) -> list[Place]:
    """Both sides of every weighty kind; one of each other kind: before and after in turn, by the kinds' names."""
    firsts = first_of_each(places)
    light = sorted({place.kind for place in firsts if not WEIGHTY.search(place.kind)})
    side_by_kind = dict(zip(light, cycle(("before", "after")), strict=False))
    return [place for place in firsts if side_by_kind.get(place.kind, place.side) == place.side]


def _watched(reach: Callable[[str], None]) -> type:
    """A connection that tells of each piece of work that a COMMIT makes durable. One that wrote nothing is none.

    What is committed together varies from life to life; what each piece of work writes does not.
    """

    class Watched(engine.Connection):
        _works: tuple[str, ...] = ()
        _wrote: frozenset[str] = frozenset()
        _changes = 0

        def execute(self, sql: str, *args: object) -> object:
            if sql == "COMMIT":
                return self._commit(sql)
            if sql.startswith("BEGIN"):
                self._works = ()
            if sql.startswith(("BEGIN", "SAVEPOINT")):
                self._wrote, self._changes = frozenset(), self.total_changes
            elif sql.startswith("ROLLBACK TO"):
                self._wrote = frozenset()
            elif sql.startswith("RELEASE"):
                self._end_work()
            elif found := _WRITE.match(sql):
                self._wrote |= {f"{found[1].split()[0].lower()} {found[2]}"}
            return super().execute(sql, *args)

        def _end_work(self) -> None:
            if self._wrote and self.total_changes > self._changes:
                self._works = (*self._works, f"COMMIT {', '.join(sorted(self._wrote))}")
            self._wrote, self._changes = frozenset(), self.total_changes

        def _commit(self, sql: str) -> object:
            self._end_work()
            for label in self._works:
                reach(f"before {label}")
            result = super().execute(sql)
            for label in self._works:
                reach(f"after {label}")
            return result

    return Watched

"""Points: every place at which the daemon may die. Installed in a forked child only, over production code as it is.

A point stands before and after each durable change (a COMMIT that wrote something, a git command that writes, an exchange of
a queue file) and around each request to a provider. Counting them and dying at one of them is the same walk.
"""

import functools
import os
import re
import signal
import threading
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

from watchbill.state import engine
from watchbill.workspace import gitcmd, swap

# Those that only fill a private index are left out: it is scratch, emptied at start.
GIT_WRITES = frozenset(
    {"init", "fetch", "push", "update-ref", "commit-tree", "merge-tree", "hash-object", "write-tree"}
)
_WRITE = re.compile(r"\s*(INSERT INTO|UPDATE|DELETE FROM)\s+(\w+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Place:
    """A point by its label and how often it was reached: what runs at once may change the order of points, but not that."""

    label: str
    time: int  # 1 for the first

    def __str__(self) -> str:
        return f"{self.label} #{self.time}"


@dataclass(slots=True)
class Points:
    """Counts points and kills its process at one of them. Each goes to a file at once, since nothing else survives."""

    log: Path
    die_at: Place | None = None
    _times: "Counter[str]" = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def reach(self, label: str) -> None:
        with self._lock:  # COMMITs are made in a thread of their own
            self._times[label] += 1
            with self.log.open("a", encoding="utf-8") as file:
                file.write(f"{label}\n")
            if Place(label, self._times[label]) == self.die_at:
                os.kill(os.getpid(), signal.SIGKILL)
                threading.Event().wait()  # the signal may reach us a moment later: do nothing more

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
        connect = engine.dbapi.connect
        engine.dbapi.connect = functools.partial(connect, factory=_watched(self.reach))

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


def _watched(reach: Callable[[str], None]) -> type:
    """A connection that tells of each COMMIT, and what it makes durable. One that wrote nothing is none."""

    class Watched(engine.dbapi.Connection):
        _wrote: tuple[str, ...] = ()
        _changes = 0

        def execute(self, sql: str, *args: object) -> object:
            if sql == "COMMIT" and self.total_changes > self._changes:
                label = f"COMMIT {', '.join(sorted(set(self._wrote)))}"
                reach(f"before {label}")
                result = super().execute(sql, *args)
                reach(f"after {label}")
                return result
            if sql.startswith("BEGIN"):
                self._wrote, self._changes = (), self.total_changes
            elif found := _WRITE.match(sql):
                self._wrote = (*self._wrote, f"{found[1].split()[0].lower()} {found[2]}")
            return super().execute(sql, *args)

    return Watched

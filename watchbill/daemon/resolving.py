"""Resolving: the steps of the ladder that need nobody, when a change does not merge with what landed meanwhile."""

from collections.abc import Mapping
from dataclasses import dataclass

from watchbill.daemon.repositories import ManagedRepo
from watchbill.domain import threeway
from watchbill.domain.ids import Commit
from watchbill.domain.ports import Clock, Events, Merge, Tree
from watchbill.domain.runs import Run
from watchbill.state import conflicts
from watchbill.state.conflicts import Rung
from watchbill.state.database import Database

_MOST_FILES = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Sides:
    """A change, where it began, and what it is to be put onto."""

    onto: Commit
    commit: Commit
    base: Commit


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolver:
    database: Database
    clock: Clock
    events: Events

    async def merge(self, repo: ManagedRepo, run: Run, sides: Sides, message: str) -> Merge:
        """The change on top of what landed, by git, else by a finer merge; its conflicts where both fail.

        What was tried is recorded, but not that there was nothing to resolve.
        """
        merged = await repo.vcs.merge_onto(sides.onto, sides.commit, sides.base, message)
        if merged.commit is not None:
            return merged
        await self._tried(run, Rung.REBASE, sides, merged, worked=False)
        contents = await finer(repo, sides, merged)
        if contents is None:
            await self._tried(run, Rung.THREE_WAY, sides, merged, worked=False)
            return merged
        await self._tried(run, Rung.THREE_WAY, sides, merged, worked=True)
        self.events.emit("conflict.resolved", run=run.id, paths=merged.conflicts, how=Rung.THREE_WAY)
        return await repo.vcs.with_files(merged.tree, contents, sides.onto, message)

    async def _tried(self, run: Run, rung: Rung, sides: Sides, merged: Merge, *, worked: bool) -> None:
        now = self.clock.now()
        await self.database.submit(
            lambda conn: conflicts.tried(
                conn, run, rung, worked=worked, onto=sides.onto, paths=merged.conflicts, now=now
            )
        )


async def finer(repo: ManagedRepo, sides: Sides, merged: Merge) -> Mapping[str, bytes] | None:
    """Each conflicting file as both sides together make it; None where one of them cannot be merged."""
    if len(merged.conflicts) > _MOST_FILES:
        return None
    trees = [await repo.vcs.read_tree(commit) for commit in (sides.base, sides.onto, sides.commit)]
    contents: dict[str, bytes] = {}
    for path in merged.conflicts:
        texts = [_text(tree, path) for tree in trees]
        base, ours, theirs = texts
        if base is None or ours is None or theirs is None:
            return None
        together = threeway.merge(path, base, ours, theirs)
        if together is None:
            return None
        contents[path] = together.encode()
    return contents


def _text(tree: Tree, path: str) -> str | None:
    try:
        return tree.read(path).decode()
    except (KeyError, UnicodeDecodeError):
        return None

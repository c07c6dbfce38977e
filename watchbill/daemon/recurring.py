"""Recurring work: when an entry's time has come, work is looked for on the newest state, and what is found becomes tasks."""

import asyncio
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from watchbill.daemon import sandboxed, tallying
from watchbill.daemon.alarm import Alarm
from watchbill.daemon.repositories import ManagedRepo
from watchbill.daemon.standing import Orders
from watchbill.daemon.tallying import NotCounted
from watchbill.daemon.terms import Parts
from watchbill.daemon.timers import Timers
from watchbill.domain.errors import GitError, Unsafe, WatchbillError
from watchbill.domain.ids import Commit, RepoName
from watchbill.domain.ports import Tree
from watchbill.domain.tasks import Task, TaskState
from watchbill.scheduling import detection, recurring
from watchbill.scheduling.recurring import Recurring
from watchbill.state import recurring as rows
from watchbill.state.engine import Connection
from watchbill.state.recurring import Recurrence

RETRY = timedelta(minutes=1)  # after this a repository that could not be read is tried again
_SAID = 300  # characters of a failed command's words


class NotFoundOut(WatchbillError):
    """Whether there is work could not be found out; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """What a look came to."""

    commit: Commit
    targets: tuple[str, ...]


class Recurrences:
    """Looks when it is woken: after each tick, by its own timer, and once before a single tick."""

    def __init__(
        self,
        parts: Parts,
        *,
        orders: Orders,
        broken: Callable[[], Collection[RepoName]],
        timers: Timers,
        on_made: Callable[[], None],
    ) -> None:
        self._parts = parts
        self._orders = orders
        self._broken = broken
        self._timers = timers
        self._on_made = on_made
        self._alarm = Alarm(parts.events, "recurring")
        self._put_off_by_entry: dict[str, str] = {}

    def wake(self) -> None:
        self._alarm.ring()

    async def run(self) -> None:
        """Look at every wake, for ever. A look that fails is reported; it never stops the daemon."""
        await self._alarm.first()
        await self._alarm.at_every_ring(self.look, again=lambda: self._rest(self._parts.clock.now() + RETRY))

    def _rest(self, until: datetime) -> None:
        self._timers.wake_at("recurring", until, self.wake)

    async def look(self) -> None:
        """Look for the work of every entry whose time has come, and set the timer for the next one."""
        standing = self._orders.standing
        known = await self._parts.database.submit(rows.all_recurrences)
        nexts = [
            await self._look_at(entry, standing.repos[entry.repo], known.get(entry.name))
            for entry in standing.recurring
        ]
        if nexts:
            self._rest(min(nexts))

    async def _look_at(self, entry: Recurring, repo: ManagedRepo, known: Recurrence | None) -> datetime:
        """When to look at it again."""
        now = self._parts.clock.now()
        due = recurring.due(entry.timing, known.seen if known else None, now)
        if due.occurrence is None:
            if known is None or known.seen != due.seen:
                await self._parts.database.submit(lambda conn: rows.pass_by(conn, entry.name, due.seen))
            return due.next
        if entry.repo in self._broken():
            return min(due.next, now + RETRY)
        try:
            found = await self._find(entry, repo, known)
        except (GitError, OSError) as error:
            self._put_off(entry, due.occurrence, str(error))
            return min(due.next, now + RETRY)
        except (Unsafe, NotFoundOut, NotCounted) as error:
            await self._give_up(entry, due.occurrence, known, str(error))
            return due.next
        self._put_off_by_entry.pop(entry.name, None)
        await self._make(entry, due.occurrence, found)
        return due.next

    def _put_off(self, entry: Recurring, occurrence: datetime, why: str) -> None:
        """The repository cannot be read now: said once, tried again."""
        if self._put_off_by_entry.get(entry.name) != why:
            self._put_off_by_entry[entry.name] = why
            self._parts.events.emit("recurring.failed", entry=entry.name, occurrence=occurrence, why=why)

    async def _give_up(self, entry: Recurring, occurrence: datetime, known: Recurrence | None, why: str) -> None:
        """The look itself fails: it would again, so the next occurrence is the next try."""
        before = known or Recurrence(entry=entry.name, seen=occurrence)
        now = self._parts.clock.now()
        looked = replace(before, seen=occurrence, looked_at=now, found=(), made=(), fault=why)
        await self._parts.database.submit(lambda conn: rows.looked(conn, looked))
        self._parts.events.emit("recurring.failed", entry=entry.name, occurrence=occurrence, why=why)

    # --- finding

    async def _find(self, entry: Recurring, repo: ManagedRepo, known: Recurrence | None) -> _Found:
        commit = await repo.start_point()
        if entry.find.command:
            return _Found(commit=commit, targets=await self._ask_command(entry, repo, commit))
        changed = await _changed(entry, repo, known, commit)
        tree = await repo.vcs.read_tree(commit)
        return _Found(commit=commit, targets=await self._search(entry, tree, changed))

    async def _search(self, entry: Recurring, tree: Tree, changed: Collection[str] | None) -> tuple[str, ...]:
        if not entry.find.pattern:
            return await asyncio.to_thread(detection.targets, entry.find, tree, changed)
        looked = await asyncio.to_thread(detection.look, entry.find, tree, changed)
        counts = await tallying.count(self._parts.proc, entry.find.pattern, looked.texts)
        return detection.judge(entry.find, looked, counts)

    async def _ask_command(self, entry: Recurring, repo: ManagedRepo, commit: Commit) -> tuple[str, ...]:
        """Raises NotFoundOut when it does not end with 0, Unsafe where there is no sandbox."""
        name = f"recurring-{entry.name}"
        worktree = await repo.vcs.open_worktree(name, commit)
        try:
            done = await sandboxed.run(
                self._parts.proc, repo, entry.find.command, worktree=worktree, timeout=entry.find.timeout
            )
        finally:
            await repo.vcs.drop_worktree(name)
        if done.code != 0:
            how = "ran into its time-out" if done.timed_out else f"ended with {done.code}"
            raise NotFoundOut(f"{' '.join(entry.find.command)} {how}: {done.stderr.strip()[-_SAID:]}")
        return detection.lines_of(done.stdout)

    # --- making

    async def _make(self, entry: Recurring, occurrence: datetime, found: _Found) -> None:
        made = await self._parts.database.submit(lambda conn: self._store(conn, entry, occurrence, found))
        events = self._parts.events
        if not found.targets:
            events.emit("recurring.idle", entry=entry.name, occurrence=occurrence)
            return
        facts = {"found": len(found.targets), "made": len(made)}
        events.emit("recurring.found", entry=entry.name, occurrence=occurrence, **facts)
        for task in made:
            events.emit("task.discovered", task=task.id, repo=task.repo, title=task.title, type=task.type)
        if made:
            self._on_made()

    def _store(self, conn: Connection, entry: Recurring, occurrence: datetime, found: _Found) -> Sequence[Task]:
        """The tasks that are new. What is over the limit, or has an earlier task that is still open, is owed."""
        now = self._parts.clock.now()
        taken = rows.open_targets(conn, entry.name)
        wanted = _in_turn(conn, entry, [target for target in found.targets if target not in taken])
        usable = [
            (target, task)
            for number, target in enumerate(wanted)
            if (task := recurring.task_of(entry, target, occurrence, number=number))
        ]
        open_ones = sum(state is not TaskState.FAILED for state in taken.values())
        given = dict(usable[: max(0, entry.limit - open_ones)])
        made = tuple(
            task
            for target, task in given.items()
            if rows.make(conn, entry.name, target, task, occurrence=occurrence, now=now)
        )
        looked = Recurrence(
            entry=entry.name,
            seen=occurrence,
            looked_at=now,
            commit=found.commit,
            found=found.targets,
            made=tuple(task.id for task in made),
            owed=tuple(target for target in found.targets if target not in given),
            fault=_unusable(len(wanted) - len(usable)),
        )
        rows.looked(conn, looked)
        return made


def _in_turn(conn: Connection, entry: Recurring, targets: Sequence[str]) -> list[str]:
    """What had no task yet first, then what had one longest ago: a limit keeps no target back for ever."""
    latest = rows.latest_by_target(conn, entry.name)
    never = datetime.min.replace(tzinfo=UTC)
    return sorted(targets, key=lambda target: latest.get(target, never))


async def _changed(
    entry: Recurring, repo: ManagedRepo, known: Recurrence | None, commit: Commit
) -> Collection[str] | None:
    """The paths that changed since the last look, and what it left owed; None: all may have changed."""
    before = known.commit if known else None
    if not entry.find.changed or known is None or before is None or await repo.vcs.resolve(before) is None:
        return None
    return {*await repo.vcs.changed_paths(before, commit), *known.owed}


def _unusable(count: int) -> str:
    return f"{count} of the targets are no paths, so they cannot be among a task's files" if count else ""

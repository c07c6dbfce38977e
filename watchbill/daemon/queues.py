"""Queues: what a repository's queue files say becomes tasks, and where the tasks stand is shown in the files again."""

import asyncio
import hashlib
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from watchbill.daemon.repositories import ManagedRepo
from watchbill.domain import money, regular
from watchbill.domain.ids import RepoName, TaskId
from watchbill.domain.ports import Clock, Events
from watchbill.domain.tasks import DONE, Task, TaskState
from watchbill.domain.windows import Window, WindowKind
from watchbill.intake import claims, grammar, reconcile
from watchbill.intake.entries import Mark, QueueFile, Unreadable
from watchbill.intake.identity import KnownEntry
from watchbill.intake.markers import Spot, set_marker
from watchbill.intake.reconcile import Action, Cancel, Change, Discover, Known, Reconciled, Reopen
from watchbill.intake.spelling import is_utf8, shown
from watchbill.intake.tasks import Terms
from watchbill.operator import taking_in, unread
from watchbill.state import intents, ledger, runs
from watchbill.state.database import Database
from watchbill.state.engine import Connection
from watchbill.workspace import swap

_LINE = re.compile(r":\d+")  # of a place, as reconciling names it
COMMENTED = DONE | {TaskState.FAILED, TaskState.REVIEW}  # a marker without its comment is an older file come back


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stale:
    """A marker that has to be written."""

    entry: KnownEntry
    task: Task
    mark: Mark
    comment: str | None


class Queues:
    """Reads when a file changed, writes when a task's state did. Never loses an edit of a human's."""

    def __init__(self, *, database: Database, clock: Clock, events: Events) -> None:
        self._database = database
        self._clock = clock
        self._events = events
        self._digest_by_repo: dict[RepoName, str] = {}
        self._doubted_by_repo: dict[RepoName, str] = {}
        self._cancelled: set[TaskId] = set()
        self._why_put_off: dict[tuple[RepoName, str], str] = {}
        self._reported = Counter[tuple[RepoName, str, str]]()  # by file and words: how many lines of it were told of

    # --- reading

    def read_anew(self) -> None:
        """At the next look every file is read whatever its bytes: what its words mean has changed."""
        self._digest_by_repo.clear()

    async def read(self, repo: ManagedRepo, terms: Terms, *, stop_run: Callable[[TaskId], bool]) -> None:
        """Take in what changed. `stop_run` asks a task's run to end and says whether it has one."""
        texts, faults = await asyncio.to_thread(_texts, repo)
        self._complain(repo, faults)
        digest = _digest(texts)
        if self._digest_by_repo.get(repo.name) == digest:
            return
        files = await asyncio.to_thread(_parse, repo, texts)
        known, taken = await self._database.submit(lambda conn: _known(conn, repo.name, files))
        paths = (await repo.vcs.read_tree(await repo.start_point())).paths()
        terms = replace(terms, names=claims.names(repo.aliases, paths))
        found = await asyncio.to_thread(
            reconcile.reconcile, known, files, repo=repo.name, terms=terms, taken=taken, plain=repo.plain_markers
        )
        actions = self._believed(repo, found.actions, digest)
        running = {one.task.id for one in known if one.task.state is TaskState.RUNNING}
        cancelled = [action.id for action in actions if isinstance(action, Cancel)]
        stopped = {task for task in cancelled if task in running and stop_run(task)}
        before = {one.entry for one in known}
        entries = tuple(entry for entry in found.entries if entry not in before)
        await self._database.submit(
            lambda conn: self._store(conn, repo, replace(found, entries=entries), actions, stopped)
        )
        if not stopped and len(actions) == len(found.actions):
            self._digest_by_repo[repo.name] = digest  # else it is read anew: a run has to end, or a look has to confirm
        self._tell(repo, files, found, [action for action in actions if not self._is_told(action)])

    def _is_told(self, action: Action) -> bool:
        """A running task is asked to stop at every look until it has; people hear of it once."""
        if not isinstance(action, Cancel):
            return False
        told = action.id in self._cancelled
        self._cancelled.add(action.id)
        return told

    def _believed(self, repo: ManagedRepo, actions: Sequence[Action], digest: str) -> list[Action]:
        """All actions, but deletions only when the file still says so at the next look: it may have been half saved."""
        deletions = [action for action in actions if isinstance(action, Cancel) and action.deleted]
        if deletions and self._doubted_by_repo.get(repo.name) != digest:
            self._doubted_by_repo[repo.name] = digest
            return [action for action in actions if action not in deletions]
        return list(actions)

    def _store(
        self,
        conn: Connection,
        repo: ManagedRepo,
        found: Reconciled,
        actions: Sequence[Action],
        stopped: set[TaskId],
    ) -> None:
        doubted = {action.id for action in found.actions if isinstance(action, Cancel) and action not in actions}
        taking_in.store(conn, actions, self._clock.now(), running=stopped)
        untouched = doubted | stopped
        taking_in.remember(conn, repo.name, [entry for entry in found.entries if entry.id not in untouched])

    def _tell(
        self, repo: ManagedRepo, files: Sequence[QueueFile], found: Reconciled, actions: Sequence[Action]
    ) -> None:
        for file in files:
            count = len(file.entries)
            unreadable = sum(1 for problem in found.unreadable if problem.path == file.path)
            self._events.emit("queue.read", repo=repo.name, path=file.path, tasks=count, unreadable=unreadable)
        self._complain(repo, found.unreadable)
        for action in actions:
            self._tell_action(repo, action)

    def _complain(self, repo: ManagedRepo, problems: Sequence[Unreadable]) -> None:
        """Once each: a line that only moved, as by a comment of ours above it, is not told of again."""
        seen = Counter[tuple[RepoName, str, str]]()
        for problem in problems:
            what = (repo.name, problem.path, _LINE.sub("", problem.why))
            seen[what] += 1
            if seen[what] > self._reported[what]:
                self._reported[what] = seen[what]
                self._events.emit(
                    "queue.unreadable", repo=repo.name, path=problem.path, line=problem.line, why=problem.why
                )

    def _tell_action(self, repo: ManagedRepo, action: Action) -> None:
        match action:
            case Discover(task=task):
                self._events.emit("task.discovered", task=task.id, repo=repo.name, title=task.title, type=task.type)
            case Change(task=task, fields=fields) if not action.only_moved:
                self._events.emit("task.changed", task=task.id, fields=list(fields))
            case Cancel(id=task_id, why=why):
                self._events.emit("task.cancelled", task=task_id, why=why)
            case Reopen(id=task_id, why=why):
                self._cancelled.discard(task_id)
                self._events.emit("task.requeued", task=task_id, why=why)
            case _:
                pass

    # --- writing

    async def write_back(self, repo: ManagedRepo) -> None:
        """Set the markers that do not show their task's state. What cannot be written now is tried at the next look."""
        stale = await self._database.submit(lambda conn: _stale(conn, repo))
        for path in sorted({one.entry.path for one in stale}):
            await self._write(repo, path, [one for one in stale if one.entry.path == path])

    async def _write(self, repo: ManagedRepo, path: str, stale: Sequence[_Stale]) -> None:
        try:
            place = repo.find(path)
            before = await asyncio.to_thread(regular.read, place)
            after, written = _marked(repo, before, stale)
            await self._remember(repo, [reconcile.about_to_write(one.entry, one.mark) for one in written])
            swapped = before == after or await asyncio.to_thread(swap.compare_and_swap, place, before, after)
        except OSError as error:
            self._put_off(repo, path, str(error))
            return
        if not swapped:
            self._put_off(repo, path, "somebody is editing it")
            return
        self._why_put_off.pop((repo.name, path), None)
        await self._remember(
            repo, [reconcile.written(one.entry, one.mark, commented=one.comment is not None) for one in written]
        )
        for one in written:
            self._events.emit("queue.written", repo=repo.name, path=path, task=one.task.id, marker=one.mark)

    def _put_off(self, repo: ManagedRepo, path: str, why: str) -> None:
        """It is tried again at every look; people hear of it once, until it changes."""
        if self._why_put_off.get((repo.name, path)) != why:
            self._why_put_off[repo.name, path] = why
            self._events.emit("queue.write_put_off", repo=repo.name, path=path, why=why)

    async def _remember(self, repo: ManagedRepo, entries: Sequence[KnownEntry]) -> None:
        await self._database.submit(lambda conn: taking_in.remember(conn, repo.name, entries))


def tidy(repo: ManagedRepo) -> None:
    """Finish what a swap that was killed began, in every queue file and in the questions file."""
    for path in (*places(repo), repo.path / repo.questions):
        with suppress(OSError):  # it leads elsewhere, where nothing of ours was ever begun
            swap.tidy(repo.find(path))


def _texts(repo: ManagedRepo) -> tuple[dict[str, bytes], list[Unreadable]]:
    """The queue files' bytes by path, and what cannot be read. A file that is not there tells nothing."""
    found: dict[str, bytes] = {}
    faults: list[Unreadable] = []
    for path in places(repo):
        name = path.relative_to(repo.path).as_posix()
        if not is_utf8(name):
            faults.append(Unreadable(path=shown(name), line=1, why="the file's name is not UTF-8: rename it"))
            continue
        try:
            found[name] = regular.read(repo.find(path))
        except FileNotFoundError:
            continue
        except OSError as error:
            faults.append(Unreadable(path=name, line=1, why=f"the file cannot be read: {error.strerror}"))
    return found, faults


def places(repo: ManagedRepo) -> list[Path]:
    """Where its queue files are, or would be."""
    return list(unread.queue_paths(repo.path, repo.queues))


def _digest(texts: Mapping[str, bytes]) -> str:
    whole = hashlib.sha256()
    for path, data in texts.items():
        whole.update(f"{path}\0{len(data)}\0".encode())
        whole.update(data)
    return whole.hexdigest()


def _parse(repo: ManagedRepo, texts: Mapping[str, bytes]) -> list[QueueFile]:
    return [grammar.parse(grammar.decode(data), path, repo.name) for path, data in texts.items()]


def _known(conn: Connection, repo: RepoName, files: Sequence[QueueFile]) -> tuple[list[Known], list[TaskId]]:
    known = taking_in.known(conn, repo, files)
    return known, taking_in.taken(conn, known)


def _stale(conn: Connection, repo: ManagedRepo) -> list[_Stale]:
    found = []
    for known in taking_in.shown_otherwise(conn, repo.name, plain=repo.plain_markers):
        mark = reconcile.stale_mark(known.entry, known.task.state, plain=repo.plain_markers)
        if mark is not None:
            comment = _comment(conn, known.task) if repo.comments and known.task.state in COMMENTED else None
            found.append(_Stale(entry=known.entry, task=known.task, mark=mark, comment=comment))
    return found


def _comment(conn: Connection, task: Task) -> str:
    """One line for people: the run that did it, what the task cost, and the commit. A rider's run says whose it was."""
    last: list[str] = [run.id for run in runs.of_task(conn, task.id)[-1:]]
    spent, _ = ledger.used(conn, Window(WindowKind.TASK, task.id))
    landed = intents.landed(conn, task.id)
    if landed is not None and not last:
        last = [landed.run, "with", landed.task]
    return " ".join([*last, money.show(spent), *([landed.commit[:10]] if landed else [])])


def _marked(repo: ManagedRepo, before: bytes, stale: Sequence[_Stale]) -> tuple[bytes, list[_Stale]]:
    """The file with every marker set whose entry is still as it was read; the others wait to be read anew."""
    after, written = before, []
    for one in stale:
        data = set_marker(after, Spot(repo=repo.name, known=one.entry), one.mark, one.comment)
        if data is not None:
            after = data
            written.append(one)
    return after, written

"""Inboxes at work: files that stand still become tasks; they are moved away when the task has ended, or cannot begin."""

import asyncio
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from watchbill.daemon.repositories import ManagedRepo
from watchbill.daemon.standing import Standing
from watchbill.domain.errors import GitError
from watchbill.domain.ids import RepoName, TaskId
from watchbill.domain.ports import Clock, Events
from watchbill.domain.tasks import DONE, Task
from watchbill.intake import claims, inbox, notes
from watchbill.intake.entries import Unreadable
from watchbill.intake.inbox import Amend, Arrival, InboxFile, Outcome, Refuse, Take
from watchbill.intake.spelling import is_utf8, shown
from watchbill.intake.tasks import Terms
from watchbill.state import inboxes, tasks
from watchbill.state.database import Database
from watchbill.state.engine import Connection
from watchbill.workspace import boxes, swap
from watchbill.workspace.boxes import Mark

SETTLE = 0.25  # seconds in which a file that somebody writes changes

Place = tuple[str, str]  # box and name


@dataclass(frozen=True, slots=True, kw_only=True)
class _Box:
    name: str
    folder: Path
    home: Path | None  # paths in it are shown relative to this

    def shown(self, name: str) -> str:
        path = self.folder / name
        return path.relative_to(self.home).as_posix() if self.home else str(path)


class Inbox:
    """Looks into every box at each tick. What it could not do then, it tries again at the next."""

    def __init__(
        self, *, database: Database, clock: Clock, events: Events, shared: Path, wake: Callable[[], None]
    ) -> None:
        self._database = database
        self._clock = clock
        self._events = events
        self._shared = shared
        self._wake = wake
        self._handled: dict[Place, Mark] = {}  # what was read, and needs no second look until it changes
        self._refusals: dict[Place, str] = {}  # files that are still to be moved to refused/
        self._told: set[tuple[Place, str]] = set()

    async def read(self, standing: Standing, *, broken: Collection[RepoName] = ()) -> None:
        """Take in what is new and stands still."""
        open_boxes = {box.name: box for box in self._boxes(standing) if box.name not in broken}
        seen = await asyncio.to_thread(self._look, open_boxes.values())
        fresh = {place: mark for place, mark in seen.items() if self._handled.get(place) != mark}
        if not fresh:
            return
        await asyncio.sleep(SETTLE)
        still = await asyncio.to_thread(_still, fresh, open_boxes)
        if len(still) < len(fresh):
            asyncio.get_running_loop().call_later(2 * SETTLE, self._wake)
        for place in still:
            self._refusals.pop(place, None)  # it says something new
        arrivals = [found for place in still if (found := await self._arrival(place, open_boxes[place[0]])) is not None]
        outcomes = await self._sort_in(arrivals, seen, standing)
        self._handled.update(still)
        for outcome in outcomes:
            self._tell(outcome)
        await self._move_refused(open_boxes)

    async def put_away(self, standing: Standing) -> None:
        """Move the files whose tasks have ended."""
        known = {box.name: box for box in self._boxes(standing)}
        over = await self._database.submit(
            lambda conn: [(file, tasks.get(conn, file.task)) for file in inboxes.ended(conn)]
        )
        for file, task in over:
            if file.box in known and task is not None:
                await self._put_away(known[file.box], file, task)
        await self._move_refused(known)

    def _boxes(self, standing: Standing) -> Iterator[_Box]:
        yield _Box(name=inbox.SHARED, folder=self._shared, home=None)
        for repo in standing.repos.values():
            if repo.inbox is not None:
                yield _Box(name=repo.name, folder=repo.inbox, home=repo.path)

    # --- looking

    def _look(self, open_boxes: Collection[_Box]) -> dict[Place, Mark]:
        seen: dict[Place, Mark] = {}
        for box in open_boxes:
            try:
                looked = boxes.look(box.folder)
                strange = boxes.strange(box.folder)
            except OSError as error:
                self._put_off((box.name, ""), str(error))
                continue
            for name in strange:
                self._put_off((box.name, shown(name)), "it is no regular .md file, so it becomes no task")
            for name, mark in looked.items():
                if is_utf8(name):
                    seen[box.name, name] = mark
                else:
                    self._put_off((box.name, shown(name)), "its name is not UTF-8: rename it")
        return seen

    async def _arrival(self, place: Place, box: _Box) -> Arrival | None:
        """What the file says; None where it says nothing, or cannot be a task."""
        path = box.folder / place[1]
        try:
            text = notes.decode(await asyncio.to_thread(boxes.read, path, notes.MAX_SIZE))
        except OSError as error:
            self._put_off(place, str(error))
            return None
        except notes.Unfit as error:
            self._refuse(place, str(error))
            return None
        if not text.strip():
            return None  # made, and not written yet
        return Arrival(box=box.name, name=place[1], path=box.shown(place[1]), text=text)

    # --- taking in

    async def _sort_in(
        self, arrivals: Sequence[Arrival], seen: Collection[Place], standing: Standing
    ) -> Sequence[Outcome]:
        if not arrivals:
            return []
        terms = {name: await self._terms(standing, name) for name in standing.repos}
        return await self._database.submit(lambda conn: self._store(conn, arrivals, seen, terms))

    async def _terms(self, standing: Standing, name: RepoName) -> Terms:
        """A bare file name finds its place among the repository's files, where these can be read."""
        repo: ManagedRepo = standing.repos[name]
        try:
            paths = (await repo.vcs.read_tree(await repo.start_point())).paths()
        except GitError:
            return standing.queue_terms[name]
        return replace(standing.queue_terms[name], names=claims.names(repo.aliases, paths))

    def _store(
        self,
        conn: Connection,
        arrivals: Sequence[Arrival],
        seen: Collection[Place],
        terms: Mapping[RepoName, Terms],
    ) -> Sequence[Outcome]:
        """The task and whose file it is become one transaction: after a crash the file is known, or is read anew."""
        now = self._clock.now()
        told = [replace(one, done_as=_done_as(conn, one)) for one in arrivals]
        outcomes = inbox.sort_in(
            told, filed=inboxes.all_files(conn), present=seen, tasks=tasks.all_tasks(conn), terms=terms
        )
        for outcome in outcomes:
            match outcome:
                case Take(file=file, task=task):
                    tasks.insert(conn, task, now)
                    inboxes.put(conn, file)
                case Amend(file=file, task=task):
                    tasks.rewrite(conn, task, now)
                    inboxes.put(conn, file)
                case Refuse():
                    pass  # it is moved after the transaction
        return outcomes

    def _tell(self, outcome: Outcome) -> None:
        match outcome:
            case Take(file=file, task=task, unreadable=problems):
                self._events.emit("inbox.taken", box=file.box, file=file.name, task=task.id)
                self._events.emit("task.discovered", task=task.id, repo=task.repo, title=task.title, type=task.type)
                self._complain(file, problems)
            case Amend(file=file, task=task, changed=changed, unreadable=problems):
                if changed:
                    self._events.emit("task.changed", task=task.id, fields=list(changed))
                self._complain(file, problems)
            case Refuse(arrival=arrival, why=why, is_known=True):
                self._put_off((arrival.box, arrival.name), f"its new text is not taken over: {why}")
            case Refuse(arrival=arrival, why=why):
                self._refuse((arrival.box, arrival.name), why)

    def _complain(self, file: InboxFile, problems: Sequence[Unreadable]) -> None:
        for problem in problems:
            self._events.emit("inbox.unreadable", box=file.box, file=file.name, line=problem.line, why=problem.why)

    # --- moving

    def _refuse(self, place: Place, why: str) -> None:
        self._events.emit("inbox.refused", box=place[0], file=place[1], why=why)
        self._refusals[place] = why

    async def _move_refused(self, known: Mapping[str, _Box]) -> None:
        for place, why in list(self._refusals.items()):
            box = known.get(place[0])
            if box is not None and await self._move(box, place[1], "refused", why):
                del self._refusals[place]

    async def _put_away(self, box: _Box, file: InboxFile, task: Task) -> None:
        done = task.state in DONE
        to, why = ("done", "") if done else ("refused", f"its task was cancelled: {task.note}")
        if not await self._move(box, file.name, to, why):
            return
        await self._database.submit(lambda conn: inboxes.put_away(conn, file, done=done))
        self._events.emit("inbox.put_away", box=file.box, file=file.name, task=file.task, to=to)

    async def _move(self, box: _Box, name: str, to: str, why: str) -> bool:
        """True when the file is not in its box any more."""
        path = box.folder / name
        rewrite = partial(notes.with_reason, why=why) if why else None
        if not await asyncio.to_thread(box.folder.is_dir):
            return False  # its repository is away: the file is there when that is back
        try:
            await asyncio.to_thread(boxes.put_away, path, box.folder / to, rewrite)
        except FileNotFoundError:
            pass  # somebody moved it, or we did before a crash
        except OSError as error:
            self._put_off((box.name, name), str(error))
            return False
        self._handled.pop((box.name, name), None)
        return True

    def _put_off(self, place: Place, why: str) -> None:
        if (place, why) not in self._told:
            self._told.add((place, why))
            self._events.emit("inbox.put_off", box=place[0], file=place[1], why=why)


def _still(fresh: Mapping[Place, Mark], open_boxes: Mapping[str, _Box]) -> dict[Place, Mark]:
    """Those that did not change meanwhile and that nobody has open for writing."""
    return {
        (box, name): mark
        for (box, name), mark in fresh.items()
        if boxes.mark_of(path := open_boxes[box].folder / name) == mark and not _is_being_written(path)
    }


def _is_being_written(path: Path) -> bool:
    try:
        return swap.is_being_written(path)
    except OSError:
        return False  # gone, or not ours to open: reading it says so


def _done_as(conn: Connection, arrival: Arrival) -> TaskId | None:
    """Only git brings files of a repository back; into the shared inbox the same may be dropped again and again."""
    return None if arrival.box == inbox.SHARED else inboxes.done_as(conn, arrival.box, arrival.name, arrival.text)

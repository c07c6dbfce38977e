"""Foresight: while runs work, git is asked whether each one's checkpoint would merge with what landed, and with the others'."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from watchbill.daemon.delivery import shown, target_ref
from watchbill.daemon.repositories import ManagedRepo
from watchbill.domain.ids import Commit, RepoName, RunId
from watchbill.domain.ports import Clock, Events
from watchbill.domain.runs import Run
from watchbill.domain.tasks import Delivery, Task
from watchbill.state import conflicts, runs, sessions, tasks
from watchbill.state.database import Database
from watchbill.state.engine import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class _Work:
    """What a run has done so far."""

    run: Run
    task: Task
    base: Commit
    checkpoint: Commit


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pair:
    """The newer work, and what it may not merge with: another's checkpoint, or a branch's tip."""

    work: _Work
    other: str
    commit: Commit
    base: Commit  # where what the other changed begins


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """A pair as it was when it was last asked about, and whether it would have merged."""

    checkpoint: Commit
    commit: Commit
    merges: bool


class Foresight:
    """Asks about each pair once, until one of the two moves on, and git only where both changed the same files."""

    def __init__(self, *, database: Database, clock: Clock, events: Events) -> None:
        self._database = database
        self._clock = clock
        self._events = events
        self._asked: dict[tuple[RunId, str], _Asked] = {}
        self._changed: dict[tuple[Commit, Commit], frozenset[str]] = {}

    async def look(self, repos: Mapping[RepoName, ManagedRepo]) -> None:
        """Remember what would not merge. Raises GitError for a damaged clone."""
        works = await self._database.submit(_works)
        self._asked = {pair: held for pair, held in self._asked.items() if pair[0] in {work.run.id for work in works}}
        needed: set[tuple[Commit, Commit]] = set()
        for name, repo in repos.items():
            mine = [work for work in works if work.run.repo == name]
            for pair in [*_between(mine), *[pair for work in mine for pair in await self._landing(repo, work)]]:
                needed |= await self._ask(repo, pair)
        self._changed = {key: paths for key, paths in self._changed.items() if key in needed}

    async def _landing(self, repo: ManagedRepo, work: _Work) -> list[_Pair]:
        delivery = repo.terms.delivery_of(work.task.delivery)
        if delivery not in (Delivery.INTEGRATION, Delivery.LAND):
            return []  # its branch is its own
        ref = target_ref(repo, work.task, delivery)
        return [_Pair(work=work, other=shown(ref), commit=await repo.start_point(), base=work.base)]

    async def _ask(self, repo: ManagedRepo, pair: _Pair) -> set[tuple[Commit, Commit]]:
        """Which comparisons it rests on."""
        key, work = (pair.work.run.id, pair.other), pair.work
        known = self._asked.get(key)
        mine = (work.base, work.checkpoint)
        if known and (known.checkpoint, known.commit) == (work.checkpoint, pair.commit):
            return {mine}
        is_step = known is not None and known.merges and known.checkpoint == work.checkpoint
        theirs = (known.commit if known and is_step else pair.base, pair.commit)
        paths: Sequence[str] = ()
        if not (await self._paths(repo, mine)).isdisjoint(await self._paths(repo, theirs)):
            paths = await repo.vcs.collisions(pair.commit, work.checkpoint, pair.base)
        await self._note(pair, paths)
        self._asked[key] = _Asked(checkpoint=work.checkpoint, commit=pair.commit, merges=not paths)
        return {mine, theirs}

    async def _paths(self, repo: ManagedRepo, between: tuple[Commit, Commit]) -> frozenset[str]:
        if between[0] == between[1]:
            return frozenset()
        if between not in self._changed:
            self._changed[between] = frozenset(await repo.vcs.changed_paths(*between))
        return self._changed[between]

    async def _note(self, pair: _Pair, paths: Sequence[str]) -> None:
        now, run, other = self._clock.now(), pair.work.run.id, pair.other
        task = pair.work.task.id
        if not paths:
            if await self._database.submit(lambda conn: conflicts.clear(conn, run, other, now)):
                self._events.emit("conflict.cleared", run=run, task=task, other=other)
            return
        is_news = await self._database.submit(
            lambda conn: conflicts.see(conn, run, other, commit=pair.commit, paths=paths, now=now)
        )
        if is_news:
            self._events.emit("conflict.predicted", run=run, task=task, other=other, paths=list(paths))


def _works(conn: Connection) -> list[_Work]:
    return list(_under_way(conn))


def _under_way(conn: Connection) -> Iterator[_Work]:
    """Live runs that have changed something, the oldest first."""
    for run in runs.live(conn):
        session, task = sessions.get(conn, run.task), tasks.get(conn, run.task)
        if session is not None and session.checkpoint is not None and task is not None and run.base is not None:
            yield _Work(run=run, task=task, base=run.base, checkpoint=session.checkpoint)


def _between(works: Sequence[_Work]) -> Iterator[_Pair]:
    for older, newer in combinations(works, 2):
        yield _Pair(work=newer, other=older.run.id, commit=older.checkpoint, base=older.base)

"""Our own hands: the same API over the store itself, for when no daemon runs. It holds the state folder meanwhile."""

import asyncio
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, TypeVar

from watchbill.config.load import Loaded
from watchbill.config.places import Places
from watchbill.config.problems import BadConfig
from watchbill.config.repo_values import RepoSettings
from watchbill.domain.claims import absent
from watchbill.domain.errors import GitError
from watchbill.domain.ids import ProviderName, QuestionId, RepoName, RunId, TaskId
from watchbill.domain.pauses import Pause, Scope
from watchbill.domain.ports import ProbeResult
from watchbill.domain.questions import Question
from watchbill.domain.tasks import Task, TaskState
from watchbill.domain.undoings import Undoing
from watchbill.operator import catalog, deeds, purse, rota, unread
from watchbill.operator import evidence as proofs
from watchbill.operator.commands import Came, Leaving, Promotion
from watchbill.operator.deciding import Change, Desk
from watchbill.operator.doors import ROOT, Answer
from watchbill.operator.entrance import Link
from watchbill.operator.evidence import Evidence, Found
from watchbill.operator.faults import DaemonUnreachable, NotFound
from watchbill.operator.outlook import ConfigFacts, Outlook
from watchbill.operator.purse import Done, MoneyWish
from watchbill.operator.queries import status
from watchbill.operator.rota import RotaWish
from watchbill.scheduling.bill import WatchBill
from watchbill.state import database, events, questions, reports, schema, sightings, tasks
from watchbill.state.engine import Connection
from watchbill.state.folder import A_COMMAND, StateFolder
from watchbill.workspace import boxes

if TYPE_CHECKING:
    from watchbill.workspace.repository import Repository

T = TypeVar("T")

_OK = 200  # HTTP
_NO_RELOAD = (
    "no daemon answers where this configuration keeps its state, so none could reload it; "
    "if state_dir was changed, the daemon still works in the old folder: restart it"
)
_LANDS = "it lands once a daemon works: watchbill serve, or watchbill once"
_RECORDS = tuple(f"{ROOT}/{name}" for name in ("events", "logs", "notices", "audit"))  # what happened, and no more
_BEFORE_ALL_WORK = ("/pause", "/resume")  # these make the store where there is none


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnDoor:
    """Asks the store. Reads are undone at their end; writes are committed before they are answered."""

    folder: StateFolder
    repos: tuple[RepoSettings, ...]
    outlook: Callable[[], Outlook]

    def read(self, path: str, params: dict[str, Any]) -> Answer:
        with self._to_read(ahead=not path.startswith(_RECORDS)) as conn:
            return self._ask(conn, "GET", path, params)

    def write(self, path: str, body: dict[str, Any] | None) -> Answer:
        """Raises DaemonUnreachable while another process holds the state."""
        holder = self.folder.holder()
        if holder is not None:
            raise DaemonUnreachable(
                f"process {holder} holds {self.folder.root} and answers on no control socket; wait for it, or stop it"
            )
        if path.partition("?")[0].endswith("/config/reload") and not self.folder.db.exists():
            raise DaemonUnreachable(_NO_RELOAD)
        if not self.folder.db.exists() and not path.endswith(_BEFORE_ALL_WORK):
            raise DaemonUnreachable(
                f"no daemon has worked here yet, so there is nothing to change in {self.folder.root}"
            )
        with self._to_write() as conn:
            return self._ask(conn, "POST", path, body)

    @contextmanager
    def _to_read(self, *, ahead: bool) -> Iterator[Connection]:
        holder = self.folder.holder() if self.folder.db.exists() else None
        if holder is not None:
            with database.read_only(self.folder.db) as conn:  # `once`, or a daemon without its socket
                if not schema.is_current(conn):
                    raise DaemonUnreachable(
                        f"process {holder} is just beginning, and its store in {self.folder.root} is not ready; ask again"
                    )
                yield conn
            return
        with self._to_write() if self.folder.db.exists() else self._nothing() as conn:
            conn.execute("SAVEPOINT look")
            try:
                if ahead:
                    self._read_ahead(conn)
                yield conn
            finally:
                conn.execute("ROLLBACK TO look")

    def _read_ahead(self, conn: Connection) -> None:
        """What queues and inboxes hold that no daemon has read."""
        queues = unread.repos_with_news(conn, self.repos)
        inboxes = (self.folder.inbox, *(repo.path / repo.inbox for repo in self.repos if repo.inbox))
        if not queues and not any(map(boxes.look, inboxes)):
            return
        from watchbill.operator import preview  # noqa: PLC0415 - the queue's grammar, where a queue has to be read

        outlook = self.outlook()
        preview.read_queues(conn, queues, outlook.bill, outlook.now, paths=lambda name: self._paths(name, outlook.now))
        preview.read_inboxes(conn, self.repos, self.folder.inbox, outlook.bill, outlook.now)
        for repo in queues:
            self._sight(conn, repo.terms.name, outlook.now)

    def _sight(self, conn: Connection, name: RepoName, now: datetime) -> None:
        """Which files queued tasks wait for, as far as that is to be seen from here."""
        waiting = [task for task in tasks.open_tasks(conn, name) if task.state is TaskState.QUEUED and task.artefacts]
        if not waiting:
            return
        seen = next(
            (one for one in sightings.all(conn) if one.repo == name), sightings.Sighting(repo=name, ground=name)
        )
        paths = self._paths(name, now)
        missing = {task.id: absent(task.artefacts, paths) for task in waiting}
        sightings.put(conn, replace(seen, absent={task: lost for task, lost in missing.items() if lost}))

    def _paths(self, name: RepoName, now: datetime) -> Sequence[str]:
        """What is in our own clone, as the last daemon left it; before there is one, on the owner's target. Nothing where
        that cannot be read: status tells why."""
        has_clone = (self.folder.repos / f"{name}.git").is_dir()
        vcs = self._vcs(name, now)

        async def look() -> Sequence[str]:
            if not has_clone:
                return await vcs.owners_paths()
            head = await vcs.resolve(vcs.integration_ref) or await vcs.resolve(vcs.target_ref)
            return () if head is None else (await vcs.read_tree(head)).paths()

        with suppress(GitError, OSError):
            return asyncio.run(look())
        return ()

    @contextmanager
    def _to_write(self) -> Iterator[Connection]:
        with self.folder.lock(A_COMMAND), database.direct(self.folder.db) as conn:
            yield conn

    @contextmanager
    def _nothing(self) -> Iterator[Connection]:
        """An empty store that leaves nothing behind: looking must not make a state folder."""
        with TemporaryDirectory(prefix="watchbill-") as nowhere, database.direct(Path(nowhere) / "empty.db") as conn:
            yield conn

    def _ask(self, conn: Connection, method: str, path: str, said: dict[str, Any] | None) -> Answer:
        outlook = self.outlook()
        outlook = replace(outlook, bill=catalog.priced(outlook.bill, outlook.offers, outlook.now))
        if (method, path) == ("GET", f"{ROOT}/state"):  # asked for most; the API's frameworks would be half of its time
            return Answer(status=_OK, text=json.dumps(status.status(conn, outlook)))
        from watchbill.operator import inside  # noqa: PLC0415 - see above

        commands = OwnCommands(
            conn=conn,
            now=outlook.now,
            inbox=self.folder.inbox,
            bill=outlook.bill,
            vcs=lambda name: self._vcs(name, outlook.now),
        )
        return inside.ask(conn, commands, lambda: outlook, method=method, path=path, said=said)

    def _vcs(self, name: RepoName, now: datetime) -> "Repository":
        """Our own clone of it, as the last daemon left it."""
        from watchbill.workspace.clones import clone_of  # noqa: PLC0415 - git is asked for reviews and roll-backs only

        repo = next((each for each in self.repos if each.terms.name == name), None)
        if repo is None:
            raise NotFound(f"there is no repository {name!r} in the configuration", hint="watchbill status")
        return clone_of(
            name=name,
            source=repo.path,
            bare=self.folder.repos,
            worktrees=self.folder.worktrees,
            target=repo.terms.target,
            integration=repo.terms.integration,
            now=now,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnCommands:
    """Implements Commands as far as rows alone can: nothing runs, so nothing has to be stopped."""

    conn: Connection
    now: datetime
    inbox: Path
    bill: WatchBill
    vcs: Callable[[RepoName], "Repository"]

    async def cancel(self, task: TaskId, why: str) -> Task:
        return tasks.move(self.conn, task, TaskState.CANCELLED, now=self.now, note=why)

    async def retry(self, task: TaskId) -> Task:
        return tasks.reopen(self.conn, task, now=self.now, note="retried by hand")

    async def accept(self, task: TaskId) -> Task:
        known = tasks.get(self.conn, task)
        if known is None:
            raise NotFound(f"there is no task {task!r}")
        if known.state is TaskState.REVIEW:
            work = await self.desk.work(task)
            return await self.approve(task, "" if work is None else work.tree, who="somebody", said="")
        return tasks.move(self.conn, task, TaskState.QUEUED, now=self.now, note="accepted by hand")

    async def approve(self, task: TaskId, tree: str, *, who: str, said: str) -> Task:
        return await self.desk.approve(task, tree, who=who, said=said)

    async def reject(self, task: TaskId, *, who: str, why: str) -> Task:
        return await self.desk.reject(task, who=who, why=why)

    async def amend(self, task: TaskId, tree: str, change: Change, *, who: str, said: str) -> Task:
        return await self.desk.amend(task, tree, change, who=who, said=said)

    async def rollback(self, run: RunId, *, who: str, why: str, retry: bool) -> Undoing:
        return await self.desk.want_back(run, who=who, why=why, retry=retry)

    @property
    def desk(self) -> Desk:
        async def submit(work: Callable[[Connection], T], /) -> T:
            return work(self.conn)

        return Desk(submit=submit, vcs=self.vcs, now=lambda: self.now, emit=self._note, lands=_LANDS)

    async def answer(self, question: QuestionId, said: str) -> Question:
        return questions.answer(self.conn, question, said, how="answered by hand", now=self.now)

    async def pause(self, pause: Pause, *, at_once: bool) -> Pause:  # noqa: ARG002 - nothing runs
        done = deeds.pause(self.conn, pause, self.now)
        self._note("pause.set", scope=done.scope, of=done.name, until=done.until, who=done.who, why=done.why)
        return done

    async def resume(self, scope: Scope, name: str) -> Pause:
        lifted = deeds.resume(self.conn, scope, name)
        self._note("pause.lifted", scope=scope, of=name)
        return lifted

    async def release(self, task: TaskId) -> Task:
        released = deeds.release(self.conn, task)
        self._note("task.released", task=task)
        return released

    async def bump(self, task: TaskId, provider: ProviderName | None) -> Task:
        bumped = deeds.bump(self.conn, task, provider, self.now)
        self._note("task.bumped", task=task, provider=bumped.pin)
        return bumped

    async def edit(self, task: TaskId, changes: Mapping[str, Any]) -> Task:
        edited = deeds.edit(self.conn, task, changes, self.now)
        self._note("task.changed", task=task, fields=list(changes))
        return edited

    async def add(self, name: str, text: str) -> None:
        boxes.drop(self.inbox, name, text.encode())

    async def money(self, wish: MoneyWish) -> Done:
        done = purse.do(self.conn, wish, self.bill.caps, self.now)
        self._note(done.event, **done.facts)
        return done

    async def rota(self, wish: RotaWish) -> Done:
        done = rota.do(self.conn, wish, self.bill, self.now)
        self._note(done.event, **done.facts)
        return done

    async def probe(self, provider: ProviderName) -> ProbeResult:
        raise DaemonUnreachable(
            f"{provider} is asked by the daemon, and none runs; `watchbill doctor --online` asks all"
        )

    async def reset(self, provider: ProviderName, *, who: str, why: str) -> Mapping[str, object]:
        facts = deeds.reset(self.conn, provider, who=who, why=why)
        self._note("provider.reset", **facts)
        return facts

    async def hand_over(self, task: TaskId, to: ProviderName | None, *, why: str) -> RunId | None:  # noqa: ARG002 - the port's own word
        return deeds.hand_over(self.conn, task, to, self.now)

    def _note(self, name: str, **facts: object) -> None:
        events.append(self.conn, name, facts, self.now)

    async def reconcile(self, evidence: Evidence) -> Found:
        found = proofs.apply(self.conn, evidence, self.now)
        for name, facts in proofs.notes(evidence, found):
            self._note(name, **facts)
        return found

    async def break_lock(self, task: TaskId, *, who: str, why: str) -> deeds.Broken:
        broken = deeds.break_lock(self.conn, task, who=who, why=why, now=self.now)
        self._note("lock.broken", task=task, run=broken.run, files=list(broken.files), who=who, why=why)
        return broken

    async def drain(self, within: timedelta | None, *, who: str, why: str) -> Leaving:  # noqa: ARG002 - the port's own words
        raise DaemonUnreachable("no daemon runs, so nothing has to be brought to its checkpoint")

    async def caught_up(self, who: str, until: datetime) -> None:
        reports.tell(self.conn, who, until)

    async def refresh(self) -> None:
        raise DaemonUnreachable("no daemon runs that could look at the queues")

    async def reload(self, *, wait: bool) -> ConfigFacts:  # noqa: ARG002 - the port's own word
        raise DaemonUnreachable(_NO_RELOAD)

    async def configured(self) -> tuple[Loaded, Loaded | BadConfig, Places]:
        raise DaemonUnreachable("no daemon runs, so nothing is in force; `watchbill config show` shows the file")

    def tell(self, name: str, /, **facts: object) -> None:
        self._note(name, **facts)

    async def sign_in(self) -> Link:
        raise DaemonUnreachable("the page is served by the daemon, and none runs")

    async def sync(self, repo: RepoName) -> Came:
        raise DaemonUnreachable(f"{repo} is fetched by the daemon, and none runs; the next one does so when it begins")

    async def promote(self, repo: RepoName) -> Promotion:
        raise DaemonUnreachable(f"{repo} is promoted by the daemon, and none runs")

    async def run_diff(self, run: RunId) -> str:
        raise DaemonUnreachable(f"the diff of {run} is asked of the daemon, and none runs")

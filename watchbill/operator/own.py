"""Our own hands: the same API over the store itself, for when no daemon runs. It holds the state folder meanwhile."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

import httpx2

from watchbill.config.values import RepoSettings
from watchbill.domain.ids import RepoName, RunId, TaskId
from watchbill.domain.tasks import Task, TaskState
from watchbill.operator import preview
from watchbill.operator.api import create_app
from watchbill.operator.commands import Promotion
from watchbill.operator.faults import DaemonUnreachable, NotFound
from watchbill.operator.outlook import Outlook
from watchbill.state import database, tasks
from watchbill.state.engine import Connection
from watchbill.state.folder import StateFolder

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnDoor:
    """Asks the store. Reads are undone at their end; writes are committed before they are answered."""

    folder: StateFolder
    repos: tuple[RepoSettings, ...]
    outlook: Callable[[], Outlook]

    def read(self, path: str, params: dict[str, Any]) -> httpx2.Response:
        with self._to_read() as conn:
            return self._ask(conn, "GET", path, params)

    def write(self, path: str, body: dict[str, Any] | None) -> httpx2.Response:
        """Raises DaemonUnreachable while another process holds the state."""
        holder = self.folder.holder()
        if holder is not None:
            raise DaemonUnreachable(
                f"process {holder} holds {self.folder.root} and answers on no control socket; wait for it, or stop it"
            )
        if not self.folder.db.exists():
            raise DaemonUnreachable(
                f"no daemon has worked here yet, so there is nothing to change in {self.folder.root}"
            )
        with self._to_write() as conn:
            return self._ask(conn, "POST", path, body)

    @contextmanager
    def _to_read(self) -> Iterator[Connection]:
        if self.folder.db.exists() and self.folder.holder() is not None:
            with database.read_only(self.folder.db) as conn:  # `once`, or a daemon without its socket
                yield conn
            return
        with self._to_write() if self.folder.db.exists() else self._nothing() as conn:
            conn.execute("SAVEPOINT look")
            try:
                outlook = self.outlook()
                preview.read_queues(conn, self.repos, outlook.bill, outlook.now)
                yield conn
            finally:
                conn.execute("ROLLBACK TO look")

    @contextmanager
    def _to_write(self) -> Iterator[Connection]:
        with self.folder.lock(), database.direct(self.folder.db) as conn:
            yield conn

    @contextmanager
    def _nothing(self) -> Iterator[Connection]:
        """An empty store that leaves nothing behind: looking must not make a state folder."""
        with TemporaryDirectory(prefix="watchbill-") as nowhere, database.direct(Path(nowhere) / "empty.db") as conn:
            yield conn

    def _ask(self, conn: Connection, method: str, path: str, said: dict[str, Any] | None) -> httpx2.Response:
        def read(work: Callable[[Connection], T]) -> Awaitable[T]:
            return _now(work(conn))

        app = create_app(read, OwnCommands(conn=conn, now=self.outlook().now), self.outlook)
        return asyncio.run(_request(httpx2.ASGITransport(app=app), method, path, said))


async def _now(value: T) -> T:
    return value


async def _request(
    transport: httpx2.AsyncBaseTransport, method: str, path: str, said: dict[str, Any] | None
) -> httpx2.Response:
    async with httpx2.AsyncClient(transport=transport, base_url="http://watchbill") as client:
        if method == "GET":
            return await client.get(path, params=said)
        return await client.post(path, json=said)


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnCommands:
    """Implements Commands as far as rows alone can: nothing runs, so nothing has to be stopped."""

    conn: Connection
    now: datetime

    async def cancel(self, task: TaskId, why: str) -> Task:
        return tasks.move(self.conn, task, TaskState.CANCELLED, now=self.now, note=why)

    async def retry(self, task: TaskId) -> Task:
        return tasks.reopen(self.conn, task, now=self.now, note="retried by hand")

    async def accept(self, task: TaskId) -> Task:
        known = tasks.get(self.conn, task)
        if known is None:
            raise NotFound(f"there is no task {task!r}")
        if known.state is TaskState.REVIEW:
            raise DaemonUnreachable(f"{task} lands when it is accepted, and only the daemon lands")
        return tasks.move(self.conn, task, TaskState.QUEUED, now=self.now, note="accepted by hand")

    async def refresh(self) -> None:
        raise DaemonUnreachable("no daemon runs that could look at the queues")

    async def promote(self, repo: RepoName) -> Promotion:
        raise DaemonUnreachable(f"{repo} is promoted by the daemon, and none runs")

    async def run_diff(self, run: RunId) -> str:
        raise DaemonUnreachable(f"the diff of {run} is asked of the daemon, and none runs")

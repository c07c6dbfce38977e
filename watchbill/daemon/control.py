"""Control: what people ask of the running daemon, and the socket on which they ask."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from watchbill.daemon.dispatcher import Dispatcher
from watchbill.daemon.repositories import ManagedRepo
from watchbill.daemon.stint import Parts
from watchbill.domain.errors import GitError
from watchbill.domain.ids import Commit, RepoName, RunId, TaskId
from watchbill.domain.runs import Run, RunState
from watchbill.domain.tasks import Task, TaskState
from watchbill.operator.commands import Commands, Promotion
from watchbill.operator.faults import NotFound
from watchbill.operator.outlook import Outlook
from watchbill.state import intents, runs, sessions, tasks
from watchbill.state.engine import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Control(Commands):
    """Implements the operator's Commands port."""

    parts: Parts
    repos: Mapping[RepoName, ManagedRepo]
    dispatcher: Dispatcher
    wake: Callable[[], None]

    async def cancel(self, task: TaskId, why: str) -> Task:
        """Cancelled at once and for good; a run of it ends at its next checkpoint and can no longer land."""
        await self._task(task)
        now = self.parts.clock.now()
        moved = await self.parts.database.submit(
            lambda conn: tasks.move(conn, task, TaskState.CANCELLED, now=now, note=why)
        )
        self.dispatcher.cancel(task)
        self.parts.events.emit("task.cancelled", task=task, why=why)
        self.wake()
        return moved

    async def retry(self, task: TaskId) -> Task:
        now = self.parts.clock.now()
        done = await self.parts.database.submit(
            lambda conn: tasks.reopen(conn, task, now=now, note="asked for by hand")
        )
        self.parts.events.emit("task.requeued", task=task, why="asked for by hand")
        self.wake()
        return done

    async def accept(self, task: TaskId) -> Task:
        """A proposed task becomes work. One in review lands as it is: its finished session goes on at the gates."""
        now = self.parts.clock.now()
        await self._task(task)
        moved = await self.parts.database.submit(
            lambda conn: tasks.accept(conn, task, now=now, note="accepted by hand")
        )
        self.parts.events.emit("task.requeued", task=task, why="accepted by hand")
        self.wake()
        return moved

    async def refresh(self) -> None:
        self.wake()

    async def promote(self, repo: RepoName) -> Promotion:
        managed = self.repos.get(repo)
        if managed is None:
            raise NotFound(f"there is no repository {repo!r}; there are {', '.join(self.repos)}")
        terms = managed.terms
        merge = await managed.vcs.promote(terms.target, terms.integration)
        if merge.commit is None:
            raise GitError(f"{terms.integration} does not merge into {terms.target}: {', '.join(merge.conflicts)}")
        return Promotion(repo=repo, target=terms.target, commit=merge.commit, why=f"took in {terms.integration}")

    async def run_diff(self, run: RunId) -> str:
        found, commit = await self.parts.database.submit(lambda conn: _work_of(conn, run))
        if found.base is None or commit is None:
            return ""
        if found.repo not in self.repos:
            raise NotFound(f"{run} worked on {found.repo}, which is no longer configured")
        return await self.repos[found.repo].vcs.diff(found.base, commit)

    async def _task(self, task: TaskId) -> Task:
        found = await self.parts.database.submit(lambda conn: tasks.get(conn, task))
        if found is None:
            raise NotFound(f"there is no task {task!r}")
        return found


def _work_of(conn: Connection, run: RunId) -> tuple[Run, Commit | None]:
    """The run and the commit that shows what it did: what it landed, else its session's checkpoint."""
    found = runs.get(conn, run)
    if found is None:
        raise NotFound(f"there is no run {run!r}")
    landed = intents.landed(conn, found.task)
    if found.state is RunState.LANDED and landed is not None and landed.run == run:
        return found, landed.commit
    session = sessions.get(conn, found.task)
    return found, session.checkpoint if session is not None else None


async def serve_socket(control: Control, outlook: Callable[[], Outlook], socket: Path) -> None:
    """Answer on the Unix socket, readable by its owner only, until cancelled."""
    from watchbill.operator.api import create_app  # noqa: PLC0415 - `once` and the demo never serve
    from watchbill.operator.listen import listen  # noqa: PLC0415 - the same

    await listen(create_app(control.parts.database.submit, control, outlook), socket)

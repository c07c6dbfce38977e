"""The notice board's keeper: writes the marked section of each repository's hand-off file, as queue files are written.

By compare-and-swap, so that no edit of a person's is lost; what cannot be written now is written at the next look. A file of the
default name is kept where it is there, and never made; one that the configuration names is made.
"""

import asyncio
from datetime import datetime
from pathlib import Path

from watchbill.daemon.repositories import ManagedRepo
from watchbill.domain import regular
from watchbill.domain.ids import RepoName
from watchbill.domain.ports import Events
from watchbill.domain.questions import QuestionState
from watchbill.domain.tasks import Task, TaskState, queue_order
from watchbill.intake import noticeboard
from watchbill.intake.noticeboard import Board, Next, Past, Running, Unusable
from watchbill.intake.noticeboard import Question as Shown
from watchbill.state import columns, questions, tasks
from watchbill.state.database import Database
from watchbill.state.engine import Connection
from watchbill.workspace import swap

NEXT, PAST, ANSWERED = 10, 15, 10  # lines of each


class NoticeBoard:
    def __init__(self, *, database: Database, events: Events) -> None:
        self._database = database
        self._events = events
        self._told_by_repo: dict[RepoName, str] = {}

    async def write_back(self, repo: ManagedRepo) -> None:
        """Let the file tell how things stand."""
        if repo.handoff is None:
            return
        if not repo.handoff.make and not (repo.path / repo.handoff.path).exists():
            return
        board = await self._database.submit(lambda conn: _board(conn, repo.name))
        try:
            written = await asyncio.to_thread(_write, repo.find(repo.handoff.path), board)
        except (Unusable, OSError, UnicodeDecodeError) as error:
            self._put_off(repo, str(error))
            return
        if written is False:
            self._put_off(repo, "somebody is editing it")
            return
        self._told_by_repo.pop(repo.name, None)
        if written:
            self._events.emit("handoff.written", repo=repo.name, path=repo.handoff.path)

    def _put_off(self, repo: ManagedRepo, why: str) -> None:
        if self._told_by_repo.get(repo.name) != why and repo.handoff is not None:
            self._told_by_repo[repo.name] = why
            self._events.emit("handoff.write_put_off", repo=repo.name, path=repo.handoff.path, why=why)


def _write(place: Path, board: Board) -> bool | None:
    """Whether it could be written; None where it says all this already."""
    try:
        before = regular.read(place)
    except FileNotFoundError:
        before = b""
    after = noticeboard.put(before.decode("utf-8"), board).encode("utf-8")
    if after == before:
        return None
    place.parent.mkdir(parents=True, exist_ok=True)
    return swap.compare_and_swap(place, before, after)


def _board(conn: Connection, repo: RepoName) -> Board:
    known = tasks.all_tasks(conn, repo)
    count_by_state = {state: sum(task.state is state for task in known) for state in TaskState}
    title_by_task = {task.id: task.title for task in known}
    queued = sorted((task for task in known if task.state is TaskState.QUEUED), key=queue_order)
    return Board(
        counts=[(state, count) for state, count in count_by_state.items() if count],
        running=[
            Running(
                task=row["task"],
                title=title_by_task[row["task"]],
                provider=row["provider"],
                since=_at(row["started_ms"]),
            )
            for row in conn.execute(_RUNNING, {"repo": repo})
        ],
        coming=[_next(task) for task in queued[:NEXT]],
        history=[
            Past(
                task=row["task"],
                title=title_by_task[row["task"]],
                provider=row["provider"],
                state=row["state"],
                at=_at(row["ended_ms"]),
                why="" if row["state"] in ("landed", "verified") else row["reason"],
            )
            for row in conn.execute(_PAST, {"repo": repo, "limit": PAST})
        ],
        questions=_questions(conn, repo),
    )


_RUNNING = "SELECT task, provider, started_ms FROM runs WHERE repo = :repo AND state = 'running' ORDER BY number"
_PAST = """
SELECT task, provider, state, reason, ended_ms FROM runs
WHERE repo = :repo AND state <> 'running' ORDER BY number DESC LIMIT :limit
"""


def _at(value: int) -> datetime:
    return columns.moment(value)


def _next(task: Task) -> Next:
    return Next(task=task.id, title=task.title, priority=task.priority, note=task.note)


def _questions(conn: Connection, repo: RepoName) -> list[Shown]:
    """The open ones, and the latest that were answered."""
    known = questions.listing(conn, repo=repo)
    waiting = [one for one in known if one.state is QuestionState.OPEN]
    answered = [one for one in known if one.state is QuestionState.ANSWERED][-ANSWERED:]
    return [Shown(id=one.id, title=one.asked.title, task=one.task, answer=one.answer) for one in (*waiting, *answered)]

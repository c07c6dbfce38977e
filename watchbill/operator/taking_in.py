"""Taking in: queue entries as the store knows them, and what a new reading of the queues found, as rows."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from pydantic import TypeAdapter

from watchbill.domain.ids import RepoName, TaskId
from watchbill.domain.tasks import TaskState
from watchbill.intake import identity
from watchbill.intake.entries import QueueFile
from watchbill.intake.identity import KnownEntry
from watchbill.intake.markers import marker_of
from watchbill.intake.reconcile import Action, Cancel, Change, Discover, Known, MarkerStale, Reopen
from watchbill.state import queueviews, tasks
from watchbill.state.engine import Connection
from watchbill.state.queueviews import QueueView

_ENTRY = TypeAdapter(KnownEntry)


def known(conn: Connection, repo: RepoName, files: Iterable[QueueFile]) -> list[Known]:
    """The repository's tasks that came from its queues, each with its entry as last read or written.

    Those that are gone only as far as these files may bring them back: of years of work a few.
    """
    ids, titles = identity.names_of(entry for file in files for entry in file.entries)
    return _known(conn, queueviews.meant(conn, repo, tasks=ids, titles=titles))


def shown_otherwise(conn: Connection, repo: RepoName, *, plain: bool) -> list[Known]:
    """Those of known() whose entry shows another marker than their state has. Asked at each look, so the rest is not read."""
    markers = {state: marker_of(state, plain=plain) for state in TaskState}
    return _known(conn, queueviews.unlike(conn, repo, markers))


def _known(conn: Connection, views: Sequence[QueueView]) -> list[Known]:
    task_by_id = {task.id: task for task in tasks.read(conn, [view.task for view in views])}
    return [Known(entry=_ENTRY.validate_json(view.key), task=task_by_id[view.task]) for view in views]


def taken(conn: Connection, known: Iterable[Known]) -> list[TaskId]:
    """Ids that no new entry may get beside those of the known: other repositories', those that no queue has, those gone."""
    ours = {one.task.id for one in known}
    return [task for task in tasks.ids(conn) if task not in ours]


def remember(conn: Connection, repo: RepoName, entries: Iterable[KnownEntry]) -> None:
    for entry in entries:
        view = QueueView(
            repo=repo,
            path=entry.path,
            task=entry.id,
            marker=entry.mark,
            key=_ENTRY.dump_json(entry).decode(),
            title=entry.title,
            line=entry.order + 1,
            gone=entry.gone,
        )
        queueviews.put(conn, view)


def store(conn: Connection, actions: Iterable[Action], now: datetime, *, running: Collection[TaskId]) -> None:
    """Do what the queues say. A running task ends with its run; markers are for whoever writes the files."""
    for action in actions:
        match action:
            case Discover(task=task):
                tasks.insert(conn, task, now)
            case Change(task=task, fields=fields):
                tasks.rewrite(conn, task, now, keeps_moment="not_before" not in fields)
            case Cancel(id=task_id, why=why) if task_id not in running:
                tasks.move(conn, task_id, TaskState.CANCELLED, now=now, note=why)
            case Reopen(id=task_id, why=why):
                tasks.reopen(conn, task_id, now=now, note=why)
            case Cancel() | MarkerStale():
                pass

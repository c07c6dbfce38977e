"""Views of queues: what we last wrote for each task and how its entry was last read, to tell a human's edit from our own."""

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass

from watchbill.domain.ids import RepoName, TaskId
from watchbill.domain.tasks import TaskState
from watchbill.state import columns
from watchbill.state.engine import Connection, Row


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueView:
    repo: RepoName
    path: str
    task: TaskId
    marker: str  # the one that we last wrote, or read before we ever wrote one
    key: str  # by which its entry is told from others
    title: str
    line: int  # 1-based, of its marker when last read
    gone: bool = False  # a human deleted the entry


# "INDEXED BY" below, because without the words SQLite walks all entries of the repository.

_PUT = """
INSERT INTO queue_views (repo, path, task, marker, key, title, line, gone)
VALUES (:repo, :path, :task, :marker, :key, :title, :line, :gone)
ON CONFLICT (repo, path, task) DO UPDATE
SET marker = excluded.marker, key = excluded.key, title = excluded.title, line = excluded.line, gone = excluded.gone
"""
_MOVED = """
DELETE FROM queue_views INDEXED BY queue_views_by_task WHERE repo = :repo AND task = :task AND path <> :path
"""


def put(conn: Connection, view: QueueView) -> None:
    """A task has one entry: where it stood in another file, it no longer does."""
    conn.execute(_MOVED, asdict(view))
    conn.execute(_PUT, asdict(view))


_OF_REPO = "SELECT * FROM queue_views WHERE repo = :repo ORDER BY path, line, task"


def of_repo(conn: Connection, repo: RepoName) -> list[QueueView]:
    """All of a repository's files', in the order of their lines."""
    return [_view(row) for row in conn.execute(_OF_REPO, {"repo": repo})]


_OF_TASK = "SELECT * FROM queue_views INDEXED BY queue_views_by_task WHERE repo = :repo AND task = :task"


def of_task(conn: Connection, repo: RepoName, task: TaskId) -> QueueView | None:
    row = conn.execute(_OF_TASK, {"repo": repo, "task": task}).fetchone()
    return None if row is None else _view(row)


_MEANT = """
SELECT * FROM queue_views INDEXED BY queue_views_by_title WHERE repo = :repo AND gone = 0
UNION ALL
SELECT * FROM queue_views INDEXED BY queue_views_by_task WHERE repo = :repo AND gone = 1 AND task IN (
    SELECT value FROM json_each(:tasks)
    UNION
    SELECT task FROM queue_views INDEXED BY queue_views_by_title
    WHERE repo = :repo AND gone = 1 AND title IN (SELECT value FROM json_each(:titles))
)
ORDER BY path, line, task
"""


def meant(conn: Connection, repo: RepoName, *, tasks: Collection[str], titles: Collection[str]) -> list[QueueView]:
    """Those of of_repo() that are not gone, or that are one of these tasks' or have one of these titles."""
    asked = {"repo": repo, "tasks": columns.array(sorted(tasks)), "titles": columns.array(sorted(titles))}
    return [_view(row) for row in conn.execute(_MEANT, asked)]


_UNLIKE = """
SELECT queue_views.* FROM queue_views INDEXED BY queue_views_by_title JOIN tasks ON tasks.id = queue_views.task
WHERE queue_views.repo = :repo AND queue_views.gone = 0 AND queue_views.marker <> :marker_by_state ->> tasks.state
ORDER BY queue_views.path, queue_views.line, queue_views.task
"""


def unlike(conn: Connection, repo: RepoName, marker_by_state: Mapping[TaskState, str]) -> list[QueueView]:
    """Those of of_repo(), not gone, that have another marker than the state of their task: of all that there ever were, a few."""
    asked = {
        "repo": repo,
        "marker_by_state": columns.mapping({str(state): mark for state, mark in marker_by_state.items()}),
    }
    return [_view(row) for row in conn.execute(_UNLIKE, asked)]


def _view(row: Row) -> QueueView:
    return QueueView(
        repo=RepoName(row["repo"]),
        path=row["path"],
        task=TaskId(row["task"]),
        marker=row["marker"],
        key=row["key"],
        title=row["title"],
        line=row["line"],
        gone=bool(row["gone"]),
    )

"""Unread: queue files that are younger than what any daemon knows of them."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from watchbill.config.repo_values import RepoSettings
from watchbill.state import columns
from watchbill.state.engine import Connection

_SEEN = """
SELECT max(at_ms) AS at_ms FROM events
WHERE name IN ('queue.read', 'queue.written') AND facts ->> 'repo' = :repo AND facts ->> 'path' = :path
"""


def queue_paths(root: Path, patterns: Iterable[str]) -> Iterator[Path]:
    """Where the queue files stand; a plain path comes back whether it is there or not."""
    for pattern in patterns:
        yield from sorted(root.glob(pattern)) if any(mark in pattern for mark in "*?[") else [root / pattern]


def repos_with_news(conn: Connection, repos: Iterable[RepoSettings]) -> list[RepoSettings]:
    """The repositories of which a queue file was changed since it was read or written last."""
    return [repo for repo in repos if any(_is_news(conn, repo, path) for path in queue_paths(repo.path, repo.queue))]


def _is_news(conn: Connection, repo: RepoSettings, path: Path) -> bool:
    try:
        changed = path.stat().st_ctime  # the time of modification is whatever somebody sets it to
    except OSError:
        return False  # a queue that is not there tells nothing
    named = {"repo": repo.terms.name, "path": path.relative_to(repo.path).as_posix()}
    (seen,) = conn.execute(_SEEN, named)
    return seen["at_ms"] is None or changed > columns.moment(seen["at_ms"]).timestamp()

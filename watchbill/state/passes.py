"""Passes in the store: how far each repository has come by its share, moved on in the transaction that begins a run."""

from collections.abc import Mapping

from watchbill.domain.ids import RepoName
from watchbill.state.engine import Connection

_ALL = "SELECT repo, pass FROM passes ORDER BY repo"


def all_passes(conn: Connection) -> Mapping[RepoName, int]:
    return {RepoName(row["repo"]): row["pass"] for row in conn.execute(_ALL)}


_PUT = "INSERT INTO passes (repo, pass) VALUES (:repo, :pass) ON CONFLICT (repo) DO UPDATE SET pass = excluded.pass"


def put(conn: Connection, repo: RepoName, at: int) -> None:
    conn.execute(_PUT, {"repo": repo, "pass": at})

"""Heads in the store: which commits of a target branch were checked, and what was found."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from watchbill.domain.findings import Finding
from watchbill.domain.ids import Commit, RepoName
from watchbill.state import columns
from watchbill.state import findings as finding_columns
from watchbill.state.engine import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    repo: RepoName
    commit: Commit
    findings: tuple[Finding, ...]
    checked_at: datetime


_RECORD = "INSERT INTO heads (repo, commit_id, findings, checked_ms) VALUES (:repo, :commit, :findings, :now)"


def record(conn: Connection, repo: RepoName, commit: Commit, findings: Iterable[Finding], now: datetime) -> None:
    found = finding_columns.dump(findings)
    conn.execute(_RECORD, {"repo": repo, "commit": commit, "findings": found, "now": columns.ms(now)})


_LAST = "SELECT * FROM heads WHERE repo = :repo ORDER BY number DESC LIMIT 1"


def last(conn: Connection, repo: RepoName) -> Head | None:
    """The head that was checked last."""
    row = conn.execute(_LAST, {"repo": repo}).fetchone()
    if row is None:
        return None
    return Head(
        repo=RepoName(row["repo"]),
        commit=Commit(row["commit_id"]),
        findings=finding_columns.load(row["findings"]),
        checked_at=columns.moment(row["checked_ms"]),
    )

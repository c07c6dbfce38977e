"""Validations in the store: the last one of each repository is what the next is compared with."""

from datetime import datetime
from typing import Any

from watchbill.domain.ids import Commit, RepoName
from watchbill.domain.validations import Blame, Validation
from watchbill.state import columns
from watchbill.state import findings as finding_columns
from watchbill.state.engine import Connection, Row

_RECORD = """
INSERT INTO validations (repo, ours, theirs, gates, findings, flakes, blame, checked_ms)
VALUES (:repo, :ours, :theirs, :gates, :findings, :flakes, :blame, :now)
"""


def record(conn: Connection, found: Validation, now: datetime) -> None:
    row = {
        "repo": found.repo,
        "ours": found.ours,
        "theirs": found.theirs,
        "gates": columns.array(found.gates),
        "findings": finding_columns.dump(found.findings),
        "flakes": finding_columns.dump(found.flakes),
        "blame": None if found.blame is None else columns.mapping(_plain(found.blame)),
        "now": columns.ms(now),
    }
    conn.execute(_RECORD, row)


_LAST = "SELECT * FROM validations WHERE repo = :repo ORDER BY number DESC LIMIT 1"


def last(conn: Connection, repo: RepoName) -> Validation | None:
    row = conn.execute(_LAST, {"repo": repo}).fetchone()
    return None if row is None else _validation(row)


_BLAMED = """
SELECT * FROM validations
WHERE number IN (SELECT max(number) FROM validations GROUP BY repo) AND blame IS NOT NULL ORDER BY repo
"""


def blamed(conn: Connection) -> list[Validation]:
    """Lines that are broken, by what is not ours to revert."""
    return [_validation(row) for row in conn.execute(_BLAMED)]


def _plain(blame: Blame) -> dict[str, object]:
    return {
        "commit": blame.commit,
        "who": blame.who,
        "why": blame.why,
        "findings": finding_columns.dump(blame.findings),
    }


def _validation(row: Row) -> Validation:
    return Validation(
        repo=RepoName(row["repo"]),
        ours=Commit(row["ours"]) if row["ours"] else None,
        theirs=Commit(row["theirs"]),
        gates=columns.strings(row["gates"]),
        findings=finding_columns.load(row["findings"]),
        flakes=finding_columns.load(row["flakes"]),
        blame=None if row["blame"] is None else _blame(columns.parsed(row["blame"])),
    )


def _blame(stored: dict[str, Any]) -> Blame:
    return Blame(
        commit=Commit(stored["commit"]) if stored["commit"] else None,
        who=stored["who"],
        why=stored["why"],
        findings=finding_columns.load(stored["findings"]),
    )

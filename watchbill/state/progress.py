"""Progress in the store: how far each text of a repository had come, day by day."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from watchbill.domain.ids import RepoName
from watchbill.scheduling.progress import Count
from watchbill.state.engine import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    repo: RepoName
    day: date
    count: Count


_PUT = """
INSERT INTO progress (repo, path, day, words, lines, bytes, placeholders)
VALUES (:repo, :path, :day, :words, :lines, :bytes, :placeholders)
ON CONFLICT (repo, path, day) DO UPDATE
SET words = excluded.words, lines = excluded.lines, bytes = excluded.bytes, placeholders = excluded.placeholders
"""
_CLEAR = "DELETE FROM progress WHERE repo = :repo AND day = :day"


def put(conn: Connection, repo: RepoName, day: date, counts: Iterable[Count]) -> None:
    """What a day ends with takes the place of what was counted earlier in it."""
    conn.execute(_CLEAR, {"repo": repo, "day": day.isoformat()})
    for count in counts:
        conn.execute(
            _PUT,
            {
                "repo": repo,
                "path": count.path,
                "day": day.isoformat(),
                "words": count.words,
                "lines": count.lines,
                "bytes": count.bytes,
                "placeholders": count.placeholders,
            },
        )


_BETWEEN = "SELECT * FROM progress WHERE day >= :since AND day <= :until ORDER BY repo, path, day"


def between(conn: Connection, since: date, until: date) -> list[Day]:
    """Both days included."""
    rows = conn.execute(_BETWEEN, {"since": since.isoformat(), "until": until.isoformat()})
    return [
        Day(
            repo=RepoName(row["repo"]),
            day=date.fromisoformat(row["day"]),
            count=Count(
                path=row["path"],
                words=row["words"],
                lines=row["lines"],
                bytes=row["bytes"],
                placeholders=row["placeholders"],
            ),
        )
        for row in rows
    ]

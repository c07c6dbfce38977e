"""Conflicts: collisions seen coming while work runs, and what was tried with those that were met at landing."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum

from watchbill.domain.deletions import Deletion
from watchbill.domain.ids import Commit, RunId, TaskId
from watchbill.domain.runs import Run
from watchbill.state import columns
from watchbill.state.engine import Connection, Row


class Rung(StrEnum):
    """What is tried, in this order."""

    REBASE = "rebase"  # the change as it is, on top of what landed
    THREE_WAY = "three_way"  # finer than git's: see domain/threeway
    PROVIDER = "provider"  # its own provider, with both sides and the base
    REVIEW = "review"  # a person


@dataclass(frozen=True, slots=True, kw_only=True)
class Collision:
    run: RunId
    other: str  # an older run, or a branch
    commit: Commit
    paths: tuple[str, ...]
    seen_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    run: RunId
    rung: Rung
    worked: bool
    onto: Commit
    paths: tuple[str, ...]
    at: datetime
    deletions: tuple[Deletion, ...] = ()  # those of the paths that one side deleted, as they were told


_SEE = """
INSERT INTO collisions (run, other, commit_id, paths, seen_ms) VALUES (:run, :other, :commit, :paths, :now)
ON CONFLICT (run, other) DO UPDATE SET commit_id = :commit, paths = :paths, cleared_ms = NULL,
    seen_ms = CASE WHEN paths = :paths AND cleared_ms IS NULL THEN seen_ms ELSE :now END
RETURNING seen_ms = :now AS is_news
"""


def see(conn: Connection, run: RunId, other: str, *, commit: Commit, paths: Sequence[str], now: datetime) -> bool:
    """Remember that two do not merge; True when that is news."""
    said = {"run": run, "other": other, "commit": commit, "paths": columns.array(paths), "now": columns.ms(now)}
    return bool(conn.execute(_SEE, said).fetchone()["is_news"])


_CLEAR = """
UPDATE collisions SET cleared_ms = :now WHERE run = :run AND other = :other AND cleared_ms IS NULL RETURNING run
"""


def clear(conn: Connection, run: RunId, other: str, now: datetime) -> bool:
    """They merge again; False when that is no news."""
    return conn.execute(_CLEAR, {"run": run, "other": other, "now": columns.ms(now)}).fetchone() is not None


_OPEN = """
SELECT collisions.* FROM collisions JOIN runs ON runs.id = collisions.run
WHERE cleared_ms IS NULL AND runs.state = 'running'
  AND (other NOT IN (SELECT id FROM runs) OR other IN (SELECT id FROM runs WHERE state = 'running'))
ORDER BY runs.number, other
"""


def predicted(conn: Connection) -> list[Collision]:
    """What would not merge as things stand now, of runs that are under way."""
    return [
        Collision(
            run=RunId(row["run"]),
            other=row["other"],
            commit=Commit(row["commit_id"]),
            paths=columns.strings(row["paths"]),
            seen_at=columns.moment(row["seen_ms"]),
        )
        for row in conn.execute(_OPEN)
    ]


_TRY = """
INSERT INTO resolutions (run, rung, worked, onto, paths, deletions, at_ms)
VALUES (:run, :rung, :worked, :onto, :paths, :deletions, :now)
"""


def tried(
    conn: Connection,
    run: Run,
    rung: Rung,
    *,
    worked: bool,
    onto: Commit,
    paths: Iterable[str],
    now: datetime,
    deletions: Iterable[Deletion] = (),
) -> None:
    said = {"run": run.id, "rung": rung, "worked": worked, "onto": onto, "paths": columns.array(paths)}
    told = columns.array(asdict(one) for one in deletions)
    conn.execute(_TRY, {**said, "deletions": told, "now": columns.ms(now)})


_OF_RUN = "SELECT * FROM resolutions WHERE run = :run ORDER BY number"


def of_run(conn: Connection, run: RunId) -> list[Resolution]:
    return [_resolution(row) for row in conn.execute(_OF_RUN, {"run": run})]


_HANDED = """
SELECT resolutions.* FROM resolutions JOIN runs ON runs.id = resolutions.run
WHERE runs.task = :task AND rung IN ('provider', 'review') ORDER BY resolutions.number
"""


def handed(conn: Connection, task: TaskId) -> list[Resolution]:
    """The conflicts that a task's providers, or its people, were given to resolve, the oldest first."""
    return [_resolution(row) for row in conn.execute(_HANDED, {"task": task})]


_TOTALS = """
SELECT rung, sum(worked) AS worked, count(*) AS times FROM resolutions WHERE at_ms >= :since GROUP BY rung
"""
_LANDED = "SELECT count(*) AS landed FROM runs WHERE state = 'landed' AND ended_ms >= :since"
_SEEN = "SELECT count(*) AS seen FROM collisions WHERE seen_ms >= :since"


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """Since a moment: what landed beside what did not merge, and who settled it."""

    landed: int
    predicted: int
    met: int
    by_rung: Mapping[Rung, int]


def totals(conn: Connection, since: datetime) -> Totals:
    said = {"since": columns.ms(since)}
    rows = {Rung(row["rung"]): row for row in conn.execute(_TOTALS, said)}
    return Totals(
        landed=conn.execute(_LANDED, said).fetchone()["landed"],
        predicted=conn.execute(_SEEN, said).fetchone()["seen"],
        met=rows[Rung.REBASE]["times"] if Rung.REBASE in rows else 0,
        by_rung={rung: rows[rung]["worked"] if rung in rows else 0 for rung in Rung if rung is not Rung.REBASE},
    )


def _resolution(row: Row) -> Resolution:
    return Resolution(
        run=RunId(row["run"]),
        rung=Rung(row["rung"]),
        worked=bool(row["worked"]),
        onto=Commit(row["onto"]),
        paths=columns.strings(row["paths"]),
        at=columns.moment(row["at_ms"]),
        deletions=tuple(Deletion(**one) for one in columns.parsed(row["deletions"])),
    )

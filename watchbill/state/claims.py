"""Claims in the store: no two tasks ever hold patterns that could meet on one path of a repository, or of one with the same files."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from watchbill.domain.claims import any_overlap
from watchbill.domain.errors import ClaimTaken
from watchbill.domain.ids import RepoName, RunId, TaskId
from watchbill.state import columns
from watchbill.state.engine import Connection, Row


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    repo: RepoName
    pattern: str
    task: TaskId
    run: RunId | None  # None: kept for a delivered branch that nobody has merged or dropped yet


_OTHERS = """
SELECT repo, pattern, task, run FROM claims
WHERE task <> (SELECT task FROM runs WHERE id = :run)
  AND (repo = :repo OR repo IN (SELECT other.repo FROM sightings AS own JOIN sightings AS other USING (ground)
                                WHERE own.repo = :repo))
ORDER BY number
"""
_TAKE = """
INSERT INTO claims (repo, pattern, task, run, kept, taken_ms)
SELECT :repo, :pattern, task, id, 0, :now FROM runs WHERE id = :run
"""


def take(conn: Connection, run_id: RunId, repo: RepoName, patterns: Iterable[str], now: datetime) -> None:
    """Hold the patterns for the run. Raises ClaimTaken, and holds none, when another task's claim could meet one of them."""
    wanted = tuple(dict.fromkeys(patterns))
    for other in map(_claim, conn.execute(_OTHERS, {"repo": repo, "run": run_id}).fetchall()):
        pair = any_overlap(wanted, [other.pattern])
        if pair is not None:
            who = other.run or "its unmerged branch"
            raise ClaimTaken(f"{run_id} needs {pair[0]} in {repo}; task {other.task} ({who}) holds {pair[1]}")
    conn.executemany(
        _TAKE,
        [{"repo": repo, "pattern": pattern, "run": run_id, "now": columns.ms(now)} for pattern in wanted],
    )


_RELEASE = "DELETE FROM claims WHERE run = :run"


def release(conn: Connection, run_id: RunId) -> None:
    """Give back what the run holds; nothing when it holds nothing."""
    conn.execute(_RELEASE, {"run": run_id})


_KEEP = "UPDATE claims SET kept = 1, run = NULL WHERE run = :run"


def keep(conn: Connection, run_id: RunId, task_id: TaskId) -> None:
    """Turn the run's claims into the task's own, in the place of older kept ones: its branch waits to be merged."""
    drop_kept(conn, task_id)
    conn.execute(_KEEP, {"run": run_id})


_DROP = "DELETE FROM claims WHERE task = :task AND kept = 1"


def drop_kept(conn: Connection, task_id: TaskId) -> None:
    """Its branch was merged or dropped."""
    conn.execute(_DROP, {"task": task_id})


_LIVE = "SELECT repo, pattern, task, run FROM claims ORDER BY number"


def live(conn: Connection) -> list[Claim]:
    """Every claim that is held now, by runs and by unmerged branches."""
    return [_claim(row) for row in conn.execute(_LIVE)]


def _claim(row: Row) -> Claim:
    return Claim(
        repo=RepoName(row["repo"]),
        pattern=row["pattern"],
        task=TaskId(row["task"]),
        run=RunId(row["run"]) if row["run"] else None,
    )

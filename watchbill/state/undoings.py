"""Undoings in the store: wanted, then the exact revert, then what came of it, each in a transaction of its own."""

from collections.abc import Collection
from datetime import datetime

from watchbill.domain.errors import IllegalMove
from watchbill.domain.ids import Commit, RepoName, RunId, TaskId
from watchbill.domain.tasks import Delivery
from watchbill.domain.undoings import Undoing, UndoState, Wish
from watchbill.state import columns
from watchbill.state import findings as finding_columns
from watchbill.state.engine import Connection, Row

_WANT = """
INSERT INTO undoings (run, task, repo, commit_id, target_ref, delivery, who, why, findings, retry, state, wanted_ms)
VALUES (:run, :task, :repo, :commit, :target_ref, :delivery, :who, :why, :findings, :retry, 'wanted', :now)
ON CONFLICT (run) WHERE state IN ('wanted', 'pending', 'done') DO NOTHING
RETURNING *
"""


def want(conn: Connection, wish: Wish, now: datetime) -> Undoing:
    """Raises IllegalMove where that landing is undone, or about to be."""
    row = conn.execute(
        _WANT,
        {
            "run": wish.run,
            "task": wish.task,
            "repo": wish.repo,
            "commit": wish.commit,
            "target_ref": wish.target_ref,
            "delivery": wish.delivery,
            "who": wish.who,
            "why": wish.why,
            "findings": finding_columns.dump(wish.findings),
            "retry": wish.retry,
            "now": columns.ms(now),
        },
    ).fetchone()
    if row is None:
        known = of_run(conn, wish.run)
        raise IllegalMove(f"{wish.run} is undone already ({known[-1].id}: {known[-1].state})")
    return _undoing(row)


_PEND = """
UPDATE undoings SET state = 'pending', revert_id = :revert, old = :old WHERE id = :id AND state = 'wanted' RETURNING id
"""


def pend(conn: Connection, undoing: Undoing, *, revert: Commit, old: Commit) -> None:
    """The exact commit that is about to be put onto the branch. Raises IllegalMove."""
    _must(conn, _PEND, undoing, revert=revert, old=old)


_MOVED = "UPDATE undoings SET state = 'wanted', revert_id = NULL, old = NULL WHERE id = :id AND state = 'pending' RETURNING id"


def want_again(conn: Connection, undoing: Undoing) -> None:
    """Its branch was moved by others meanwhile. Raises IllegalMove."""
    _must(conn, _MOVED, undoing)


_END = """
UPDATE undoings SET state = :state, said = :said, ended_ms = :now
WHERE id = :id AND state IN ('wanted', 'pending') RETURNING id
"""


def end(conn: Connection, undoing: Undoing, state: UndoState, *, said: str, now: datetime) -> None:
    """Raises IllegalMove where it ended before."""
    _must(conn, _END, undoing, state=state, said=said, now=columns.ms(now))


def _must(conn: Connection, statement: str, undoing: Undoing, **values: object) -> None:
    if conn.execute(statement, {"id": undoing.id, **values}).fetchone() is None:
        raise IllegalMove(f"{undoing.id} is not {undoing.state} any more")


_GET = "SELECT * FROM undoings WHERE id = :id"


def get(conn: Connection, name: str) -> Undoing | None:
    row = conn.execute(_GET, {"id": name}).fetchone()
    return None if row is None else _undoing(row)


_IN = """
SELECT * FROM undoings WHERE state IN (SELECT value FROM json_each(:states)) AND (:repo IS NULL OR repo = :repo)
ORDER BY number
"""


def in_states(conn: Connection, states: Collection[UndoState], repo: RepoName | None = None) -> list[Undoing]:
    """Oldest first."""
    wanted = {"states": columns.array(sorted(states)), "repo": repo}
    return [_undoing(row) for row in conn.execute(_IN, wanted)]


_OF_RUN = "SELECT * FROM undoings WHERE run = :run ORDER BY number"


def of_run(conn: Connection, run: RunId) -> list[Undoing]:
    """Oldest first; the last one counts."""
    return [_undoing(row) for row in conn.execute(_OF_RUN, {"run": run})]


_REVERTED = """
SELECT findings FROM undoings
WHERE state = 'done' AND (task = :task OR run IN (SELECT landed_by FROM rides WHERE task = :task))
"""


def gates_that_reverted(conn: Connection, task: TaskId) -> frozenset[str]:
    """Which gates found what earlier landings of the task were taken back for."""
    rows = conn.execute(_REVERTED, {"task": task})
    return frozenset(finding.gate for row in rows for finding in finding_columns.load(row["findings"]))


def _undoing(row: Row) -> Undoing:
    return Undoing(
        id=row["id"],
        wish=Wish(
            run=RunId(row["run"]),
            task=TaskId(row["task"]),
            repo=RepoName(row["repo"]),
            commit=Commit(row["commit_id"]),
            target_ref=row["target_ref"],
            delivery=Delivery(row["delivery"]),
            who=row["who"],
            why=row["why"],
            findings=finding_columns.load(row["findings"]),
            retry=bool(row["retry"]),
        ),
        state=UndoState(row["state"]),
        revert=Commit(row["revert_id"]) if row["revert_id"] else None,
        old=Commit(row["old"]) if row["old"] else None,
        said=row["said"],
        wanted_at=columns.moment(row["wanted_ms"]),
        ended_at=columns.moment_or_none(row["ended_ms"]),
    )

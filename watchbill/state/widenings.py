"""Widenings: patterns beside a task's own that a run asked for, or changed unasked, and what became of them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from watchbill.domain.ids import RunId, TaskId
from watchbill.domain.runs import Run
from watchbill.state import claims, columns, leases
from watchbill.state.engine import Connection, Row


class WideningState(StrEnum):
    OFFERED = "offered"  # changed unasked, and free: accepting the task grants it
    WANTED = "wanted"  # somebody else had it; the task waits for it if it is handed on
    GRANTED = "granted"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Widening:
    task: TaskId
    run: RunId
    pattern: str
    state: WideningState
    why: str
    at: datetime


_PUT = """
INSERT INTO widenings (task, run, pattern, state, why, at_ms) VALUES (:task, :run, :pattern, :state, :why, :now)
ON CONFLICT (task, pattern) DO UPDATE SET run = :run, state = :state, why = :why, at_ms = :now
"""


def note(conn: Connection, run: Run, patterns: Iterable[str], state: WideningState, *, why: str, now: datetime) -> None:
    """Remember what became of a wish. Raises LeaseLost when the run does not hold its task."""
    leases.check(conn, run)
    said = {"task": run.task, "run": run.id, "state": state, "why": why, "now": columns.ms(now)}
    conn.executemany(_PUT, [{**said, "pattern": pattern} for pattern in patterns])


_WIDEN = """
UPDATE tasks SET widened = json_insert(widened, '$[#]', :pattern)
WHERE id = :task AND NOT EXISTS (SELECT 1 FROM json_each(widened) WHERE value = :pattern)
"""


def grant(conn: Connection, run: Run, patterns: Iterable[str], *, why: str, now: datetime) -> None:
    """Give a run that is under way more files, for it and for whoever goes on with its task.

    Raises ClaimTaken, and grants none, when another task's claim could meet one of them; LeaseLost.
    """
    wanted = tuple(patterns)
    claims.take(conn, run.id, run.repo, wanted, now)
    note(conn, run, wanted, WideningState.GRANTED, why=why, now=now)
    conn.executemany(_WIDEN, [{"task": run.task, "pattern": pattern} for pattern in wanted])


_TURN = """
UPDATE widenings SET state = 'granted', why = :why, at_ms = :now WHERE task = :task AND state = :state RETURNING pattern
"""


def grant_for_later(
    conn: Connection, task: TaskId, state: WideningState, *, why: str, now: datetime
) -> tuple[str, ...]:
    """Make what was offered, or wanted, the task's: its next run starts when all of its files are free."""
    found = conn.execute(_TURN, {"task": task, "state": state, "why": why, "now": columns.ms(now)}).fetchall()
    patterns = tuple(row["pattern"] for row in found)
    conn.executemany(_WIDEN, [{"task": task, "pattern": pattern} for pattern in patterns])
    return patterns


_REFUSE = "UPDATE widenings SET state = 'refused', why = :why, at_ms = :now WHERE task = :task AND state = 'offered'"


def refuse_offers(conn: Connection, task: TaskId, *, why: str, now: datetime) -> None:
    """A person has the work done anew: what was offered with the old one is no longer."""
    conn.execute(_REFUSE, {"task": task, "why": why, "now": columns.ms(now)})


_OF_TASK = "SELECT * FROM widenings WHERE task = :task ORDER BY number"


def of_task(conn: Connection, task: TaskId) -> list[Widening]:
    return [_widening(row) for row in conn.execute(_OF_TASK, {"task": task})]


def _widening(row: Row) -> Widening:
    return Widening(
        task=TaskId(row["task"]),
        run=RunId(row["run"]),
        pattern=row["pattern"],
        state=WideningState(row["state"]),
        why=row["why"],
        at=columns.moment(row["at_ms"]),
    )

"""Quarantine: a task that failed in the same way three times is not tried again until a person says so."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from watchbill.domain.failures import SAME_TIMES, identity
from watchbill.domain.findings import Finding
from watchbill.domain.ids import RunId, TaskId
from watchbill.domain.runs import Run
from watchbill.state import columns
from watchbill.state import findings as finding_rows
from watchbill.state.engine import Connection, Row


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarantine:
    task: TaskId
    why: str
    runs: tuple[RunId, ...]  # that failed so, oldest first
    findings: tuple[Finding, ...]  # of the last
    put_at: datetime


_NOTE = """
INSERT INTO failures (task, run, identity, why, counts, at_ms)
SELECT :task, :run, :identity, :why,
    :is_own OR NOT EXISTS (SELECT 1 FROM failures WHERE task = :task AND identity = :identity)
    OR EXISTS (SELECT 1 FROM calls WHERE provider = :provider AND task <> :task AND state = 'settled' AND tokens_out > 0
               AND ended_ms >= (SELECT max(at_ms) FROM failures WHERE task = :task AND identity = :identity)), :now
"""
_SAME = "SELECT run FROM failures WHERE task = :task AND identity = :identity AND counts = 1 ORDER BY number"
_PUT = """
INSERT INTO quarantines (task, why, evidence, findings, put_ms) VALUES (:task, :why, :evidence, :findings, :now)
ON CONFLICT DO NOTHING
"""


def after(
    conn: Connection, run: Run, *, why: str, findings: Sequence[Finding], is_own: bool, now: datetime
) -> Quarantine | None:
    """Count a failure; the quarantine, if it is the third of its kind.

    One that is not the task's own (its provider was overloaded, a line was cut) counts only where the provider answered others
    since the last time: then it is this work that it cannot stand.
    """
    same = identity(why, findings)
    facts = {"task": run.task, "run": run.id, "identity": same, "why": why, "is_own": is_own}
    conn.execute(_NOTE, {**facts, "provider": run.provider, "now": columns.ms(now)})
    failed = [RunId(row["run"]) for row in conn.execute(_SAME, {"task": run.task, "identity": same})]
    if len(failed) < SAME_TIMES:
        return None
    words = f"the same failure {len(failed)} times: {why}"
    row = {
        "task": run.task,
        "why": words,
        "evidence": columns.array(failed),
        "findings": finding_rows.dump(findings),
        "now": columns.ms(now),
    }
    conn.execute(_PUT, row)
    return Quarantine(task=run.task, why=words, runs=tuple(failed), findings=tuple(findings), put_at=now)


_ALL = "SELECT * FROM quarantines ORDER BY task"


def all(conn: Connection) -> Mapping[TaskId, Quarantine]:  # noqa: A001 - read as quarantine.all(conn)
    return {TaskId(row["task"]): _quarantine(row) for row in conn.execute(_ALL)}


_END = ("DELETE FROM quarantines WHERE task = :task", "DELETE FROM failures WHERE task = :task")


def end(conn: Connection, task: TaskId) -> None:
    """A person had it begin anew: what it did before is forgiven."""
    for statement in _END:
        conn.execute(statement, {"task": task})


def _quarantine(row: Row) -> Quarantine:
    return Quarantine(
        task=TaskId(row["task"]),
        why=row["why"],
        runs=tuple(RunId(run) for run in columns.strings(row["evidence"])),
        findings=finding_rows.load(row["findings"]),
        put_at=columns.moment(row["put_ms"]),
    )

"""A run's journey as an answer: its stages with their times, by what they left in the store."""

from collections.abc import Iterator
from datetime import datetime

from watchbill.domain.runs import Run, Stage
from watchbill.operator import plain
from watchbill.operator.doors import Plain
from watchbill.state import columns
from watchbill.state.engine import Connection, Row

_MARKS = """
SELECT (SELECT min(reserved_ms) FROM calls WHERE run = :run AND state <> 'released') AS worked_ms,
       (SELECT min(judged_ms) FROM verdicts WHERE run = :run) AS gated_ms,
       (SELECT min(stored_ms) FROM intents WHERE run = :run) AS landing_ms,
       (SELECT max(ended_ms) FROM intents WHERE run = :run) AS landed_ms
"""


def stages(conn: Connection, run: Run, now: datetime) -> list[Plain]:
    """Every stage in order. One that left no mark has no times; the last that began lasts until the run's end, or until now.

    Stages are told apart by their first marks: a call begins the work, a verdict the gates, an intent the landing.
    """
    marks = conn.execute(_MARKS, {"run": run.id}).fetchone()
    begins = dict(_begins(run, marks))
    end = run.ended_at or now
    told = []
    for stage in Stage:
        begin = begins.get(stage)
        later = [at for other, at in begins.items() if begin is not None and at >= begin and _after(other, stage)]
        until = min(later, default=end)
        told.append(
            {
                "stage": stage,
                "from": plain.stamp(begin),
                "seconds": None if begin is None else max(0.0, (until - begin).total_seconds()),
                "now": run.ended_at is None and stage is run.stage,
            }
        )
    return told


def _after(one: Stage, other: Stage) -> bool:
    order = list(Stage)
    return order.index(one) > order.index(other)


def _begins(run: Run, marks: Row) -> Iterator[tuple[Stage, datetime]]:
    yield Stage.BRIEF, run.started_at
    for stage, name in ((Stage.WORK, "worked_ms"), (Stage.GATE, "gated_ms"), (Stage.LAND, "landing_ms")):
        if marks[name] is not None:
            yield stage, columns.moment(marks[name])
    if marks["landed_ms"] is not None:
        yield Stage.SETTLE, columns.moment(marks["landed_ms"])

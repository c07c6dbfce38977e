"""Ahead: what a clock that ran ahead put too far off is put right, once the clock is. Nothing here needs to know by how much.

A row that was written "in the future" betrays such a clock. How long it was meant to hold still counts, from now on.
"""

from datetime import datetime, timedelta

from watchbill.state import columns
from watchbill.state.engine import Connection

SLACK = timedelta(minutes=1)  # so far ahead is a clock that was slewed, and hurts nobody

_HOLDS = """
UPDATE holds SET until_ms = until_ms - (put_ms - :now), put_ms = :now WHERE put_ms > :ahead RETURNING provider AS name
"""
_BREAKERS = """
UPDATE breakers SET retry_ms = retry_ms - (changed_ms - :now), since_ms = min(since_ms, :now), changed_ms = :now
WHERE changed_ms > :ahead RETURNING trim(provider || ' ' || model) AS name
"""
_PAUSES = """
UPDATE pauses SET until_ms = until_ms - (put_ms - :now), put_ms = :now WHERE put_ms > :ahead
RETURNING trim(scope || ' ' || name) AS name
"""
# A stated "not before" is the owner's; a put-off is ours, and only a run's end makes one.
_PUT_OFFS = """
UPDATE tasks SET not_before_ms = NULL, changed_ms = :now
WHERE state = 'queued' AND changed_ms > :ahead AND not_before_ms IS NOT NULL
  AND EXISTS (SELECT 1 FROM runs WHERE runs.task = tasks.id AND runs.ended_ms > :ahead)
RETURNING id AS name
"""
_AGES = "UPDATE tasks SET created_ms = :now WHERE created_ms > :ahead"  # or it would never have waited long


def put_right(conn: Connection, now: datetime) -> tuple[str, ...]:
    """What was put off too far and no longer is: providers, pauses and tasks by name."""
    moments = {"now": columns.ms(now), "ahead": columns.ms(now + SLACK)}
    found = [
        row["name"]
        for statement in (_HOLDS, _BREAKERS, _PAUSES, _PUT_OFFS)
        for row in conn.execute(statement, moments).fetchall()
    ]
    conn.execute(_AGES, moments)
    return tuple(dict.fromkeys(found))

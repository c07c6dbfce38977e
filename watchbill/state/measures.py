"""Measures: the work between two moments, counted from rows; what the mission's figures are made of."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from statistics import median
from typing import Any

from watchbill.domain.figures import FIRST_WEEK, Work
from watchbill.domain.money import MicroUsd
from watchbill.state import accounts, columns
from watchbill.state.accounts import By
from watchbill.state.engine import Connection
from watchbill.state.savings import savings

# What a person stopped, and what was put back before it had asked anybody anything, is neither use nor waste.
_RUNS = """
SELECT count(*) AS ended, coalesce(sum(state IN ('failed', 'rejected', 'lost')), 0) AS in_vain,
       coalesce(sum(state = 'landed'), 0) AS landed, coalesce(sum(state = 'verified'), 0) AS verified,
       coalesce(sum(EXISTS (SELECT 1 FROM calls WHERE calls.run = runs.id AND calls.state <> 'released')), 0) AS called
FROM runs WHERE ended_ms >= :since AND (:until IS NULL OR ended_ms < :until) AND state <> 'cancelled'
AND NOT (state = 'deferred' AND NOT EXISTS (SELECT 1 FROM calls WHERE calls.run = runs.id AND calls.state <> 'released'))
"""
_LANDED = """
SELECT count(DISTINCT task) AS landed FROM (
    SELECT task FROM runs WHERE state IN ('landed', 'verified') AND ended_ms >= :since AND ended_ms < :until
    UNION ALL
    SELECT task FROM rides WHERE state = 'landed' AND ended_ms >= :since AND ended_ms < :until
)
"""
_FLOWS = """
SELECT runs.ended_ms - (SELECT min(started_ms) FROM runs AS first WHERE first.session = runs.session) AS span
FROM runs WHERE state IN ('landed', 'verified') AND ended_ms >= :since AND ended_ms < :until
"""
_SETUPS = """
SELECT name, count(*) AS times, coalesce(sum(facts ->> 'seconds'), 0) AS seconds FROM events
WHERE name IN ('setup.made', 'setup.reused') AND at_ms >= :since AND at_ms < :until GROUP BY name
"""
_IDLE = "SELECT count(*) AS looks FROM events WHERE name = 'recurring.idle' AND at_ms >= :since AND at_ms < :until"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ends:
    """Runs that ended and count: see the method of wasted runs."""

    ended: int
    in_vain: int
    landed: int
    verified: int  # that nothing is to be changed
    called: int  # of those that ended: asked somebody something

    @property
    def wasted_share(self) -> float | None:
        return self.in_vain / self.ended if self.ended else None


def ends(conn: Connection, since: datetime, until: datetime | None = None) -> Ends:
    """Of the runs that ended in [since, until); without an until, up to now."""
    bounds = {"since": columns.ms(since), "until": None if until is None else columns.ms(until)}
    return Ends(**conn.execute(_RUNS, bounds).fetchone())


def work(conn: Connection, since: datetime, until: datetime) -> Work:
    """Runs and landings that ended, and calls that were reserved, in [since, until)."""
    bounds = {"since": columns.ms(since), "until": columns.ms(until)}
    runs = ends(conn, since, until)
    saved = savings(conn, since=since, until=until)
    spans = [max(0, row["span"]) / 1000 for row in conn.execute(_FLOWS, bounds)]
    setups = {row["name"]: (row["times"], row["seconds"]) for row in conn.execute(_SETUPS, bounds)}
    made, again = setups.get("setup.made", (0, 0.0)), setups.get("setup.reused", (0, 0.0))
    return Work(
        ended=runs.ended,
        in_vain=runs.in_vain,
        called=runs.called,
        made=saved.made,
        taken=saved.saved.calls,
        merged=saved.merged,
        landed=conn.execute(_LANDED, bounds).fetchone()["landed"],
        spent=MicroUsd(sum(row.cost for row in accounts.totals(conn, By.PROVIDER, since=since, until=until))),
        flow_seconds=median(spans) if spans else None,
        setups=made[0],
        setup_seconds=float(made[1]),
        uses=made[0] + again[0],
        waited_seconds=float(made[1]) + float(again[1]),
        idle_looks=conn.execute(_IDLE, bounds).fetchone()["looks"],
    )


_BEGAN = "SELECT min(started_ms) AS began FROM runs"


def began(conn: Connection) -> datetime | None:
    """When the first run of this installation started; None before that."""
    return columns.moment_or_none(conn.execute(_BEGAN).fetchone()["began"])


_SEEN = "SELECT at_ms FROM events ORDER BY number LIMIT 1"


def first_seen(conn: Connection) -> datetime | None:
    """The oldest event that is kept: since when there is something to tell of."""
    row = conn.execute(_SEEN).fetchone()
    return None if row is None else columns.moment(row["at_ms"])


_KEEP = (
    "INSERT INTO baselines (number, since_ms, until_ms, work) VALUES (1, :since, :until, :work) ON CONFLICT DO NOTHING"
)


def keep_first_week(conn: Connection, now: datetime) -> tuple[datetime, datetime] | None:
    """Count the first week once it is over: from when to when, where that was done now. What is stored is never counted anew."""
    since = began(conn)
    if since is None or now < since + FIRST_WEEK or first_week(conn) is not None:
        return None
    until = since + FIRST_WEEK
    counted = columns.mapping(asdict(work(conn, since, until)))
    conn.execute(_KEEP, {"since": columns.ms(since), "until": columns.ms(until), "work": counted})
    return since, until


_FIRST = "SELECT work FROM baselines"


def first_week(conn: Connection) -> Work | None:
    row = conn.execute(_FIRST).fetchone()
    return None if row is None else _work(columns.parsed(row["work"]))


def _work(stored: Mapping[str, Any]) -> Work:
    return Work(**{**stored, "spent": MicroUsd(stored["spent"])})

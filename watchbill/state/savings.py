"""Savings: how many calls and runs were made and how many were not, what that saved, and how warm the prompt caches were."""

from dataclasses import dataclass, field
from datetime import datetime

from watchbill.domain.ids import RunId
from watchbill.domain.money import ZERO, MicroUsd
from watchbill.state import columns
from watchbill.state.engine import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Lever:
    """What one way of saving calls came to."""

    calls: int
    tokens: int
    cost: MicroUsd  # at the price of the calls whose answers were taken


NOTHING = Lever(calls=0, tokens=0, cost=ZERO)


@dataclass(frozen=True, slots=True, kw_only=True)
class Savings:
    made: int  # calls that were sent
    tokens_in: int
    cache_read: int  # of tokens_in
    cache_write: int  # of tokens_in
    merged: int  # runs that were not begun, since another run did their task too
    by: dict[str, Lever] = field(default_factory=dict)

    @property
    def saved(self) -> Lever:
        levers = self.by.values()
        return Lever(
            calls=sum(lever.calls for lever in levers),
            tokens=sum(lever.tokens for lever in levers),
            cost=MicroUsd(sum((lever.cost for lever in levers), ZERO)),
        )

    @property
    def hit_rate(self) -> float | None:
        """The share of the input that vendors read from their caches; None before there was any input."""
        return self.cache_read / self.tokens_in if self.tokens_in else None


_MADE = """
SELECT count(*) AS made, coalesce(sum(tokens_in), 0) AS tokens_in, coalesce(sum(cache_read), 0) AS cache_read,
       coalesce(sum(cache_write), 0) AS cache_write
FROM calls WHERE state NOT IN ('held', 'released') AND (:run IS NULL OR run = :run)
AND (:since IS NULL OR reserved_ms >= :since) AND (:until IS NULL OR reserved_ms < :until)
"""
_SAVED = """
SELECT why, count(*) AS calls, sum(tokens_in + tokens_out) AS tokens, sum(cost) AS cost FROM savings
WHERE (:run IS NULL OR run = :run)
AND (:since IS NULL OR at_ms >= :since) AND (:until IS NULL OR at_ms < :until)
GROUP BY why ORDER BY why
"""
_MERGED = """
SELECT count(*) AS runs FROM rides WHERE state = 'landed' AND (:run IS NULL OR landed_by = :run)
AND (:since IS NULL OR ended_ms >= :since) AND (:until IS NULL OR ended_ms < :until)
"""


def savings(
    conn: Connection, *, since: datetime | None = None, until: datetime | None = None, run: RunId | None = None
) -> Savings:
    """Of calls reserved, calls saved and riders landed in [since, until); a run's, where one is named."""
    bounds = {"since": columns.ms_or_none(since), "until": columns.ms_or_none(until), "run": run}
    made = conn.execute(_MADE, bounds).fetchone()
    return Savings(
        made=made["made"],
        tokens_in=made["tokens_in"],
        cache_read=made["cache_read"],
        cache_write=made["cache_write"],
        merged=conn.execute(_MERGED, bounds).fetchone()["runs"],
        by={
            row["why"]: Lever(calls=row["calls"], tokens=row["tokens"], cost=MicroUsd(row["cost"]))
            for row in conn.execute(_SAVED, bounds)
        },
    )

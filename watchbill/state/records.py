"""Records: what a provider's own results on a task type say, from ended runs and what they cost."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import timedelta

from watchbill.domain.ids import ProviderName, TaskType
from watchbill.domain.money import MicroUsd
from watchbill.scheduling.expecting import Like
from watchbill.scheduling.snapshot import Record
from watchbill.state.engine import Connection

# A run that was deferred, handed off, cancelled or lost says nothing about how well its provider does the work.
_HISTORY = """
SELECT runs.provider, runs.type, count(*) AS runs, sum(runs.state IN ('landed', 'verified')) AS landed,
       sum(coalesce(windows.spent, 0)) / count(*) AS cost, sum(max(0, ended_ms - started_ms)) / count(*) AS span_ms
FROM runs LEFT JOIN windows ON windows.kind = 'run' AND windows.name = runs.id
WHERE runs.state IN ('landed', 'verified', 'rejected', 'failed')
GROUP BY runs.provider, runs.type
"""


def history(conn: Connection) -> Mapping[tuple[ProviderName, str], Record]:
    """By provider and task type; means are per judged run."""
    return {
        (ProviderName(row["provider"]), row["type"]): Record(
            runs=row["runs"],
            landed=row["landed"],
            mean_cost=MicroUsd(row["cost"]),
            mean_span=timedelta(milliseconds=row["span_ms"]),
        )
        for row in conn.execute(_HISTORY)
    }


# The same runs as above, each for itself; of each like the latest, since prices and prompts change.
_COSTS = """
SELECT provider, model, type, spent FROM (
    SELECT runs.provider, runs.model, runs.type, coalesce(windows.spent, 0) AS spent,
           row_number() OVER (PARTITION BY runs.provider, runs.model, runs.type ORDER BY runs.number DESC) AS back
    FROM runs LEFT JOIN windows ON windows.kind = 'run' AND windows.name = runs.id
    WHERE runs.state IN ('landed', 'verified', 'rejected', 'failed')
) WHERE back <= :latest ORDER BY spent
"""
_LATEST = 200


def costs(conn: Connection) -> Mapping[Like, list[MicroUsd]]:
    """What the latest judged runs cost, by provider, model and task type, the least first."""
    found: defaultdict[Like, list[MicroUsd]] = defaultdict(list)
    for row in conn.execute(_COSTS, {"latest": _LATEST}):
        like = Like(provider=ProviderName(row["provider"]), model=row["model"], type=TaskType(row["type"]))
        found[like].append(MicroUsd(row["spent"]))
    return found

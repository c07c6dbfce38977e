"""Counters as answers: sums over everything that the store holds, so that no restart takes anything back."""

from collections.abc import Sequence
from datetime import timedelta

from watchbill.operator.doors import Plain
from watchbill.operator.outlook import Outlook
from watchbill.state import measures, savings
from watchbill.state.engine import Connection

RUN_SECONDS = (10, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200)  # upper edges; the last is when a run is stopped
_IN_VAIN_OF = timedelta(days=7)

_RUNS = "SELECT provider, type, state AS outcome, count(*) AS count FROM runs WHERE state <> 'running' GROUP BY 1, 2, 3"
_TOKENS = """
SELECT provider, model, sum(coalesce(tokens_in, 0)) AS input, sum(coalesce(tokens_out, 0)) AS output,
       sum(coalesce(cache_read, 0)) AS cache_read, sum(coalesce(cache_write, 0)) AS cache_write
FROM calls GROUP BY 1, 2
"""
# From the ledger, whose rows stay: a call that is lowered later takes nothing back from what was booked.
_COST = """
SELECT provider, type, sum(iif(kind = 'lower', 0, spent)) AS cost, -sum(iif(kind = 'lower', spent, 0)) AS lowered
FROM ledger JOIN calls ON calls.id = ledger.call GROUP BY 1, 2
"""
_CALLS = """
SELECT provider, model, CASE kind WHEN 'settle' THEN 'settled' WHEN 'release' THEN 'released' ELSE 'unknown' END AS outcome,
       count(*) AS count
FROM ledger JOIN calls ON calls.id = ledger.call WHERE kind IN ('settle', 'release', 'lose') GROUP BY 1, 2, 3
"""
_SKIPS = "SELECT reason, count(*) AS count FROM decisions WHERE kind = 'wait' GROUP BY 1"
_NOTICES = "SELECT target, state AS outcome, count(*) AS count FROM deliveries WHERE ended_ms IS NOT NULL GROUP BY 1, 2"


def counters(conn: Connection, outlook: Outlook) -> Plain:
    """What was done since the store began. An unknown call costs its bound; what was lowered of that is told beside it."""
    saved = savings.savings(conn)
    return {
        "runs": _rows(conn, _RUNS),
        "run_seconds": _seconds(conn),
        "tokens": _rows(conn, _TOKENS),
        "costs": _rows(conn, _COST),
        "calls": _rows(conn, _CALLS),
        "skips": _rows(conn, _SKIPS),
        "avoided": {**{why: lever.calls for why, lever in saved.by.items()}, "merged": saved.merged},
        "in_vain_ratio": measures.ends(conn, outlook.now - _IN_VAIN_OF).wasted_share or 0.0,
        "notices": _rows(conn, _NOTICES),
        "ticks": {"count": outlook.ticks.count, "seconds": outlook.ticks.took.total_seconds()},
        "loop_lag_seconds": outlook.loop_lag.total_seconds(),
    }


def _rows(conn: Connection, query: str) -> list[Plain]:
    return [dict(row) for row in conn.execute(query)]


_BUCKETS = ", ".join(f"sum((ended_ms - started_ms) <= {edge} * 1000) AS le_{edge}" for edge in RUN_SECONDS)
_SECONDS = f"""
SELECT provider, {_BUCKETS}, count(*) AS count, sum(max(0, ended_ms - started_ms)) / 1000.0 AS sum
FROM runs WHERE state <> 'running' GROUP BY 1
"""  # noqa: S608 - the edges are numbers of this module


def _seconds(conn: Connection) -> Sequence[Plain]:
    """Each provider's runs by how long they took: a count up to each edge, all, and the seconds of all."""
    return [
        {
            "provider": row["provider"],
            "buckets": {str(edge): row[f"le_{edge}"] for edge in RUN_SECONDS},
            "count": row["count"],
            "sum": row["sum"],
        }
        for row in conn.execute(_SECONDS)
    ]

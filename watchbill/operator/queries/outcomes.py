"""Outcomes as answers: how many runs ended how, and how many of them came to nothing."""

from datetime import datetime

from watchbill.domain.runs import RunState
from watchbill.operator.doors import Plain
from watchbill.state import columns
from watchbill.state.engine import Connection

# Paid for and of no use. What was deferred or handed on goes on; what waits for review may still land.
WASTED = frozenset({RunState.REJECTED, RunState.FAILED, RunState.LOST})

_ENDED = "SELECT state, count(*) AS runs FROM runs WHERE ended_ms >= :since GROUP BY state"


def since(conn: Connection, moment: datetime) -> Plain:
    """Of the runs that ended from then on."""
    found = {row["state"]: row["runs"] for row in conn.execute(_ENDED, {"since": columns.ms(moment)})}
    ended, wasted = sum(found.values()), sum(found.get(state, 0) for state in WASTED)
    return {
        "ended": ended,
        "landed": found.get(RunState.LANDED, 0) + found.get(RunState.VERIFIED, 0),
        "wasted": wasted,
        "wasted_share": round(wasted / ended, 4) if ended else None,
        "by_state": found,
    }

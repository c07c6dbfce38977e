"""Outcomes as answers: how many runs ended how, and how many of them came to nothing."""

from datetime import datetime

from watchbill.domain.runs import RunState
from watchbill.operator.doors import Plain
from watchbill.state import measures
from watchbill.state.engine import Connection

# Paid for and of no use. What was deferred or handed on goes on; what waits for review may still land.
WASTED = frozenset({RunState.REJECTED, RunState.FAILED, RunState.LOST})


def since(conn: Connection, moment: datetime) -> Plain:
    """Of the runs that ended from then on, counted as the mission's figures are."""
    ends = measures.ends(conn, moment)
    share = ends.wasted_share
    return {
        "ended": ends.ended,
        "landed": ends.landed,
        "verified": ends.verified,
        "wasted": ends.in_vain,
        "wasted_share": None if share is None else round(share, 4),
    }

"""Savings as answers: calls made, calls saved and why, what they would have cost, and how warm the prompt caches were."""

from datetime import datetime

from watchbill.domain.batches import BatchCounts
from watchbill.domain.ids import RunId
from watchbill.domain.outcomes import SavedBy
from watchbill.operator import moments, plain
from watchbill.operator.doors import Plain
from watchbill.operator.outlook import Outlook
from watchbill.state import batches, savings
from watchbill.state.engine import Connection
from watchbill.state.savings import Lever, Savings


def between(conn: Connection, since: datetime | None = None, until: datetime | None = None) -> Plain:
    """Of calls reserved, calls saved and riders landed in [since, until)."""
    return _told(savings.savings(conn, since=since, until=until), batches.counts(conn, since=since, until=until))


def today(conn: Connection, outlook: Outlook) -> Plain:
    """Since the budget's midnight."""
    return between(conn, moments.moment("today", outlook.now, outlook.bill.caps.zone))


def of_run(conn: Connection, run: RunId) -> Plain:
    return _told(savings.savings(conn, run=run), batches.counts(conn, run=run))


def _told(found: Savings, waited: BatchCounts) -> Plain:
    nothing = savings.NOTHING
    return {
        "calls_made": found.made,
        **_lever(found.saved),
        "merged": {"runs_saved": found.merged},
        "by": {by.value: _lever(found.by.get(by, nothing)) for by in SavedBy},
        "cache": {
            "tokens_in": found.tokens_in,
            "cache_read": found.cache_read,
            "cache_write": found.cache_write,
            "hit_rate": None if found.hit_rate is None else round(found.hit_rate, 4),
        },
        "batches": {
            "sent": waited.batches,
            "calls": waited.requests,
            "answered": waited.succeeded,
            "unserved": waited.unserved,
            "waiting": waited.waiting,
            **plain.money("saved", waited.saved),
        },
    }


def _lever(lever: Lever) -> Plain:
    return {"calls_saved": lever.calls, "tokens_saved": lever.tokens, **plain.money("saved", lever.cost)}

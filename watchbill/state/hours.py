"""Hours: what each of the past hours cost, of the calls that count in the budget's days."""

from datetime import datetime, timedelta

from watchbill.domain.money import ZERO, MicroUsd
from watchbill.state import columns
from watchbill.state.engine import Connection

_HOUR_MS = 3_600_000

# What is settled, or stays charged at its bound; what is still held is not spent yet.
_SPENT = """
SELECT (:now - reserved_ms) / :hour AS ago,
       sum(CASE calls.state WHEN 'settled' THEN cost WHEN 'unknown' THEN bound ELSE 0 END) AS spent
FROM calls JOIN call_windows ON call_windows.call = calls.id AND call_windows.kind = 'day'
WHERE reserved_ms > :since AND reserved_ms <= :now
GROUP BY 1
"""
_FIRST = "SELECT min(reserved_ms) AS first FROM calls WHERE reserved_ms <= :now"


def spent_by_hour(conn: Connection, now: datetime, most: timedelta) -> list[MicroUsd]:
    """What each whole hour cost, the latest first, back to the first call or so far as is wanted; quiet hours are 0."""
    end = columns.ms(now)
    first = conn.execute(_FIRST, {"now": end}).fetchone()["first"]
    if first is None:
        return []
    since = max(first - 1, columns.ms(now - most))
    found = {
        row["ago"]: MicroUsd(row["spent"])
        for row in conn.execute(_SPENT, {"now": end, "since": since, "hour": _HOUR_MS})
    }
    return [found.get(ago, ZERO) for ago in range((end - since) // _HOUR_MS)]

"""What was billed: a provider's calls as evidence is held against them."""

from collections.abc import Collection
from datetime import datetime

from watchbill.domain.calls import CallState, Usage
from watchbill.domain.ids import CallId, ProviderName
from watchbill.domain.money import ZERO, MicroUsd
from watchbill.scheduling.reconciling import Billed
from watchbill.state import columns
from watchbill.state.engine import Connection, Row

_CALLS = """
SELECT calls.*, EXISTS (SELECT 1 FROM ledger WHERE ledger.call = calls.id AND ledger.kind = 'lower') AS by_evidence,
       EXISTS (SELECT 1 FROM batch_items WHERE batch_items.call = calls.id) AS in_batch,
       coalesce(plan_calls.bound, calls.bound) AS worth
FROM calls LEFT JOIN plan_calls ON plan_calls.call = calls.id
"""
_BETWEEN = f"""
{_CALLS}
WHERE provider = :provider AND state IN ('settled', 'unknown') AND reserved_ms >= :since AND reserved_ms < :until
ORDER BY number
"""


def between(conn: Connection, provider: ProviderName, since: datetime, until: datetime) -> list[Billed]:
    """Every call that was sent and reserved in [since, until), oldest first."""
    bounds = {"provider": provider, "since": columns.ms(since), "until": columns.ms(until)}
    return [_billed(row) for row in conn.execute(_BETWEEN, bounds)]


_NAMED = f"""
{_CALLS}
WHERE provider = :provider AND state IN ('settled', 'unknown')
  AND (id IN (SELECT value FROM json_each(:calls)) OR request_id IN (SELECT value FROM json_each(:requests)))
ORDER BY number
"""  # noqa: S608 - of a constant


def named(
    conn: Connection, provider: ProviderName, *, calls: Collection[str], requests: Collection[str]
) -> list[Billed]:
    """Those of the provider's calls that were sent, by our ids or by the vendor's, oldest first."""
    said = {"provider": provider, "calls": columns.array(calls), "requests": columns.array(requests)}
    return [_billed(row) for row in conn.execute(_NAMED, said)]


_BY_REQUEST = """
SELECT calls.request_id, coalesce(plan_calls.worth, cost) AS cost
FROM calls JOIN json_each(:ids) ON calls.request_id = json_each.value
LEFT JOIN plan_calls ON plan_calls.call = calls.id
WHERE provider = :provider AND state = 'settled'
"""


def costs_by_request(conn: Connection, provider: ProviderName, ids: Collection[str]) -> dict[str, MicroUsd]:
    """What the requests with these ids of the vendor were booked at, by the price list where a plan paid; those that no call has are not in it."""
    said = {"provider": provider, "ids": columns.array(ids)}
    return {row["request_id"]: MicroUsd(row["cost"]) for row in conn.execute(_BY_REQUEST, said)}


def _billed(row: Row) -> Billed:
    return Billed(
        call=CallId(row["id"]),
        model=row["model"],
        state=CallState(row["state"]),
        bound=MicroUsd(row["bound"]),
        worth=MicroUsd(row["worth"]),
        bound_in=row["bound_in"],
        bound_out=row["bound_out"],
        cost=MicroUsd(row["cost"] or ZERO),
        usage=Usage(
            tokens_in=row["tokens_in"] or 0,
            tokens_out=row["tokens_out"] or 0,
            cache_read=row["cache_read"] or 0,
            cache_write=row["cache_write"] or 0,
        ),
        request_id=row["request_id"] or "",
        reserved_at=columns.moment(row["reserved_ms"]),
        ended_at=columns.moment(row["ended_ms"]),
        in_batch=bool(row["in_batch"]),
        by_evidence=bool(row["by_evidence"]),
    )

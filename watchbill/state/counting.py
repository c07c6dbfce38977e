"""Counting: what was used before a cap of tokens, runs or credits was set counts in it too, as far as its own time goes.

A call draws on what binds it at its reservation. Caps are set at a start and at a reload: then the calls that lack a draw
on one of them are given it, once.
"""

from collections.abc import Collection
from datetime import datetime

from watchbill.domain.billing import Billing
from watchbill.domain.calls import Purpose
from watchbill.domain.ids import ProviderName, RepoName, RunId, TaskId, TaskType
from watchbill.domain.quotas import PLANS, Quota, Unit, credits_of, quotas_of, span_of
from watchbill.domain.windows import Caps
from watchbill.state import columns
from watchbill.state.engine import Connection

# As a reservation and a settlement would have drawn: see quotas.
_CALLS = """
WITH lacking AS (
    SELECT calls.id, calls.task, calls.run, calls.provider, calls.reserved_ms, calls.state,
           coalesce(plan_calls.billing, 'metered') AS billing,
           CASE :unit
               WHEN 'tokens' THEN iif(
                   calls.state = 'settled' AND (tokens_in + tokens_out > 0 OR coalesce(worth, cost) = 0),
                   tokens_in + tokens_out, bound_in + bound_out)
               WHEN 'runs' THEN NOT EXISTS (
                   SELECT 1 FROM calls AS earlier
                   WHERE earlier.run = calls.run AND earlier.number < calls.number AND earlier.state <> 'released')
               ELSE coalesce(worth, plan_calls.bound)
           END AS amount
    FROM calls LEFT JOIN plan_calls ON plan_calls.call = calls.id
    WHERE calls.state <> 'released'
      AND NOT EXISTS (SELECT 1 FROM draws WHERE draws.call = calls.id AND draws.unit = :unit AND draws.kind = :kind)
)
"""
_DRAWN = "iif(state IN ('held', 'sent'), amount, 0), iif(state IN ('held', 'sent'), 0, amount)"

_QUOTA = "INSERT INTO quotas (unit, kind, name) VALUES (:unit, :kind, :name) ON CONFLICT DO NOTHING"
_IN_SPAN = f"""
{_CALLS}
INSERT INTO draws (call, unit, kind, name, held, spent)
SELECT id, :unit, :kind, :name, {_DRAWN} FROM lacking
WHERE reserved_ms >= :begin AND reserved_ms < :end AND (:provider = '' OR provider = :provider)
  AND iif(:billing = '', billing <> 'free', billing = :billing)
"""  # noqa: S608 - of constants

_OWN_QUOTAS = """
INSERT INTO quotas (unit, kind, name)
SELECT DISTINCT :unit, :kind, iif(:kind = 'task', calls.task, calls.run)
FROM calls JOIN tasks ON tasks.id = calls.task WHERE tasks.state NOT IN ('landed', 'verified', 'cancelled', 'reverted')
ON CONFLICT DO NOTHING
"""
_OWN = f"""
{_CALLS}
INSERT INTO draws (call, unit, kind, name, held, spent)
SELECT id, :unit, :kind, iif(:kind = 'task', task, run), {_DRAWN} FROM lacking
WHERE billing <> 'free' AND task IN (SELECT id FROM tasks WHERE state NOT IN ('landed', 'verified', 'cancelled', 'reverted'))
"""  # noqa: S608 - of constants


def count(conn: Connection, caps: Caps, providers: Collection[ProviderName], now: datetime) -> None:
    """Draw for every call that lacks it on what now binds calls like it. Done again it changes nothing."""
    for quota in sorted({quota for provider in providers for quota in _binding(provider, caps, now)}):
        of = {"unit": quota.unit, "kind": quota.kind, "name": quota.name}
        span = span_of(quota, caps.zone)
        if span is None:
            conn.execute(_OWN_QUOTAS, of)
            conn.execute(_OWN, of)
            continue
        begin, end = span
        conn.execute(_QUOTA, of)
        conn.execute(
            _IN_SPAN,
            {
                **of,
                "begin": columns.ms(begin),
                "end": columns.ms(end),
                "provider": quota.name.rpartition(":")[0],
                "billing": _billing(quota),
            },
        )


def _binding(provider: ProviderName, caps: Caps, now: datetime) -> set[Quota]:
    """What binds a call of the provider; a task's and a run's own stand for those of all."""
    purpose = Purpose(run=RunId(""), task=TaskId(""), repo=RepoName(""), type=TaskType(""), provider=provider, model="")
    month = credits_of(purpose, caps, now)
    return {*quotas_of(purpose, caps, now), *([month[0]] if month else [])}


def _billing(quota: Quota) -> str:
    """Whose calls draw on it; "" for all that are not free."""
    if quota.kind not in PLANS:
        return ""
    return Billing.CREDITS if quota.unit is Unit.CREDITS else Billing.SUBSCRIPTION

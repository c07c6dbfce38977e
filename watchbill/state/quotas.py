"""Quotas in the store: what calls draw on beside dollars. The sums are kept by triggers on the draws.

Every function runs in the transaction that moves the call's money.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from watchbill.domain.billing import Billing, Overage, money_of
from watchbill.domain.calls import Bound, Purpose, Settlement
from watchbill.domain.errors import OverBudget
from watchbill.domain.ids import CallId
from watchbill.domain.money import MicroUsd
from watchbill.domain.quotas import Quota, Unit, credits_of, quotas_of
from watchbill.domain.windows import Caps
from watchbill.state.engine import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What a reservation would take: money, and of each quota."""

    billing: Billing
    worth: MicroUsd
    money: MicroUsd
    amounts: Mapping[Quota, int]
    credits: int | None  # the month's, where they are counted


def draft(conn: Connection, purpose: Purpose, bound: Bound, caps: Caps, now: datetime) -> Draft:
    """Raises OverBudget naming the first quota that the call does not fit into; one that it can never fit goes first."""
    tariff = caps.tariff_of(purpose.provider)
    cap_by_quota = quotas_of(purpose, caps, now)
    amounts = {quota: _amount(conn, quota, purpose, bound) for quota in cap_by_quota}
    found = credits_of(purpose, caps, now)
    covered = bound.cost
    if found is not None:
        quota, month = found
        left = max(0, month - sum(used(conn, quota)))
        covered = MicroUsd(min(bound.cost, left if tariff.allowance.overage is Overage.ALLOW else bound.cost))
        amounts[quota], cap_by_quota[quota] = covered, month
    _refuse_over(conn, cap_by_quota, amounts)
    return Draft(
        billing=tariff.billing,
        worth=bound.cost,
        money=money_of(tariff.billing, bound.cost, covered=covered),
        amounts=amounts,
        credits=None if found is None else found[1],
    )


_FIRST = """
SELECT NOT EXISTS (
    SELECT 1 FROM draws JOIN calls ON calls.id = draws.call
    WHERE calls.run = :run AND calls.state <> 'released' AND draws.unit = 'runs' AND draws.kind = :kind
) AS is_first
"""


def _amount(conn: Connection, quota: Quota, purpose: Purpose, bound: Bound) -> int:
    if quota.unit is Unit.TOKENS:
        return bound.tokens_in + bound.tokens_out
    row = conn.execute(_FIRST, {"run": purpose.run, "kind": quota.kind}).fetchone()
    return int(row["is_first"])  # a run counts once, with its first call


def _refuse_over(conn: Connection, cap_by_quota: Mapping[Quota, int], amounts: Mapping[Quota, int]) -> None:
    faults = [
        OverBudget(str(quota), left=cap - taken, wanted=amounts[quota], cap=cap, unit=_unit(quota))
        for quota, cap in cap_by_quota.items()
        if amounts[quota] > max(0, cap - (taken := sum(used(conn, quota))))
    ]
    for fault in sorted(faults, key=lambda fault: not fault.never_fits):
        raise fault


def _unit(quota: Quota) -> str:
    """Nothing for credits, which are counted at what they are worth."""
    return "" if quota.unit is Unit.CREDITS else quota.unit.value


_QUOTA = "INSERT INTO quotas (unit, kind, name) VALUES (:unit, :kind, :name) ON CONFLICT DO NOTHING"
_DRAW = """
INSERT INTO draws (call, unit, kind, name, held, spent) VALUES (:call, :unit, :kind, :name, :held, 0)
"""
_PLAN_CALL = """
INSERT INTO plan_calls (call, billing, bound, allowance) VALUES (:call, :billing, :bound, :allowance)
"""


def hold(conn: Connection, call: CallId, wanted: Draft) -> None:
    rows = [
        {"call": call, "unit": quota.unit, "kind": quota.kind, "name": quota.name, "held": amount}
        for quota, amount in wanted.amounts.items()
    ]
    conn.executemany(_QUOTA, rows)
    conn.executemany(_DRAW, rows)
    if wanted.billing is not Billing.METERED:
        plan = {"call": call, "billing": wanted.billing, "bound": wanted.worth, "allowance": wanted.credits}
        conn.execute(_PLAN_CALL, plan)


_RELEASE = "UPDATE draws SET held = 0 WHERE call = :call"


def release(conn: Connection, call: CallId) -> None:
    conn.execute(_RELEASE, {"call": call})


_LOSE = "UPDATE draws SET spent = held, held = 0 WHERE call = :call"


def lose(conn: Connection, call: CallId) -> None:
    """As with money, what nobody knows stays taken at its bound."""
    conn.execute(_LOSE, {"call": call})


@dataclass(frozen=True, slots=True, kw_only=True)
class Priced:
    """What a settlement comes to: money, and how much of it credits cover."""

    money: MicroUsd
    covered: int


_PLAN = """
SELECT billing, allowance, coalesce(draws.held + draws.spent, 0) AS own,
       coalesce(quotas.held + quotas.spent, 0) AS taken
FROM plan_calls
LEFT JOIN draws ON draws.call = plan_calls.call AND draws.unit = 'credits'
LEFT JOIN quotas USING (unit, kind, name)
WHERE plan_calls.call = :call
"""


def priced(conn: Connection, call: CallId, settlement: Settlement) -> Priced:
    """Credits pay first: the call's own, then those that other calls gave back since."""
    row = conn.execute(_PLAN, {"call": call}).fetchone()
    if row is None:
        return Priced(money=settlement.cost, covered=0)
    covered = settlement.cost
    if row["allowance"] is not None:
        covered = MicroUsd(min(settlement.cost, row["own"] + max(0, row["allowance"] - row["taken"])))
    return Priced(money=money_of(Billing(row["billing"]), settlement.cost, covered=covered), covered=covered)


_BOUND = "SELECT bound FROM plan_calls WHERE call = :call"


def bound_of(conn: Connection, call: CallId) -> MicroUsd | None:
    """The bound of a call's worth; None for a metered one, whose money is its worth."""
    row = conn.execute(_BOUND, {"call": call}).fetchone()
    return None if row is None else MicroUsd(row["bound"])


_SETTLE = """
UPDATE draws SET held = 0, spent = CASE unit
    WHEN 'credits' THEN :covered
    WHEN 'tokens' THEN iif(:tokens > 0 OR :cost = 0, :tokens, held + spent)  -- billed, and no usage told: the bound
    ELSE held + spent END
WHERE call = :call
"""
_WORTH = "UPDATE plan_calls SET worth = :cost WHERE call = :call"


def settle(conn: Connection, call: CallId, settlement: Settlement, price: Priced) -> None:
    usage = settlement.usage
    booked = {
        "call": call,
        "covered": price.covered,
        "tokens": usage.tokens_in + usage.tokens_out,
        "cost": settlement.cost,
    }
    conn.execute(_SETTLE, booked)
    conn.execute(_WORTH, {"call": call, "cost": settlement.cost})


_USED = "SELECT spent, held FROM quotas WHERE unit = :unit AND kind = :kind AND name = :name"


def used(conn: Connection, quota: Quota) -> tuple[int, int]:
    """(spent, held) of one quota; unknown calls are spent at their bound."""
    row = conn.execute(_USED, {"unit": quota.unit, "kind": quota.kind, "name": quota.name}).fetchone()
    return (0, 0) if row is None else (row["spent"], row["held"])

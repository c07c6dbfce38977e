"""Budgets as answers: every cap with what is left of it, what is paid for already, what was raised, what is stopped."""

from collections.abc import Iterator

from watchbill.domain.billing import Billing
from watchbill.domain.money import MicroUsd
from watchbill.domain.quotas import Unit, quota_turns_at
from watchbill.domain.windows import Caps, WindowKind, turns_at
from watchbill.operator import plain
from watchbill.operator.doors import Plain
from watchbill.operator.outlook import Outlook
from watchbill.scheduling.snapshot import QuotaState, WindowState
from watchbill.state import accounts, ledger, raises
from watchbill.state.accounts import Key
from watchbill.state.engine import Connection


def budgets(conn: Connection, outlook: Outlook) -> Plain:
    now, bill = outlook.now, outlook.bill
    caps = raises.in_force(conn, bill.caps, now)
    windows = accounts.window_states(conn, caps, now, _keys(outlook, caps))
    quotas = accounts.quota_states(conn, caps, now, (terms.name for terms in bill.providers))
    return {
        "generated_at": plain.stamp(now),
        "zone": str(caps.zone),
        "on_cap": bill.on_cap,
        "windows": [_window(state, outlook) for state in windows if state.cap is not None or state.spent],
        "quotas": [_quota(state, outlook, caps) for state in quotas],
        **by_hand(conn, outlook),
    }


def by_hand(conn: Connection, outlook: Outlook) -> Plain:
    """What people changed for a while, and what waits for them."""
    return {
        "raises": [_raise(given) for given in raises.active(conn, outlook.now)],
        "overages": [
            {"provider": one.provider, "until": plain.stamp(one.until), "who": one.who, "why": one.why}
            for one in raises.granted(conn, outlook.now)
        ],
        "stopped": [
            {"provider": row.provider, "model": row.model, "call": row.call, "why": row.why}
            for row in ledger.stopped(conn)
        ],
    }


def _keys(outlook: Outlook, caps: Caps) -> Iterator[Key]:
    yield Key(kind=WindowKind.DAY)
    yield Key(kind=WindowKind.MONTH)
    yield from (Key(kind=WindowKind.PROVIDER, name=terms.name) for terms in outlook.bill.providers)
    yield from (Key(kind=WindowKind.REPO, name=terms.name) for terms in outlook.bill.repos)
    for kind in (WindowKind.TYPE, WindowKind.PROVIDER_MONTH, WindowKind.REPO_MONTH, WindowKind.TYPE_MONTH):
        yield from (Key(kind=kind, name=name) for name in sorted(caps.named[kind]))


def _window(state: WindowState, outlook: Outlook) -> Plain:
    return {
        "window": str(state.window),
        "turns_at": plain.stamp(turns_at(state.window.kind, outlook.now, outlook.bill.caps.zone)),
        "share": _share(state.cap, state.spent + state.held),
        "used_up": state.is_used_up,
        **plain.money("spent", state.spent),
        **plain.money("held", state.held),
        **plain.money("cap", state.cap),
        **plain.money("left", None if state.left is None else MicroUsd(max(0, state.left))),
    }


def _quota(state: QuotaState, outlook: Outlook, caps: Caps) -> Plain:
    """Numbers in its unit; credits in micro-dollars of what they are worth."""
    name = state.quota.name.partition(":")[0]
    overage = caps.tariff_of(name).allowance.overage if state.quota.unit is Unit.CREDITS else None
    return {
        "quota": str(state.quota),
        "unit": state.quota.unit,
        "turns_at": plain.stamp(quota_turns_at(state.quota.kind, outlook.now, caps.zone)),
        "share": _share(state.cap, state.spent + state.held),
        "used_up": state.is_used_up,
        "overage": overage,
        "spent": state.spent,
        "held": state.held,
        "cap": state.cap,
        "left": max(0, state.left),
    }


def _share(cap: int | None, taken: int) -> float | None:
    return round(taken / cap, 4) if cap else None


def _raise(given: raises.Raise) -> Plain:
    return {
        "of": given.of,
        "until": plain.stamp(given.until),
        "since": plain.stamp(given.since),
        "who": given.who,
        "why": given.why,
        **plain.money("amount", given.amount),
    }


def burn_down(conn: Connection, outlook: Outlook) -> dict[str, str]:
    """What is left of each provider's allowance, in words, by provider."""
    caps = raises.in_force(conn, outlook.bill.caps, outlook.now)
    paid = [
        terms.name
        for terms in outlook.bill.providers
        if caps.tariff_of(terms.name).billing in (Billing.CREDITS, Billing.SUBSCRIPTION)
    ]
    said: dict[str, list[str]] = {}
    for state in accounts.quota_states(conn, caps, outlook.now, paid):
        if state.quota.kind.startswith("plan-"):
            said.setdefault(state.quota.name.partition(":")[0], []).append(_left(state))
    return {name: ", ".join(parts) for name, parts in said.items()}


def _left(state: QuotaState) -> str:
    period = state.quota.kind.removeprefix("plan-")
    left = max(0, state.left)
    if state.quota.unit is Unit.CREDITS:
        return f"credits worth {left / 1_000_000:.2f} of {state.cap / 1_000_000:.2f} USD left this {period}"
    return f"{left:,} of {state.cap:,} {state.quota.unit} left this {period}"

"""The purse: which budgets keep a run back, of whom, and until when."""

from datetime import UTC, datetime
from typing import Any

import pytest
from planning import NOON, bill, task, terms, waits, world

from watchbill.domain.billing import Allowance, Billing, Limits, OnCap, Overage, Period, Tariff
from watchbill.domain.money import MicroUsd
from watchbill.domain.quotas import Quota, QuotaKind, Unit
from watchbill.domain.windows import Caps, Window, WindowKind
from watchbill.scheduling.bill import WatchBill
from watchbill.scheduling.decisions import Wait
from watchbill.scheduling.planner import plan
from watchbill.scheduling.snapshot import QuotaState, WindowState

DAY = Window(WindowKind.DAY, "2026-11-24")
CREDITS = Quota(Unit.CREDITS, QuotaKind.PLAN_MONTH, "copilot:2026-11")
CAP = MicroUsd(1_000_000)


def day(spent: int, *, cap: int = CAP, short: int = 0) -> WindowState:
    return WindowState(window=DAY, cap=MicroUsd(cap), spent=MicroUsd(spent), held=MicroUsd(0), short=short)


def quota(of: Quota, spent: int, cap: int, short: int = 0) -> QuotaState:
    return QuotaState(quota=of, cap=cap, spent=spent, held=0, short=short)


def of(billing: Billing, *, on_cap: OnCap = OnCap.PAID, day_cap: MicroUsd | None = CAP, **allowance: Any) -> WatchBill:
    caps = Caps(day=day_cap, tariffs={"copilot": Tariff(billing=billing, allowance=Allowance(**allowance))})
    return bill(terms("copilot", billing=billing), caps=caps, on_cap=on_cap)


def binding(snapshot: Any, rota: WatchBill) -> tuple[str, datetime | None] | None:
    waiting = [one for one in plan(snapshot, rota, NOON).decisions if isinstance(one, Wait)]
    return (waiting[0].binding.reason.value, waiting[0].binding.until) if waiting else None


MIDNIGHT = datetime(2026, 11, 25, tzinfo=UTC)
NEXT_MONTH = datetime(2026, 12, 1, tzinfo=UTC)


def test_an_untouched_window_is_tried_even_when_it_is_smaller_than_the_estimate():
    assert binding(world(task("a"), windows=(day(0, cap=20_000),)), of(Billing.METERED)) is None
    assert binding(world(task("a"), windows=(day(1, cap=20_000),)), of(Billing.METERED)) == ("budget_day", MIDNIGHT)


def test_a_window_that_a_call_did_not_fit_into_is_used_up_while_it_has_less_left():
    assert binding(world(task("a"), windows=(day(800_000, short=200_001),)), of(Billing.METERED)) == (
        "budget_day",
        MIDNIGHT,
    )
    assert binding(world(task("a"), windows=(day(800_000, short=200_000),)), of(Billing.METERED)) is None


def test_under_alert_a_used_up_window_keeps_nobody_else_back():
    rota = of(Billing.METERED, on_cap=OnCap.ALERT)

    assert binding(world(task("a"), windows=(day(800_000, short=200_001),)), rota) is None


def test_subscriptions_and_credits_go_on_when_the_days_dollars_are_spent():
    spent = world(task("a"), windows=(day(CAP, short=1),))

    assert binding(spent, of(Billing.SUBSCRIPTION)) is None
    assert binding(spent, of(Billing.CREDITS, credits=CAP)) is None


@pytest.mark.parametrize("billing", [Billing.SUBSCRIPTION, Billing.CREDITS])
def test_under_everything_they_wait_with_the_rest_and_free_work_does_not(billing: Billing):
    spent = world(task("a"), windows=(day(CAP, short=1),))

    assert binding(spent, of(billing, on_cap=OnCap.EVERYTHING, credits=CAP)) == ("budget_day", MIDNIGHT)
    assert binding(spent, of(Billing.FREE, on_cap=OnCap.EVERYTHING)) is None


def test_under_everything_nobody_waits_while_there_is_money():
    rota = of(Billing.SUBSCRIPTION, on_cap=OnCap.EVERYTHING)

    assert binding(world(task("a"), windows=(day(0),)), rota) is None


@pytest.mark.parametrize(
    ("overage", "granted", "expected"),
    [
        (Overage.NEVER, frozenset(), ("budget_allowance", NEXT_MONTH)),
        (Overage.ASK, frozenset(), ("budget_allowance", NEXT_MONTH)),
        (Overage.ASK, frozenset({"copilot"}), None),
        (Overage.ALLOW, frozenset(), None),
    ],
)
def test_used_up_credits_wait_for_the_month_unless_money_may_follow(overage, granted, expected):
    seen = world(task("a"), quotas=(quota(CREDITS, 990_000, CAP),), overages=granted)

    assert binding(seen, of(Billing.CREDITS, credits=CAP, overage=overage)) == expected


def test_money_beyond_credits_is_under_the_dollar_caps():
    seen = world(task("a"), windows=(day(CAP),), quotas=(quota(CREDITS, CAP, CAP),))

    assert binding(seen, of(Billing.CREDITS, credits=CAP, overage=Overage.ALLOW)) == ("budget_day", MIDNIGHT)


def test_who_may_be_asked_says_how():
    seen = world(task("a"), quotas=(quota(CREDITS, CAP, CAP),))
    decided = plan(seen, of(Billing.CREDITS, credits=CAP, overage=Overage.ASK), NOON).decisions[0]

    assert isinstance(decided, Wait)
    assert "watchbill budget overage copilot" in decided.binding.detail


def test_a_subscriptions_runs_are_counted_within_a_tick_too():
    seen = world(task("a"), task("b"))
    rota = of(Billing.SUBSCRIPTION, runs=1, period=Period.WEEK)
    two_at_once = bill(terms("copilot", billing=Billing.SUBSCRIPTION, concurrent=2), caps=rota.caps)

    assert waits(seen, two_at_once) == {"b": "budget_allowance"}


def test_credits_are_counted_within_a_tick_too():
    rota = of(Billing.CREDITS, credits=MicroUsd(60_000))
    two_at_once = bill(terms("copilot", billing=Billing.CREDITS, concurrent=2), caps=rota.caps)

    assert waits(world(task("a"), task("b")), two_at_once) == {"b": "budget_allowance"}


@pytest.mark.parametrize(
    ("caps", "reason"),
    [
        (Caps(tokens=Limits(day=0)), "budget_tokens"),
        (Caps(runs=Limits(per_provider={"copilot": 0})), "budget_runs"),
    ],
)
def test_tokens_and_runs_keep_work_back_as_dollars_do(caps: Caps, reason: str):
    assert waits(world(task("a")), bill(terms("copilot"), caps=caps)) == {"a": reason}


def test_whose_work_the_plan_itself_keeps_back():
    assert of(Billing.METERED).plan_waits == {"copilot"}
    assert of(Billing.CREDITS).plan_waits == frozenset()
    assert of(Billing.METERED, on_cap=OnCap.ALERT).plan_waits == frozenset()

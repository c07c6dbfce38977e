"""Quotas: which of them bind a call, how they are called, and when they turn."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from watchbill.domain.billing import Allowance, Billing, Limits, Overage, Period, Tariff, money_of
from watchbill.domain.calls import Purpose
from watchbill.domain.ids import ProviderName, RepoName, RunId, TaskId, TaskType
from watchbill.domain.money import MicroUsd
from watchbill.domain.quotas import (
    QuotaKind,
    Unit,
    budget_turns_at,
    credits_of,
    kind_of,
    plan_of,
    quota_turns_at,
    quotas_of,
)
from watchbill.domain.windows import Caps, WindowKind

BERLIN = ZoneInfo("Europe/Berlin")
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
WHO = Purpose(
    run=RunId("run-7"),
    task=TaskId("t"),
    repo=RepoName("novel"),
    type=TaskType("write"),
    provider=ProviderName("claude"),
    model="m",
)


def test_only_what_is_capped_is_counted():
    caps = Caps(tokens=Limits(day=9, per_run=3), runs=Limits(per_provider={"claude": 2, "gpt": 5}))

    assert {str(quota): cap for quota, cap in quotas_of(WHO, caps, NOON).items()} == {
        "tokens:day:2026-11-24": 9,
        "tokens:run:run-7": 3,
        "runs:provider:claude:2026-11-24": 2,
    }


def test_free_work_draws_on_nothing():
    caps = Caps(tokens=Limits(day=9), tariffs={"claude": Tariff(billing=Billing.FREE)})

    assert quotas_of(WHO, caps, NOON) == {}


def test_a_subscription_draws_on_its_own_plan_beside_what_binds_all():
    plan = Tariff(billing=Billing.SUBSCRIPTION, allowance=Allowance(tokens=5, runs=1, period=Period.WEEK))
    caps = Caps(runs=Limits(month=8), tariffs={"claude": plan})

    assert {str(quota): cap for quota, cap in quotas_of(WHO, caps, NOON).items()} == {
        "runs:month:2026-11": 8,
        "tokens:plan-week:claude:2026-W48": 5,
        "runs:plan-week:claude:2026-W48": 1,
    }


@pytest.mark.parametrize(
    "tariff",
    [Tariff(), Tariff(billing=Billing.SUBSCRIPTION), Tariff(billing=Billing.CREDITS)],
)
def test_credits_are_counted_only_where_there_are_some(tariff: Tariff):
    assert credits_of(WHO, Caps(tariffs={"claude": tariff}), NOON) is None


def test_credits_are_a_calendar_months_in_the_budgets_zone():
    paid = Tariff(billing=Billing.CREDITS, allowance=Allowance(credits=MicroUsd(7), overage=Overage.ASK))
    late = datetime(2026, 11, 30, 23, 30, tzinfo=UTC)

    found = credits_of(WHO, Caps(tariffs={"claude": paid}, zone=BERLIN), late)

    assert found is not None
    assert (str(found[0]), found[1]) == ("credits:plan-month:claude:2026-12", 7)


def test_a_week_belongs_to_the_year_of_its_thursday():
    named = plan_of(Unit.RUNS, "claude", Period.WEEK, Caps(), datetime(2027, 1, 1, tzinfo=UTC))

    assert named.name == "claude:2026-W53"


@pytest.mark.parametrize(
    ("now", "hours"),
    [(datetime(2026, 3, 28, 23, tzinfo=UTC), 23), (datetime(2026, 10, 24, 22, tzinfo=UTC), 25)],
)
def test_a_day_turns_at_midnight_of_its_zone_also_when_the_clock_is_changed(now: datetime, hours: int):
    assert quota_turns_at(QuotaKind.DAY, now, BERLIN) == now + timedelta(hours=hours)
    day = now.astimezone(BERLIN).date()
    assert budget_turns_at(f"tokens:plan-day:claude:{day}", BERLIN) == now + timedelta(hours=hours)
    assert budget_turns_at(f"day:{day}", BERLIN) == now + timedelta(hours=hours)


@pytest.mark.parametrize(
    ("written", "turns"),
    [
        ("day:2026-11-24", datetime(2026, 11, 24, 23, tzinfo=UTC)),
        ("provider:cla:ude:2026-11-24", datetime(2026, 11, 24, 23, tzinfo=UTC)),
        ("repo-month:novel:2026-12", datetime(2026, 12, 31, 23, tzinfo=UTC)),
        ("runs:plan-week:claude:2026-W53", datetime(2027, 1, 3, 23, tzinfo=UTC)),
        ("credits:plan-month:claude:2026-11", datetime(2026, 11, 30, 23, tzinfo=UTC)),
    ],
)
def test_a_window_turns_when_its_own_name_says_whatever_the_hour_at_which_that_is_asked(written: str, turns: datetime):
    assert budget_turns_at(written, BERLIN) == turns


def test_a_week_turns_on_monday_also_when_the_clock_is_changed_on_sunday():
    sunday = datetime(2026, 10, 25, 12, tzinfo=UTC)

    assert quota_turns_at(QuotaKind.PLAN_WEEK, sunday, BERLIN) == datetime(2026, 10, 25, 23, tzinfo=UTC)


@pytest.mark.parametrize("kind", [QuotaKind.MONTH, QuotaKind.PLAN_MONTH])
def test_a_month_turns_on_its_first(kind: QuotaKind):
    assert quota_turns_at(kind, NOON, BERLIN) == datetime(2026, 11, 30, 23, tzinfo=UTC)


@pytest.mark.parametrize("written", ["task:a", "run:run-1", "tokens:task:a", "runs:run:run-1"])
def test_a_tasks_and_a_runs_budget_never_turns(written: str):
    assert budget_turns_at(written, BERLIN) is None


def test_a_budget_is_known_by_how_it_is_written():
    assert kind_of("provider:tokens:2026-11-24") is WindowKind.PROVIDER
    assert kind_of("tokens:provider:claude:2026-11-24") is QuotaKind.PROVIDER
    with pytest.raises(ValueError, match="probe of"):
        kind_of("probe of claude")


def test_money_is_only_what_is_really_paid():
    paid = {billing: money_of(billing, MicroUsd(500), covered=400) for billing in Billing}

    assert paid == {Billing.METERED: 500, Billing.CREDITS: 100, Billing.SUBSCRIPTION: 0, Billing.FREE: 0}

"""Allowances and caps beside dollars, as they are written and as they arrive."""

import pytest

from watchbill.config.bill_values import bill_of
from watchbill.config.load import parse
from watchbill.config.problems import BadConfig
from watchbill.domain.billing import Billing, Limits, OnCap, Overage, Period
from watchbill.domain.money import usd
from watchbill.domain.windows import Caps

REPO = '[[repo]]\nname = "novel"\npath = "."\n'
LOCAL = '[provider.local]\nkind = "local"\n'


def caps(text: str, provider: str = "") -> Caps:
    return bill_of(parse(f"[budget]\n{text}\n{REPO}{LOCAL}{provider}"), ()).caps


def vendor(more: str) -> str:
    return f'[provider.copilot]\nkind = "openai-chat"\nbase_url = "http://127.0.0.1:9/v1"\nmodels = [{{ id = "m" }}]\n{more}\n'


def test_tokens_and_runs_are_capped_beside_dollars() -> None:
    found = caps(
        "daily_tokens = 1\nmonthly_tokens = 2\nper_run_tokens = 3\nper_task_tokens = 4\nper_provider_tokens = { local = 5 }\n"
        "daily_runs = 6\nmonthly_runs = 7\nper_task_runs = 8\nper_provider_runs = { local = 9 }"
    )

    assert found.tokens == Limits(day=1, month=2, per_run=3, per_task=4, per_provider={"local": 5})
    assert found.runs == Limits(day=6, month=7, per_task=8, per_provider={"local": 9})


def test_credits_arrive_at_what_they_are_worth_without_what_is_kept_back() -> None:
    """7,000 credits less 500 are 6,500 at one cent: $65."""
    said = vendor('billing = "credits"\nallowance = { credits = 7000, reserve = 500, overage = "ask" }')
    tariff = caps("", said).tariff_of("copilot")

    assert (tariff.billing, tariff.allowance.credits, tariff.allowance.overage) == (
        Billing.CREDITS,
        usd(65),
        Overage.ASK,
    )


def test_a_subscription_has_tokens_and_runs_for_a_while() -> None:
    said = vendor('billing = "subscription"\nallowance = { runs = 40, tokens = 9, period = "week" }')
    allowance = caps("", said).tariff_of("copilot").allowance

    assert (allowance.runs, allowance.tokens, allowance.period, allowance.credits) == (40, 9, Period.WEEK, None)


def test_local_automation_is_free_and_a_vendor_metered_unless_told_otherwise() -> None:
    found = caps("", vendor(""))

    assert (found.tariff_of("local").billing, found.tariff_of("copilot").billing) == (Billing.FREE, Billing.METERED)


def test_what_happens_at_a_cap_is_a_setting() -> None:
    assert bill_of(parse(f'{REPO}{LOCAL}[budget]\non_cap = "everything"\n'), ()).on_cap is OnCap.EVERYTHING


@pytest.mark.parametrize(
    ("more", "wrong"),
    [
        ('billing = "credits"', "is required for credits"),
        ('billing = "credits"\nallowance = { runs = 3 }', "is required for credits"),
        ("allowance = { credits = 3 }", "is only for credits and subscriptions"),
        ('billing = "credits"\nallowance = { credits = 3, runs = 3 }', "of credits counts neither tokens nor runs"),
        ('billing = "subscription"\nallowance = { credits = 3 }', "are only for billing by credits"),
    ],
)
def test_an_allowance_that_does_not_fit_its_billing_is_refused(more: str, wrong: str) -> None:
    with pytest.raises(BadConfig) as caught:
        parse(f"{REPO}{vendor(more)}")

    assert wrong in [problem.wrong for problem in caught.value.problems]


@pytest.mark.parametrize("key", ["per_provider_tokens", "per_provider_runs"])
def test_a_cap_of_a_provider_that_is_not_there_is_refused(key: str) -> None:
    with pytest.raises(BadConfig, match="is not configured here"):
        parse(f"{REPO}{LOCAL}[budget]\n{key} = {{ nobody = 1 }}\n")

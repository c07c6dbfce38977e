"""Every rule speaks at its threshold, with its numbers and what to run, and is silent below it."""

from datetime import timedelta
from typing import Any

import pytest

from watchbill.domain.figures import Work
from watchbill.domain.money import usd
from watchbill.scheduling.advising import (
    RULES,
    Ahead,
    Cache,
    Cap,
    Evidence,
    Flake,
    Hours,
    Record,
    Retiring,
    Step,
    Unread,
    Unwritten,
    advise,
)

DAYS = timedelta(days=1)

SPEAKS: dict[str, tuple[Evidence, str, str]] = {
    "disk_full": (Evidence(disk_used=0.93), "93% full", "watchbill doctor"),
    "provider_unconfigured": (
        Evidence(unconfigured=(("gpt", "it has no key"),)),
        "gpt gets no work: it has no key",
        "enabled = false",
    ),
    "queue_unreadable": (
        Evidence(unread=(Unread(repo="r", path="q.md", lines=2),)),
        "2 lines of q.md",
        "task import --check",
    ),
    "model_retiring": (
        Evidence(retiring=(Retiring(provider="claude", model="old", left=9 * DAYS),)),
        "retires old in 9 days",
        "watchbill provider models claude",
    ),
    "reviews_waiting": (
        Evidence(reviews=1, oldest_review=timedelta(hours=30)),
        "the oldest for 30 h",
        "watchbill review list",
    ),
    "cap_binds": (
        Evidence(caps=(Cap(of="", key="budget.daily_usd", cap=usd(5), days=3),)),
        "the cap of $5.00 (budget.daily_usd) kept work waiting on 3 of the last 7 days",
        "watchbill budget raise AMOUNT --for 24h",
    ),
    "promote": (
        Evidence(ahead=(Ahead(repo="novel", integration="watchbill/main", target="main", landed=5),)),
        "5 tasks landed on watchbill/main of novel since main last moved",
        "watchbill promote novel",
    ),
    "runs_in_vain": (Evidence(work=Work(ended=20, in_vain=1)), "1 of 20 runs", "watchbill run list"),
    "first_step_fails": (
        Evidence(steps=(Step(type="fix", step="cheap", runs=6, failed=3),)),
        "step cheap of fix came to nothing in 3 of 6 runs",
        "[[ladder]]",
    ),
    "another_does_it_better": (
        Evidence(
            records=(
                Record(provider="gpt", type="write", runs=5, landed=2),
                Record(provider="claude", type="write", runs=8, landed=7),
            )
        ),
        "gpt landed 2 of 5 runs of write, claude 7 of 8",
        "strengths = { write = 0.2 }",
    ),
    "gate_flakes": (
        Evidence(flakes=(Flake(repo="r", gate="pytest", times=2),)),
        "2 times in 7 days",
        'on_fail = "warn"',
    ),
    "conflicts_for_people": (Evidence(conflicts_for_people=3), "3 conflicts", "narrower files"),
    "provider_idle": (
        Evidence(hours=(Hours(provider="gpt", own=8, idle=7, could=4),)),
        "gpt had no run in 7 of its 8 hours of the last day, and 4 tasks wait",
        "slot_policy",
    ),
    "cache_cold": (
        Evidence(caches=(Cache(provider="claude", tokens_in=200_000, read=20_000, is_strict=True),)),
        "read 10% of 200,000",
        "prefer",
    ),
    "placeholders": (
        Evidence(unwritten=(Unwritten(repo="r", path="a.txt", placeholders=10, tasks=0),)),
        "a.txt of r has 10 placeholders and no open task",
        "watchbill task add",
    ),
}

SILENT: dict[str, Evidence] = {
    "disk_full": Evidence(disk_used=0.89),
    "model_retiring": Evidence(retiring=(Retiring(provider="claude", model="old", left=31 * DAYS),)),
    "reviews_waiting": Evidence(reviews=2, oldest_review=timedelta(hours=23)),
    "cap_binds": Evidence(caps=(Cap(of="", key="budget.daily_usd", cap=None, days=2),)),
    "promote": Evidence(ahead=(Ahead(repo="r", integration="watchbill/main", target="main", landed=4),)),
    "runs_in_vain": Evidence(work=Work(ended=19, in_vain=19)),
    "first_step_fails": Evidence(steps=(Step(type="fix", step="cheap", runs=4, failed=4),)),
    "another_does_it_better": Evidence(records=(Record(provider="gpt", type="write", runs=9, landed=0),)),
    "gate_flakes": Evidence(flakes=(Flake(repo="r", gate="pytest", times=1),)),
    "provider_idle": Evidence(hours=(Hours(provider="gpt", own=8, idle=8, could=2),)),
    "cache_cold": Evidence(caches=(Cache(provider="claude", tokens_in=200_000, read=40_000),)),
    "placeholders": Evidence(unwritten=(Unwritten(repo="r", path="a.txt", placeholders=30, tasks=1),)),
}


def test_there_is_nothing_to_say_without_cause() -> None:
    assert advise(Evidence()) == ()


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_speaks_by_its_numbers_and_says_what_to_run(rule: str) -> None:
    evidence, why, run = SPEAKS[rule]

    (said,) = advise(evidence)

    assert said.rule == rule
    assert why in said.evidence
    assert run in said.run


@pytest.mark.parametrize("rule", SILENT)
def test_a_rule_is_silent_below_its_threshold(rule: str) -> None:
    assert advise(SILENT[rule]) == ()


def test_who_has_the_policy_that_keeps_caches_warm_is_not_told_to_take_it() -> None:
    (said,) = advise(Evidence(caches=(Cache(provider="claude", tokens_in=200_000, read=0),)))

    assert "slot_policy" not in said.run
    assert "session_soft" in said.run


@pytest.mark.parametrize(
    ("reviews", "age", "words"),
    [
        (1, timedelta(hours=30), "1 task waits for your review, the oldest for 30 h"),
        (4, timedelta(minutes=5), "4 tasks wait for your review, the oldest for less than an hour"),
    ],
)
def test_waiting_reviews_are_told_in_words_that_fit(reviews: int, age: timedelta, words: str) -> None:
    (said,) = advise(Evidence(reviews=reviews, oldest_review=age))

    assert said.evidence == words


@pytest.mark.parametrize(
    ("fields", "words"), [({"left": -3 * DAYS}, "3 days ago"), ({"left": 30 * DAYS}, "in 30 days")]
)
def test_a_model_that_is_gone_is_told_too(fields: dict[str, Any], words: str) -> None:
    (said,) = advise(Evidence(retiring=(Retiring(provider="claude", model="old", **fields),)))

    assert words in said.evidence


def test_a_named_cap_is_raised_by_its_name() -> None:
    cap = Cap(of="--provider claude", key="budget.per_provider_usd", cap=None, days=7)

    (said,) = advise(Evidence(caps=(cap,)))

    assert said.run.startswith("watchbill budget raise AMOUNT --provider claude --for 24h")

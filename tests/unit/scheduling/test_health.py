"""Health: 100 less what speaks against it, each deduction with its name."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from watchbill.domain.breakers import Breaker, BreakerState, Sign, after
from watchbill.domain.ids import ProviderName, RepoName
from watchbill.scheduling.health import (
    Against,
    Deduction,
    Health,
    Probe,
    Signs,
    Whole,
    Word,
    end_of,
    health_of,
    health_of_all,
    retiring,
)

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
CLAUDE, GPT = ProviderName("claude"), ProviderName("gpt")
OPEN = Breaker(state=BreakerState.OPEN, failures=3, openings=1, retry_at=NOW + HOUR, why="529")


def against(signs: Signs) -> dict[str, int]:
    return {less.against: less.points for less in health_of(signs, NOW).deductions}


def test_one_of_whom_nothing_is_known_is_in_full_health() -> None:
    assert health_of(Signs(), NOW) == Health()
    assert (Health().score, Health().word) == (100, Word.HEALTHY)


@pytest.mark.parametrize(("points", "word"), [(20, "healthy"), (21, "warning"), (50, "warning"), (51, "critical")])
def test_the_word_follows_from_the_score(points: int, word: str) -> None:
    assert Health(deductions=(Deduction(points=points, against=Against.HELD, why=""),)).word == word


def test_a_score_ends_at_nothing() -> None:
    less = Deduction(points=60, against=Against.HELD, why="")

    assert Health(deductions=(less, less)).score == 0


@pytest.mark.parametrize(
    ("signs", "found"),
    [
        (Signs(breaker=OPEN), {"breaker_open": 60}),
        (Signs(breaker=replace(OPEN, state=BreakerState.HALF_OPEN, retry_at=None)), {"breaker_half_open": 30}),
        (Signs(breaker=after(Breaker(), Sign.FAILED, NOW)), {"failures": 10}),
        (Signs(models=("a", "b"), by_model={"a": OPEN}), {"model_out": 20}),
        (Signs(models=("a",), by_model={"a": OPEN}), {"breaker_open": 60}),
        (Signs(held=True, held_until=NOW + HOUR, held_why="429"), {"held": 40}),
        (Signs(held=True, held_why="401"), {"held": 60}),
        (Signs(held=True, held_until=NOW - HOUR), {}),
        (Signs(troubles=1, answers=9), {"recent_trouble": 3}),
        (Signs(troubles=2), {"recent_trouble": 30}),
        (Signs(answers=9), {}),
        (Signs(probe=Probe(well=False, message="401", at=NOW)), {"probe": 30}),
        (Signs(probe=Probe(well=False, message="401", at=NOW), breaker=OPEN), {"breaker_open": 60}),
        (Signs(probe=Probe(well=True, message="", at=NOW)), {}),
        (Signs(retires={"m": NOW + 29 * DAY, "n": NOW + 31 * DAY}), {"retiring": 5}),
        (Signs(retires={"m": NOW - DAY}), {"retiring": 15}),
    ],
)
def test_each_sign_takes_its_share(signs: Signs, found: dict[str, int]) -> None:
    assert against(signs) == found


def test_each_deduction_says_why() -> None:
    (less,) = health_of(Signs(models=("a",), by_model={"a": OPEN}), NOW).deductions
    assert less.why == "each of its models failed 3 times in a row: 529"
    (less,) = health_of(Signs(retires={"m": NOW + DAY}), NOW).deductions
    assert less.why == "m retires on 2026-03-03, in 1 days"
    (less,) = health_of(Signs(retires={"m": NOW - DAY}), NOW).deductions
    assert less.why == "m was to retire on 2026-03-01"


def test_who_is_well_has_no_reason_to_be_out() -> None:
    assert Signs().broken_why == ""


def test_the_soonest_end_is_named_first() -> None:
    ends = {"late": NOW + 20 * DAY, "soon": NOW + DAY, "far": NOW + 400 * DAY}

    assert [model for model, _ in retiring(ends, NOW)] == ["soon", "late"]


@pytest.mark.parametrize(
    ("listed", "end"),
    [
        ({"m-1": NOW}, NOW),
        ({"m-1": None, "m-1-20250101": NOW}, None),
        ({"m-1-20240101": NOW, "m-1-20250101": NOW + DAY}, NOW + DAY),
        ({"m-1-mini": NOW, "m-12": NOW}, None),
        ({}, None),
    ],
)
def test_a_name_without_its_date_ends_with_the_last_dated_one(
    listed: dict[str, datetime | None], end: datetime | None
) -> None:
    assert end_of("m-1", listed) == end


SICK = health_of(Signs(breaker=OPEN), NOW)
POORLY = health_of(Signs(held=True, held_until=NOW + HOUR), NOW)
WELL = Whole(providers={CLAUDE: Health(), GPT: Health()})


@pytest.mark.parametrize(
    ("whole", "found"),
    [
        (WELL, {}),
        (replace(WELL, providers={CLAUDE: SICK, GPT: Health()}, out=frozenset({CLAUDE})), {"providers": 20}),
        (replace(WELL, providers={CLAUDE: POORLY, GPT: Health()}), {"providers": 10}),
        (replace(WELL, out=frozenset({CLAUDE, GPT})), {"nobody": 60}),
        (Whole(providers={}), {"nobody": 60}),
        (replace(WELL, unconfigured=(ProviderName("copilot"),)), {"unconfigured": 5}),
        (replace(WELL, daemon="no daemon runs"), {"daemon": 50}),
        (replace(WELL, configuration="no such key"), {"configuration": 15}),
        (replace(WELL, broken_repos={RepoName("novel"): "it is gone"}), {"repository": 25}),
        (replace(WELL, used_up=("day:2026-03-02",)), {"budget": 25}),
        (replace(WELL, quarantined=tuple("abcdefg")), {"quarantine": 20}),
    ],
)
def test_the_whole_is_judged_by_its_parts(whole: Whole, found: dict[str, int]) -> None:
    assert {less.against: less.points for less in health_of_all(whole).deductions} == found


def test_the_whole_names_who_is_not_well() -> None:
    (less,) = health_of_all(replace(WELL, providers={CLAUDE: SICK, GPT: Health()})).deductions

    assert less.why == "not healthy: claude 40"

"""The mission's figures on numbers that were reckoned by hand."""

import pytest

from watchbill.domain.figures import Work, figures
from watchbill.domain.money import MicroUsd

# 20 runs of which 1 was in vain; 10 of them made 60 calls, 18 answers were taken and 2 tasks rode: 2 x 60 / 10 = 12 calls more.
NOW = Work(
    ended=20,
    in_vain=1,
    called=10,
    made=60,
    taken=18,
    merged=2,
    landed=8,
    spent=MicroUsd(400_000),
    flow_seconds=540.0,
    setups=1,
    setup_seconds=48.0,
    uses=12,
    waited_seconds=60.0,
    idle_looks=7,
)
# 6 of 20 in vain; $1.00 for 10 tasks; two set-ups of 100 s together; 20 min from the first run to the landing.
FIRST = Work(
    ended=20,
    in_vain=6,
    called=20,
    made=100,
    landed=10,
    spent=MicroUsd(1_000_000),
    flow_seconds=1200.0,
    setups=2,
    setup_seconds=100.0,
    uses=2,
    waited_seconds=100.0,
)


def by_name(now: Work, first: Work | None) -> dict:
    return {each.aim.name: each for each in figures(now, first)}


@pytest.mark.parametrize(
    ("name", "share", "is_met"),
    [
        ("wasted_runs", 1 / 20, False),  # 5 % is not less than 5 %
        ("calls_saved", 30 / 90, True),  # 18 + 12 of 60 + 30
        ("setup_saved", 1 - 5 / 50, True),  # 60 s / 12 uses against 100 s / 2 set-ups
        ("cost_saved", 1 - 0.05 / 0.10, True),  # $0.40 / 8 against $1.00 / 10
        ("faster", 1 - 540 / 1200, True),
    ],
)
def test_each_figure_is_what_its_method_says(name: str, share: float, is_met: bool) -> None:
    figure = by_name(NOW, FIRST)[name]

    assert figure.share == pytest.approx(share)
    assert figure.is_met is is_met
    assert figure.aim.method


def test_the_first_weeks_number_stands_beside_todays() -> None:
    assert {name: each.before for name, each in by_name(NOW, FIRST).items()} == {
        "wasted_runs": "30.0%",
        "calls_saved": "0.0%",
        "setup_saved": "50.0 s",
        "cost_saved": "$0.10",
        "faster": "20.0 min",
    }


@pytest.mark.parametrize("name", ["setup_saved", "cost_saved", "faster"])
def test_without_a_first_week_it_is_too_early_to_compare(name: str) -> None:
    figure = by_name(NOW, None)[name]

    assert (figure.share, figure.is_met) == (None, None)
    assert "too early" in figure.words


def test_what_needs_no_comparison_is_told_at_once() -> None:
    found = by_name(NOW, None)

    assert found["wasted_runs"].words == "5.0%: 1 of 20 runs; 7 looks found no work and cost nothing"
    assert "2 tasks rode in another's run" in found["calls_saved"].words


@pytest.mark.parametrize("first", [None, FIRST])
def test_where_nothing_happened_nothing_is_claimed(first: Work | None) -> None:
    assert all(each.share is None and each.is_met is None and each.words for each in figures(Work(), first))


def test_a_first_week_without_such_a_thing_says_so() -> None:
    found = by_name(NOW, Work(ended=3))

    assert "the first week had no landing to hold it against" in found["faster"].words
    assert "the first week had no set-up to hold it against" in found["setup_saved"].words
    assert found["wasted_runs"].before == "0.0%"


def test_what_became_dearer_is_told_as_more() -> None:
    dearer = by_name(Work(landed=1, spent=MicroUsd(150_000)), FIRST)["cost_saved"]

    assert dearer.share == pytest.approx(-0.5)
    assert dearer.words.startswith("50.0% more")
    assert dearer.is_met is False

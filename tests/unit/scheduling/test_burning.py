"""The burn: futures made of own days."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from watchbill.domain.money import MicroUsd
from watchbill.scheduling.burning import DAY_HOURS, FEWEST_DAYS, project, quantile

HOUR = timedelta(hours=1)
Hours = st.lists(st.integers(0, 10**6).map(MicroUsd), min_size=72, max_size=200)


def even(hours: int, cost: int = 10) -> list[MicroUsd]:
    return [MicroUsd(cost)] * hours


def test_less_than_three_days_of_history_give_no_forecast() -> None:
    assert project(even(71), taken=MicroUsd(5), left=HOUR) is None


def test_even_spending_goes_on_evenly() -> None:
    end = project(even(72), taken=MicroUsd(5), left=timedelta(hours=50, minutes=30))

    assert end is not None
    assert (end.low, end.likely, end.high) == (510, 510, 510)


def test_nights_stay_nights() -> None:
    night_then_day = [*even(12, 100), *even(12, 0)] * 3  # the latest first: the coming twelve hours were quiet each day

    end = project(night_then_day, taken=MicroUsd(0), left=12 * HOUR)

    assert end is not None
    assert end.high == 0


def test_a_window_that_ends_now_comes_to_what_is_taken() -> None:
    end = project(even(72), taken=MicroUsd(5), left=timedelta(0))

    assert end is not None
    assert (end.low, end.high) == (5, 5)


def test_the_interval_spreads_with_the_days() -> None:
    days = [*even(24, 0), *even(24, 10), *even(24, 1000)]

    end = project(days, taken=MicroUsd(0), left=24 * HOUR)

    assert end is not None
    assert (end.low, end.likely, end.high) == (0, 240, 24_000)


def test_it_is_told_when_the_cap_is_crossed() -> None:
    end = project(even(72), taken=MicroUsd(0), left=24 * HOUR, cap=MicroUsd(105))

    assert end is not None
    assert end.crosses_in == 11 * HOUR


def test_a_cap_that_holds_is_not_crossed() -> None:
    end = project(even(72), taken=MicroUsd(0), left=24 * HOUR, cap=MicroUsd(240))

    assert end is not None
    assert end.crosses_in is None


def test_a_crossing_in_the_last_part_of_an_hour_is_within_the_window() -> None:
    left = timedelta(minutes=90)

    end = project(even(72), taken=MicroUsd(0), left=left, cap=MicroUsd(12))

    assert end is not None
    assert end.crosses_in == left


@given(Hours, st.integers(0, 10**9).map(MicroUsd), st.integers(0, 40 * 60))
def test_a_forecast_is_ordered_steady_and_never_below_what_is_taken(
    hours: list[MicroUsd], taken: MicroUsd, minutes: int
) -> None:
    left = timedelta(minutes=minutes)

    end = project(hours, taken=taken, left=left)

    assert end is not None
    assert taken <= end.low <= end.likely <= end.high
    assert end == project(hours, taken=taken, left=left)


@given(Hours)
def test_a_whole_day_ahead_is_one_of_the_past_days(hours: list[MicroUsd]) -> None:
    end = project(hours, taken=MicroUsd(0), left=DAY_HOURS * HOUR)

    assert end is not None
    days = {sum(hours[first : first + DAY_HOURS]) for first in range(0, len(hours) - DAY_HOURS + 1, DAY_HOURS)}
    assert {end.low, end.likely, end.high} <= days
    assert len(hours) // DAY_HOURS >= FEWEST_DAYS


@given(st.lists(st.integers(0, 99).map(MicroUsd), min_size=1), st.floats(0.01, 1))
def test_a_quantile_is_the_smallest_value_that_covers_its_share(values: list[MicroUsd], share: float) -> None:
    values.sort()

    found = quantile(values, share)

    assert sum(value <= found for value in values) >= share * len(values) - 1e-9
    assert sum(value < found for value in values) < share * len(values)

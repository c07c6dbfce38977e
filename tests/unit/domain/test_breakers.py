"""Breakers: three failures in a row open one, a free probe at its time lets it be tried, an answer closes it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchbill.domain.breakers import FAILURES_TO_OPEN, RETURNS, TRANSITIONS, Breaker, BreakerState, Sign, after

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
OPEN = Breaker(state=BreakerState.OPEN, failures=3, openings=1, retry_at=NOW + 5 * MINUTE, why="529", since=NOW)
HALF_OPEN = replace(OPEN, state=BreakerState.HALF_OPEN, retry_at=None)


def seen(breaker: Breaker, *signs: Sign, now: datetime = NOW) -> Breaker:
    for sign in signs:
        breaker = after(breaker, sign, now, "529")
    return breaker


def test_two_failures_do_not_open_it_and_three_do() -> None:
    assert not seen(Breaker(), Sign.FAILED, Sign.FAILED).is_open
    assert seen(Breaker(), Sign.FAILED, Sign.FAILED, Sign.FAILED) == OPEN


def test_an_answer_in_between_begins_the_count_anew() -> None:
    assert not seen(Breaker(), Sign.FAILED, Sign.FAILED, Sign.ANSWERED, Sign.FAILED, Sign.FAILED).is_open


def test_a_probe_that_finds_it_sick_counts_as_a_failure_of_work_does() -> None:
    assert seen(Breaker(), Sign.PROBED_SICK, Sign.FAILED, Sign.PROBED_SICK).is_open


def test_a_probe_that_finds_it_well_is_no_answer() -> None:
    failed = seen(Breaker(), Sign.FAILED, Sign.FAILED)

    assert seen(failed, Sign.PROBED_WELL) == failed
    assert seen(HALF_OPEN, Sign.PROBED_WELL) == HALF_OPEN


def test_a_probe_lets_an_open_one_be_tried_and_the_trial_decides() -> None:
    tried = seen(OPEN, Sign.PROBED_WELL, now=NOW + 5 * MINUTE)

    assert (tried.state, tried.retry_at) == (BreakerState.HALF_OPEN, None)
    assert seen(tried, Sign.ANSWERED) == Breaker()
    assert seen(tried, Sign.FAILED, now=NOW + 6 * MINUTE).retry_at == NOW + 16 * MINUTE


def test_each_return_that_fails_waits_longer_up_to_an_hour() -> None:
    now, waits, breaker = NOW, [], OPEN
    for _ in range(6):
        assert breaker.retry_at is not None
        waits.append((breaker.retry_at - now) / MINUTE)
        now = breaker.retry_at
        breaker = seen(breaker, Sign.PROBED_SICK, now=now)

    assert waits == [5, 10, 20, 40, 60, 60]


@pytest.mark.parametrize("sign", [Sign.FAILED, Sign.PROBED_SICK])
def test_failures_of_what_was_under_way_and_early_probes_put_nothing_off(sign: Sign) -> None:
    assert seen(OPEN, sign, sign, now=NOW + MINUTE).retry_at == OPEN.retry_at


def test_what_was_under_way_and_got_its_answer_closes_it() -> None:
    assert seen(OPEN, Sign.ANSWERED) == Breaker()


def test_it_is_due_at_its_time() -> None:
    assert not OPEN.is_due(NOW + 5 * MINUTE - timedelta(milliseconds=1))
    assert OPEN.is_due(NOW + 5 * MINUTE)
    assert not HALF_OPEN.is_due(NOW + timedelta(days=1))


STEPS = st.lists(st.tuples(st.sampled_from(Sign), st.integers(0, 90)), max_size=60)


@given(STEPS)
def test_whatever_is_seen_it_moves_by_its_table_and_is_never_left_alone_for_more_than_an_hour(
    steps: list[tuple[Sign, int]],
) -> None:
    breaker, now, failures = Breaker(), NOW, 0
    for sign, minutes in steps:
        now += minutes * MINUTE
        before, breaker = breaker, after(breaker, sign, now, "why")
        failures = 0 if sign is Sign.ANSWERED else failures + (sign in (Sign.FAILED, Sign.PROBED_SICK))

        assert breaker.state is before.state or breaker.state in TRANSITIONS[before.state]
        assert breaker.failures == failures
        assert (breaker.retry_at is not None) == breaker.is_open
        assert breaker.retry_at is None or breaker.retry_at <= now + RETURNS[-1]
        assert breaker.state is BreakerState.CLOSED or breaker.openings > 0
        assert breaker.is_open or failures < FAILURES_TO_OPEN or breaker.state is BreakerState.HALF_OPEN
        if sign is Sign.ANSWERED:
            assert breaker == Breaker()

"""The bucket: in no minute more than the limits, and nobody waits who need not."""

from hypothesis import given
from hypothesis import strategies as st

from watchbill.domain.pace import MINUTE, Bucket, Pace, correct, take, wait

LIMITS = st.builds(Pace, requests=st.none() | st.integers(1, 5), tokens=st.none() | st.integers(1, 1_000))
STEPS = st.lists(st.tuples(st.floats(0, 90), st.integers(0, 1_500)), max_size=40)


def test_the_first_of_a_full_minute_makes_room() -> None:
    bucket = take(take(Bucket(), 0, 10.0), 0, 20.0)

    assert wait(bucket, Pace(requests=2), 0, 30.0) == 40.0
    assert wait(bucket, Pace(requests=3), 0, 30.0) == 0.0


def test_tokens_wait_until_as_many_have_left_as_are_too_many() -> None:
    bucket = take(take(Bucket(), 60, 0.0), 30, 10.0)

    assert wait(bucket, Pace(tokens=100), 10, 20.0) == 0.0
    assert wait(bucket, Pace(tokens=100), 11, 20.0) == 40.0
    assert wait(bucket, Pace(tokens=100), 90, 20.0) == 50.0


def test_one_that_is_larger_than_the_limit_goes_alone() -> None:
    assert wait(take(Bucket(), 1, 0.0), Pace(tokens=5), 900, 0.0) == MINUTE
    assert wait(Bucket(), Pace(tokens=5), 900, 0.0) == 0.0


def test_an_answer_says_what_it_took() -> None:
    bucket = correct(take(Bucket(), 10, 0.0), 1, 99)

    assert wait(bucket, Pace(tokens=100), 2, 1.0) == 59.0
    assert correct(bucket, 7, 1) == bucket


@given(limits=LIMITS, steps=STEPS)
def test_whoever_waits_as_told_keeps_the_limits_in_every_minute(limits: Pace, steps: list[tuple[float, int]]) -> None:
    bucket, now, sent = Bucket(), 0.0, []
    for pause, tokens in steps:
        now += pause
        told = wait(bucket, limits, tokens, now)
        now += told + (0.001 if told else 0.0)
        assert wait(bucket, limits, tokens, now) == 0.0  # who waited once need not wait again
        bucket = take(bucket, tokens, now)
        sent.append((now, tokens))

    for at, _ in sent:
        minute = [(other, tokens) for other, tokens in sent if at <= other < at + MINUTE]
        assert limits.requests is None or len(minute) <= limits.requests
        assert limits.tokens is None or len(minute) == 1 or sum(tokens for _, tokens in minute) <= limits.tokens


@given(limits=LIMITS, steps=STEPS)
def test_nobody_waits_who_need_not(limits: Pace, steps: list[tuple[float, int]]) -> None:
    bucket, now = Bucket(), 0.0
    for pause, tokens in steps:
        now += pause
        told = wait(bucket, limits, tokens, now)
        if told:
            assert wait(bucket, limits, tokens, now + told / 2) > 0.0
        assert told <= MINUTE + 1e-6  # sums of floats
        bucket = take(bucket, tokens, now + told)
        now += told

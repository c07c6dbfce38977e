"""The one filter syntax: what it lets through, and what it says to what it cannot read."""

import re
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchbill.operator import sieve
from watchbill.operator.faults import BadQuestion
from watchbill.operator.sieve import OF_TASKS, Subject

MARKET = Subject(
    names={
        "state": frozenset({"queued", "ready", "open"}),
        "type": frozenset({"polish"}),
        "provider": frozenset({"claude"}),
        "repo": frozenset({"novel"}),
        "reason": frozenset({"budget_day"}),
    },
    age=timedelta(days=3, hours=2),
    priority=2,
    files=("docs/ch5.md", "lore/**"),
    text="polish-ch5 The salt market",
)


def passes(text: str) -> bool:
    return sieve.parse(text, OF_TASKS).lets_through(MARKET)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "state:ready type:polish provider:claude repo:novel age:>2d market",
        "state:ready,failed",
        "STATE".lower() + ":READY",
        "type:pol*",
        "reason:budget*",
        "-state:failed",
        "-desert",
        '"salt market"',
        '"SALT market"',
        "age:>=3d",
        "age:3d",
        "age:<1w",
        "age:>100m",
        "priority:2",
        "priority:<=2",
        "priority:>1",
        "file:lore/",
        "  market   salt ",
        '"polish-ch5"',
    ],
)
def test_filter_lets_through_what_it_names(text: str) -> None:
    assert passes(text)


@pytest.mark.parametrize(
    "text",
    [
        "state:failed",
        "type:write",
        "provider:gpt",
        "repo:other",
        "age:>4d",
        "age:2d",
        "age:<3h",
        "priority:1",
        "priority:<2",
        "file:src/",
        "-market",
        "desert",
        "-state:ready",
        '"market salt"',
        "market desert",
    ],
)
def test_filter_keeps_back_what_it_does_not_name(text: str) -> None:
    assert not passes(text)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("colour:red", "has no key 'colour': there are state, type"),
        ("age:soon", "age:soon is no amount: write age:>2d"),
        ("age:>3", "has no unit"),
        ("priority:1d", "is a number"),
        ("priority:high", "is no amount"),
        ("state:", "nothing after it"),
        ("-", "nothing after it"),
        ('say "it', "has no second one"),
        ("a" * 501, "at most 500 characters"),
        ("state:quued", "state:quued fits nothing, ever. Did you mean queued"),
        ("-state:ready,xyzzy", "state:xyzzy fits nothing, ever. There are proposed, queued"),
        ("reason:budgit*", "reason:budgit"),
    ],
)
def test_bad_filter_names_the_term_and_the_mend(text: str, says: str) -> None:
    with pytest.raises(BadQuestion, match=re.escape(says)):
        sieve.parse(text, OF_TASKS)


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("state:READY,qu* reason:budget*", OF_TASKS),
        ("state:held type:nobody-knows", OF_TASKS),
        ("state:handed_off", sieve.OF_RUNS),
        ("kind:run.* level:warning,error", sieve.OF_EVENTS),
    ],
)
def test_words_that_something_may_be_called_are_no_mistake(text: str, keys: tuple[str, ...]) -> None:
    assert sieve.parse(text, keys).tests


def test_key_of_another_list_is_none_of_this_one() -> None:
    assert sieve.parse("kind:run.*", sieve.OF_EVENTS).tests
    with pytest.raises(BadQuestion, match="no key 'kind'"):
        sieve.parse("kind:run.*", OF_TASKS)


def test_filter_that_names_a_state_looks_at_all_states() -> None:
    assert sieve.parse("-state:failed", OF_TASKS).names_states
    assert not sieve.parse("state", OF_TASKS).names_states


@given(st.text(max_size=80))
def test_whatever_is_typed_is_a_filter_or_a_bad_question(text: str) -> None:
    try:
        found = sieve.parse(text, OF_TASKS)
    except BadQuestion:
        return
    assert found.lets_through(MARKET) in (True, False)


@given(st.integers(min_value=0, max_value=999_999_999), st.sampled_from("mhdw"), st.sampled_from(["<", ">", "", "<="]))
def test_no_age_is_too_long(amount: int, unit: str, sign: str) -> None:
    assert passes(f"age:{sign}{amount}{unit}") in (True, False)

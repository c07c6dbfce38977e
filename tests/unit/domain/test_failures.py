"""The same failure is recognised though times, numbers, ids and lines differ; another one is not."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchbill.domain.failures import identity, normal
from watchbill.domain.findings import Finding, Severity

FOUND = Finding(gate="python", rule="syntax", path="a.py", line=3, message="invalid syntax (line 3)")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("network: cut after 12 s", "network: cut after 97 s"),
        ("fault in run-7 at 2026-03-02T12:00", "Fault in run-31  at 2026-03-04T09:17"),
        ("request 3f9c2ab117 failed", "request 00aa77cc19 failed"),
        ("at 0xdeadbeef", "at 0xcafe"),
    ],
)
def test_what_changes_from_time_to_time_does_not_count(one: str, other: str) -> None:
    assert identity(one) == identity(other)


def test_other_words_are_another_failure() -> None:
    assert identity("network: cut") != identity("overloaded: full")
    assert normal("defaced") == "defaced"  # a word, though all its letters are hexadecimal


def test_what_the_gates_found_goes_before_the_words_and_its_order_and_lines_do_not_count() -> None:
    later = replace(FOUND, line=9, message="invalid syntax (line 9)")
    other = replace(FOUND, path="b.py")

    assert identity("one", (FOUND, other)) == identity("two", (other, later))
    assert identity("one", (FOUND,)) != identity("one", (FOUND, other))


def test_warnings_are_no_failure() -> None:
    assert identity("why", (replace(FOUND, severity=Severity.WARNING),)) == identity("why")


@given(st.text())
def test_words_of_any_kind_have_an_identity_that_lasts(words: str) -> None:
    assert identity(words) == identity(words)
    assert normal(normal(words)) == normal(words)

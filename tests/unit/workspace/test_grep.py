"""Rules of the search worker."""

import pytest

from watchbill.workspace.grep import matches


def test_matches_are_told_with_path_and_line() -> None:
    texts = [("a", "one\r\ntwo\n"), ("b", "two " + "x" * 400)]

    assert matches("^two", texts, 5) == {"found": ["a:2: two", "b:1: two " + "x" * 296], "more": False}


def test_only_so_many_are_told() -> None:
    assert matches("x", [("a", "x\nx\nx")], 2) == {"found": ["a:1: x", "a:2: x"], "more": True}


def test_the_end_of_a_very_long_line_is_not_searched() -> None:
    assert matches("y", [("a", "x" * 5000 + "y")], 2) == {"found": [], "more": False}


@pytest.mark.parametrize("pattern", ["(", "*", "x{99999999999999999999}", "(" * 5000 + ")" * 5000])
def test_a_pattern_that_is_none_is_an_error(pattern: str) -> None:
    assert "error" in matches(pattern, [], 1)

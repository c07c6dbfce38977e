"""Three-way merges: what both did is there, and what both did to the same place is left alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchbill.domain import threeway

LINES = "a\nb\nc\nd\n"


@pytest.mark.parametrize(
    ("ours", "theirs", "merged"),
    [
        ("a\nB\nc\nd\n", "a\nb\nC\nd\n", "a\nB\nC\nd\n"),  # lines that touch
        ("a\nB\nc\nd\n", "a\nB\nc\nd\n", "a\nB\nc\nd\n"),  # the same change
        ("b\nc\nd\n", "a\nb\nc\nD\n", "b\nc\nD\n"),
        ("a\nb\nx\nc\nd\n", "a\nb\nc\nd\ny\n", "a\nb\nx\nc\nd\ny\n"),
        ("a\nB\nc\nd\n", "a\nX\nc\nd\n", None),  # the same line
        ("a\nx\nb\nc\nd\n", "a\ny\nb\nc\nd\n", None),  # the same place
        ("a\nc\nd\n", "a\nX\nb\nc\nd\n", None),  # beside what the other took away
        ("a\nX\nb\nc\nd\n", "a\nc\nd\n", None),
        ("a\nb\nX\nc\nd\n", "a\nB\nc\nd\n", None),
    ],
)
def test_lines_merge_unless_both_changed_the_same_ones(ours: str, theirs: str, merged: str | None) -> None:
    assert threeway.merge("a.py", LINES, ours, theirs) == merged
    assert threeway.merge("a.py", LINES, theirs, ours) == merged


def test_sentences_merge_in_prose_only() -> None:
    base, ours, theirs = "One. Two. Three.\n", "Uno. Two. Three.\n", "One. Two. Tres.\n"

    assert threeway.merge("a.MD", base, ours, theirs) == "Uno. Two. Tres.\n"
    assert threeway.merge("a.py", base, ours, theirs) is None


def test_what_is_too_large_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    assert threeway.merge("a.md", "x" * (threeway.LARGEST + 1), "", "") is None
    monkeypatch.setattr(threeway, "_MOST_PIECES", 3)
    assert threeway.merge("a.py", LINES, LINES, LINES) is None


texts = st.lists(st.sampled_from(["a\n", "b\n", "c\n", "d\n"]), max_size=6).map("".join)


@given(base=texts, side=texts)
def test_one_side_alone_is_taken_as_it_is(base: str, side: str) -> None:
    assert threeway.merge("a.py", base, side, base) == side
    assert threeway.merge("a.py", base, base, side) == side
    assert threeway.merge("a.py", base, side, side) == side

"""Claims: what a pattern covers, and that two patterns overlap exactly when some path lies inside both."""

import itertools
import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchbill.domain.claims import any_overlap, covers, normal, overlaps

PARTS = ("a", "b", "ab", "*", "?", "a*", "*b", "?b", "**")
NAMES = ("a", "b", "ab", "ba", "aab")
PATHS = tuple("/".join(path) for length in (1, 2, 3, 4) for path in itertools.product(NAMES[:3], repeat=length))

patterns = st.lists(st.sampled_from(PARTS), min_size=1, max_size=3).map("/".join)
paths = st.lists(st.sampled_from(NAMES), min_size=1, max_size=4).map("/".join)


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("docs/a.md", "docs/a.md"),
        ("docs", "docs/deep/a.md"),
        ("docs/", "docs/a.md"),
        ("./docs//a.md", "docs/a.md"),
        ("scenes/*.txt", "scenes/dunes.txt"),
        ("scenes/d?nes.txt", "scenes/dunes.txt"),
        ("**/a.md", "a.md"),
        ("**/a.md", "x/y/a.md"),
        ("docs/**/a.md", "docs/a.md"),
        ("docs/**", "docs/x/y"),
        ("*", "x/y"),  # a folder that matches covers what is below it
        ("**", "x"),
        ("", "x"),
        (".", "x"),
        ("Notes.MD", "notes.md"),
        ("a[1].txt", "a[1].txt"),
        ("a.b", "A.B"),
        (" docs ", "docs/a"),
        ("*", "line\nbreak"),
    ],
)
def test_pattern_covers_path(pattern: str, path: str) -> None:
    assert covers([pattern], path)


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("docs/a.md", "docs/b.md"),
        ("docs", "docsy/a.md"),
        ("docs/a.md", "docs"),
        ("scenes/*.txt", "scenes/deep/dunes.txt"),
        ("scenes/?.txt", "scenes/ab.txt"),
        ("**/a.md", "x/a.mdx"),
        ("a[12].txt", "a1.txt"),
        ("a.b", "axb"),
        ("docs/*", "docs"),
        ("notes.md", " notes.md"),  # a path is taken as it is: another file
        ("docs", "docs/../secret"),
        ("**", "../x"),
        ("**", ""),
    ],
)
def test_pattern_does_not_cover_path(pattern: str, path: str) -> None:
    assert not covers([pattern], path)


def test_nothing_is_covered_by_no_pattern() -> None:
    assert not covers([], "a")


def test_ways_of_composing_a_letter_are_one_file() -> None:
    composed, decomposed = unicodedata.normalize("NFC", "café.md"), unicodedata.normalize("NFD", "CAFÉ.md")

    assert covers([composed], decomposed)
    assert overlaps(decomposed, composed)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a", "a/b"),
        ("a/*.py", "a/x.py"),
        ("**", "x/y"),
        ("**/x", "a/b"),  # a/b may be a folder that holds x
        ("a/**/z", "a/z"),
        ("*ab*", "*ba*"),
        ("a*", "*b"),
        ("a?", "?b"),
        ("", "x"),
    ],
)
def test_patterns_overlap(one: str, other: str) -> None:
    assert overlaps(one, other)
    assert overlaps(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [("a/*.py", "b/*.py"), ("a*", "b*"), ("*.md", "*.txt/x.py"), ("a/b", "a/c"), ("a?c", "abcd"), ("a*b", "a*c")],
)
def test_patterns_do_not_overlap(one: str, other: str) -> None:
    assert not overlaps(one, other)
    assert not overlaps(other, one)


def test_first_overlapping_pair_is_named() -> None:
    assert any_overlap(["x", "a/*.py"], iter(["b", "a/m.py"])) == ("a/*.py", "a/m.py")
    assert any_overlap(["x"], ["y"]) is None


@given(patterns, patterns, paths)
def test_patterns_that_cover_one_path_overlap(one: str, other: str, path: str) -> None:
    if covers([one], path) and covers([other], path):
        assert overlaps(one, other)


def test_patterns_overlap_exactly_when_a_path_lies_in_both() -> None:
    """All pairs of patterns of one or two parts; where they meet at all, they meet on a path of at most four."""
    small = ["/".join(parts) for length in (1, 2) for parts in itertools.product(PARTS, repeat=length)]
    covered = {pattern: {path for path in PATHS if covers([pattern], path)} for pattern in small}

    wrong = [
        (one, other)
        for one, other in itertools.product(small, repeat=2)
        if overlaps(one, other) != bool(covered[one] & covered[other])
    ]

    assert not wrong


@given(patterns, patterns)
def test_overlap_is_symmetric_and_every_pattern_meets_itself(one: str, other: str) -> None:
    assert overlaps(one, other) == overlaps(other, one)
    assert overlaps(one, one)


@given(paths, paths)
def test_plain_paths_overlap_exactly_when_one_holds_the_other(one: str, other: str) -> None:
    assert overlaps(one, other) == (covers([one], other) or covers([other], one))


@given(st.text(max_size=30))
def test_normal_form_is_its_own_normal_form_and_meets_everything(pattern: str) -> None:
    assert normal(normal(pattern)) == normal(pattern)
    assert overlaps(pattern, "**")


@given(st.text(alphabet="ab*?/[].", max_size=12), st.text(alphabet="ab/[].", max_size=12))
def test_covering_a_path_means_overlapping_it(pattern: str, path: str) -> None:
    if "*" not in path and "?" not in path and covers([pattern], path):
        assert overlaps(pattern, path)


def test_hostile_patterns_cost_little() -> None:
    began = time.perf_counter()

    assert not covers(["/".join(["**", "a"] * 40) + "/zz"], "/".join("a" * 90))
    assert not covers(["*a" * 60 + "b"], "a" * 255)
    assert not overlaps("*a" * 100 + "b", "*b" * 100 + "a")
    assert not overlaps("a/" * 3000 + "b", "a/" * 3000 + "c")
    assert time.perf_counter() - began < 60  # without the bound these would take years

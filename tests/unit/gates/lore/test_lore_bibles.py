"""A series bible in prose, read from Markdown, and what a text breaks of it."""

import pytest

from tests.unit.gates.lore.conftest import judge
from watchbill.gates.lore import markdown_form

BIBLE = """# THE QUAY STREET PAPERS — series bible
*Book two, "Low Tide." Nine chapters.*

## 1. The people

**Nan Tully.** Reporter. Grey eyes.

**Bert Oakes.** Editor. Bald.

**Ned Farr.** Printer. Brown eyes.

## 2. The clock

Chapter 1 is Monday, May 7, 1934. Chapter 3 is Thursday, May 10. Chapter 9 is Saturday, May 19.

## 3. Bodies

**Ned Farr** died in 1931, before the book opens. **Bert Oakes** is stabbed in chapter 4, in the press room. Nobody else dies.

## 4. House rules

Words we don't use: *swell*, *copper*. American spelling: *gray*, *parlor*; never *grey*, *parlour*.
"""


def test_a_clock_of_sentences_dates_chapters_in_the_first_ones_year() -> None:
    dated = [(one["chapter"], one["date"], one["weekday"]) for one in markdown_form.draft(BIBLE).raw["timeline"]]

    assert dated == [
        ("1", "1934-05-07", "Monday"),
        ("3", "1934-05-10", "Thursday"),
        ("9", "1934-05-19", "Saturday"),
    ]


def test_bodies_are_deaths_and_chapters_count_within_one_book() -> None:
    raw = markdown_form.draft(BIBLE).raw

    assert [(one["who"], one.get("chapter", "")) for one in raw["deaths"]] == [("Ned Farr", ""), ("Bert Oakes", "4")]
    assert raw["position"] == {"unit": "chapter"}


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("A swell night, they all agreed.", "banned-word"),
        ("The fog was grey.", "spelling"),
        ("They sat in the parlour.", "spelling"),
        ('"Come in," said Bert Oakes.', "death"),
        ('"Come in," said Ned Farr.', "death"),
    ],
)
def test_a_bible_in_prose_is_held(text: str, rule: str) -> None:
    assert [one.rule for one in judge(BIBLE).check("ch06.md", text)] == [rule]


@pytest.mark.parametrize(
    "text",
    [
        "The fog was gray over the parlor roof.",
        "Nan Tully stood at Ned Farr's grave.",
        '"Come in," said Nan Tully.',
    ],
)
def test_a_bible_in_prose_lets_be(text: str) -> None:
    assert judge(BIBLE).check("ch06.md", text) == []


KNOTS = """
position: {unit: chapter, first: 1, last: 9}
entities:
  - {id: imp, name: Marsh Imp, kind: person, attributes: {horns: one only}}
units: {id: u, use: [league], never: [knot]}
"""


@pytest.mark.parametrize(
    ("text", "rules"),
    [
        ("The boat made nine knots.", ["unit"]),
        ("She looped the cord round the post, since one knot was luck and two were sense.", []),
        ("The Marsh Imp came out of the reeds. The Marsh Imp had two horns.", ["attribute"]),
        ("It was said among the reed-cutters that the Marsh Imp had two horns.", []),
    ],
)
def test_a_knot_of_cord_is_no_speed_and_hearsay_no_horn(text: str, rules: list[str]) -> None:
    assert [one.rule for one in judge(KNOTS).check("ch05.md", text)] == rules

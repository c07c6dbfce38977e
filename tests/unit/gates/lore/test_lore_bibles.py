"""A series bible in prose, read from Markdown, and what a text breaks of it."""

import pytest

from tests.unit.gates.lore.conftest import judge
from watchbill.gates.lore.sources import markdown_form

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
        ("She looped the cord round the post, since one knot was no knot.", []),
        ("The Marsh Imp came out of the reeds. The Marsh Imp had two horns.", ["attribute"]),
        ("It was told among the reed-cutters that the Marsh Imp had two horns.", []),
    ],
)
def test_a_knot_of_cord_is_no_speed_and_hearsay_no_horn(text: str, rules: list[str]) -> None:
    assert [one.rule for one in judge(KNOTS).check("ch05.md", text)] == rules


MOOR = """
position: {unit: chapter, first: 1, last: 20}
entities:
  - {id: ada, name: Ada Renwick, kind: person, attributes: {handedness: left, right_eye: glass, eye_colour: grey, whereabouts: 'away in Leeds (chapters 5 to 6)'}, relations: {brother: tom}}
  - {id: tom, name: Tom Renwick, kind: person, relations: {sister: ada}}
  - {id: jun, name: Jun Oda, kind: person, aliases: []}
  - {id: ylla, name: Ylla, kind: person}
  - {id: baths, name: The Plunge Bath, kind: pool}
facts:
  - {id: f_bath, about: baths, text: The Plunge Bath is drained.}
  - {id: f_bridge, about: bridge, text: The lift bridge is stuck open., valid_from: 5, valid_to: 7}
  - {id: f_gate, about: gate, text: The mill gate is stuck open., valid_from: 5, valid_to: 7}
"""


@pytest.mark.parametrize(
    ("chapter", "text", "rules"),
    [
        (5, "Ada Renwick came through the gate at a run. Everybody cheered.", ["fact"]),
        (8, "Ada Renwick came through the gate at a run. Everybody cheered.", []),
        (5, "Ada Renwick was away, and everybody missed her.", []),
        (8, "Ada sat down. Her grey eyes were dull with fever.", []),
        (8, "Ada sat down. Her brown eyes were dull with fever.", ["attribute"]),
        (8, "Ada slept. In her fever her brown eyes opened on a garden.", []),
        (8, "Ada kept her right, the one she drew with, in her pocket.", ["ability"]),
        (8, "Ada kept her left, the one she drew with, in her pocket.", []),
        (8, "Ada kept her right, the one she had burned, in her pocket.", []),
        (8, "Ada turned. The wind stung her left eye, the glass one.", ["ability"]),
        (8, "Ada turned. The wind stung her right eye, the glass one.", []),
        (8, "Ada turned. The wind stung her left eye, the good one.", []),
        (8, "A dozen boys were in the plunge bath, splashing.", ["fact"]),
        (8, "A dozen boys were in the plunge bath, sweeping up leaves.", []),
        (6, "Tom walked over the lift bridge.", ["fact"]),
        (6, "The tram did not come, so he walked over the lift bridge.", ["fact"]),
        (6, "Tom walked through the mill gate.", []),
        (8, "Tom walked over the lift bridge.", []),
        (8, "They met Jun Odda by the well.", ["name"]),
        (8, "They met Mira Odda by the well.", []),
        (8, "Yla shut the gate.", ["name"]),
        (8, "Yola shut the gate.", []),
        (8, "Tom Renwycke was there.", ["name"]),
        (8, "A man called Renwald was there.", []),
    ],
)
def test_what_is_plainly_against_the_canon_is_told(chapter: int, text: str, rules: list[str]) -> None:
    assert sorted({one.rule for one in judge(MOOR).check(f"ch{chapter:02}.md", text)}) == rules


def test_a_bridge_that_joins_the_banks_except_for_some_chapters_is_a_fact() -> None:
    bible = "# W\n\n## The town\n\nA town of two banks. The **lift bridge** spans the cut, except that it is stuck open from chapter 5 to chapter 7, and then it is the raft.\n"

    (fact,) = markdown_form.draft(bible).raw["facts"]
    assert (fact["text"], fact["valid_from"], fact["valid_to"]) == ("The lift bridge is stuck open.", "5", "7")


QUAYS = """# W

## The people

**Hal Orme.** A man. The younger brother of Jack.

**Jack Orme.** A docker.

## The port

A port of two banks. On the **North Bank** you have Rope Walk, the Heron Hotel, and a chandler. On the **South Bank** there are the Dove Club and Mill Lane.
"""


def test_what_a_sentence_puts_on_a_bank_is_a_place_of_it() -> None:
    places = [(one["name"], one["attributes"]["side"]) for one in markdown_form.draft(QUAYS).raw["places"]]

    assert places == [
        ("Rope Walk", "north bank"),
        ("Heron Hotel", "north bank"),
        ("Dove Club", "south bank"),
        ("Mill Lane", "south bank"),
    ]


@pytest.mark.parametrize(
    ("text", "rules"),
    [
        ("They dined at the Heron, next door to the Dove.", ["place"]),
        ("They dined at the Dove, across the street from the Heron Hotel.", ["place"]),
        ("They dined at the Dove, next door to Mill Lane.", []),
        ("They dined at the Heron, three doors from a baker.", []),
        ("Was the Heron next door to the Dove?", []),
        ("Hal sat down. He was the firstborn of them.", ["relation"]),
        ("Jack sat down. He was the firstborn of them.", []),
    ],
)
def test_what_is_next_door_lies_on_the_same_bank(text: str, rules: list[str]) -> None:
    assert [one.rule for one in judge(QUAYS).check("ch03.md", text)] == rules


GEMS = """
position: {unit: chapter, first: 1, last: 20}
entities:
  - {id: ruby, name: Ruby Hannigan, kind: person, attributes: {speech: speaks only at night, eye_colour: green}}
  - {id: ned, name: Ned Farr, kind: person}
deaths:
  - {id: d_ned, who: ned, chapter: 3}
  - {id: d_ruby, who: ruby, chapter: 9}
"""


@pytest.mark.parametrize(
    ("chapter", "text", "rules"),
    [
        (10, '"Come in," said Ruby.', ["death"]),
        (10, "Ruby laughed and shut the door.", ["death"]),
        (10, "Ruby glass laughed back from every pane.", []),
        (10, "A ruby lay in the drawer.", []),
        (8, 'It was full noon. "Go home," said Ruby Hannigan.', ["voice"]),
        (8, 'The moon was up. "Go home," said Ruby Hannigan.', []),
        (8, 'It had been hot at noon. At nightfall she came. "Go home," said Ruby Hannigan.', []),
        (8, 'It was full noon. "Go home," said the miller.', []),
    ],
)
def test_a_given_name_may_be_a_jewel_and_a_voice_may_have_its_hours(chapter: int, text: str, rules: list[str]) -> None:
    assert [one.rule for one in judge(GEMS).check(f"ch{chapter:02}.md", text)] == rules


SCHOOL = """
position: {unit: chapter, first: 1, last: 20}
entities:
  - {id: frost, name: Miss Edna Frost, kind: person, attributes: {manner: never uses the boys' first names}}
  - {id: will, name: William Tate, kind: person, attributes: {family: an only child}}
  - {id: jo, name: Joseph Marsh, kind: person}
"""


@pytest.mark.parametrize(
    ("text", "rules"),
    [
        ('"Sit down, William," said Miss Frost.', ["voice"]),
        ('"Sit down, Tate," said Miss Frost.', []),
        ('"Is William Tate here?" said Miss Frost.', []),
        ('"Sit down, William," said Joseph.', []),
        ('"We have the same mother and father, and little else," said William.', ["relation"]),
        ('"We have the same mother and father, and little else," said Joseph.', []),
        ('"We share a desk, and little else," said William.', []),
        ('"It is not as if we have the same mother and father," said William.', []),
    ],
)
def test_a_mistress_of_surnames_and_an_only_child_keep_to_it(text: str, rules: list[str]) -> None:
    assert [one.rule for one in judge(SCHOOL).check("ch04.md", text)] == rules

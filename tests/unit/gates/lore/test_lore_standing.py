"""Where a text stands: by its front matter, heading, name, or the timeline."""

import pytest

CANON = """
position: {unit: chapter}
entities: [{id: ines, name: Ines, kind: person, attributes: {eyes: brown until chapter 4; blue from chapter 5}}]
deaths: [{id: d, who: ines, chapter: 9, date: '1902-11-30'}]
timeline:
  - {id: t3, chapter: 3, date: '1902-09-14', event: the flood}
  - {id: t6, chapter: 6, date: '1902-10-20', event: the fair}
"""
BROWN, BLUE = "Ines had brown eyes.\n", "Ines had blue eyes.\n"


@pytest.mark.parametrize(
    ("path", "text", "is_wrong"),
    [
        ("ch03.md", BLUE, True),
        ("ch03.md", BROWN, False),
        ("chapter-7.md", BROWN, True),
        ("book/part1/ch 08.txt", BROWN, True),
        ("05-the-flood.md", BROWN, True),
        ("07/intro.md", BROWN, False),  # a folder's number is no chapter
        ("x.md", f"---\nchapter: 3\n---\n{BLUE}", True),
        ("ch09.md", f"---\nchapter: 3\n---\n{BROWN}", False),  # what it says goes before its name
        ("x.md", f"---\nepisode: 6\n---\n{BROWN}", True),
        ("x.md", f"---\ndate: 1902-09-20\n---\n{BLUE}", True),  # after the flood, before the fair: chapter 3
        ("x.md", f"---\ndate: 1902-02-31\n---\n{BLUE}", False),  # no such day
        ("x.md", f"---\ndate: 1850-01-01\n---\n{BLUE}", False),  # before everything that is dated
        ("x.md", f"# Chapter Seven\n\n{BROWN}", True),
        ("x.md", f"# Chapter Last\n\n{BROWN}", False),
        ("x.md", BROWN, False),  # it stands nowhere, so either may be right
        ("x.md", "Ines had green eyes.\n", True),
    ],
)
def test_the_position_decides_which_value_holds(found, path: str, text: str, is_wrong: bool) -> None:
    assert bool(found(CANON, text, path)) is is_wrong


def test_a_scene_of_its_own_unit_goes_before_a_chapter_in_the_name(found) -> None:
    canon = CANON.replace("unit: chapter", "unit: scene").replace("chapter", "scene")

    assert found(canon, BROWN, "ch02-scene07.md")
    assert not found(canon, BLUE, "ch02-scene07.md")


@pytest.mark.parametrize(
    ("front", "is_dead"),
    [("chapter: 10", True), ("chapter: 9", False), ("date: 1902-12-01", True), ("date: 1902-11-01", False)],
)
def test_the_dead_are_dead_after_their_position_or_their_day(found, front: str, is_dead: bool) -> None:
    text = f'---\n{front}\n---\n"Come in," said Ines, and laughed.\n'

    assert ("death" in {rule for rule, _, _ in found(CANON, text, "x.md")}) is is_dead


def test_of_a_death_with_a_day_alone_the_timeline_tells_who_is_dead(found) -> None:
    canon = """
entities: [{id: hugh, name: Hugh, kind: person}]
deaths: [{id: d, who: hugh, date: '1916-07-01'}]
timeline: [{id: a, chapter: 2, date: '1915-01-01', event: x}, {id: b, chapter: 4, date: '1919-10-06', event: y}]
"""

    assert found(canon, "Hugh laughed.\n", "ch04.md")
    assert not found(canon, "Hugh laughed.\n", "ch02.md")
    assert found(canon, "Mary wept: Hugh was dead.\n", "ch01.md")
    assert not found(canon, "Mary wept: Hugh was dead.\n", "ch04.md")


@pytest.mark.parametrize(
    ("words", "is_dead"), [("Died long ago, before the story begins", True), ("Died of a fever", False)]
)
def test_who_died_before_the_story_is_dead_in_all_of_it(found, words: str, is_dead: bool) -> None:
    canon = f"entities: [{{id: o, name: Osric, kind: person}}]\ndeaths: [{{id: d, who: o, text: '{words}'}}]\n"

    assert bool(found(canon, "Osric laughed.\n", "x.md")) is is_dead

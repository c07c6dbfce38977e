"""The marked section of a hand-off file: what is told, and that nothing else is ever touched."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchbill.intake.noticeboard import BEGIN, END, Board, Next, Past, Question, Running, Unusable, put

AT = datetime(2026, 3, 2, 12, 30, tzinfo=UTC)
EMPTY = Board(counts=())
FULL = Board(
    counts=[("queued", 2), ("running", 1)],
    running=[Running(task="a", title="Write\na", provider="claude", since=AT)],
    coming=[
        Next(task="b", title="Polish", priority=1, note=""),
        Next(task="c", title="x" * 200, priority=5, note="its limit"),
    ],
    history=[Past(task="z", title="Begin", provider="gpt", state="landed", at=AT, why="")],
    questions=[
        Question(id="Q-2", title="Which end?", task="a", answer=""),
        Question(id="Q-1", title="Who?", task="a", answer=f"Kael {END}"),
    ],
)


def test_everything_is_told_on_one_line_each() -> None:
    said = put("", FULL).splitlines()

    assert (said[0], said[-1]) == (BEGIN, END)
    assert "- tasks: queued 2 · running 1" in said
    assert "- a (Write a) is in work on claude since 2026-03-02 12:30 UTC" in said
    assert "- b (Polish), priority 1" in said
    assert f"- c ({'x' * 119}…), priority 5: its limit" in said
    assert "- 2026-03-02 12:30 UTC: z (Begin) on gpt: landed" in said
    assert "- Q-2 of a, Which end?: open" in said
    assert "- Q-1 of a, Who?: answered: Kael <! -- watchbill: end -- >" in said


def test_where_there_is_nothing_that_is_said() -> None:
    assert put("", EMPTY).count("- none") == 3
    assert "- tasks: none" in put("", EMPTY)


@pytest.mark.parametrize("text", ["# Mine\n", "# Mine", "# Mine\r\n\r\nand more\r\n"])
def test_a_file_without_a_section_gets_one_at_its_end(text: str) -> None:
    after = put(text, FULL)

    assert after.startswith(text)
    assert after.count(BEGIN) == 1
    assert ("\n" in after.replace("\r\n", "")) is ("\r\n" not in text)


@pytest.mark.parametrize(
    "text", [f"{BEGIN}\n", f"{END}\n{BEGIN}\n", f"{BEGIN}\n{END}\n{BEGIN}\n{END}\n", f"{BEGIN}\n{BEGIN}\n{END}\n"]
)
def test_markers_that_are_no_pair_are_left_alone(text: str) -> None:
    with pytest.raises(Unusable, match="one pair is wanted"):
        put(text, FULL)


def test_a_marker_within_a_line_is_a_persons_words() -> None:
    text = f"We write `{BEGIN}` here.\n"

    assert put(text, EMPTY).startswith(text)


AROUND = st.text(alphabet=st.sampled_from("ab#-`\n\r\té "), max_size=60)


@given(before=AROUND, inside=AROUND, after=AROUND)
def test_outside_the_markers_nothing_changes_and_telling_again_changes_nothing(
    before: str, inside: str, after: str
) -> None:
    text = f"{before}\n{BEGIN}\n{inside}\n{END}\n{after}"

    told = put(text, FULL)

    assert told.startswith(f"{before}\n{BEGIN}")
    assert told.endswith(f"{END}\n{after}")
    assert put(told, FULL) == told
    assert put(put(told, EMPTY), FULL) == told
    assert put(told, replace(FULL, counts=[("queued", 3)])) != told

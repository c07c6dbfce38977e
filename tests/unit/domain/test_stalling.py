"""Going in a circle: the same step with the same result, or two by turns, is counted; anything new begins anew."""

from collections.abc import Iterable
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchbill.domain.stalling import AGAIN, Trail, times
from watchbill.domain.transcript import Entry, Reply, Told, ToolCall, ToolResult, Transcript


def step(number: int, path: str = "a.md", content: str = "text") -> tuple[Entry, ...]:
    call = ToolCall(id=f"c{number}", name="read_file", args={"path": path})
    return Reply(text=f"try {number}", tool_calls=(call,)), ToolResult(id=call.id, name=call.name, content=content)


def said(*steps: tuple[Entry, ...]) -> Transcript:
    return Transcript(entries=tuple(entry for one in steps for entry in one))


def test_what_was_never_done_was_done_no_times() -> None:
    assert times(Transcript()) == 0
    assert times(said((Told(text="go"), Reply(text="hm")))) == 0


def test_the_same_step_is_counted_and_words_beside_it_do_not_matter() -> None:
    assert times(said(step(1), step(2), (Told(text="go on"),), step(3))) == 3


def test_another_result_is_progress() -> None:
    assert times(said(step(1), step(2), step(3, content="new"))) == 1


def test_two_steps_by_turns_are_a_circle() -> None:
    turns = [step(number, path="ab"[number % 2]) for number in range(6)]

    assert times(said(*turns)) == 3


def test_a_step_without_its_results_is_not_over() -> None:
    assert times(said(step(1), step(2)[:1])) == 1


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("xy")), max_size=12))
def test_the_count_is_at_most_the_number_of_steps_and_new_steps_bring_it_back(steps: list[tuple[str, str]]) -> None:
    known = [step(number, path, content) for number, (path, content) in enumerate(steps)]

    assert (times(said(*known)) > 0) == bool(steps)
    assert times(said(*known)) <= len(steps)
    assert times(said(*known, step(99, "new", "new"))) == 1


PATIENCE = timedelta(seconds=100)


def trail(steps: Iterable[str], *, tree: str = "") -> Trail:
    made = Trail(since=0, tree=tree)
    for step in steps:
        made = made.after(step, 1)
    return made


@pytest.mark.parametrize("circle", ["a", "ab", "abc"])
def test_an_agent_is_in_doubt_when_it_did_everything_of_its_circle_so_often_again(circle: str) -> None:
    assert trail(circle + circle * AGAIN).doubt(2, PATIENCE) == "it does again and again what it did before"
    assert not trail(circle + circle * (AGAIN - 1)).doubt(2, PATIENCE)


def test_one_new_step_of_an_agent_ends_the_doubt() -> None:
    assert not trail("aaaaaaaaab").doubt(2, PATIENCE)


def test_reading_much_again_is_no_circle() -> None:
    files = "abcdefghij"

    assert not trail(files + files).doubt(2, PATIENCE)


def test_an_agent_that_does_nothing_is_in_doubt_after_half_of_the_patience_and_again_at_its_end() -> None:
    quiet = Trail(since=0)

    assert not quiet.doubt(50, PATIENCE)
    assert quiet.doubt(51, PATIENCE) == "it did nothing new for 0:01:40"
    seen = quiet.looked("tree", 51)
    assert seen is not None
    assert not seen.doubt(100, PATIENCE)
    assert seen.doubt(101, PATIENCE)
    assert seen.looked("tree", 101) is None


def test_files_that_changed_while_it_repeated_itself_are_progress() -> None:
    first = trail("aaaaa").looked("before", 5)
    assert first is not None
    second = first.looked("after", 60)

    assert second is not None
    assert not second.doubt(160, PATIENCE)
    assert second.looked("after", 161) is None


def test_what_is_new_makes_an_earlier_look_worthless() -> None:
    seen = trail("aaaaa").looked("tree", 5)
    assert seen is not None

    assert seen.after("b", 6).looked("tree", 7) is not None


def test_files_that_cannot_be_read_say_nothing() -> None:
    unread = trail("aaaaa").looked("", 60)
    assert unread is not None

    assert not unread.doubt(61, PATIENCE)
    assert unread.looked("", 200) is not None


def test_the_time_of_its_model_is_not_its_own() -> None:
    assert not Trail(since=0).asked(500).doubt(520, PATIENCE)


@given(st.lists(st.integers()), st.sampled_from(["", "tree"]))
def test_an_agent_that_always_does_something_new_is_never_in_doubt(steps: list[int], tree: str) -> None:
    assert not trail((str(step) for step in dict.fromkeys(steps)), tree=tree).doubt(2, PATIENCE)

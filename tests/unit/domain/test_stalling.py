"""Going in a circle: the same step with the same result, or two by turns, is counted; anything new begins anew."""

from hypothesis import given
from hypothesis import strategies as st

from watchbill.domain.stalling import times
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

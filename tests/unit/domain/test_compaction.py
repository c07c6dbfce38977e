"""Compaction: under its budget, no open call lost, no result without its call, the brief and the last step whole."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from watchbill.domain.compaction import CLIPPED, MARK, compact, size
from watchbill.domain.transcript import Entry, Reply, Told, ToolCall, ToolResult, Transcript

LONG = "x" * 4_000
BRIEF = Told(text="Write the end.")


def step(number: int, content: str = "ok", *, path: str = "a.md", text: str = "", is_open: bool = False) -> list[Entry]:
    call = ToolCall(id=f"c{number}", name="read_file", args={"path": path})
    reply = Reply(text=text, tool_calls=(call,), vendor="v", model="m", native="{}")
    return [reply] if is_open else [reply, ToolResult(id=call.id, name=call.name, content=content)]


def said(*steps: list[Entry]) -> Transcript:
    return Transcript(system="You work.", entries=(BRIEF, *(entry for one in steps for entry in one)))


def test_what_fits_stays_as_it_is() -> None:
    whole = said(step(1), step(2))

    assert compact(whole, size(whole)) is whole


def test_older_results_are_clipped_first_and_the_last_two_steps_stay() -> None:
    whole = said(*(step(number, LONG) for number in range(5)))

    short = compact(whole, 3_000)

    results = [entry.content for entry in short.entries if isinstance(entry, ToolResult)]
    assert len(results) == 5
    assert results[-2:] == [LONG, LONG]
    assert "3600 characters left out here" in results[0]
    assert len(results[0]) < 2 * CLIPPED


def test_then_the_oldest_steps_become_a_line_each_and_lines_last() -> None:
    whole = said(*(step(number, f"text {number}", path=f"{number}.md", text="I look.") for number in range(60)))

    short = compact(whole, 900)

    told = next(entry for entry in short.entries[1:] if isinstance(entry, Told))
    assert told.text.startswith(f"{MARK}\n- [")
    assert "older ones left out]" in told.text
    assert "- said: I look." in told.text
    assert "- read_file(path=" in told.text
    again = compact(replace(short, entries=(*short.entries, *step(99, LONG))), 900)
    assert sum(isinstance(entry, Told) and entry.text.startswith(MARK) for entry in again.entries) == 1


def test_what_was_told_and_refused_and_never_came_to_a_result_is_in_its_line() -> None:
    lost = Reply(text="", tool_calls=(ToolCall(id="x", name="edit_file", args={"old_text": LONG}),))
    refused = ToolResult(id="c0", name="read_file", content="no such file", refused=True)
    whole = said([step(0)[0], refused, Told(text="The checks refuse it.")], [lost, Told(text="go on")], step(1, LONG))

    short = compact(whole, 600)

    (told,) = [entry.text for entry in short.entries[1:] if isinstance(entry, Told)]
    assert "refused: no such file" in told
    assert "- was told: The checks refuse it." in told
    assert "(4000 characters)): no result" in told


def test_a_vendors_own_form_goes_since_the_words_before_it_change() -> None:
    short = compact(said(*(step(number, LONG) for number in range(5))), 3_000)

    assert {entry.native for entry in short.entries if isinstance(entry, Reply)} == {""}


def test_a_brief_alone_is_never_shortened() -> None:
    alone = Transcript(entries=(Told(text=LONG),))

    assert compact(alone, 10) == alone


TEXT = st.text(max_size=2_500)
STEPS = st.lists(st.tuples(TEXT, st.lists(TEXT, max_size=3), st.booleans()), max_size=12)


def built(steps: list[tuple[str, list[str], bool]], *, ends_open: bool) -> Transcript:
    entries: list[Entry] = [BRIEF]
    for number, (text, contents, is_told) in enumerate(steps):
        calls = tuple(
            ToolCall(id=f"{number}.{at}", name="search", args={"pattern": text[:50]}) for at in range(len(contents))
        )
        entries.append(Reply(text=text, tool_calls=calls))
        is_last = number == len(steps) - 1
        answered = contents[:-1] if is_last and ends_open else contents
        entries += [
            ToolResult(id=call.id, name=call.name, content=content)
            for call, content in zip(calls, answered, strict=False)
        ]
        if is_told and not is_last:
            entries.append(Told(text=text))
    return Transcript(system="system", entries=tuple(entries))


@given(steps=STEPS, ends_open=st.booleans(), budget=st.integers(1, 6_000))
def test_it_fits_where_brief_and_last_step_do_and_no_open_call_is_lost(
    steps: list[tuple[str, list[str], bool]], *, ends_open: bool, budget: int
) -> None:
    whole = built(steps, ends_open=ends_open)
    smallest = size(
        built([(text, [c[:CLIPPED] for c in cs], False) for text, cs, _ in steps[-1:]], ends_open=ends_open)
    )

    short = compact(whole, budget)

    assert size(short) <= max(budget, smallest + 250)  # the words about what was left out of three results
    assert short.open_calls == whole.open_calls
    assert short.entries[0] == BRIEF
    assert short.system == whole.system
    called: set[str] = set()
    for entry in short.entries:
        if isinstance(entry, Reply):
            called = {call.id for call in entry.tool_calls}
        elif isinstance(entry, ToolResult):
            assert entry.id in called
    assert size(compact(short, budget)) <= size(short)

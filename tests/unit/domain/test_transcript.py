"""The neutral transcript: it survives JSON whole, and knows which tool calls still wait for a result."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchbill.domain.transcript import Reply, Told, ToolCall, ToolResult, Transcript, dump, heard, load

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
tool_calls = st.builds(
    ToolCall, id=st.text(max_size=5), name=st.text(max_size=5), args=st.dictionaries(st.text(max_size=5), json_values)
)
entries = st.one_of(
    st.builds(Told, text=st.text()),
    st.builds(
        Reply,
        text=st.text(),
        tool_calls=st.lists(tool_calls, max_size=3).map(tuple),
        vendor=st.text(max_size=5),
        model=st.text(max_size=5),
        native=st.text(max_size=5),
    ),
    st.builds(ToolResult, id=st.text(max_size=5), name=st.text(max_size=5), content=st.text(), refused=st.booleans()),
)
transcripts = st.builds(Transcript, system=st.text(), entries=st.lists(entries, max_size=8).map(tuple))


def call(name: str) -> ToolCall:
    return ToolCall(id=name, name="read_file", args={"path": "a"})


def reply(*names: str) -> Reply:
    return Reply(text="", tool_calls=tuple(call(name) for name in names))


def result(name: str) -> ToolResult:
    return ToolResult(id=name, name="read_file", content="text")


@given(transcripts)
def test_transcript_survives_json(transcript: Transcript) -> None:
    assert load(json.loads(json.dumps(dump(transcript)))) == transcript


@pytest.mark.parametrize(
    ("said", "stored"),
    [
        ("half \ud800", "half \ufffd"),
        ("\ude00 other half", "\ufffd other half"),
        ("\ud83d\ude00", "\U0001f600"),  # both halves are a whole
        ("nul \0", "nul \0"),
        (float("nan"), None),
        (float("-inf"), None),
        ([1, ["\ud800", 2.5]], [1, ["\ufffd", 2.5]]),
        ({"\udfff": None}, {"\ufffd": None}),
    ],
)
def test_what_no_text_can_hold_is_made_storable(said: object, stored: object) -> None:
    transcript = Transcript().plus(Reply(text="", tool_calls=(ToolCall(id="1", name="x", args={"a": said}),)))

    plain = dump(transcript)

    json.dumps(plain, ensure_ascii=False, allow_nan=False).encode()
    assert load(plain).open_calls[0].args == {"a": stored}


@pytest.mark.parametrize("entry", [Told(text="\ud800"), ToolResult(id="1", name="x", content="\ud800")])
def test_every_entry_is_made_storable(entry: Told | ToolResult) -> None:
    assert (
        "\ufffd"
        in json.dumps(dump(Transcript(system="\ud800", entries=(entry,))), ensure_ascii=False).encode().decode()
    )


def test_plus_adds_at_the_end_and_keeps_the_system_text() -> None:
    before = Transcript(system="s", entries=(Told(text="1"),))

    assert before.plus(Told(text="2"), reply()) == Transcript(
        system="s", entries=(Told(text="1"), Told(text="2"), reply())
    )
    assert before.entries == (Told(text="1"),)


def test_nothing_waits_before_the_first_reply() -> None:
    assert Transcript().open_calls == ()
    assert Transcript(entries=(Told(text="brief"),)).open_calls == ()
    assert Transcript(entries=(result("1"),)).open_calls == ()


def test_calls_of_the_last_reply_without_a_result_wait_in_their_order() -> None:
    said = Transcript().plus(reply("1", "2", "3"), result("2"))

    assert said.open_calls == (call("1"), call("3"))


def test_answered_reply_leaves_nothing_open() -> None:
    assert Transcript().plus(reply("1", "2"), result("1"), result("2")).open_calls == ()


def test_what_we_tell_after_a_reply_closes_it() -> None:
    assert Transcript().plus(reply("1"), Told(text="go on")).open_calls == ()


def test_calls_of_earlier_replies_do_not_wait() -> None:
    assert Transcript().plus(reply("1"), reply("2"), result("2")).open_calls == ()


def test_id_that_a_vendor_used_before_is_open_again_in_the_last_reply() -> None:
    assert Transcript().plus(reply("1"), result("1"), reply("1")).open_calls == (call("1"),)


def test_a_reply_that_can_be_stored_and_sent_is_heard_as_it_is() -> None:
    said = Reply(text="ä", tool_calls=(ToolCall(id="1", name="finish", args={"next_steps": ("a", 1.5)}),), native="{}")

    assert heard(said) is said


def test_half_characters_and_no_numbers_are_mended_and_the_native_form_goes() -> None:
    args = {"pa\ud800th": ["\udfff", {"a": float("nan")}, float("inf"), True, None]}
    said = Reply(text="x\ud83d", tool_calls=(ToolCall(id="\ud800", name="\ud800", args=args),), native="{}", vendor="v")

    mended = heard(said)

    assert mended == Reply(
        text="x\ufffd",
        tool_calls=(
            ToolCall(id="\ufffd", name="\ufffd", args={"pa\ufffdth": ["\ufffd", {"a": None}, None, True, None]}),
        ),
        vendor="v",
    )
    assert json.dumps(dump(Transcript(entries=(mended,))), ensure_ascii=False, allow_nan=False).encode()

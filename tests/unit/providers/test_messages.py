from dataclasses import replace
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from pydantic_ai.messages import (
    ModelMessage,
    ModelRequest,
    ModelResponse,
    TextPart,
    ThinkingPart,
    ToolCallPart,
    ToolReturnPart,
    UserPromptPart,
)

from watchbill.domain.tools import TOOLS
from watchbill.domain.transcript import Entry, Reply, Told, ToolCall, ToolResult, Transcript
from watchbill.providers.messages import NOT_CARRIED_OUT, VALID_ID, to_messages, to_parameters, to_reply, wire_id

CALL = ToolCall(id="c1", name="read_file", args={"path": "a.txt"})


def said(text: str = "", *calls: ToolCall) -> Reply:
    return Reply(text=text, tool_calls=calls)


def messages(*entries: Entry, vendor: str = "anthropic", model: str = "m") -> list[ModelMessage]:
    return to_messages(Transcript(system="S", entries=entries), vendor=vendor, model=model)


def native(*, vendor: str = "anthropic", model: str = "m") -> Reply:
    response = ModelResponse(
        parts=[
            ThinkingPart(content="hm", signature="sig", provider_name="anthropic"),
            TextPart(content="Reading."),
            ToolCallPart(tool_name="read_file", args='{"path": "a.txt"}', tool_call_id="c1|strange"),
        ]
    )
    return to_reply(response, vendor=vendor, model=model)


def kinds(message: ModelMessage) -> list[str]:
    return [type(part).__name__ for part in message.parts]


def test_a_replys_own_form_goes_back_to_the_same_vendor_and_model() -> None:
    _, response, request = messages(
        Told(text="go"), native(), ToolResult(id="c1|strange", name="read_file", content="x")
    )

    assert kinds(response) == ["ThinkingPart", "TextPart", "ToolCallPart"]
    assert request.parts[0].tool_call_id == "c1|strange"


def test_nobody_else_sees_thinking_or_a_vendors_own_parts() -> None:
    for reply in (native(vendor="openai"), native(model="other"), replace(native(), native="")):
        _, response, _ = messages(Told(text="go"), reply)

        assert kinds(response) == ["TextPart", "ToolCallPart"]
        assert VALID_ID.fullmatch(response.parts[1].tool_call_id)


def test_a_native_form_that_is_no_answer_is_not_believed() -> None:
    reply = replace(native(), native='[{"kind": "request", "parts": []}]')

    _, response, _ = messages(Told(text="go"), reply)

    assert kinds(response) == ["TextPart", "ToolCallPart"]


def test_a_reply_is_read_into_text_calls_and_its_own_form() -> None:
    reply = native()

    assert reply.text == "Reading."
    assert reply.tool_calls == (ToolCall(id="c1|strange", name="read_file", args={"path": "a.txt"}),)
    assert "sig" in reply.native


def test_unreadable_arguments_are_handed_on_as_they_came() -> None:
    broken = ModelResponse(parts=[ToolCallPart(tool_name="check", args='{"a', tool_call_id="c")])

    (call,) = to_reply(broken, vendor="v", model="m").tool_calls

    assert list(call.args.values()) == ['{"a']


def test_a_refused_tool_is_told_as_failed() -> None:
    result = ToolResult(id="c1", name="read_file", content="outside", refused=True)

    *_, request = messages(Told(text="go"), said("", CALL), result)

    (part,) = request.parts
    assert isinstance(part, ToolReturnPart)
    assert (part.outcome, part.content) == ("failed", "outside")


def test_a_call_that_never_ran_is_answered_all_the_same() -> None:
    *_, request = messages(Told(text="go"), said("", CALL), Told(text="taken over"))

    returned, told = request.parts
    assert (returned.content, returned.outcome) == (NOT_CARRIED_OUT, "failed")
    assert told.content == "taken over"


def test_results_stand_before_what_is_told() -> None:
    *_, request = messages(
        Told(text="go"), said("", CALL), Told(text="hurry"), ToolResult(id="c1", name="read_file", content="x")
    )

    assert kinds(request) == ["ToolReturnPart", "UserPromptPart"]


def test_a_result_without_its_call_is_told_as_text() -> None:
    (request,) = messages(Told(text="go"), ToolResult(id="c9", name="check", content="fine"))

    assert [part.content for part in request.parts] == ["go", "check returned: fine"]


def test_an_empty_reply_is_left_out() -> None:
    (request,) = messages(Told(text="go"), said("  "), Told(text="on"))

    assert kinds(request) == ["UserPromptPart", "UserPromptPart"]


def test_the_system_text_and_the_tools_are_parameters() -> None:
    parameters = to_parameters("Be brief.", TOOLS)

    assert [part.content for part in parameters.instruction_parts or []] == ["Be brief."]
    assert [tool.name for tool in parameters.function_tools] == [tool.name for tool in TOOLS]
    assert to_parameters("", ()).instruction_parts == []


@given(st.text(min_size=1))
def test_an_id_fits_every_vendor_and_stays_the_same(call: str) -> None:
    assert VALID_ID.fullmatch(wire_id(call))
    assert wire_id(call) == wire_id(call)
    assert wire_id(wire_id(call)) == wire_id(call)


IDS = st.integers(0, 5).map(lambda number: f"c{number}|x")
ENTRIES = st.lists(
    st.builds(Told, text=st.text(min_size=1))
    | st.builds(
        Reply,
        text=st.text(max_size=3),
        tool_calls=st.lists(
            st.builds(ToolCall, id=IDS, name=st.just("check"), args=st.just({})),
            max_size=3,
            unique_by=lambda call: call.id,
        ).map(tuple),
    )
    | st.builds(ToolResult, id=IDS, name=st.just("check"), content=st.text(), refused=st.booleans()),
    max_size=12,
)


@given(ENTRIES)
def test_any_transcript_makes_a_talk_that_vendors_take(entries: list[Entry]) -> None:
    talk = messages(*entries)

    assert not talk or (isinstance(talk[0], ModelRequest) and isinstance(talk[-1], ModelRequest))
    for message, following in pairwise(talk):
        assert type(message) is not type(following)
        calls = [part.tool_call_id for part in message.parts if isinstance(part, ToolCallPart)]
        if calls:
            answered = [part.tool_call_id for part in following.parts if isinstance(part, ToolReturnPart)]
            assert sorted(answered) == sorted(calls)


@given(ENTRIES, ENTRIES)
def test_a_longer_talk_begins_with_the_shorter_one(entries: list[Entry], more: list[Entry]) -> None:
    """What prompt caches need. A request that is still open may grow; everything before it stands."""
    short, long = messages(*entries), messages(*entries, *more)

    settled = short[:-1] if short and isinstance(short[-1], ModelRequest) else short
    assert [kinds(message) for message in long[: len(settled)]] == [kinds(message) for message in settled]
    texts = [part.content for message in settled for part in message.parts if isinstance(part, UserPromptPart)]
    assert texts == [
        part.content for message in long[: len(settled)] for part in message.parts if isinstance(part, UserPromptPart)
    ]

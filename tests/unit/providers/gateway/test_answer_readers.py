import json
from itertools import pairwise

import pytest
from genai_prices.data_snapshot import get_snapshot
from hypothesis import given
from hypothesis import strategies as st

from watchbill.providers.gateway import readers, usage
from watchbill.providers.gateway.readers import EVENT_BYTES, Chunks, Messages, Reader, Responses, Whole

ANTHROPIC_USAGE = {
    "input_tokens": 12,
    "cache_read_input_tokens": 30,
    "cache_creation_input_tokens": 50,
    "cache_creation": {"ephemeral_5m_input_tokens": 20, "ephemeral_1h_input_tokens": 30},
    "output_tokens": 1,
}
STREAMS: dict[str, tuple[type[Reader], list[dict[str, object]]]] = {
    "anthropic": (
        Messages,
        [
            {"type": "message_start", "message": {"usage": ANTHROPIC_USAGE}},
            {"type": "content_block_delta", "delta": {"type": "text_delta", "text": "größer\n\ndata: x"}},
            {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 77}},
            {"type": "message_stop"},
        ],
    ),
    "openai": (
        Responses,
        [
            {"type": "response.created", "response": {"usage": None}},
            {"type": "response.output_text.delta", "delta": "größer"},
            {
                "type": "response.completed",
                "response": {"service_tier": "flex", "usage": {"input_tokens": 92, "output_tokens": 77}},
            },
        ],
    ),
    "openai-chat": (
        Chunks,
        [
            {"choices": [{"delta": {"content": "größer"}, "finish_reason": "stop"}], "usage": None},
            {"choices": [], "usage": {"prompt_tokens": 92, "completion_tokens": 77}},
        ],
    ),
}


def stream(kind: str, ending: str) -> bytes:
    events = [f"data: {json.dumps(event, ensure_ascii=False)}" for event in STREAMS[kind][1]]
    events += ["data: [DONE]"] if kind == "openai-chat" else []
    return "".join(f"event: x{ending}{event}{ending}{ending}" for event in events).encode()


@given(
    kind=st.sampled_from(list(STREAMS)),
    ending=st.sampled_from(["\n", "\r\n"]),
    cuts=st.lists(st.integers(0, 900), max_size=8),
)
def test_wherever_an_answer_is_parted_the_same_is_heard(kind: str, ending: str, cuts: list[int]) -> None:
    data, reader = stream(kind, ending), STREAMS[kind][0]()

    places = [0, *sorted(cut % len(data) for cut in cuts), len(data)]
    for start, end in pairwise(places):
        reader.feed(data[start:end])

    assert reader.has_ended
    assert 77 in reader.usage.values()


@given(kind=st.sampled_from(list(STREAMS)), length=st.integers(0, 2_000))
def test_an_answer_that_is_cut_anywhere_before_its_last_event_has_not_ended(kind: str, length: int) -> None:
    data, reader = stream(kind, "\n"), STREAMS[kind][0]()
    last = data.rindex(b"data:")

    reader.feed(data[: length % last])

    assert not reader.has_ended


@pytest.mark.parametrize("kind", list(STREAMS))
def test_an_end_without_usage_is_no_end(kind: str) -> None:
    reader = STREAMS[kind][0]()

    reader.feed(
        b'data: {"type": "message_stop"}\n\ndata: {"type": "response.failed", "response": {}}\n\ndata: [DONE]\n\n'
    )

    assert not reader.has_ended


def test_the_tier_that_an_answer_names_is_one_of_its_terms() -> None:
    reader = Responses()

    reader.feed(stream("openai", "\n"))

    assert reader.terms == {"service_tier": "flex"}


@pytest.mark.parametrize("reader", [Messages(), Whole()], ids=["stream", "whole"])
def test_what_never_comes_to_an_end_is_not_kept_in_memory(reader: Reader) -> None:
    with pytest.raises(ValueError, match="more than"):
        reader.feed(b"x" * (EVENT_BYTES + 1))


def test_noise_is_heard_as_nothing() -> None:
    reader = Whole()

    reader.feed(b"<html>")
    reader.close()

    assert not reader.has_ended
    assert readers._fields(b"[1]") == {}


@pytest.mark.parametrize(
    ("vendor", "flavor", "read", "words"),
    [
        ("anthropic", "default", usage.of_anthropic, ANTHROPIC_USAGE),
        (
            "openai",
            "responses",
            usage.of_responses,
            {"input_tokens": 90, "input_tokens_details": {"cached_tokens": 40}, "output_tokens": 8},
        ),
        (
            "openai",
            "chat",
            usage.of_chat,
            {"prompt_tokens": 90, "prompt_tokens_details": {"cached_tokens": 40}, "completion_tokens": 8},
        ),
    ],
)
def test_usage_is_read_as_the_price_list_reads_it(vendor: str, flavor: str, read, words: dict[str, object]) -> None:
    provider = get_snapshot().find_provider(None, vendor, None)

    theirs = provider.extract_usage({"model": "x", "usage": words}, api_flavor=flavor)[1]
    ours = read(words)

    assert (ours.tokens_in, ours.tokens_out) == (theirs.input_tokens, theirs.output_tokens)
    assert ours.cache_read == (theirs.cache_read_tokens or 0)
    assert ours.cache_write == (theirs.cache_write_tokens or 0)

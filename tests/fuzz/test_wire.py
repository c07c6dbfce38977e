"""What comes over the wire: any bytes as an answer are a reply or a setback, and the call is never left in the air."""

import asyncio
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from tests import vendors
from tests.examples import examples
from tests.meters import MemoryMeter, StillClock, purpose
from tests.vendors import FakeVendor, Fault, Use
from watchbill.domain.calls import CallState
from watchbill.domain.ids import ProviderName
from watchbill.domain.outcomes import Answered, Setback, TurnEnd
from watchbill.domain.ports import ModelProvider, TurnRequest
from watchbill.domain.tools import TOOLS
from watchbill.domain.transcript import Told, Transcript, dump, heard, load
from watchbill.providers.registry import load_factory
from watchbill.providers.setup import ProviderSetup

pytestmark = pytest.mark.vendors

MODEL_BY_KIND = {"anthropic": "claude-sonnet-5-5", "openai": "gpt-6.1-sol", "openai-chat": "gpt-6.1-sol"}
ANSWER = ("some words", Use("read_file", {"path": "a.txt"}), Use("finish", {"done": True, "summary": "done"}))
JUNK = st.sampled_from(
    [None, True, -1, 0, 1e308, "", "x", "\ud800", [], {}, [None], {"type": None}, "9" * 40, "end_turn", "tool_use", "message_stop"]
)  # fmt: skip
TYPES = ("text/event-stream", "application/json", "text/html", "application/octet-stream", "")


def stream_of(kind: str) -> list[bytes]:
    entry = vendors.Entry(
        number=0,
        vendor=kind,
        path="",
        model="m",
        status=200,
        fault=False,
        tokens_in=9,
        tokens_out=9,
        body=b"",
        headers={},
    )
    return list(vendors._STREAMS[kind](MODEL_BY_KIND[kind], ANSWER, entry))


def _spoilt(event: bytes, where: int, junk: Any) -> bytes:
    """The event with one of its values replaced."""
    head, mark, body = event.partition(b"data: ")
    try:
        said = json.loads(body)
    except ValueError:
        return event
    places = list(_places(said)) if isinstance(said, dict | list) else []
    if not places:
        return event
    holder, key = places[where % len(places)]
    holder[key] = junk
    return head + mark + json.dumps(said).encode() + b"\n\n"


def _places(said: Any) -> Iterator[tuple[Any, Any]]:
    for key, value in list(said.items() if isinstance(said, dict) else enumerate(said)):
        yield said, key
        if isinstance(value, dict | list):
            yield from _places(value)


@st.composite
def bodies(draw: st.DrawFn, kind: str) -> bytes:
    """Pure noise, or a good stream of which something is missing, doubled, cut or wrong."""
    if draw(st.booleans()):
        noise = st.one_of(
            st.binary(max_size=200), st.text(max_size=80).map(lambda text: text.encode("utf-8", "surrogatepass"))
        )
        return draw(st.one_of(noise, noise.map(lambda data: b"data: " + data + b"\n\n")))
    events = stream_of(kind)
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.integers(0, len(events) - 1))
        match draw(st.sampled_from(["drop", "twice", "cut", "spoil", "spoil", "spoil", "swap"])):
            case "drop" if len(events) > 1:
                del events[place]
            case "twice":
                events.insert(place, events[place])
            case "cut":
                events = [*events[:place], events[place][: draw(st.integers(0, len(events[place])))]]
            case "swap":
                events[0], events[place] = events[place], events[0]
            case _:
                events[place] = _spoilt(events[place], draw(st.integers(0, 60)), draw(JUNK))
    return b"".join(events)


@pytest.fixture(params=MODEL_BY_KIND)
def fake(request: pytest.FixtureRequest) -> Iterator[tuple[str, FakeVendor]]:
    with FakeVendor(lambda *_: ANSWER) as vendor:
        yield request.param, vendor


@examples(40, part=16, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data(), st.sampled_from(TYPES), st.sampled_from([200, 200, 200, 204, 302, 400, 404, 429, 500, 529, 599]))
def test_any_bytes_are_a_reply_or_a_setback(
    fake: tuple[str, FakeVendor], data: st.DataObject, content_type: str, status: int
) -> None:
    kind, vendor = fake
    body = data.draw(bodies(kind))
    fault = Fault(raw=body, content_type=content_type, status=status)
    vendor.decide = lambda *_: fault
    meter = MemoryMeter()

    end = asyncio.run(_turn(kind, vendor, meter))

    assert len(meter.states) == 1
    if isinstance(end, Answered):
        reply = heard(end.reply)
        transcript = Transcript(entries=(Told(text="a"), reply))
        assert load(json.loads(json.dumps(dump(transcript), allow_nan=False))) == transcript
        assert json.dumps(dump(transcript), ensure_ascii=False).encode()
        assert end.settlement.cost >= 0
    else:
        assert end.message.encode()
        assert end.settlement is not None or meter.states[0] not in (CallState.HELD, CallState.SENT)


@pytest.mark.parametrize("spoilt", [None, True])
@pytest.mark.parametrize("key", ["id", "text", "name", "content"])
def test_a_value_of_another_type_anywhere_leaves_no_call_in_the_air(
    fake: tuple[str, FakeVendor], key: str, spoilt: object
) -> None:
    kind, vendor = fake
    body = b"".join(_with(event, key, spoilt) for event in stream_of(kind))
    vendor.decide = lambda *_: Fault(raw=body, content_type="text/event-stream")
    meter = MemoryMeter()

    end = asyncio.run(_turn(kind, vendor, meter))

    if isinstance(end, Answered):
        assert json.dumps(dump(Transcript(entries=(heard(end.reply),))), ensure_ascii=False).encode()
    else:
        assert end.settlement is not None or meter.states[0] not in (CallState.HELD, CallState.SENT)


def _with(event: bytes, key: str, value: object) -> bytes:
    """The event with every value of that key replaced."""
    head, mark, body = event.partition(b"data: ")
    try:
        said = json.loads(body)
    except ValueError:
        return event
    for holder, name in list(_places(said)):
        if name == key:
            holder[name] = value
    return head + mark + json.dumps(said).encode() + b"\n\n"


async def _turn(kind: str, vendor: FakeVendor, meter: MemoryMeter) -> TurnEnd:
    setup = ProviderSetup(
        name=ProviderName("v"),
        kind=kind,
        clock=StillClock(),
        meter=meter,
        api_key="sk-secret-canary",
        base_url=vendor.url_for(kind),
    )
    provider = load_factory(kind)(setup)
    assert isinstance(provider, ModelProvider)
    try:
        end = await provider.turn(
            TurnRequest(
                purpose=purpose(model=MODEL_BY_KIND[kind]),
                transcript=Transcript(system="s", entries=(Told(text="t"),)),
                tools=TOOLS,
                max_tokens=100,
                deadline=timedelta(minutes=1),
            )
        )
    finally:
        await provider.aclose()
    assert isinstance(end, Answered | Setback)
    return end

"""What vendors can do wrong, against the real SDKs."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

import httpx2
import pytest

from tests import vendors
from tests.meters import MemoryMeter, StillClock, purpose
from tests.vendors import FakeVendor, Stop
from watchbill.domain.calls import Bound, CallState, Purpose
from watchbill.domain.errors import AtRest, StateError, StoppedModel
from watchbill.domain.ids import CallId, ProviderName
from watchbill.domain.outcomes import Answered, Scope, Setback, SetbackKind, TurnEnd
from watchbill.domain.ports import ModelProvider, TurnRequest
from watchbill.domain.tools import TOOLS
from watchbill.domain.transcript import Reply, Told, Transcript
from watchbill.providers import turns
from watchbill.providers.oracle.signal import BETWEEN_US
from watchbill.providers.registry import load_factory
from watchbill.providers.setup import ProviderSetup
from watchbill.providers.turns import signal_of

pytestmark = [pytest.mark.anyio, pytest.mark.vendors]

KINDS = {"anthropic": "claude-sonnet-5-5", "openai": "gpt-6.1-sol", "openai-chat": "gpt-6.1-sol"}
KEY = "sk-canary-0123456789"


@pytest.fixture(params=list(KINDS))
def kind(request: pytest.FixtureRequest) -> str:
    return request.param


def setup(kind: str, meter: MemoryMeter) -> ProviderSetup:
    return ProviderSetup(name=ProviderName("v"), kind=kind, clock=StillClock(), meter=meter, api_key=KEY)


@asynccontextmanager
async def built(setup: ProviderSetup) -> AsyncIterator[ModelProvider]:
    provider = load_factory(setup.kind)(setup)
    assert isinstance(provider, ModelProvider)
    try:
        yield provider
    finally:
        await provider.aclose()


def ask(kind: str, *, model: str = "", deadline: float = 20) -> TurnRequest:
    return TurnRequest(
        purpose=purpose(model=model or KINDS[kind]),
        transcript=Transcript(system="S", entries=(Told(text="Write."),)),
        tools=TOOLS,
        max_tokens=1_000,
        deadline=timedelta(seconds=deadline),
    )


async def turn(kind: str, answer: vendors.Answer, meter: MemoryMeter) -> TurnEnd:
    with FakeVendor(lambda *_: answer) as fake:
        async with built(replace(setup(kind, meter), base_url=fake.url_for(kind))) as provider:
            end = await provider.turn(ask(kind))
        assert len(fake.calls) == 1
    return end


@pytest.mark.parametrize(
    "fault",
    [
        vendors.html(),
        vendors.wrong_json(),
        vendors.reset(),
        vendors.Fault(raw=b"", content_type="text/event-stream"),
        vendors.Fault(raw=b'{"type": "message"}'),
        vendors.Fault(raw=b"data: 7\n\ndata: []\n\n", content_type="text/event-stream"),
        *[vendors.cut(after, clean=clean) for after in (0, 1, 4, 6) for clean in (True, False)],
    ],
    ids=str,
)
async def test_what_is_not_a_whole_answer_is_the_networks_and_stays_charged(kind: str, fault: vendors.Fault) -> None:
    meter = MemoryMeter()

    end = await turn(kind, fault, meter)

    assert isinstance(end, Setback)
    assert end.kind is SetbackKind.NETWORK
    assert meter.states == [CallState.UNKNOWN]


@pytest.mark.parametrize(
    ("code", "expected"),
    [("overloaded_error", SetbackKind.OVERLOADED), ("insufficient_quota", SetbackKind.CREDIT_EXHAUSTED)],
)
async def test_an_error_inside_a_stream_is_typed_and_stays_charged(kind: str, code: str, expected: SetbackKind) -> None:
    meter = MemoryMeter()

    end = await turn(kind, vendors.error_in_stream(code), meter)

    assert isinstance(end, Setback)
    assert end.kind is expected
    assert meter.states == [CallState.UNKNOWN]


@pytest.mark.parametrize("fault", [vendors.stall(), vendors.drip(0.02)], ids=["stall", "drip"])
async def test_the_deadline_holds_however_the_bytes_come(kind: str, fault: vendors.Fault) -> None:
    meter = MemoryMeter()
    answers = iter([Stop(reason="refusal"), fault])
    with FakeVendor(lambda *_: next(answers)) as fake:
        async with built(replace(setup(kind, meter), base_url=fake.url_for(kind))) as provider:
            await provider.turn(ask(kind))  # the first call of a process loads half an SDK, whatever the deadline
            end = await provider.turn(ask(kind, deadline=1))

    assert isinstance(end, Setback)
    assert end.kind is SetbackKind.NETWORK
    assert "0:00:01" in end.message
    assert meter.states[1:] == [CallState.UNKNOWN]


async def test_nobody_there_costs_nothing(kind: str) -> None:
    meter = MemoryMeter()
    async with built(replace(setup(kind, meter), base_url="http://127.0.0.1:1")) as provider:
        end = await provider.turn(ask(kind))
        probe = await provider.probe()

    assert isinstance(end, Setback)
    assert end.kind is SetbackKind.NETWORK
    assert meter.states == [CallState.RELEASED]
    assert not probe.well


async def test_a_refusal_is_billed_and_counts(kind: str) -> None:
    end = await turn(kind, Stop(reason="refusal"), MemoryMeter())

    assert isinstance(end, Setback)
    assert end.kind is SetbackKind.REFUSED
    assert end.settlement is not None


async def test_a_model_without_a_price_is_not_asked(kind: str) -> None:
    meter = MemoryMeter()
    with FakeVendor(lambda *_: ["unused"]) as fake:
        async with built(replace(setup(kind, meter), base_url=fake.url_for(kind))) as provider:
            end = await provider.turn(ask(kind, model="unheard-of-7"))
        assert not fake.calls

    assert isinstance(end, Setback)
    assert end.kind is SetbackKind.UNPRICED
    assert not meter.calls


async def test_a_stopped_model_is_a_setback_of_that_model_alone(kind: str) -> None:
    meter = MemoryMeter()

    async def stopped(_purpose: Purpose, _bound: Bound) -> CallId:
        raise StoppedModel("call-1 cost more than its bound")

    meter.reserve = stopped

    async with built(replace(setup(kind, meter), base_url="http://127.0.0.1:1")) as provider:
        end = await provider.turn(ask(kind))

    assert isinstance(end, Setback)
    assert (end.kind, end.scope) == (SetbackKind.MODEL_STOPPED, Scope.MODEL)
    assert "call-1" in end.message


async def test_an_account_at_rest_is_not_asked_and_that_is_no_new_limit(kind: str) -> None:
    meter, until = MemoryMeter(), StillClock().now() + timedelta(hours=1)

    async def barred(_purpose: Purpose, _bound: Bound) -> CallId:
        raise AtRest("v", kind="exhausted", why="weekly limit", until=until)

    meter.reserve = barred
    async with built(replace(setup(kind, meter), base_url="http://127.0.0.1:1")) as provider:
        end = await provider.turn(ask(kind))

    assert isinstance(end, Setback)
    assert (end.kind, end.until, end.resting) == (SetbackKind.EXHAUSTED, until, True)
    assert end.message == "v rests: weekly limit"


async def test_a_fault_of_the_ledger_is_no_setback(kind: str) -> None:
    meter = MemoryMeter()

    async def broken(purpose: Purpose, _bound: Bound) -> CallId:
        raise StateError(f"disk full at {purpose.run}")

    meter.reserve = broken
    async with built(replace(setup(kind, meter), base_url="http://127.0.0.1:1")) as provider:
        with pytest.raises(StateError):
            await provider.turn(ask(kind))


async def test_a_fault_of_ours_before_anything_was_tried_is_no_setback(kind: str) -> None:
    torn = Reply(text="x", vendor=kind, model=KINDS[kind], native="{torn")
    request = ask(kind)
    async with built(setup(kind, MemoryMeter())) as provider:
        with pytest.raises(ValueError, match="JSON"):
            await provider.turn(replace(request, transcript=request.transcript.plus(torn)))


async def test_the_key_is_in_no_message(kind: str) -> None:
    end = await turn(kind, replace(vendors.unauthorized(), message=f"the key {KEY} is wrong"), MemoryMeter())

    assert isinstance(end, Setback)
    assert end.message == "the key [key] is wrong"


async def test_a_probe_tells_the_models_or_why_not(kind: str) -> None:
    with FakeVendor(lambda *_: []) as fake:
        async with built(replace(setup(kind, MemoryMeter()), base_url=fake.url_for(kind))) as provider:
            well = await provider.probe()
        async with built(replace(setup(kind, MemoryMeter()), base_url=f"{fake.anthropic_url}/elsewhere")) as provider:
            ill = await provider.probe()

    assert well.well
    assert well.models == ("fake-1", "fake-2")
    assert not ill.well
    assert "no such path" in ill.message


async def test_a_probe_does_not_wait_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "PROBE_WITHIN", 0.05)
    with FakeVendor(lambda *_: [], mute=True) as fake:
        async with built(replace(setup("anthropic", MemoryMeter()), base_url=fake.anthropic_url)) as provider:
            probe = await provider.probe()

    assert not probe.well
    assert probe.message.startswith("no answer within")


@pytest.mark.filterwarnings("ignore::pydantic_ai.models.anthropic.AnthropicStaleThinkingBlockWarning")
async def test_a_second_request_inside_one_turn_is_a_second_call() -> None:
    """The library recovers from a stale thinking block by asking again, unasked."""
    words = "messages.1: The block is bound to a different conversation"
    stale = vendors.Fault(status=400, code="invalid_request_error", message=words)
    answers: list[vendors.Answer] = [stale, ["Recovered."]]
    meter = MemoryMeter()
    with FakeVendor(lambda *_: answers.pop(0)) as fake:
        async with built(replace(setup("anthropic", meter), base_url=fake.anthropic_url)) as provider:
            end = await provider.turn(ask("anthropic"))
        assert [entry.status for entry in fake.calls] == [400, 200]

    assert isinstance(end, Answered)
    assert end.call == list(meter.calls)[1]
    assert meter.states == [CallState.SETTLED, CallState.SENT]


class Vendor(httpx2.AsyncBaseTransport):
    """Stands in for the vendor's own address: keeps what would be sent, and answers as told."""

    def __init__(self, answer: Callable[[httpx2.Request], httpx2.Response] | None = None) -> None:
        self.answer = answer or (lambda _request: httpx2.Response(503, json={}))
        self.seen: list[httpx2.Request] = []

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        self.seen.append(request)
        return self.answer(request)


OWN = {
    "anthropic": ("https://api.anthropic.com/v1/messages", "standard_only"),
    "openai": ("https://api.openai.com/v1/responses", "default"),
    "openai-chat": ("https://api.openai.com/v1/chat/completions", "default"),
}


async def test_at_the_vendors_own_address_the_tier_is_pinned(kind: str) -> None:
    vendor = Vendor()
    async with built(replace(setup(kind, MemoryMeter()), transport=vendor)) as provider:
        await provider.turn(ask(kind))

    (request,) = vendor.seen
    assert (str(request.url).split("?", maxsplit=1)[0], json.loads(request.content)["service_tier"]) == OWN[kind]


async def test_the_environment_moves_neither_address_nor_proxy(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ANTHROPIC_BASE_URL", "OPENAI_BASE_URL", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    for name in ("ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_API_KEY", "OPENAI_API_KEY", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID"):
        monkeypatch.setenv(name, "other-secret")
    for name in ("ANTHROPIC_CUSTOM_HEADERS", "OPENAI_CUSTOM_HEADERS"):
        monkeypatch.setenv(name, "x-mine: other-secret")
    vendor = Vendor()
    async with built(replace(setup(kind, MemoryMeter()), transport=vendor)) as provider:
        await provider.turn(ask(kind))

    (request,) = vendor.seen
    assert str(request.url).startswith(OWN[kind][0])
    assert KEY in str(request.headers.raw)
    assert "other-secret" not in str(request.headers.raw)


async def test_an_answer_without_usage_is_booked_at_its_bound() -> None:
    lines = [
        {"choices": [{"index": 0, "delta": {"content": "Hello."}, "finish_reason": None}]},
        {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]},
    ]
    frame = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "gpt-6.1-sol"}
    body = "".join(f"data: {json.dumps({**frame, **line})}\n\n" for line in lines) + "data: [DONE]\n\n"
    answer = httpx2.Response(200, headers={"content-type": "text/event-stream"}, text=body)
    meter = MemoryMeter()
    async with built(replace(setup("openai-chat", meter), transport=Vendor(lambda _request: answer))) as provider:
        end = await provider.turn(ask("openai-chat"))

    assert isinstance(end, Answered)
    assert end.settlement.cost == meter.calls[end.call].bound.cost
    assert "no usage was reported" in end.settlement.price_source


def test_an_exception_of_nobodys_is_a_signal_of_the_network() -> None:
    signal = signal_of(KeyError("choices"), "gpt-6.1-sol", StillClock().now())

    assert signal.channel == BETWEEN_US
    assert "KeyError" in str(signal.body)

"""The vendors' adapters against servers that others wrote: aimock from npm, and a real model served by xllamacpp."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from tests import aimock, smollm
from tests.aimock import AiMock
from tests.meters import MemoryMeter, StillClock, purpose
from tests.smollm import SmolLM
from watchbill.domain.calls import CallState
from watchbill.domain.ids import ProviderName
from watchbill.domain.outcomes import Answered, Setback, SetbackKind
from watchbill.domain.ports import ModelProvider, TurnRequest
from watchbill.domain.tools import TOOLS
from watchbill.domain.transcript import Reply, Told, ToolResult, Transcript
from watchbill.providers.registry import load_factory
from watchbill.providers.setup import ProviderSetup

pytestmark = [pytest.mark.anyio, pytest.mark.vendors]

MODEL_BY_KIND = {"anthropic": "claude-sonnet-5-5", "openai": "gpt-6.1-sol", "openai-chat": "gpt-6.1-sol"}
FIXTURES = [
    {
        "match": {"userMessage": "Slow down"},
        "response": {"error": {"message": "slow", "type": "rate_limit_error"}, "status": 429},
    },
    {
        "match": {"userMessage": "Log in"},
        "response": {"error": {"message": "no", "type": "authentication_error"}, "status": 401},
    },
    {"match": {"userMessage": "Cut"}, "response": {"content": "many words " * 40}, "truncateAfterChunks": 4},
    {"match": {"toolCallId": "read-1"}, "response": {"content": "It says hello."}},
    {
        "match": {"userMessage": "Write"},
        "response": {"toolCalls": [{"id": "read-1", "name": "read_file", "arguments": {"path": "a.txt"}}]},
    },
]


@pytest.fixture(params=list(MODEL_BY_KIND))
def kind(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="module")
def mock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AiMock]:
    with aimock.serve(FIXTURES, tmp_path_factory.mktemp("aimock")) as running:
        yield running


@pytest.fixture(scope="module")
def model() -> Iterator[SmolLM]:
    with smollm.serve() as running:
        yield running


@asynccontextmanager
async def provider(kind: str, server: AiMock | SmolLM, meter: MemoryMeter) -> AsyncIterator[ModelProvider]:
    setup = ProviderSetup(
        name=ProviderName("v"),
        kind=kind,
        clock=StillClock(),
        meter=meter,
        base_url=server.anthropic_url if kind == "anthropic" else server.openai_url,
        prices={smollm.MODEL: smollm.FREE},
    )
    made = load_factory(kind)(setup)
    assert isinstance(made, ModelProvider)
    try:
        yield made
    finally:
        await made.aclose()


def ask(model: str, *entries: Told | Reply | ToolResult, max_tokens: int = 500) -> TurnRequest:
    return TurnRequest(
        purpose=purpose(model=model),
        transcript=Transcript(system="You mend grammar.", entries=entries),
        tools=TOOLS,
        max_tokens=max_tokens,
        deadline=timedelta(seconds=60),
    )


async def test_aimock_hears_a_tool_talk_to_its_end(kind: str, mock: AiMock) -> None:
    meter, name = MemoryMeter(), MODEL_BY_KIND[kind]
    before = len(mock.journal())
    async with provider(kind, mock, meter) as made:
        one = await made.turn(ask(name, Told(text="Write")))
        assert isinstance(one, Answered)
        (call,) = one.reply.tool_calls
        result = ToolResult(id=call.id, name=call.name, content="hello")
        two = await made.turn(ask(name, Told(text="Write"), one.reply, result))

    assert isinstance(two, Answered)
    assert two.reply.text == "It says hello."
    assert len(mock.journal()) - before == len(meter.calls) == 2


@pytest.mark.parametrize(
    ("told", "expected", "state"),
    [
        ("Slow down", SetbackKind.THROTTLED, CallState.SETTLED),
        ("Log in", SetbackKind.AUTH_FAILED, CallState.SETTLED),
        ("Cut", SetbackKind.NETWORK, CallState.UNKNOWN),
    ],
)
async def test_aimocks_faults_are_typed_and_sent_once(
    kind: str, mock: AiMock, told: str, expected: SetbackKind, state: CallState
) -> None:
    meter, before = MemoryMeter(), len(mock.journal())
    async with provider(kind, mock, meter) as made:
        end = await made.turn(ask(MODEL_BY_KIND[kind], Told(text=told)))

    assert isinstance(end, Setback)
    assert end.kind is expected
    assert meter.states == [state]
    assert len(mock.journal()) - before == 1


async def test_a_real_model_answers_over_every_wire(kind: str, model: SmolLM) -> None:
    meter = MemoryMeter()
    told = Told(text="Say one short sentence about the sea.")
    async with provider(kind, model, meter) as made:
        probe = await made.probe()
        end = await made.turn(ask(smollm.MODEL, told, max_tokens=120))

    assert probe.well
    assert isinstance(end, Answered) or end.kind is SetbackKind.TRUNCATED
    assert end.settlement is not None
    assert end.settlement.cost == 0
    assert end.settlement.usage.tokens_out > 0

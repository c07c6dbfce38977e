"""One suite that every ModelProvider passes: the scripted double, and each vendor's real SDK against a fake vendor, which for a
local model is behind the socket of a stand-in for its worker."""

import asyncio
import json
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from tests import vendors
from tests.meters import MIDNIGHT, NEVER, MemoryMeter, StillClock, purpose
from tests.standins import StandIns
from tests.vendors import FakeVendor, Stop, Use
from watchbill.domain.calls import CallState, Usage
from watchbill.domain.ids import ProviderName
from watchbill.domain.outcomes import Answered, Scope, Setback, SetbackKind
from watchbill.domain.ports import ModelProvider, TurnRequest
from watchbill.domain.tools import TOOLS
from watchbill.domain.transcript import Reply, Told, ToolCall, ToolResult, Transcript, dump, load
from watchbill.providers import scripted
from watchbill.providers.pricing import Pricing
from watchbill.providers.rates import Rates
from watchbill.providers.registry import load_factory
from watchbill.providers.scripted import ScriptedProvider
from watchbill.providers.setup import ProviderSetup

pytestmark = [pytest.mark.anyio, pytest.mark.vendors]

RATES = Rates(input=Decimal(3), output=Decimal(15), cache_write=Decimal("3.75"), cache_read=Decimal("0.3"))
MODEL_BY_KIND = {
    "anthropic": "claude-sonnet-5-5",
    "openai": "gpt-6.1-sol",
    "openai-chat": "gpt-6.1-sol",
    "local-model": "m",
    "scripted": "s-1",
}
SOON = timedelta(seconds=60)


@dataclass
class Bench:
    """A provider, what it spends, and how to make its next answers."""

    kind: str
    provider: ModelProvider
    meter: MemoryMeter
    fake: FakeVendor | None
    model: str

    @property
    def sent(self) -> int:
        """Requests that a vendor would have seen."""
        if self.fake is None:
            return len(self.meter.calls)
        return len(self.fake.calls)


def said(*answers: vendors.Answer) -> vendors.Decide:
    """Answer by turn: by how often an assistant has spoken already."""

    def decide(_vendor: str, _model: str, heard: tuple[vendors.Heard, ...]) -> vendors.Answer:
        turn, after_user = 0, True
        for message in heard:
            turn += message.role == "assistant" and after_user
            after_user = message.role != "assistant"
        return answers[min(turn, len(answers) - 1)]

    return decide


def scripted_step(answer: vendors.Answer) -> scripted.Step:
    match answer:
        case vendors.Fault(status=429, code="rate_limit_error"):
            return scripted.Fail(kind=SetbackKind.THROTTLED, until=timedelta(seconds=7))
        case vendors.Fault(stall=True):
            return scripted.say("never", takes=NEVER)
        case vendors.Fault(status=200):
            return scripted.Cut()
        case vendors.Fault(status=status):
            kinds = {401: SetbackKind.AUTH_FAILED, 400: SetbackKind.CONTEXT_TOO_LONG, 529: SetbackKind.OVERLOADED}
            return scripted.Fail(kind=kinds[status])
        case Stop():
            return scripted.Useless()
        case _:
            text = "".join(part for part in answer if isinstance(part, str))
            return scripted.say(
                text, *(scripted.use(part.tool, **part.args) for part in answer if isinstance(part, Use))
            )


@pytest.fixture(params=["scripted", "anthropic", "openai", "openai-chat", "local-model"])
def kind(request: pytest.FixtureRequest) -> str:
    return request.param


@asynccontextmanager
async def bench(kind: str, *answers: vendors.Answer, left: int = 10_000_000_000) -> AsyncIterator[Bench]:
    meter, clock, model = MemoryMeter(left), StillClock(), MODEL_BY_KIND[kind]
    if kind == "scripted":
        steps = [scripted_step(answer) for answer in answers]

        def script(scene: scripted.Scene) -> scripted.Step:
            return steps[min(scene.turn, len(steps) - 1)]

        made = ScriptedProvider(name=ProviderName("s"), script=script, meter=meter, clock=clock, rates=RATES)
        yield Bench(kind, made, meter, None, model)
        return
    with FakeVendor(said(*answers)) as fake, tempfile.TemporaryDirectory() as folder:
        setup = ProviderSetup(
            name=ProviderName("v"),
            kind=kind,
            clock=clock,
            meter=meter,
            api_key="sk-secret-canary",
            base_url=fake.url_for(kind),
        )
        if kind == "local-model":
            worker = StandIns(Path(folder), port=fake.port).setup(model=model)
            setup = replace(setup, base_url=None, prices={model: RATES}, worker=worker)
        provider = load_factory(kind)(setup)
        assert isinstance(provider, ModelProvider)
        try:
            yield Bench(kind, provider, meter, fake, model)
        finally:
            await provider.aclose()


def ask(model: str, *entries: Told | Reply | ToolResult, deadline: timedelta = SOON) -> TurnRequest:
    transcript = Transcript(system="You write.", entries=entries or (Told(text="Write."),))
    return TurnRequest(
        purpose=purpose(model=model), transcript=transcript, tools=TOOLS, max_tokens=1_000, deadline=deadline
    )


async def test_an_answer_brings_its_text_its_calls_and_its_price(kind: str) -> None:
    async with bench(kind, ["Reading it.", Use("read_file", {"path": "a.txt"})]) as b:
        end = await b.provider.turn(ask(b.model))

    assert isinstance(end, Answered)
    assert end.reply.text == "Reading it."
    assert [(call.name, dict(call.args)) for call in end.reply.tool_calls] == [("read_file", {"path": "a.txt"})]
    assert 0 < end.settlement.cost <= b.meter.calls[end.call].bound.cost
    assert end.settlement.usage.tokens_in > 0


async def test_an_answered_call_stays_sent_until_its_reply_is_stored(kind: str) -> None:
    async with bench(kind, ["Done."]) as b:
        await b.provider.turn(ask(b.model))

    assert b.meter.states == [CallState.SENT]


async def test_tool_results_go_back_and_the_talk_goes_on(kind: str) -> None:
    async with bench(kind, [Use("read_file", {"path": "a.txt"})], ["It says hello."]) as b:
        one = await b.provider.turn(ask(b.model))
        assert isinstance(one, Answered)
        (call,) = one.reply.tool_calls
        result = ToolResult(id=call.id, name=call.name, content="hello")
        two = await b.provider.turn(ask(b.model, Told(text="Write."), one.reply, result))

    assert isinstance(two, Answered)
    assert two.reply.text == "It says hello."


async def test_another_providers_session_is_continued(kind: str) -> None:
    foreign = Reply(
        text="I look.",
        tool_calls=(ToolCall(id="call:7|weird/" * 9, name="read_file", args={"path": "a.txt"}),),
        vendor="elsewhere",
        model="other",
        native='{"thinking": "theirs"}',
    )
    result = ToolResult(id=foreign.tool_calls[0].id, name="read_file", content="refused: outside", refused=True)
    async with bench(kind, ["unused"], ["Going on."]) as b:
        end = await b.provider.turn(ask(b.model, Told(text="Write."), foreign, result))

    assert isinstance(end, Answered)
    assert end.reply.text == "Going on."


async def test_a_throttled_call_costs_nothing_and_says_until_when(kind: str) -> None:
    async with bench(kind, vendors.throttled(7)) as b:
        end = await b.provider.turn(ask(b.model))

    assert isinstance(end, Setback)
    assert (end.kind, end.until) == (SetbackKind.THROTTLED, MIDNIGHT + timedelta(seconds=7))
    assert b.meter.states == [CallState.SETTLED]


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (vendors.overloaded(), SetbackKind.OVERLOADED),
        (vendors.unauthorized(), SetbackKind.AUTH_FAILED),
        (vendors.too_long(), SetbackKind.CONTEXT_TOO_LONG),
    ],
)
async def test_a_complete_refusal_is_typed_and_costs_nothing(
    kind: str, fault: vendors.Fault, expected: SetbackKind
) -> None:
    async with bench(kind, fault) as b:
        end = await b.provider.turn(ask(b.model))

    assert isinstance(end, Setback)
    assert end.kind is expected
    assert b.meter.states == [CallState.SETTLED]
    assert b.sent == 1


async def test_a_cut_stream_is_a_network_setback_that_stays_charged(kind: str) -> None:
    async with bench(kind, vendors.cut()) as b:
        end = await b.provider.turn(ask(b.model))

    assert isinstance(end, Setback)
    assert end.kind is SetbackKind.NETWORK
    assert b.meter.states == [CallState.UNKNOWN]
    assert b.sent == 1


async def test_a_truncated_answer_counts_and_carries_its_price(kind: str) -> None:
    async with bench(kind, Stop(reason="max_tokens")) as b:
        end = await b.provider.turn(ask(b.model))

    assert isinstance(end, Setback)
    assert (end.kind, end.scope) == (SetbackKind.TRUNCATED, Scope.REQUEST)
    assert end.call in b.meter.calls
    assert end.settlement is not None
    assert end.settlement.cost > 0


async def test_what_does_not_fit_the_budget_is_not_sent(kind: str) -> None:
    async with bench(kind, ["unused"], left=1) as b:
        end = await b.provider.turn(ask(b.model))

    assert isinstance(end, Setback)
    assert (end.kind, end.window) == (SetbackKind.OVER_BUDGET, "day:2026-11-24")
    assert b.sent == 0


async def test_one_reservation_buys_one_send(kind: str) -> None:
    async with bench(kind, ["One."], ["Two."]) as b:
        one = await b.provider.turn(ask(b.model))
        assert isinstance(one, Answered)
        await b.provider.turn(ask(b.model, Told(text="Write."), one.reply, Told(text="On.")))

    assert len(b.meter.calls) == b.sent == 2


@pytest.mark.parametrize("vendor", ["anthropic", "openai", "openai-chat"])
@pytest.mark.parametrize(
    "answer",
    [
        ["Done."],
        ["x" * 3_000, Use("check", {})],
        Stop(reason="max_tokens"),
        vendors.cut(),
        vendors.cut(clean=True),
        vendors.reset(),
        vendors.html(),
        vendors.throttled(),
        vendors.error_in_stream(),
    ],
    ids=str,
)
async def test_what_is_recorded_is_never_less_than_what_was_billed(vendor: str, answer: vendors.Answer) -> None:
    async with bench(vendor, answer) as b:
        assert b.fake is not None
        end = await b.provider.turn(ask(b.model))
        (entry,) = b.fake.calls

    (call,) = b.meter.calls.values()
    billed = Usage(tokens_in=entry.tokens_in, tokens_out=entry.tokens_out)
    cost, _ = Pricing(vendor=vendor.removesuffix("-chat")).price(b.model, billed, terms={}, at=MIDNIGHT)
    recorded = {CallState.SETTLED: 0, CallState.UNKNOWN: call.bound.cost}.get(call.state)
    if recorded is None:
        assert end.settlement is not None
        recorded = end.settlement.cost
    assert cost <= recorded <= call.bound.cost


@pytest.mark.parametrize(
    ("first", "second"), [("anthropic", "openai"), ("openai", "anthropic"), ("openai-chat", "anthropic")]
)
async def test_one_vendor_carries_on_what_another_began_and_was_cut_off_in(first: str, second: str) -> None:
    async with bench(first, [Use("read_file", {"path": "a.txt"})], vendors.cut()) as b:
        one = await b.provider.turn(ask(b.model))
        assert isinstance(one, Answered)
        (call,) = one.reply.tool_calls
        talk = (Told(text="Write."), one.reply, ToolResult(id=call.id, name=call.name, content="hello"))
        assert isinstance(await b.provider.turn(ask(b.model, *talk)), Setback)
    stored = load(json.loads(json.dumps(dump(Transcript(entries=talk)))))

    async with bench(second, ["unused"], ["Going on."]) as b:
        assert b.fake is not None
        end = await b.provider.turn(ask(b.model, *stored.entries, Told(text="You take over.")))
        (entry,) = b.fake.calls

    assert isinstance(end, Answered)
    assert end.reply.text == "Going on."
    heard = vendors.hear(second, entry.fields)
    assert [(each.role, each.tools) for each in heard if each.role == "assistant"] == [("assistant", ("read_file",))]
    assert [each.text for each in heard if each.role == "tool"] == ["hello"]


async def test_a_probe_costs_nothing(kind: str) -> None:
    async with bench(kind, ["unused"]) as b:
        probe = await b.provider.probe()

    assert probe.well
    assert b.sent == 0
    assert not b.meter.calls


async def test_a_cancelled_turn_leaves_no_call_open(kind: str) -> None:
    async with bench(kind, vendors.stall()) as b:
        task = asyncio.ensure_future(b.provider.turn(ask(b.model)))
        await asyncio.wait_for(b.meter.any_sent.wait(), 20)
        task.cancel()
        await asyncio.wait([task])

    assert task.cancelled()
    assert b.meter.states == [CallState.UNKNOWN]

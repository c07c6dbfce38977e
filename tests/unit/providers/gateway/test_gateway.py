import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from tests import vendors
from tests.examples import examples
from tests.meters import MIDNIGHT, MemoryMeter, StillClock, purpose
from tests.vendors import FakeVendor, Fault, Stop, Use
from watchbill.daemon.gatehouse import Gatehouse
from watchbill.domain.calls import CallState, Usage
from watchbill.domain.errors import LeaseLost
from watchbill.domain.outcomes import LimitWindow, SetbackKind
from watchbill.providers.gateway.passes import House, Pass
from watchbill.providers.gateway.wires import OUTPUT_TOKENS, Shape
from watchbill.providers.pricing import Pricing
from watchbill.providers.setup import Pacer

pytestmark = [pytest.mark.anyio, pytest.mark.vendors]

SECRET = "sk-secret-canary"
MODEL = {"anthropic": "claude-sonnet-5-5", "openai": "gpt-6.1-sol", "openai-chat": "gpt-6.1-sol"}
PATH = {"anthropic": "/v1/messages", "openai": "/v1/responses", "openai-chat": "/v1/chat/completions"}
KINDS = tuple(MODEL)


@dataclass
class Agent:
    """What stands for an agent's client: it knows the gateway's address and its token."""

    kind: str
    door: Pass
    http: httpx2.AsyncClient
    meter: MemoryMeter
    fake: FakeVendor

    async def ask(self, *, token: str | None = None, **changes: Any) -> httpx2.Response:
        return await self.http.post(
            self.door.url + PATH[self.kind], json=self.body(**changes), headers=self.headers(token)
        )

    def headers(self, token: str | None = None) -> dict[str, str]:
        token = token or self.door.token
        if self.kind == "anthropic":
            return {"x-api-key": token, "anthropic-version": "2023-06-01"}
        return {"authorization": f"Bearer {token}"}

    def body(self, **changes: Any) -> dict[str, Any]:
        told = {"role": "user", "content": "Write."}
        asked = {"input": [told]} if self.kind == "openai" else {"messages": [told]}
        body = {"model": MODEL[self.kind], "max_tokens": 1_000, "stream": True, **asked, **changes}
        return {word: value for word, value in body.items() if value is not ...}


@asynccontextmanager
async def agent(
    kind: str,
    *answers: vendors.Answer,
    left: int = 10_000_000_000,
    held: Callable[[], bool] = lambda: False,
    pacer: Pacer | None = None,
) -> AsyncIterator[Agent]:
    meter, clock, waiting = MemoryMeter(left), StillClock(), list(answers)

    async def is_held(_window: str) -> bool:
        return held()

    def decide(*_: object) -> vendors.Answer:
        return waiting.pop(0) if len(waiting) > 1 else waiting[0]

    gatehouse = Gatehouse(meter=meter, clock=clock, silence=timedelta(seconds=20), is_held=is_held)
    shape = Shape.ANTHROPIC if kind == "anthropic" else Shape.OPENAI
    with FakeVendor(decide) as fake:
        async with httpx2.AsyncClient(trust_env=False) as upstream, httpx2.AsyncClient(trust_env=False) as http:
            house = House(
                shape=shape,
                base_url=fake.url_for(kind),
                api_key=SECRET,
                models=(MODEL[kind],),
                pricing=Pricing(vendor=shape),
                http=upstream,
                pacer=pacer,
            )
            try:
                async with gatehouse.admit(purpose(model=MODEL[kind]), house) as door:
                    yield Agent(kind, door, http, meter, fake)
            finally:
                await gatehouse.aclose()


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return request.param


async def test_an_answer_passes_through_unchanged_and_is_booked_at_its_price(kind: str) -> None:
    async with agent(kind, ["Reading it.", Use("read_file", {"path": "a.txt"})]) as a:
        answer = await a.ask()
        (entry,) = a.fake.calls

    (call,) = a.meter.calls.values()
    assert answer.status_code == 200
    assert "Reading it" in answer.text
    assert "read_file" in answer.text
    assert call.state is CallState.SETTLED
    assert call.settlement is not None
    assert (call.settlement.usage.tokens_in, call.settlement.usage.tokens_out) == (entry.tokens_in, entry.tokens_out)
    assert 0 < call.settlement.cost <= call.bound.cost
    assert a.door.answered == 1


async def test_the_vendor_sees_the_key_and_the_agent_never_does(kind: str) -> None:
    async with agent(kind, ["Done."]) as a:
        answer = await a.ask()
        (entry,) = a.fake.calls

    shown = entry.headers.get("x-api-key") or entry.headers["authorization"]
    assert shown.removeprefix("Bearer ") == SECRET
    assert a.door.token not in str(entry.headers)
    assert SECRET not in answer.text + str(answer.headers)


async def test_a_call_is_booked_before_the_agent_hears_its_end(kind: str) -> None:
    async with agent(kind, ["Done."]) as a:
        request = a.http.build_request("POST", a.door.url + PATH[kind], json=a.body(), headers=a.headers())
        answer = await a.http.send(request, stream=True)
        heard = b""
        async for part in answer.aiter_raw():
            heard += part
            if b"message_stop" in heard or b"response.completed" in heard or b"[DONE]" in heard:
                break

        assert a.meter.states == [CallState.SETTLED]
        await answer.aclose()


async def test_a_request_without_a_maximum_is_sent_with_the_bounds(kind: str) -> None:
    async with agent(kind, ["Done."]) as a:
        await a.ask(max_tokens=...)
        (entry,) = a.fake.calls

    (call,) = a.meter.calls.values()
    assert OUTPUT_TOKENS in entry.fields.values()
    assert call.bound.tokens_out == OUTPUT_TOKENS
    assert call.bound.tokens_in >= len(entry.body)


async def test_what_does_not_fit_the_budget_is_refused_in_the_vendors_words_and_for_good(kind: str) -> None:
    async with agent(kind, ["unused"], left=1) as a:
        first, second = await a.ask(), await a.ask()
        sent = a.fake.calls

    error = first.json()["error"]
    assert (first.status_code, error["type"]) == {
        "anthropic": (402, "billing_error"),
        "openai": (429, "insufficient_quota"),
        "openai-chat": (429, "insufficient_quota"),
    }[kind]
    assert second.status_code == first.status_code
    assert not sent
    assert a.door.stopped is not None
    assert (a.door.stopped.kind, a.door.stopped.window) == (SetbackKind.OVER_BUDGET, "day:2026-11-24")


async def test_money_that_others_hold_is_waited_for_and_that_is_no_silence() -> None:
    freed, busy = False, []

    def held() -> bool:
        nonlocal freed
        busy.append(a.door.is_busy)
        was, freed = freed, True
        a.meter.left = 10_000_000_000
        return not was

    async with agent("openai", ["Done."], left=1, held=held) as a:
        answer = await a.ask()

        assert not a.door.is_busy
    assert (answer.status_code, busy) == (200, [True])
    assert a.meter.states == [CallState.SETTLED]


async def test_an_http_error_reaches_the_agent_and_costs_nothing(kind: str) -> None:
    async with agent(kind, vendors.throttled(7)) as a:
        answer = await a.ask()

    assert (answer.status_code, answer.headers["retry-after"]) == (429, "7")
    assert a.meter.states == [CallState.SETTLED]
    assert a.door.setback is not None
    assert (a.door.setback.kind, a.door.setback.until) == (SetbackKind.THROTTLED, MIDNIGHT + timedelta(seconds=7))
    assert a.door.stopped is None


async def test_an_account_that_is_out_of_money_is_asked_no_more(kind: str) -> None:
    async with agent(kind, vendors.no_credit()) as a:
        await a.ask()
        again = await a.ask()
        sent = a.fake.calls

    assert again.status_code in (402, 429)
    assert len(sent) == 1
    assert a.door.stopped is not None
    assert a.door.stopped.kind is SetbackKind.CREDIT_EXHAUSTED


async def test_an_answer_after_a_limit_makes_the_limit_history(kind: str) -> None:
    async with agent(kind, vendors.throttled(7), ["Done."]) as a:
        await a.ask()
        await a.ask()

    assert a.door.setback is None
    assert a.door.answered == 1


@pytest.mark.parametrize("fault", [vendors.cut(), vendors.cut(clean=True), vendors.reset(), vendors.html()], ids=str)
async def test_a_cut_answer_stays_charged_at_its_bound(kind: str, fault: vendors.Fault) -> None:
    async with agent(kind, fault) as a:
        with suppress(httpx2.HTTPError):  # a cut is passed on as a cut
            await a.ask()
        await closed(a)

    assert a.meter.states == [CallState.UNKNOWN]
    assert a.door.setback is not None
    assert a.door.setback.kind is SetbackKind.NETWORK


async def test_an_error_in_a_stream_is_judged_and_stays_charged(kind: str) -> None:
    async with agent(kind, vendors.error_in_stream()) as a:
        answer = await a.ask()
        await closed(a)

    assert "Overloaded" in answer.text
    assert a.meter.states == [CallState.UNKNOWN]
    assert a.door.setback is not None
    assert a.door.setback.kind is SetbackKind.OVERLOADED


async def test_an_agent_that_leaves_in_mid_answer_leaves_its_call_charged(kind: str) -> None:
    async with agent(kind, vendors.stall()) as a:
        asking = asyncio.create_task(a.ask())
        await asyncio.wait_for(a.meter.any_sent.wait(), 20)
        asking.cancel()
        await asyncio.wait([asking])

    assert a.meter.states == [CallState.UNKNOWN]


async def test_a_vendor_that_is_not_there_costs_nothing() -> None:
    async with agent("anthropic", ["unused"]) as a:
        a.door.house = replace(a.door.house, base_url="http://127.0.0.1:9")
        answer = await a.ask()

    assert answer.status_code == 502
    assert a.meter.states == [CallState.RELEASED]


@pytest.mark.parametrize("token", ["", "wrong", "ä"])
async def test_without_a_valid_token_nobody_gets_in(token: str) -> None:
    async with agent("anthropic", ["unused"]) as a:
        headers = {b"x-api-key": token.encode()}
        answer = await a.http.post(f"{a.door.url}/v1/messages", json=a.body(), headers=headers)

    assert answer.status_code == 401
    assert not a.meter.calls


async def test_a_token_ends_with_its_run() -> None:
    async with agent("anthropic", ["unused"]) as a:
        gatehouse = Gatehouse(meter=a.meter, clock=StillClock(), silence=timedelta(seconds=20), is_held=never)
        async with gatehouse.admit(purpose(), a.door.house) as door:
            pass
        async with gatehouse.admit(purpose(), a.door.house) as other:
            answer = await replace(a, door=other).ask(token=door.token)
        await gatehouse.aclose()

    assert answer.status_code == 401


async def test_a_run_asks_only_its_own_vendor_and_its_own_models() -> None:
    async with agent("anthropic", ["unused"]) as a:
        elsewhere = await replace(a, kind="openai").ask()
        foreign = await a.ask(model="claude-opus-5")

    assert (elsewhere.status_code, foreign.status_code) == (404, 404)
    assert not a.meter.calls


@pytest.mark.parametrize(
    "change",
    [
        {"tools": [{"type": "web_search_20260209", "name": "web_search"}]},
        {"mcp_servers": [{"url": "https://example.org"}]},
        {"messages": [{"role": "user", "content": [{"type": "image", "source": {"type": "url", "url": "x"}}]}]},
        {"n": 2},
        {"background": True},
    ],
    ids=str,
)
async def test_what_has_no_bound_in_its_bytes_is_not_sent(change: dict[str, Any]) -> None:
    async with agent("anthropic", ["unused"]) as a:
        answer = await a.ask(**change)

    assert answer.status_code == 400
    assert not a.meter.calls
    assert a.door.stopped is None


async def test_an_unpriced_model_stops_the_run() -> None:
    async with agent("anthropic", ["unused"]) as a:
        a.door.house = replace(a.door.house, models=("nobody-knows-1",))
        answer = await a.ask(model="nobody-knows-1")

    assert answer.status_code == 400
    assert a.door.stopped is not None
    assert a.door.stopped.kind is SetbackKind.UNPRICED


async def test_a_packed_body_is_refused() -> None:
    async with agent("anthropic", ["unused"]) as a:
        answer = await a.http.post(
            f"{a.door.url}/v1/messages", content=b"x", headers={**a.headers(), "content-encoding": "zstd"}
        )

    assert answer.status_code == 415


async def test_models_and_counts_cost_nothing(kind: str) -> None:
    async with agent(kind, ["unused"]) as a:
        listed = await a.http.get(f"{a.door.url}/v1/models", headers=a.headers())
        if kind == "anthropic":
            counted = await a.http.post(f"{a.door.url}/v1/messages/count_tokens", json=a.body(), headers=a.headers())
            assert counted.json()["input_tokens"] > 0

    assert [row["id"] for row in listed.json()["data"]] == [MODEL[kind]]
    assert not a.meter.calls


async def test_an_answer_in_one_piece_is_booked_too() -> None:
    async with agent("anthropic", vendors.Fault(raw=json.dumps(WHOLE).encode())) as a:
        answer = await a.ask(stream=False)

    (call,) = a.meter.calls.values()
    assert answer.json() == WHOLE
    assert call.settlement is not None
    assert call.settlement.usage.tokens_out == 7


@pytest.mark.parametrize(
    ("reason", "expected"), [("max_tokens", SetbackKind.TRUNCATED), ("refusal", SetbackKind.REFUSED)]
)
async def test_an_answer_of_no_use_is_booked_and_remembered(kind: str, reason: str, expected: SetbackKind) -> None:
    async with agent(kind, Stop(reason=reason)) as a:
        await a.ask()

    assert a.meter.states == [CallState.SETTLED]
    assert a.door.setback is not None
    assert a.door.setback.kind is expected


async def test_an_agent_that_goes_on_failing_is_stopped() -> None:
    async with agent("anthropic", vendors.overloaded()) as a:
        for _ in range(9):
            await a.ask()
        sent = a.fake.calls

    assert len(sent) == 4
    assert a.door.stopped is not None
    assert a.door.stopped.kind is SetbackKind.OVERLOADED


async def test_a_run_that_has_ended_makes_no_call_and_the_fault_is_kept() -> None:
    async with agent("anthropic", ["unused"]) as a:

        async def lost(*_: object) -> None:
            raise LeaseLost("it has ended")

        a.meter.reserve = lost  # type: ignore[assignment,method-assign]
        answer = await a.ask()

    assert answer.status_code == 500
    assert isinstance(a.door.fault, LeaseLost)


@examples(25, part=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    answers=st.lists(
        st.sampled_from(
            [
                ["Done."],
                ["x" * 500, Use("check", {})],
                vendors.cut(1),
                vendors.cut(2),
                vendors.cut(5, clean=True),
                vendors.reset(),
                vendors.throttled(),
                vendors.overloaded(),
                vendors.error_in_stream(),
                Stop(reason="max_tokens"),
            ]
        ),
        min_size=1,
        max_size=4,
    ),
    which=st.sampled_from(KINDS),
    left=st.integers(min_value=0, max_value=200_000),
)
async def test_whatever_the_vendor_does_what_is_recorded_is_never_less_than_what_was_billed(
    answers: list[vendors.Answer], which: str, left: int
) -> None:
    async with agent(which, *answers, left=left) as a:
        for _ in answers:
            try:
                await a.ask()
            except httpx2.HTTPError:
                continue
        entries = a.fake.calls

    assert len(entries) == len(a.meter.calls)  # one request a row
    pricing = Pricing(vendor="anthropic" if which == "anthropic" else "openai")
    for entry, call in zip(entries, a.meter.calls.values(), strict=True):
        billed = Usage(tokens_in=entry.tokens_in, tokens_out=entry.tokens_out)
        cost, _ = pricing.price(MODEL[which], billed, terms={}, at=MIDNIGHT)
        assert call.state in (CallState.SETTLED, CallState.UNKNOWN)
        recorded = call.bound.cost if call.state is CallState.UNKNOWN else 0
        recorded = call.settlement.cost if call.settlement is not None else recorded
        assert cost <= recorded <= call.bound.cost <= left


async def never(_window: str) -> bool:
    return False


async def closed(a: Agent) -> None:
    """The gateway's side of a broken connection ends after the agent's."""
    async with asyncio.timeout(20):
        while a.door.open_calls:
            await asyncio.sleep(0.01)


WHOLE = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "content": [{"type": "text", "text": "Done."}],
    "stop_reason": "end_turn",
    "usage": {"input_tokens": 40, "output_tokens": 7},
}


# --- an account's minute, and how far its allowances are used


class Minute:
    """Implements Pacer: the first goes at once, whoever comes later waits for `free`."""

    def __init__(self) -> None:
        self.free = asyncio.Event()
        self.asked: list[int] = []
        self.taken: list[tuple[int, int]] = []

    async def go(self, tokens: int) -> int:
        self.asked.append(tokens)
        if len(self.asked) > 1:
            await self.free.wait()
        return len(self.asked)

    def took(self, number: int, tokens: int) -> None:
        self.taken.append((number, tokens))


async def _waits(a: Agent) -> None:
    while not a.door.waiting:
        await asyncio.sleep(0.005)


async def test_a_call_waits_for_its_turn_in_the_accounts_minute_and_holds_no_money_meanwhile(kind: str) -> None:
    minute = Minute()
    async with agent(kind, ["Done."], pacer=minute) as a:
        await a.ask()
        second = asyncio.create_task(a.ask())
        await _waits(a)

        assert len(a.meter.calls) == len(a.fake.calls) == 1
        minute.free.set()
        assert (await second).status_code == 200
        tokens = [entry.tokens_in + entry.tokens_out for entry in a.fake.calls]

    assert minute.taken == [(1, tokens[0]), (2, tokens[1])]
    assert minute.asked[0] > 0


async def test_what_a_vendor_refused_took_no_tokens_of_the_minute(kind: str) -> None:
    minute = Minute()
    async with agent(kind, vendors.throttled(1), pacer=minute) as a:
        await a.ask()

    assert minute.taken == [(1, 0)]


async def test_who_waits_for_the_minute_leaves_the_line_when_its_run_ends() -> None:
    minute = Minute()
    async with agent("anthropic", ["Done."], pacer=minute) as a:
        await a.ask()
        second = asyncio.create_task(a.ask())
        await _waits(a)
        for going in a.door.waiting:
            going.cancel()

        assert (await second).status_code == 401
        assert len(a.fake.calls) == 1


async def test_an_answers_headers_tell_how_far_the_accounts_allowances_are_used() -> None:
    reset = {"anthropic-ratelimit-unified-5h-reset": str(int(MIDNIGHT.timestamp()) + 60)}
    headers = {"anthropic-ratelimit-unified-5h-utilization": "0.93", **reset}
    plain = Fault(raw=json.dumps(WHOLE).encode(), headers=headers)
    async with agent("anthropic", plain) as a:
        await a.ask(stream=False)

    (use,) = a.meter.uses
    assert (use.window, use.used) == (LimitWindow.FIVE_HOURS, 0.93)
    assert use.resets_at == MIDNIGHT + timedelta(minutes=1)


async def test_a_use_that_cannot_be_kept_ends_the_run_and_its_call_stays_charged(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def full(*_: object) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(MemoryMeter, "note", full)
    headers = {"anthropic-ratelimit-unified-5h-utilization": "0.93"}
    async with agent("anthropic", Fault(raw=json.dumps(WHOLE).encode(), headers=headers)) as a:
        answer = await a.ask(stream=False)

    assert answer.status_code == 500
    assert isinstance(a.door.fault, OSError)
    assert a.meter.states == [CallState.UNKNOWN]

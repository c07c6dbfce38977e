import asyncio
import json
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from decimal import Decimal

import httpx2
import pytest

from tests.meters import MIDNIGHT, MemoryMeter, StillClock, purpose
from watchbill.domain.calls import OVERHEAD_TOKENS, Bound, CallState, Purpose
from watchbill.domain.errors import OverBudget, StateError, Unpriced
from watchbill.domain.ids import CallId
from watchbill.domain.outcomes import LimitWindow
from watchbill.providers import metered
from watchbill.providers.metered import MeteredTransport, Turn, Unmetered, bound_of, paying
from watchbill.providers.pricing import Pricing
from watchbill.providers.rates import Rates

pytestmark = pytest.mark.anyio

PRICING = Pricing(overrides={"m": Rates(input=Decimal(1), output=Decimal(10))})
URL = "http://vendor/v1/messages"
BODY = {"model": "m", "max_tokens": 100}

Handler = Callable[[httpx2.Request], httpx2.Response]


class Inner(httpx2.AsyncBaseTransport):
    """Answers as it is told, and keeps what came."""

    def __init__(self, answer: Handler | Exception) -> None:
        self.answer = answer
        self.seen: list[httpx2.Request] = []
        self.closed = False

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        self.seen.append(request)
        await asyncio.sleep(0)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer(request)

    async def aclose(self) -> None:
        self.closed = True


class Body(httpx2.AsyncByteStream):
    """A body in pieces; a piece may be an exception, or a span to wait."""

    def __init__(self, *pieces: bytes | Exception | timedelta) -> None:
        self._pieces = pieces

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self._pieces:
            match piece:
                case bytes():
                    yield piece
                case timedelta():
                    await asyncio.sleep(piece.total_seconds())
                case _:
                    raise piece


def ok(_request: httpx2.Request) -> httpx2.Response:
    return httpx2.Response(200, headers={"request-id": "req-7"}, stream=Body(b"all", b" well"))


def status(code: int, *pieces: bytes | Exception) -> Handler:
    return lambda _request: httpx2.Response(code, stream=Body(*pieces))


class Line:
    """A client over a metered line."""

    def __init__(
        self, answer: Handler | Exception, *, left: int = 10**9, silence: timedelta = timedelta(seconds=5)
    ) -> None:
        self.inner = Inner(answer)
        self.meter = MemoryMeter(left)
        self.clock = StillClock()
        self.turn = Turn(purpose=purpose(model="m"))
        self.transport = MeteredTransport(
            self.inner, meter=self.meter, pricing=PRICING, clock=self.clock, silence=silence
        )
        self.client = httpx2.AsyncClient(transport=self.transport)

    async def post(self, fields: object = BODY, url: str = URL) -> httpx2.Response:
        with paying(self.turn):
            return await self.client.post(url, content=json.dumps(fields).encode())


async def test_the_vendors_name_of_a_request_is_kept_before_its_answer_is_read() -> None:
    line = Line(ok)
    line.inner.answer = lambda _request: httpx2.Response(
        200, headers={"x-request-id": "req-8"}, stream=Body(httpx2.ReadError("cut"))
    )

    with pytest.raises(httpx2.ReadError):
        await line.post()

    assert line.meter.name_by_call == {"call-1": "req-8"}


async def test_an_answer_without_a_name_is_read_all_the_same() -> None:
    line = Line(status(200, b"well"))

    assert (await line.post()).content == b"well"
    assert line.meter.name_by_call == {}


async def test_an_answer_whose_name_cannot_be_kept_is_closed() -> None:
    closed: list[bool] = []

    class Closing(Body):
        async def aclose(self) -> None:
            closed.append(True)

    line = Line(lambda _request: httpx2.Response(200, headers={"request-id": "req-7"}, stream=Closing(b"well")))

    async def full(_call: CallId, _request_id: str) -> None:
        raise StateError("the disk is full")

    line.meter.named = full  # type: ignore[method-assign]
    with pytest.raises(StateError):
        await line.post()

    assert closed == [True]


async def test_the_row_is_durable_before_the_line_opens() -> None:
    line = Line(ok)
    states: list[list[CallState]] = []
    line.inner.answer = lambda request: (states.append(line.meter.states), ok(request))[1]

    await line.post()

    assert states == [[CallState.SENT]]


async def test_a_good_answer_leaves_the_call_open_for_whoever_reads_it() -> None:
    line = Line(ok)

    response = await line.post()

    assert response.text == "all well"
    assert line.turn.call == "call-1"
    assert line.turn.request_id == "req-7"
    assert line.meter.states == [CallState.SENT]


async def test_a_complete_http_error_costs_nothing_and_can_still_be_read() -> None:
    line = Line(status(429, b'{"error":', b' "slow"}'))

    response = await line.post()

    assert response.json() == {"error": "slow"}
    assert line.meter.states == [CallState.SETTLED]
    assert line.meter.notes == ["HTTP 429"]


@pytest.mark.parametrize(
    "pieces", [(b"half", httpx2.ReadError("reset")), tuple([b"x" * 300_000] * 4)], ids=["reset", "endless"]
)
async def test_half_an_http_error_says_nothing_about_money(pieces: tuple[bytes | Exception, ...]) -> None:
    line = Line(status(500, *pieces))

    with pytest.raises(httpx2.TransportError):
        await line.post()
    await line.transport.lose(line.turn, "no terminal answer")

    assert line.meter.states == [CallState.UNKNOWN]


@pytest.mark.parametrize(
    "error", [httpx2.ConnectError("refused"), httpx2.ConnectTimeout("slow"), httpx2.PoolTimeout("full")]
)
async def test_what_never_left_is_released(error: Exception) -> None:
    line = Line(error)

    with pytest.raises(type(error)):
        await line.post()

    assert line.meter.states == [CallState.RELEASED]
    assert line.turn.call is None


async def test_a_reset_after_sending_is_left_open_to_be_lost() -> None:
    line = Line(httpx2.ReadError("reset"))

    with pytest.raises(httpx2.ReadError):
        await line.post()

    assert line.turn.call == "call-1"


async def test_a_second_send_needs_a_second_reservation_and_loses_the_first() -> None:
    line = Line(ok)

    await line.post()
    await line.post()

    assert line.meter.states == [CallState.UNKNOWN, CallState.SENT]


async def test_over_budget_sends_nothing_and_is_kept_on_the_turn() -> None:
    line = Line(ok, left=1)

    with pytest.raises(OverBudget):
        await line.post()

    assert isinstance(line.turn.fault, OverBudget)
    assert not line.inner.seen


async def test_a_fault_of_the_ledger_sends_nothing_and_is_kept_on_the_turn() -> None:
    line = Line(ok)

    async def broken(purpose: Purpose, _bound: Bound) -> CallId:
        raise StateError(f"disk full at {purpose.run}")

    line.meter.reserve = broken

    with pytest.raises(StateError):
        await line.post()

    assert isinstance(line.turn.fault, StateError)
    assert not line.inner.seen
    assert line.turn.call is None


@pytest.mark.parametrize(
    "fields",
    [
        {"model": "m"},
        {"model": "m", "max_tokens": "many"},
        {"model": "m", "max_tokens": 5, "n": 2},
        {"model": "m", "max_tokens": 5, "previous_response_id": "resp_1"},
        {"model": "unheard-of", "max_tokens": 5},
        ["no", "object"],
    ],
)
async def test_what_has_no_bound_is_not_sent(fields: object) -> None:
    line = Line(ok)

    with pytest.raises(Unpriced):
        await line.post(fields)

    assert not line.inner.seen
    assert not line.meter.calls


async def test_what_is_no_json_has_no_bound() -> None:
    with pytest.raises(Unpriced):
        bound_of(b"\xff{", PRICING, MIDNIGHT)


async def test_outside_a_turn_nothing_goes_to_a_billing_endpoint() -> None:
    line = Line(ok)

    with pytest.raises(Unmetered):
        await line.client.post(URL, json=BODY)

    assert not line.inner.seen


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/v1/models"), ("POST", "/v1/messages/count_tokens"), ("POST", "/v1/responses/input_tokens")],
)
async def test_free_endpoints_pass_without_money(method: str, path: str) -> None:
    line = Line(ok)

    await line.client.request(method, f"http://vendor{path}", json={})

    assert len(line.inner.seen) == 1
    assert not line.meter.calls


async def test_an_unknown_post_is_taken_to_be_billed() -> None:
    line = Line(ok)

    with pytest.raises(Unmetered):
        await line.client.post("http://vendor/v1/brand/new", json={})


async def test_no_header_of_ours_leaves_the_house() -> None:
    line = Line(ok)

    await line.post()

    assert "run-1" not in str(line.inner.seen[0].headers)


async def test_silence_ends_the_body() -> None:
    line = Line(
        lambda _request: httpx2.Response(200, stream=Body(b"a", timedelta(seconds=30))),
        silence=timedelta(milliseconds=20),
    )

    with pytest.raises(httpx2.ReadTimeout, match="nothing came"):
        await line.post()


async def test_silence_before_the_head_ends_the_wait() -> None:
    line = Line(ok, silence=timedelta(milliseconds=20))

    async def never(_request: httpx2.Request) -> httpx2.Response:
        await asyncio.Event().wait()
        raise AssertionError

    line.inner.handle_async_request = never

    with pytest.raises(httpx2.ReadTimeout, match="no answer began"):
        await line.post()

    assert line.meter.states == [CallState.SENT]


async def test_a_drip_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metered, "is_too_slow", lambda received, _lasted: received > 3)
    line = Line(lambda _request: httpx2.Response(200, stream=Body(b"...", b".", b".")))

    with pytest.raises(httpx2.ReadTimeout, match="only 4 bytes"):
        await line.post()


@pytest.mark.parametrize(
    ("received", "seconds", "slow"),
    [(1, 59, False), (61, 60, False), (60, 61, True), (600, 599, False), (9, 600, True)],
)
def test_a_body_drips_when_it_brings_fewer_bytes_than_seconds(received: int, seconds: int, slow: bool) -> None:
    assert metered.is_too_slow(received, timedelta(seconds=seconds)) is slow


async def test_a_cancelled_send_is_released_when_it_never_began() -> None:
    line = Line(ok)
    begun, gate = asyncio.Event(), asyncio.Event()
    reserve = line.meter.reserve

    async def slowly(*args: object) -> CallId:
        begun.set()
        await gate.wait()
        return await reserve(*args)

    line.meter.reserve = slowly
    task = asyncio.ensure_future(line.post())
    await begun.wait()
    task.cancel()
    gate.set()
    await asyncio.wait([task])

    assert task.cancelled()
    assert line.meter.states == [CallState.RELEASED]
    assert not line.inner.seen


async def test_the_bound_takes_one_token_a_byte() -> None:
    body = json.dumps({**BODY, "text": "漢字"}, ensure_ascii=False).encode()

    bound, terms = bound_of(body, PRICING, MIDNIGHT)

    assert bound.tokens_in == len(body) + OVERHEAD_TOKENS
    assert bound.cost == bound.tokens_in * 1 + 100 * 10
    assert terms == {}


@pytest.mark.parametrize("word", ["max_tokens", "max_completion_tokens", "max_output_tokens"])
async def test_every_wire_formats_maximum_is_known(word: str) -> None:
    bound, _ = bound_of(json.dumps({"model": "m", word: 9}).encode(), PRICING, MIDNIGHT)

    assert bound.tokens_out == 9


async def test_closing_closes_what_is_inside() -> None:
    line = Line(ok)

    await line.client.aclose()

    assert line.inner.closed


async def test_what_an_answer_tells_of_its_accounts_windows_is_kept_on_the_turn() -> None:
    headers = {
        "x-codex-primary-used-percent": "91",
        "x-codex-primary-window-minutes": "300",
        "x-codex-primary-reset-after-seconds": "60",
    }
    line = Line(lambda _request: httpx2.Response(200, headers=headers, stream=Body(b"well")))

    await line.post()

    (use,) = line.turn.uses
    assert (use.window, use.used, use.resets_at) == (LimitWindow.FIVE_HOURS, 0.91, MIDNIGHT + timedelta(minutes=1))

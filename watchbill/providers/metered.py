"""The metering transport: no request to a billing endpoint leaves the house without money held for exactly that send.

The call's row is durable before the socket opens, and one row buys one send: whatever a layer above retries comes through
here again and needs a reservation of its own.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import httpx2

from watchbill.domain.calls import OVERHEAD_TOKENS, Bound, Purpose
from watchbill.domain.errors import Unpriced, WatchbillError
from watchbill.domain.ids import CallId
from watchbill.domain.outcomes import WindowUse
from watchbill.domain.ports import Clock, Meter
from watchbill.domain.whole import to_its_end
from watchbill.providers.oracle import windows
from watchbill.providers.pricing import Pricing

FREE_SUFFIXES = ("/count_tokens", "/input_tokens", "/files", "/cancel")  # POST, but the vendors count for nothing
BATCH_SUFFIX = "/batches"
MAX_WORDS = ("max_tokens", "max_completion_tokens", "max_output_tokens")  # one per wire format
# what makes a price that cannot be seen in the body
UNBOUNDED = frozenset(
    {"previous_response_id", "conversation", "prompt", "container", "mcp_servers", "web_search_options"}
)
MIN_RATE = 1  # bytes a second: slower than any vendor that lives, pings and long thinking included
RATE_GRACE = timedelta(minutes=1)  # before the rate is judged
ERROR_BODY_BYTES = 1_000_000  # an error that is longer is none

NOT_SENT = (
    httpx2.ConnectError,
    httpx2.ConnectTimeout,
    httpx2.PoolTimeout,
    httpx2.ProxyError,
    httpx2.UnsupportedProtocol,
)


class Unmetered(WatchbillError):
    """A request that could be billed was made outside a turn: a bug of ours. It was not sent."""


@dataclass(slots=True, kw_only=True)
class Turn:
    """One turn's money: filled in by the transport, judged by whoever reads the answer."""

    purpose: Purpose
    call: CallId | None = None  # the latest send's, while nobody knows how it ended
    bound: Bound | None = None
    reserved_at: datetime | None = None
    terms: Mapping[str, str] = field(default_factory=dict)  # the request's own words on tier and speed
    request_id: str = ""
    uses: tuple[WindowUse, ...] = ()  # of the account's allowances, as the answer's headers tell
    fault: Exception | None = None  # why the meter would not let it go; the libraries above wrap it beyond recognition


_turn: ContextVar[Turn | None] = ContextVar("watchbill.turn", default=None)


_is_batch: ContextVar[bool] = ContextVar("watchbill.batch", default=False)


@contextmanager
def batched() -> Iterator[None]:
    """The request inside this block carries calls whose money is held, each by itself, and which are marked as sent."""
    token = _is_batch.set(True)
    try:
        yield
    finally:
        _is_batch.reset(token)


@contextmanager
def paying(turn: Turn) -> Iterator[Turn]:
    """Requests inside this block are made for this turn."""
    token = _turn.set(turn)
    try:
        yield turn
    finally:
        _turn.reset(token)


class MeteredTransport(httpx2.AsyncBaseTransport):
    def __init__(
        self, inner: httpx2.AsyncBaseTransport, *, meter: Meter, pricing: Pricing, clock: Clock, silence: timedelta
    ) -> None:
        self._inner = inner
        self._meter = meter
        self._pricing = pricing
        self._clock = clock
        self._silence = silence

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        if is_free(request) or (_is_batch.get() and request.url.path.endswith(BATCH_SUFFIX)):
            return await self._inner.handle_async_request(request)
        turn = _turn.get()
        if turn is None:
            raise Unmetered(f"{request.method} {request.url.path} was made outside a turn and was not sent")
        await self.lose(turn, "it was sent again before its answer was used")
        await self._pay(turn, await request.aread())
        response = await self._send(turn, request)
        await self._name(turn, response)
        turn.uses = tuple(windows.in_headers(dict(response.headers), self._clock.now()))
        if response.status_code >= httpx2.codes.BAD_REQUEST:
            return await self._refused(turn, response)
        response.stream = watched(response.stream, self._silence)
        return response

    async def aclose(self) -> None:
        await self._inner.aclose()

    async def lose(self, turn: Turn, why: str) -> None:
        """Nobody can say what the turn's open call cost. Does nothing when none is open."""
        await self._close(turn, self._meter.lose, why)

    async def _close(self, turn: Turn, how: Callable[[CallId, str], Awaitable[None]], why: str) -> None:
        if turn.call is not None:
            call, turn.call = turn.call, None
            await to_its_end(how(call, why))

    async def _pay(self, turn: Turn, body: bytes) -> None:
        """Hold the money and use the call's one token. What the meter says against it is kept on the turn."""
        try:
            await to_its_end(self._reserve(turn, body))
        except asyncio.CancelledError:
            await self._close(turn, self._meter.release, "cancelled before it was sent")
            raise
        except Exception as fault:
            turn.fault = fault
            raise

    async def _reserve(self, turn: Turn, body: bytes) -> None:
        turn.reserved_at = self._clock.now()
        turn.bound, turn.terms = bound_of(body, self._pricing, turn.reserved_at)
        turn.call = await self._meter.reserve(turn.purpose, turn.bound)

    async def _send(self, turn: Turn, request: httpx2.Request) -> httpx2.Response:
        try:
            async with asyncio.timeout(self._silence.total_seconds()):
                return await self._inner.handle_async_request(request)
        except NOT_SENT as error:
            await self._close(turn, self._meter.release, f"it was not sent: {type(error).__name__}")
            raise
        except TimeoutError as error:
            raise httpx2.ReadTimeout(f"no answer began within {self._silence}", request=request) from error

    async def _name(self, turn: Turn, response: httpx2.Response) -> None:
        """Keep the vendor's id of the request at once: whoever has half an answer, or dies now, has at least that."""
        turn.request_id = response.headers.get("request-id") or response.headers.get("x-request-id") or ""
        if not turn.request_id:
            return
        assert turn.call is not None, "it was just sent"
        try:
            await to_its_end(self._meter.named(turn.call, turn.request_id))
        except BaseException:
            await response.aclose()
            raise

    async def _refused(self, turn: Turn, response: httpx2.Response) -> httpx2.Response:
        """An HTTP error costs nothing once it is here whole; half of one says nothing about money."""
        body = await read_whole(watched(response.stream, self._silence))
        await self._close(turn, self._meter.settle_free, f"HTTP {response.status_code}")
        response.stream = _Whole(body)
        return response


def is_free(request: httpx2.Request) -> bool:
    """Lists, token counts, files and withdrawals cost nothing; everything else is taken to be billed."""
    return request.method in ("GET", "HEAD", "DELETE") or request.url.path.endswith(FREE_SUFFIXES)


def bound_of(
    body: bytes, pricing: Pricing, at: datetime, *, terms: Mapping[str, str] | None = None
) -> tuple[Bound, Mapping[str, str]]:
    """The most that sending exactly these bytes can cost, and the request's terms (or those given, which it does not say).

    One token a byte: no tokeniser in use makes more tokens than bytes, and rare scripts and base64 come near it.
    Raises Unpriced where no bound can be made.
    """
    fields = _fields(body)
    unbounded = sorted(UNBOUNDED & fields.keys())
    maximum = next((fields[word] for word in MAX_WORDS if isinstance(fields.get(word), int)), None)
    if unbounded or maximum is None or fields.get("n", 1) != 1:
        raise Unpriced(f"a request without a bound on its price was not sent: {unbounded or 'no maximum of output'}")
    asked: Mapping[str, str] = {word: str(fields[word]) for word in ("service_tier", "speed") if word in fields}
    terms = asked if terms is None else terms
    bound = pricing.bound(
        str(fields.get("model", "")), tokens_in=len(body) + OVERHEAD_TOKENS, tokens_out=maximum, terms=terms, at=at
    )
    return bound, terms


def _fields(body: bytes) -> dict[str, Any]:
    try:
        fields = json.loads(body)
    except ValueError:
        return {}
    return fields if isinstance(fields, dict) else {}


def watched(stream: Any, silence: timedelta) -> httpx2.AsyncByteStream:
    """The body, which may neither fall silent nor drip: httpx2.ReadTimeout is raised then."""
    return _Watched(stream, silence)


async def read_whole(stream: httpx2.AsyncByteStream) -> bytes:
    """A short body, to its end. Raises httpx2.RemoteProtocolError for what is no short one."""
    body = bytearray()
    try:
        async for part in stream:
            body += part
            if len(body) > ERROR_BODY_BYTES:
                raise httpx2.RemoteProtocolError(f"an HTTP error of more than {ERROR_BODY_BYTES} bytes")
    finally:
        await stream.aclose()
    return bytes(body)


class _Whole(httpx2.AsyncByteStream):
    def __init__(self, body: bytes) -> None:
        self._body = body

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._body


class _Watched(httpx2.AsyncByteStream):
    """A body that may neither fall silent nor drip: a per-read time-out alone is outlived by one byte a minute."""

    def __init__(self, stream: Any, silence: timedelta) -> None:
        self._stream = stream
        self._silence = silence

    async def __aiter__(self) -> AsyncIterator[bytes]:
        loop = asyncio.get_running_loop()  # its time, not our Clock's: sockets are as fast as they are
        began, received = loop.time(), 0
        parts = aiter(self._stream)
        while True:
            try:
                async with asyncio.timeout(self._silence.total_seconds()):
                    part = await anext(parts)
            except StopAsyncIteration:
                return
            except TimeoutError as error:
                raise httpx2.ReadTimeout(f"nothing came for {self._silence}") from error
            received += len(part)
            if is_too_slow(received, timedelta(seconds=loop.time() - began)):
                raise httpx2.ReadTimeout(f"only {received} bytes came in {loop.time() - began:.0f} s")
            yield part

    async def aclose(self) -> None:
        await self._stream.aclose()


def is_too_slow(received: int, lasted: timedelta) -> bool:
    """Whether a body drips: after the grace, fewer bytes than seconds."""
    return lasted > RATE_GRACE and received < lasted.total_seconds() * MIN_RATE

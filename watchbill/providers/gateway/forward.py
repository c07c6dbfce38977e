"""Forwarding: one request of an agent from its money to its end. What is said of limits on the way is heard once, here."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import httpx2

from watchbill.domain.brief import estimate
from watchbill.domain.calls import Bound, Purpose, Settlement
from watchbill.domain.errors import OverBudget, Unpriced
from watchbill.domain.ids import CallId
from watchbill.domain.outcomes import SetbackKind
from watchbill.domain.ports import Clock, Meter
from watchbill.domain.whole import to_its_end
from watchbill.providers.gateway import signals
from watchbill.providers.gateway.passes import House, Pass, Passes
from watchbill.providers.gateway.readers import Reader, Whole
from watchbill.providers.gateway.wires import Ask, NotAllowed, Shape, Wire, error_body, read_ask
from watchbill.providers.metered import NOT_SENT, bound_of, read_whole, watched
from watchbill.providers.oracle import windows
from watchbill.providers.oracle.signal import Signal
from watchbill.providers.setbacks import classify, setback
from watchbill.providers.stops import USELESS

ASK_AGAIN = timedelta(seconds=5)  # while others hold the money that may come back
ASKED_AT_MOST = 60
FAILURES = 4  # calls in a row that came to nothing, and may each be charged: enough of an agent's own patience
KEPT_HEADERS = frozenset({"anthropic-version", "anthropic-beta", "content-type", "accept", "openai-beta", "user-agent"})
TOLD_HEADERS = ("content-type", "request-id", "x-request-id", "retry-after", "retry-after-ms")
TOLD_PREFIXES = ("anthropic-ratelimit-", "x-ratelimit-")
STOPPING: Mapping[Shape, tuple[int, str]] = {  # what makes each vendor's programs stop instead of trying again
    Shape.ANTHROPIC: (402, "billing_error"),
    Shape.OPENAI: (429, "insufficient_quota"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the agent gets."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    stream: AsyncIterator[bytes] | None = None  # in place of the body


@dataclass(slots=True, kw_only=True)
class _Sent:
    """One call under way."""

    door: Pass
    wire: Wire
    ask: Ask
    call: CallId
    bound: Bound
    terms: Mapping[str, str]
    at: datetime
    reader: Reader
    request_id: str = ""
    number: int | None = None  # in its account's minute, where that has limits


class PassedOn(Exception):
    """The vendor's answer was cut, and the agent's is cut with it: no fault of ours, and nothing to log."""


class Forwarder:
    """Sends on what fits the budget. `is_held` says whether others hold money in a window that they may give back."""

    def __init__(
        self, *, meter: Meter, clock: Clock, silence: timedelta, is_held: Callable[[str], Awaitable[bool]]
    ) -> None:
        self._meter = meter
        self._clock = clock
        self._silence = silence
        self._is_held = is_held
        self.passes = Passes()

    @asynccontextmanager
    async def admitted(self, purpose: Purpose, house: House, url: str) -> AsyncIterator[Pass]:
        """A pass for as long as the block lasts. What its calls left open then stays charged."""
        with self.passes.issued(purpose, house, url) as door:
            try:
                yield door
            finally:
                for going in door.waiting:
                    going.cancel()
                for call in tuple(door.open_calls):
                    await self._close(door, call, self._meter.lose, "its agent ended before it did")

    async def send(self, door: Pass, wire: Wire, body: bytes, headers: Mapping[str, str]) -> Answer:
        """The vendor's answer, or our refusal in the vendor's words."""
        try:
            ask = read_ask(wire, body, door.house.models)
            sent = await self._admit(door, wire, ask)
            response = await self._ask(sent, headers)
            await self._hear_uses(sent, response)
        except NotAllowed as refusal:
            return refused(wire.shape, refusal)
        sent.request_id = response.headers.get("request-id") or response.headers.get("x-request-id") or ""
        told = told_headers(response.headers)
        if response.status_code >= httpx2.codes.BAD_REQUEST:
            _took(sent, 0)
            return await self._failed(sent, response, told)
        return Answer(status=response.status_code, headers=told, stream=self._pass_on(sent, response))

    async def ask_free(self, door: Pass, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """A question that costs nothing, such as a count of tokens."""
        request = _request(door.house, path, body, headers)
        try:
            response = await door.house.http.send(request)
        except httpx2.HTTPError as error:
            return refused(door.house.shape, _unreachable(error))
        content = door.house.clean(response.text).encode()
        return Answer(status=response.status_code, headers=told_headers(response.headers), body=content)

    async def _admit(self, door: Pass, wire: Wire, ask: Ask) -> _Sent:
        door.asking += 1
        try:
            number = await self._in_turn(door, ask)
            sent = await self._pay(door, wire, ask)
        finally:
            door.asking -= 1
        sent.number = number
        return sent

    async def _in_turn(self, door: Pass, ask: Ask) -> int | None:
        """Wait as every call of the account does. Raises NotAllowed where its run ends meanwhile."""
        if door.house.pacer is None or door.stopped is not None:
            return None
        going = asyncio.create_task(door.house.pacer.go(estimate(ask.body.decode())))
        door.waiting.add(going)
        try:
            await asyncio.wait({going})
        finally:
            going.cancel()
            door.waiting.discard(going)
        if going.cancelled():
            raise NotAllowed("its run has ended", status=401, code="authentication_error")
        return going.result()

    async def _hear_uses(self, sent: _Sent, response: httpx2.Response) -> None:
        """What an answer tells of its account's allowances. Raises NotAllowed where that cannot be kept."""
        uses = windows.in_headers(dict(response.headers), self._clock.now())
        if not uses or response.status_code >= httpx2.codes.BAD_REQUEST:
            return
        try:
            await to_its_end(self._meter.note(sent.door.purpose.provider, uses))
        except BaseException as fault:
            await response.aclose()
            if isinstance(fault, Exception):
                raise _faulty(sent.door, fault) from fault
            raise

    async def _pay(self, door: Pass, wire: Wire, ask: Ask) -> _Sent:
        if door.stopped is not None:
            raise _stopped(wire.shape, door.stopped.message)
        at = self._clock.now()
        try:
            bound, terms = bound_of(ask.body, door.house.pricing, at)
            call = await to_its_end(self._reserve(door, ask, bound))
        except OverBudget as fault:
            ended = setback(SetbackKind.OVER_BUDGET, str(fault))
            door.stopped = replace(ended, window=fault.window, wanted=fault.wanted, never_fits=fault.never_fits)
            raise _stopped(wire.shape, f"watchbill's own {fault}") from fault
        except Unpriced as fault:
            door.stopped = setback(SetbackKind.UNPRICED, str(fault))
            raise NotAllowed(str(fault)) from fault
        except Exception as fault:
            raise _faulty(door, fault) from fault
        reader = wire.reader() if ask.is_streamed else Whole()
        return _Sent(door=door, wire=wire, ask=ask, call=call, bound=bound, terms=terms, at=at, reader=reader)

    async def _reserve(self, door: Pass, ask: Ask, bound: Bound) -> CallId:
        purpose = replace(door.purpose, model=ask.model)
        for _ in range(ASKED_AT_MOST):
            try:
                call = await self._meter.reserve(purpose, bound)
            except OverBudget as fault:
                if fault.never_fits or not await self._is_held(fault.window):
                    raise
            else:
                door.open_calls.add(call)
                return call
            await self._clock.sleep(ASK_AGAIN)
        call = await self._meter.reserve(purpose, bound)
        door.open_calls.add(call)
        return call

    async def _ask(self, sent: _Sent, headers: Mapping[str, str]) -> httpx2.Response:
        house = sent.door.house
        request = _request(house, sent.wire.path, sent.ask.body, headers)
        try:
            async with asyncio.timeout(self._silence.total_seconds()):
                return await house.http.send(request, stream=True)
        except NOT_SENT as error:
            await self._close(sent.door, sent.call, self._meter.release, f"it was not sent: {type(error).__name__}")
            self._note(sent, self._cut(error))
            raise _unreachable(error) from error
        except (TimeoutError, httpx2.HTTPError) as error:
            await self._lose(sent, f"{type(error).__name__}: no answer began")
            self._note(sent, self._cut(error))
            raise _unreachable(error) from error
        except asyncio.CancelledError:
            await self._lose(sent, "its agent left before an answer began")
            raise

    async def _failed(self, sent: _Sent, response: httpx2.Response, told: Mapping[str, str]) -> Answer:
        """An HTTP error costs nothing once it is here whole; half of one says nothing about money."""
        try:
            body = await read_whole(watched(response.stream, self._silence))
        except (httpx2.HTTPError, OSError) as error:
            await self._lose(sent, f"half an error: {type(error).__name__}")
            self._note(sent, self._cut(error))
            return refused(sent.wire.shape, _unreachable(error))
        await self._close(sent.door, sent.call, self._meter.settle_free, f"HTTP {response.status_code}")
        self._note(sent, self._answer(sent, response.status_code, _read(body), response.headers))
        shown = sent.door.house.clean(body.decode(errors="replace"))
        return Answer(status=response.status_code, headers=told, body=shown.encode())

    async def _pass_on(self, sent: _Sent, response: httpx2.Response) -> AsyncIterator[bytes]:
        """The answer as it comes. It is booked before the agent sees its end, which may be the last that the agent does."""
        try:
            async for part in watched(response.stream, self._silence):
                sent.reader.feed(part)
                if sent.reader.has_ended:
                    await self._settle(sent)
                yield part
            if isinstance(sent.reader, Whole):
                sent.reader.close()
            if sent.reader.has_ended:
                await self._settle(sent)
        except (httpx2.HTTPError, OSError, ValueError) as error:
            self._note(sent, self._cut(error))
            raise PassedOn from None
        finally:
            await self._ended(sent)
            await response.aclose()

    async def _ended(self, sent: _Sent) -> None:
        """Whoever ended it: what was not booked by now is unknown."""
        if sent.reader.error is not None:
            self._note(sent, self._answer(sent, None, sent.reader.error, {}))
        elif not sent.reader.has_ended and sent.door.setback is None:
            self._note(sent, self._cut("the answer broke off"))
        await self._lose(sent, "no terminal answer")

    async def _settle(self, sent: _Sent) -> None:
        if sent.call not in sent.door.open_calls:
            return
        sent.door.open_calls.discard(sent.call)
        settlement = _settlement(sent)
        _took(sent, settlement.usage.tokens_in + settlement.usage.tokens_out)
        await to_its_end(self._meter.settle(sent.call, settlement))
        if sent.reader.error is None:
            useless = USELESS.get(sent.reader.stop)
            sent.door.answered += 1
            sent.door.failures = 0
            sent.door.setback = setback(useless, f"its last answer ended with {sent.reader.stop}") if useless else None

    async def _lose(self, sent: _Sent, why: str) -> None:
        await self._close(sent.door, sent.call, self._meter.lose, why)

    async def _close(self, door: Pass, call: CallId, how: Callable[[CallId, str], Awaitable[None]], why: str) -> None:
        if call in door.open_calls:
            door.open_calls.discard(call)
            await to_its_end(how(call, why))

    def _cut(self, why: Exception | str) -> Signal:
        return signals.of_cut(why, now=self._clock.now())

    def _answer(self, sent: _Sent, status: int | None, body: object, headers: Mapping[str, str]) -> Signal:
        return signals.of_answer(status, body, headers, model=sent.ask.model, now=self._clock.now())

    def _note(self, sent: _Sent, signal: Signal) -> None:
        """The one place where what a vendor says of limits, to an agent, is judged.

        An account that is out of something is asked no more by any of its runs.
        """
        ended = classify(signal)
        ended = replace(ended, message=sent.door.house.clean(ended.message))
        sent.door.setback, sent.door.failures = ended, sent.door.failures + 1
        if sent.door.failures >= FAILURES:
            sent.door.stopped = sent.door.stopped or ended
        if ended.holds_account and ended.kind is not SetbackKind.THROTTLED:
            for door in self.passes.of(sent.door.purpose.provider):
                door.stopped = door.stopped or ended


def _took(sent: _Sent, tokens: int) -> None:
    if sent.number is not None and sent.door.house.pacer is not None:
        sent.door.house.pacer.took(sent.number, tokens)


def _settlement(sent: _Sent) -> Settlement:
    usage = sent.wire.usage(sent.reader.usage)
    terms = {**sent.terms, **sent.reader.terms}
    cost, source = sent.door.house.pricing.price(sent.ask.model, usage, terms=terms, at=sent.at)
    if not usage.tokens_in and not usage.tokens_out:
        cost, source = sent.bound.cost, f"{sent.bound.price_source}, bound: no usage was reported"
    return Settlement(cost=cost, usage=usage, price_source=source, request_id=sent.request_id)


def _request(house: House, path: str, body: bytes, headers: Mapping[str, str]) -> httpx2.Request:
    kept = {name: value for name, value in headers.items() if name in KEPT_HEADERS}
    sent = {**kept, **house.headers(), "accept-encoding": "identity", "content-type": "application/json"}
    return house.http.build_request("POST", house.address(path), content=body, headers=sent)


def told_headers(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name in TOLD_HEADERS or name.startswith(TOLD_PREFIXES)}


def refused(shape: Shape, refusal: NotAllowed) -> Answer:
    body = error_body(shape, str(refusal), refusal.code)
    return Answer(status=refusal.status, headers={"content-type": "application/json"}, body=body)


def _stopped(shape: Shape, message: str) -> NotAllowed:
    status, code = STOPPING[shape]
    return NotAllowed(message, status=status, code=code)


def _faulty(door: Pass, fault: Exception) -> NotAllowed:
    """Whatever it is, it ends the run there, and the agent here."""
    door.fault = fault
    return NotAllowed("the run cannot go on", status=500, code="api_error")


def _unreachable(error: Exception) -> NotAllowed:
    return NotAllowed(f"the vendor was not reached: {type(error).__name__}", status=502, code="api_error")


def _read(body: bytes) -> object:
    try:
        return json.loads(body)
    except ValueError:
        return body.decode(errors="replace")

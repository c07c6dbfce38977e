"""Turns: one request to a vendor's API from its money to its end, the same for every vendor."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

import httpx2
from pydantic_ai.direct import model_request_stream
from pydantic_ai.exceptions import ModelAPIError, ModelConnectionError, ModelHTTPError
from pydantic_ai.messages import ModelResponse
from pydantic_ai.models import Model
from pydantic_ai.settings import ModelSettings

from watchbill.domain.calls import Settlement, Usage
from watchbill.domain.effort import Effort
from watchbill.domain.errors import AtRest, OverBudget, StoppedModel, Unpriced
from watchbill.domain.ids import CallId, ProviderName
from watchbill.domain.outcomes import Answered, Setback, SetbackKind, TurnEnd
from watchbill.domain.ports import Clock, ProbeResult, TurnRequest
from watchbill.providers import setbacks
from watchbill.providers.batching import ApiDesk, BatchWire, causes
from watchbill.providers.messages import to_messages, to_parameters, to_reply
from watchbill.providers.metered import MeteredTransport, Turn, paying
from watchbill.providers.oracle.signal import BETWEEN_US, Context, Signal
from watchbill.providers.pricing import Pricing
from watchbill.providers.setup import ProviderSetup
from watchbill.providers.stops import USELESS

PROBE_WITHIN = 20.0  # seconds


class ModelList(Protocol):
    """The vendor's own list of models, asked for without cost, and when each is retired, where it tells."""

    async def __call__(self) -> Mapping[str, datetime | None]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Wire:
    """What is particular to one vendor's API."""

    vendor: str  # whose native form a reply is in
    model: Callable[[str], Model]
    settings: Callable[[TurnRequest], ModelSettings]
    models: ModelList
    batches: BatchWire | None = None  # None: this wire has none


class ApiProvider:
    """Implements ModelProvider over a vendor's API. Owns its one HTTP client."""

    def __init__(
        self,
        *,
        name: ProviderName,
        wire: Wire,
        http: httpx2.AsyncClient,
        transport: MeteredTransport,
        pricing: Pricing,
        clock: Clock,
        secret: str,
    ) -> None:
        self.name = name
        self._wire = wire
        self._http = http
        self._transport = transport
        self._pricing = pricing
        self._clock = clock
        self._secret = secret

    async def turn(self, request: TurnRequest) -> TurnEnd:
        turn = Turn(purpose=request.purpose)
        try:
            with paying(turn):
                async with asyncio.timeout(request.deadline.total_seconds()):
                    response = await self._answer(request)
            return self._judge(request, turn, response)
        except TimeoutError:
            await self._transport.lose(turn, "no complete answer before the deadline")
            return setbacks.setback(SetbackKind.NETWORK, f"no complete answer within {request.deadline}")
        except asyncio.CancelledError:
            await self._transport.lose(turn, "cancelled")
            raise
        except Exception as error:  # noqa: BLE001 -- what garbled bytes make three libraries raise is not known beforehand
            return await self._fell_through(request, turn, error)

    async def probe(self) -> ProbeResult:
        try:
            async with asyncio.timeout(PROBE_WITHIN):
                models = await self._wire.models()
        except TimeoutError:
            return ProbeResult(well=False, message=f"no answer within {PROBE_WITHIN:.0f} s")
        except Exception as error:  # noqa: BLE001 -- as above: whatever the vendor did, it is not well
            return ProbeResult(well=False, message=self._clean(str(error)))
        retires = {model: at for model, at in models.items() if at is not None}
        return ProbeResult(well=True, message=f"{len(models)} models", models=tuple(models), retires=retires)

    async def desk(self, model: str) -> ApiDesk | None:
        """Where the model's requests that may wait are handed in; None where there are no batches."""
        asked = self._wire.model(model)
        wire = self._wire.batches
        if wire is None or asked.batch_max_requests is None:
            return None
        settings = wire.settings
        return ApiDesk(
            model=asked,
            vendor=self._wire.vendor,
            name=model,
            wire=replace(wire, settings=lambda request: with_effort(settings(request), request.effort)),
            pricing=self._pricing,
            clock=self._clock,
            judge=self._judge,
        )

    async def aclose(self) -> None:
        await self._http.aclose()

    async def _answer(self, request: TurnRequest) -> ModelResponse:
        model = request.purpose.model
        async with model_request_stream(
            self._wire.model(model),
            to_messages(request.transcript, vendor=self._wire.vendor, model=model),
            model_settings=with_effort(self._wire.settings(request), request.effort),
            model_request_parameters=to_parameters(request.transcript.system, request.tools),
            instrument=False,
        ) as stream:
            async for _event in stream:
                pass
        return stream.get()

    def _judge(self, request: TurnRequest, turn: Turn, response: ModelResponse) -> TurnEnd:
        """A typed answer with a terminal stop reason is the end; anything less is a cut stream."""
        stopped = (response.provider_details or {}).get("finish_reason")
        kind = USELESS.get(str(stopped)) or USELESS.get(str(response.finish_reason))
        if kind is None and (stopped is None or response.finish_reason not in ("stop", "tool_call")):
            raise CutShort(f"the answer broke off: stop reason {stopped}")
        if kind is not None:
            words = (response.provider_details or {}).get("refusal", "")
            ended = setbacks.setback(kind, f"the answer ended with {stopped or response.finish_reason}: {words}")
            call, settlement = self._settlement(request, turn, response)
            return replace(ended, message=self._clean(ended.message), call=call, settlement=settlement)
        reply = to_reply(response, vendor=self._wire.vendor, model=request.purpose.model)
        call, settlement = self._settlement(request, turn, response)  # last: from here on the call is the caller's
        return Answered(reply=reply, call=call, settlement=settlement, uses=turn.uses)

    def _settlement(self, request: TurnRequest, turn: Turn, response: ModelResponse) -> tuple[CallId, Settlement]:
        assert turn.call is not None, "an answer that did not come over the metered line"
        assert turn.bound is not None
        assert turn.reserved_at is not None
        usage = _usage(response)
        cost, source = self._pricing.price(
            request.purpose.model, usage, terms=_terms(turn.terms, response), at=turn.reserved_at
        )
        if not usage.tokens_in and not usage.tokens_out:
            cost, source = turn.bound.cost, f"{turn.bound.price_source}, bound: no usage was reported"
        call, turn.call = turn.call, None
        return call, Settlement(cost=cost, usage=usage, price_source=source, request_id=turn.request_id)

    async def _fell_through(self, request: TurnRequest, turn: Turn, error: Exception) -> Setback:
        await self._transport.lose(turn, f"{type(error).__name__}: no terminal answer")
        match turn.fault:
            case OverBudget() as fault:
                refused = setbacks.setback(SetbackKind.OVER_BUDGET, str(fault))
                return replace(refused, window=fault.window, wanted=fault.wanted, never_fits=fault.never_fits)
            case StoppedModel() as fault:
                return setbacks.setback(SetbackKind.MODEL_STOPPED, str(fault))
            case AtRest() as fault:
                return setbacks.resting(fault)
            case Unpriced() as fault:
                return setbacks.setback(SetbackKind.UNPRICED, str(fault))
            case None if turn.reserved_at is None:
                raise error  # nothing was even tried: a fault of ours
            case None:
                now = self._clock.now()
                ended = setbacks.classify(signal_of(error, request.purpose.model, now))
                return replace(ended, message=self._clean(ended.message))
            case fault:
                raise fault

    def _clean(self, message: str) -> str:
        return message.replace(self._secret, "[key]") if self._secret else message


class CutShort(Exception):
    """The stream ended in good order but the answer had not: a cut that raises nothing in the SDKs."""


def with_effort(settings: ModelSettings, effort: Effort | None) -> ModelSettings:
    """The settings with the effort in the vendor's own words; unchanged where none is asked for."""
    if effort is not None:
        settings["thinking"] = effort.value
    return settings


def open_client(setup: ProviderSetup, pricing: Pricing) -> tuple[httpx2.AsyncClient, MeteredTransport]:
    """The provider's one HTTP client, metered. Nothing of it follows redirects: a send is one request."""
    inner = setup.transport or httpx2.AsyncHTTPTransport(trust_env=setup.trust_env)
    metered = MeteredTransport(inner, meter=setup.meter, pricing=pricing, clock=setup.clock, silence=setup.silence)
    within, silence = setup.connect_within.total_seconds(), setup.silence.total_seconds()
    timeout = httpx2.Timeout(connect=within, pool=within, read=silence, write=silence)
    client = httpx2.AsyncClient(transport=metered, timeout=timeout, trust_env=setup.trust_env, follow_redirects=False)
    return client, metered


def signal_of(error: BaseException, model: str, now: datetime) -> Signal:
    """What an exception of the libraries says, however deep it lies in its causes."""
    typed = next((link for link in causes(error) if isinstance(link, ModelAPIError)), None)
    context = Context(model=model, exception=type(typed or error).__name__)
    if typed is None or isinstance(typed, ModelConnectionError):
        first = [link for link in causes(error) if str(link)] or [
            error
        ]  # the layers above it only say that it happened
        text = f"{type(first[-1]).__name__}: {first[-1]}"
        return Signal(channel=BETWEEN_US, body=text, received_at=now, context=context)
    if isinstance(typed, ModelHTTPError):
        return Signal(
            channel="http",
            status=typed.status_code,
            headers={name.lower(): value for name, value in (typed.headers or {}).items()},
            body=typed.body or str(typed),
            received_at=now,
            context=context,
        )
    return Signal(channel="stream", body=typed.body or str(typed), received_at=now, context=context)


def _usage(response: ModelResponse) -> Usage:
    used = response.usage
    return Usage(
        tokens_in=used.input_tokens,
        tokens_out=used.output_tokens,
        cache_read=used.cache_read_tokens,
        cache_write=used.cache_write_tokens,
        raw=dict(used.details),
    )


def _terms(asked: Mapping[str, str], response: ModelResponse) -> Mapping[str, str]:
    """The terms that the call was served on: the vendor's word for the tier beats ours."""
    details = response.provider_details or {}
    return {**asked, **{word: str(details[word]) for word in ("service_tier", "speed") if word in details}}

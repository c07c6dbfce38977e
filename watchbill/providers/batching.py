"""Batches at a vendor: pydantic-ai speaks both vendors' batch APIs over their own SDKs; money and doubt are ours.

Neither vendor's create call can be repeated safely, so it is made once. Whoever dies before its answer is stored finds the
batch again in the vendor's list, by the requests that are in it.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

import httpx2
from pydantic import TypeAdapter
from pydantic_ai.exceptions import ModelAPIError, ModelHTTPError, UserError
from pydantic_ai.messages import ModelResponse
from pydantic_ai.models import Model
from pydantic_ai.models.batch import Batch as VendorBatch
from pydantic_ai.models.batch import BatchRequest, BatchResult, EncodedBatchRequest
from pydantic_ai.settings import ModelSettings

from watchbill.domain.batches import (
    Accepted,
    Batch,
    BatchItem,
    BatchTrouble,
    Doubtful,
    Encoded,
    ItemEnd,
    Outcome,
    Search,
    Unsent,
)
from watchbill.domain.errors import Unpriced
from watchbill.domain.money import MicroUsd
from watchbill.domain.outcomes import Answered, Setback, SetbackKind, TurnEnd
from watchbill.domain.ports import Clock, TurnRequest
from watchbill.domain.tools import TOOLS
from watchbill.domain.transcript import Transcript
from watchbill.providers import setbacks
from watchbill.providers.messages import to_messages, to_parameters
from watchbill.providers.metered import NOT_SENT, Turn, batched, bound_of
from watchbill.providers.pricing import IN_BATCH, Pricing

WITHIN = timedelta(minutes=5)  # for one question; a batch can hold many megabytes
EARLIER = timedelta(minutes=5)  # by which the vendor's clock may be behind ours
HANDLE = TypeAdapter(VendorBatch)
_OUTCOMES: Mapping[str, Outcome] = {
    "succeeded": Outcome.SUCCEEDED,
    "errored": Outcome.ERRORED,
    "expired": Outcome.EXPIRED,
    "canceled": Outcome.CANCELLED,
}

Judge = Callable[[TurnRequest, Turn, ModelResponse], TurnEnd]


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A batch in the vendor's list. `custom_ids` are None while the vendor does not say them."""

    id: str
    requests: int
    custom_ids: Callable[[], Awaitable[frozenset[str] | None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchWire:
    """What is particular to one vendor's batches, beside what pydantic-ai knows of them."""

    settings: Callable[[TurnRequest], ModelSettings]
    listed: Callable[[datetime], AsyncIterator[Listed]]  # made since then, newest first


class ApiDesk:
    """Implements BatchDesk for one model of a vendor."""

    def __init__(
        self, *, model: Model, vendor: str, name: str, wire: BatchWire, pricing: Pricing, clock: Clock, judge: Judge
    ) -> None:
        self._model = model
        self._vendor = vendor
        self._name = name  # the model's
        self._wire = wire
        self._pricing = pricing
        self._clock = clock
        self._judge = judge

    async def encode(self, request: TurnRequest) -> Encoded | Setback:
        """The request as it will be sent, and the most that it can cost in a batch."""
        try:
            encoded = await self._model.batch_encode(self._request(request, ""))
            bound, _ = bound_of(encoded.body.encode(), self._pricing, self._clock.now(), terms=IN_BATCH)
        except Unpriced as fault:
            return setbacks.setback(SetbackKind.UNPRICED, str(fault))
        except UserError as fault:  # for instance more bytes than a batch can hold
            return setbacks.setback(SetbackKind.BAD_REQUEST, str(fault))
        return Encoded(kind=encoded.group, body=encoded.body, bound=bound)

    async def send(self, items: Sequence[BatchItem]) -> Accepted | Unsent | Doubtful:
        """Hand them over, once. Their money is held, and their calls are marked as sent."""
        requests = [EncodedBatchRequest(custom_id=item.custom_id, group=item.kind, body=item.body) for item in items]
        try:
            with batched():
                async with asyncio.timeout(WITHIN.total_seconds()):
                    return _accepted(await self._model.batch_create(requests))
        except UserError as fault:  # the key or the address changed: it was refused before any byte
            return Unsent(why=str(fault), never_left=True)
        except Exception as error:  # noqa: BLE001 -- whatever three libraries raise: the batch may be there
            return _not_accepted(error)

    async def find(self, items: Sequence[BatchItem], *, since: datetime, known: frozenset[str]) -> Accepted | Search:
        """The batch that holds exactly these requests, among those that the vendor has from then on."""
        async with _asking():
            return await self._find(items, since, known)

    async def _find(self, items: Sequence[BatchItem], since: datetime, known: frozenset[str]) -> Accepted | Search:
        ours = frozenset(item.custom_id for item in items)
        undecided = False
        async for listed in self._wire.listed(since - EARLIER):
            if listed.id in known:
                continue
            names = await listed.custom_ids()
            if names is None:
                undecided = undecided or listed.requests == len(ours)
            elif names & ours:
                return _accepted(await self._model.batch_status(self._stub(listed, items[0].kind)))
        return Search.UNDECIDED if undecided else Search.ABSENT

    def _stub(self, listed: Listed, kind: str) -> VendorBatch:
        """A handle that is good enough to ask for the whole one."""
        return VendorBatch(
            id=listed.id,
            model_name=self._name,
            provider_name=self._model.system,
            group=kind,
            status="in_progress",
            created_at=self._clock.now(),
            request_count=listed.requests,
        )

    async def look(self, batch: Batch) -> Accepted:
        async with _asking():
            return _accepted(await self._model.batch_status(_handle(batch)))

    async def results(self, batch: Batch, items: Sequence[BatchItem]) -> Sequence[ItemEnd]:
        """How each of these requests ended; one that the vendor does not name is not among them."""
        item_by_id = {item.custom_id: item for item in items}
        async with _asking():
            results = await self._model.batch_results(_handle(batch))
        return [self._end(item_by_id[each.custom_id], each) for each in results if each.custom_id in item_by_id]

    async def withdraw(self, batch: Batch) -> None:
        async with _asking():
            await self._model.batch_cancel(_handle(batch))

    def _request(self, request: TurnRequest, custom_id: str) -> BatchRequest:
        return BatchRequest(
            custom_id=custom_id,
            messages=to_messages(request.transcript, vendor=self._vendor, model=self._name),
            model_settings=self._wire.settings(request),
            model_request_parameters=to_parameters(request.transcript.system, request.tools),
        )

    def _end(self, item: BatchItem, result: BatchResult) -> ItemEnd:
        outcome = _OUTCOMES.get(result.status, Outcome.ERRORED)
        asked = TurnRequest(
            purpose=item.purpose, transcript=Transcript(), tools=TOOLS, max_tokens=item.max_tokens, deadline=WITHIN
        )
        try:
            response = self._model.batch_decode(result, self._request(asked, item.custom_id))
        except ModelAPIError as error:  # what a request's own failure is raised as; it costs nothing
            return ItemEnd(custom_id=item.custom_id, outcome=outcome, why=str(error))
        except Exception as error:  # noqa: BLE001 -- what garbled answers make two libraries raise is not known beforehand
            return _unreadable(item, error)
        turn = Turn(
            purpose=item.purpose,
            call=item.call,
            bound=item.bound,
            reserved_at=item.reserved_at,
            terms=IN_BATCH,
            request_id=response.provider_response_id or "",
        )
        return self._judged(item, asked, turn, response)

    def _judged(self, item: BatchItem, asked: TurnRequest, turn: Turn, response: ModelResponse) -> ItemEnd:
        try:
            answer = self._judge(asked, turn, response)
        except Exception as error:  # noqa: BLE001 -- as above: it may be billed, and nobody knows how much
            return _unreadable(item, error)
        assert isinstance(answer, Answered | Setback), "a vendor answers or does not"
        assert answer.settlement is not None, "what a vendor answered in full is billed"
        ordinary, _ = self._pricing.price(self._name, answer.settlement.usage, terms={}, at=item.reserved_at)
        saved = MicroUsd(max(0, ordinary - answer.settlement.cost))
        return ItemEnd(custom_id=item.custom_id, outcome=Outcome.SUCCEEDED, answer=answer, saved=saved)


@asynccontextmanager
async def _asking() -> AsyncIterator[None]:
    """A question that costs nothing. Raises BatchTrouble for whatever the vendor does wrong: it is asked again later."""
    try:
        async with asyncio.timeout(WITHIN.total_seconds()):
            yield
    except Exception as error:
        raise BatchTrouble(f"the vendor could not be asked about a batch: {type(error).__name__}: {error}") from error


def causes(error: BaseException | None) -> Iterator[BaseException]:
    """The exception, and what it was raised from, and so on."""
    while error is not None:
        yield error
        error = error.__cause__


def _not_accepted(error: Exception) -> Unsent | Doubtful:
    """What an error says of a batch that was to be made. Only what certainly was not taken is said to be so."""
    chain = list(causes(error))
    why = f"{type(error).__name__}: {error}"
    if any(isinstance(link, NOT_SENT) for link in chain):
        return Unsent(why=why, never_left=True)
    status = next((link.status_code for link in chain if isinstance(link, ModelHTTPError)), None)
    if status is None:
        return Doubtful(why=why, refused=False)
    if status < httpx2.codes.INTERNAL_SERVER_ERROR:
        return Unsent(why=why, never_left=False)
    return Doubtful(why=why, refused=True)


def _unreadable(item: BatchItem, error: Exception) -> ItemEnd:
    return ItemEnd(custom_id=item.custom_id, outcome=Outcome.UNKNOWN, why=f"{type(error).__name__}: {error}")


def _accepted(batch: VendorBatch) -> Accepted:
    return Accepted(vendor_id=batch.id, handle=HANDLE.dump_json(batch).decode(), ended=batch.status == "ended")


def _handle(batch: Batch) -> VendorBatch:
    assert batch.handle is not None, "only a batch with an id is asked for"
    return HANDLE.validate_json(batch.handle)

"""Reconciling: the part of the API that holds a vendor's export against the ledger."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from watchbill.domain.calls import Usage
from watchbill.domain.errors import Unpriced
from watchbill.domain.exports import Line
from watchbill.domain.ids import ProviderName
from watchbill.domain.money import MOST, MicroUsd
from watchbill.operator import catalog, evidence
from watchbill.operator.bodies import Day, Flag, Moment
from watchbill.operator.catalog import Offer
from watchbill.operator.commands import Commands
from watchbill.operator.doors import Plain
from watchbill.operator.evidence import Evidence
from watchbill.operator.faults import BadQuestion
from watchbill.operator.outlook import Outlook
from watchbill.operator.reading import Read
from watchbill.scheduling.reconciling import Price, Proof

MOST_LINES = 5_000  # in one question; a large export comes in several

_MOST_COUNT = 1 << 53  # beyond it the numbers of JSON are not exact
Count = Annotated[int, Field(ge=0, le=_MOST_COUNT)]


class LineSaid(BaseModel):
    model_config = ConfigDict(extra="forbid")

    day: Day
    model: str
    tokens_in: Count | None = None
    tokens_out: Count | None = None
    cache_read: Count = 0
    cache_write: Count = 0
    cost_micro_usd: Count | None = None
    calls: Count | None = None
    call: str = ""
    request_id: str = ""


class ExportSaid(BaseModel):
    model_config = ConfigDict(extra="forbid")

    provider: str
    source: str  # which file it is, for whoever looks at the ledger later
    taken_at: Moment
    who: str = ""
    apply: Flag = False
    days: Annotated[list[LineSaid], Field(max_length=MOST_LINES)] = []
    requests: Annotated[list[LineSaid], Field(max_length=MOST_LINES)] = []


def reconciling(read: Read, commands: Commands, outlook: Callable[[], Outlook]) -> APIRouter:
    router = APIRouter()

    @router.post("/costs/reconcile")
    async def reconcile(said: ExportSaid) -> Plain:
        held = _evidence(said, outlook())
        if said.apply:
            return evidence.answer(await commands.reconcile(held), applied=True)
        return evidence.answer(await read(lambda conn: evidence.find(conn, held)), applied=False)

    return router


def line_said(line: Line) -> Plain:
    """A line as the API reads it."""
    usage = line.usage
    return {
        "day": line.day.isoformat(),
        "model": line.model,
        "tokens_in": usage.tokens_in if usage else None,
        "tokens_out": usage.tokens_out if usage else None,
        "cache_read": usage.cache_read if usage else 0,
        "cache_write": usage.cache_write if usage else 0,
        "cost_micro_usd": line.cost,
        "calls": line.calls,
        "call": line.call,
        "request_id": line.request_id,
    }


def _evidence(said: ExportSaid, outlook: Outlook) -> Evidence:
    offer = next((offer for offer in outlook.offers if offer.provider == said.provider), None)
    if offer is None:
        known = ", ".join(offer.provider for offer in outlook.offers) or "none"
        raise BadQuestion(f"nothing is bought of {said.provider!r}; providers with models are: {known}")
    taken = min(said.taken_at, outlook.now)  # no export knows of what is to come
    return Evidence(
        provider=ProviderName(said.provider),
        who=said.who or "somebody",
        proof=Proof(source=said.source, taken_at=taken, price=_most(offer)),
        days=tuple(_lines(said.days)),
        requests=tuple(_lines(said.requests)),
    )


def _most(offer: Offer) -> Price:
    """The most that tokens of one of its models cost; without a price they may cost anything."""
    pricing = catalog.pricing_of(offer)

    def most(model: str, tokens_in: int, tokens_out: int, at: datetime) -> MicroUsd:
        try:
            return pricing.bound(model, tokens_in=tokens_in, tokens_out=tokens_out, terms={}, at=at).cost
        except Unpriced:
            return MicroUsd(MOST)

    return most


def _lines(said: Iterable[LineSaid]) -> Iterable[Line]:
    for line in said:
        usage = None
        if line.tokens_in is not None and line.tokens_out is not None:
            usage = Usage(
                tokens_in=line.tokens_in,
                tokens_out=line.tokens_out,
                cache_read=line.cache_read,
                cache_write=line.cache_write,
            )
        yield Line(
            day=line.day,
            model=line.model,
            usage=usage,
            cost=None if line.cost_micro_usd is None else MicroUsd(line.cost_micro_usd),
            calls=line.calls,
            call=line.call,
            request_id=line.request_id,
        )

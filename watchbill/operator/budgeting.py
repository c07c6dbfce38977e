"""Budgeting: the part of the API by which people look at budgets and change them for a while."""

from collections.abc import Callable
from decimal import Decimal
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, WithJsonSchema

from watchbill.domain.ids import CallId, ProviderName
from watchbill.domain.money import usd
from watchbill.domain.windows import WindowKind
from watchbill.operator import plain
from watchbill.operator.actors import Actor
from watchbill.operator.bodies import Moment
from watchbill.operator.commands import Commands
from watchbill.operator.doors import Plain
from watchbill.operator.faults import BadQuestion
from watchbill.operator.outlook import Outlook
from watchbill.operator.purse import AskAgain, BeyondCredits, Done, Known, More, NoMore
from watchbill.operator.queries import budgets
from watchbill.operator.reading import Read

_AMOUNT = {"type": "string", "pattern": r"^[0-9]{1,9}(\.[0-9]{1,6})?$"}
Dollars = Annotated[
    Decimal, WithJsonSchema({"anyOf": [{"type": "number", "minimum": 0, "maximum": 999_999_999}, _AMOUNT]})
]


class SignedSaid(BaseModel):
    model_config = ConfigDict(extra="forbid")

    who: str = ""
    why: str


class RaiseSaid(SignedSaid):
    kind: WindowKind = WindowKind.DAY
    name: str = ""
    usd: Dollars
    until: Moment


class EndSaid(SignedSaid):
    kind: WindowKind = WindowKind.DAY
    name: str = ""


class UntilSaid(SignedSaid):
    until: Moment


class CostSaid(SignedSaid):
    usd: Dollars


def budgeting(read: Read, commands: Commands, outlook: Callable[[], Outlook]) -> APIRouter:
    router = APIRouter()

    @router.get("/budgets")
    @router.get("/budget")
    async def show() -> Plain:
        return await read(lambda conn: budgets.budgets(conn, outlook()))

    @router.post("/budgets/raises")
    @router.post("/budget/raises")
    async def raise_(said: RaiseSaid, actor: Actor) -> Plain:
        wish = More(
            kind=said.kind,
            name=said.name,
            amount=usd(_amount(said.usd)),
            until=said.until,
            who=said.who or actor,
            why=said.why,
        )
        return _told(await commands.money(wish))

    @router.post("/budget/raises/end")
    async def end(said: EndSaid, actor: Actor) -> Plain:
        return _told(await commands.money(NoMore(kind=said.kind, name=said.name, who=said.who or actor, why=said.why)))

    @router.post("/budget/overages/{provider}")
    async def overage(provider: str, said: UntilSaid, actor: Actor) -> Plain:
        wish = BeyondCredits(
            provider=_provider(outlook(), provider), until=said.until, who=said.who or actor, why=said.why
        )
        return _told(await commands.money(wish))

    @router.post("/providers/{provider}/allow/{model:path}")
    async def allow(provider: str, model: str, said: SignedSaid, actor: Actor) -> Plain:
        return _told(
            await commands.money(
                AskAgain(provider=ProviderName(provider), model=model, who=said.who or actor, why=said.why)
            )
        )

    @router.post("/calls/{call}/lower")
    async def lower(call: str, said: CostSaid, actor: Actor) -> Plain:
        wish = Known(call=CallId(call), cost=usd(_amount(said.usd)), who=said.who or actor, why=said.why)
        return _told(await commands.money(wish))

    return router


def _amount(said: Decimal) -> Decimal:
    try:
        usd(said)
    except ValueError as error:
        raise BadQuestion(str(error)) from error
    return said


def _provider(outlook: Outlook, name: str) -> ProviderName:
    known = [terms.name for terms in outlook.bill.providers]
    if name not in known:
        raise BadQuestion(f"no provider is called {name!r}; there are {', '.join(known)}")
    return ProviderName(name)


def _told(done: Done) -> Plain:
    return {"event": done.event, **plain.facts(done.facts)}

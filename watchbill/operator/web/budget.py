"""The budget: where the day and the month go, every cap, what each provider cost for what, and what was saved."""

import asyncio
from datetime import timedelta
from decimal import Decimal, InvalidOperation

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from watchbill.config.forms import parse_span
from watchbill.domain.ids import ProviderName
from watchbill.domain.money import usd
from watchbill.domain.windows import WindowKind
from watchbill.operator import moments
from watchbill.operator.doors import Plain
from watchbill.operator.faults import BadQuestion
from watchbill.operator.outlook import Outlook
from watchbill.operator.purse import AskAgain, More, NoMore
from watchbill.operator.queries import budgets, curves
from watchbill.operator.web import forms, pictures
from watchbill.operator.web.desk import Desk
from watchbill.state.engine import Connection

_DAYS = 30
_SINCE = {"today": "Today", "7d": "7 days", "month": "This month"}
_KINDS = {WindowKind.DAY: "The day", WindowKind.MONTH: "The month"}


def pages(site: APIRouter, desk: Desk) -> None:
    @site.get("/budget")
    async def budget(request: Request, since: str = "month") -> HTMLResponse:
        outlook = desk.outlook()
        if since not in _SINCE:
            raise BadQuestion(f"{since!r} is no span here; there are {', '.join(_SINCE)}")
        answers = await desk.read(lambda conn: _seen(conn, outlook, since))
        shown = await asyncio.to_thread(_shown, answers)
        return await desk.page(
            request, "budget.html", here="budget", title="Budget", since=since, spans=_SINCE, **shown
        )

    @site.post("/budget/raise")
    async def raise_(request: Request) -> Response:
        form = await forms.read(request)
        kind, name = _of(form)
        wish = More(
            kind=kind,
            name=name,
            amount=usd(_amount(form.one("usd"))),
            until=desk.outlook().now + _span(form.one("for")),
            who=desk.who(request),
            why=form.one("why"),
        )
        await desk.commands.money(wish)
        return forms.done("/budget", "raise")

    @site.post("/budget/end")
    async def end(request: Request) -> Response:
        form = await forms.read(request)
        kind, name = _of(form)
        await desk.commands.money(NoMore(kind=kind, name=name, who=desk.who(request), why=form.one("why")))
        return forms.done("/budget", "raise-end")

    @site.post("/budget/allow")
    async def allow(request: Request) -> Response:
        form = await forms.read(request)
        wish = AskAgain(
            provider=ProviderName(form.one("provider")),
            model=form.one("model"),
            who=desk.who(request),
            why=form.one("why"),
        )
        await desk.commands.money(wish)
        return forms.done(form.one("back") or "/budget", "allow")


def _seen(conn: Connection, outlook: Outlook, since: str) -> Plain:
    begin = moments.moment(since, outlook.now, outlook.bill.caps.zone)
    return {
        "days": curves.days(conn, outlook, _DAYS),
        "burns": [curves.burn(conn, outlook, kind) for kind in _KINDS],
        "found": budgets.budgets(conn, outlook),
        "matrix": curves.matrix(conn, outlook, begin),
    }


def _shown(answers: Plain) -> Plain:
    runs, per_landed = pictures.of_days(answers["days"])
    found = answers["found"]
    return {
        "found": {**found, "raises": [{**one, **_named(one["of"])} for one in found["raises"]]},
        "burns": [
            {"title": _KINDS[each["kind"]], "answer": each, "picture": pictures.of_burn(each)}
            for each in answers["burns"]
        ],
        "matrix": pictures.of_matrix(answers["matrix"]),
        "days": answers["days"],
        "runs": runs,
        "per_landed": per_landed,
        "raisable": [
            (str(state["window"]).rpartition(":")[0], state["window"])
            for state in found["windows"]
            if state["cap_micro_usd"] is not None
        ],
    }


def _named(of: str) -> Plain:
    """A raise's budget, as its form says it."""
    kind, _, name = of.partition(" ")
    return {"kind": kind, "name": name}


def _of(form: forms.Form) -> tuple[WindowKind, str]:
    """ "day", or "provider:claude". Raises BadQuestion."""
    word, _, name = form.one("of").partition(":")
    try:
        return WindowKind(word), name
    except ValueError as error:
        raise BadQuestion(f"no budget is called {form.one('of')!r}") from error


def _amount(said: str) -> Decimal:
    try:
        amount = Decimal(said.strip().removeprefix("$"))
        usd(amount)
    except (InvalidOperation, ValueError) as error:
        raise BadQuestion(f"{said!r} is no amount of dollars") from error
    return amount


def _span(said: str) -> timedelta:
    try:
        return parse_span(said)
    except ValueError as error:
        raise BadQuestion(f"how long: {error}") from error

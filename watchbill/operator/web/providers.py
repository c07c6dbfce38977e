"""The providers: how each stands and why, part by part; limits and resets, models, fit by task type; ask, reset, pause."""

from datetime import timedelta
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from watchbill.operator.doors import Plain
from watchbill.operator.faults import BadQuestion
from watchbill.operator.outlook import Outlook
from watchbill.operator.queries import curves, fitness, providers
from watchbill.operator.web import forms, pictures
from watchbill.operator.web.desk import Desk
from watchbill.state.engine import Connection

_DAY = timedelta(hours=24)


def pages(site: APIRouter, desk: Desk) -> None:
    @site.get("/providers")
    async def listing(request: Request) -> HTMLResponse:
        outlook = desk.outlook()
        seen = await desk.read(lambda conn: _seen(conn, outlook))
        return await desk.page(request, "providers.html", here="providers", title="Providers", **seen)

    @site.post("/providers/{name}/probe")
    async def probe(name: str) -> Response:
        found = await desk.commands.probe(providers.terms_of(desk.outlook(), name).name)
        if not found.well:
            raise BadQuestion(f"{name} is not well: {found.message}")
        return forms.done(_place(name), "probe")

    @site.post("/providers/{name}/reset")
    async def reset(request: Request, name: str) -> Response:
        form = await forms.read(request)
        terms = providers.terms_of(desk.outlook(), name)
        await desk.commands.reset(terms.name, who=desk.who(request), why=form.one("why"))
        return forms.done(_place(name), "reset")


def _place(name: str) -> str:
    return f"/providers?of={quote(name, safe='')}"


def _seen(conn: Connection, outlook: Outlook) -> Plain:
    fits = fitness.fitness(conn, outlook)
    scores = curves.scores(conn, outlook, _DAY)
    whole = [providers.one(conn, outlook, terms.name) for terms in outlook.bill.providers]
    return {
        "providers": [
            {
                **one,
                "fits": fits[one["name"]],
                "line": pictures.of_score(scores, one["name"], one["score"], outlook.bill.zone),
            }
            for one in whole
        ]
    }

"""Runs: the list, and one whole: its stages, its diff, what was said, what the gates saw, what it cost; retry and roll-back."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from watchbill.domain.errors import WatchbillError
from watchbill.domain.ids import RunId
from watchbill.operator import sieve
from watchbill.operator.doors import Plain
from watchbill.operator.outlook import Outlook
from watchbill.operator.queries import reviews, runs, sessions
from watchbill.operator.web import diffs, filters, forms
from watchbill.operator.web.desk import Desk
from watchbill.operator.web.events import told
from watchbill.state.engine import Connection

_SHOWN = 100  # runs in the list
_EVENTS = 200  # the latest
_STEPS = 400  # of a transcript, the latest


def pages(site: APIRouter, desk: Desk) -> None:
    @site.get("/runs")
    async def listing(request: Request, q: str = "") -> HTMLResponse:
        chosen = filters.read(q, sieve.OF_RUNS)
        now = desk.outlook().now
        found = await desk.read(
            lambda conn: runs.listing(conn, now, limit=_SHOWN, sieve=chosen.sieve if chosen.sieve.tests else None)
        )
        return await desk.page(request, "runs.html", here="runs", title="Runs", filter=chosen, found=found)

    @site.get("/runs/{run}")
    async def one(request: Request, run: str) -> HTMLResponse:
        outlook = desk.outlook()
        seen = await desk.read(lambda conn: _seen(conn, outlook, RunId(run)))
        changed, no_diff = None, ""
        try:
            changed = diffs.parse(await desk.commands.run_diff(RunId(run)))
        except WatchbillError as error:
            no_diff = str(error)
        title = seen["run"]["title"] or run
        return await desk.page(request, "run.html", here="runs", title=title, diff=changed, no_diff=no_diff, **seen)

    @site.get("/runs/{run}/rollback")
    async def effect(request: Request, run: str) -> HTMLResponse:
        found = await desk.commands.desk.landing(RunId(run))
        terms = next((each for each in desk.outlook().bill.repos if each.name == found.wish.repo), None)
        told = await desk.read(lambda conn: reviews.rollback(conn, found, terms))
        return await desk.page(request, "rollback.html", here="runs", title="Roll back?", told=told)

    @site.post("/runs/{run}/rollback")
    async def rollback(request: Request, run: str) -> Response:
        form = await forms.read(request)
        who = desk.who(request)
        await desk.commands.rollback(RunId(run), who=who, why=form.one("why"), retry=form.has("retry"))
        return forms.done(desk.place("runs", run), "rollback")


def _seen(conn: Connection, outlook: Outlook, name: RunId) -> Plain:
    found = runs.one(conn, outlook.now, name, prompt=True)
    happened = runs.happened(conn, outlook.now, name, _EVENTS)
    session = sessions.one(conn, outlook, found["session"])
    steps = sessions.said_in(conn, runs.get(conn, name))
    return {
        "run": found,
        "events": [{**event, "words": told(event["facts"])} for event in reversed(happened["events"])],
        "session": session,
        "steps": steps[-_STEPS:],
        "earlier": max(0, len(steps) - _STEPS),
    }

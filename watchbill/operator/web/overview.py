"""The overview: in a minute, what was done, what it cost, what needs a person, and whether all is well."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from watchbill.domain.runs import Stage
from watchbill.domain.windows import WindowKind
from watchbill.operator.doors import Plain
from watchbill.operator.outlook import Outlook
from watchbill.operator.queries import attempts, curves, outcomes, status, strip
from watchbill.operator.web import pictures
from watchbill.operator.web.desk import Desk
from watchbill.operator.web.plans import Made
from watchbill.scheduling.simulate import NOTHING
from watchbill.state.engine import Connection

_LATELY, _HALF = timedelta(hours=2), timedelta(hours=12)
_DAY, _WEEK = timedelta(days=1), timedelta(days=7)


def pages(site: APIRouter, desk: Desk) -> None:
    @site.get("/")
    async def overview(request: Request) -> HTMLResponse:
        outlook = desk.outlook()
        made = await desk.forecast(outlook)
        seen = await desk.read(lambda conn: _seen(conn, outlook, made))
        drawn = await asyncio.to_thread(_drawn, seen.pop("drawings"))
        return await desk.page(
            request, "overview.html", here="overview", title="Overview", planned=made is not None, **seen, **drawn
        )


def _seen(conn: Connection, outlook: Outlook, made: Made | None) -> Plain:
    state = status.status(conn, outlook)
    burn = curves.burn(conn, outlook, WindowKind.DAY)
    return {
        "state": state,
        "day": outcomes.since(conn, outlook.now - _DAY),
        "week": outcomes.since(conn, outlook.now - _WEEK),
        "drawings": {
            "strip": strip.strip(conn, outlook, _HALF, _HALF, made.forecast if made else NOTHING),
            "burn": burn,
            "attempts": attempts.attempts(conn, outlook, _LATELY),
            "providers": tuple(terms.name for terms in outlook.bill.providers),
        },
        "likely": burn["ahead"][-1]["likely_micro_usd"] if burn["ahead"] else None,  # as the curve below says
        "needs": [{**each, **place_of(each)} for each in state["needs_you"]],
        "stages": list(Stage),
        "place_of_stage": {stage: place for place, stage in enumerate(Stage)},
        "most": outlook.bill.max_parallel,
    }


def _drawn(answers: Plain) -> Plain:
    return {
        "strip": pictures.of_strip(answers["strip"]),
        "burn": pictures.of_burn(answers["burn"]),
        "attempts": pictures.of_attempts(answers["attempts"], answers["providers"]),
    }


def place_of(need: Mapping[str, str | None]) -> Plain:
    """Where on the pages somebody who is needed can act.

    >>> place_of({"kind": "review", "task": "a b", "title": ""})
    {'href': '/review/a%20b', 'word': 'Review'}
    """
    task = quote(need["task"] or "", safe="")
    match need["kind"]:
        case "review":
            return {"href": f"/review/{task}", "word": "Review"}
        case "question":
            return {"href": "/review#questions", "word": "Answer"}
        case "held" | "stopped" | "retiring":
            return {"href": "/providers", "word": "Provider"}
        case "queue" | "questions" | "refused":
            return {"href": "/events?q=level:warning", "word": "Events"}
        case _:
            return {"href": f"/tasks/{task}", "word": "Open"} if task else {"href": "", "word": ""}

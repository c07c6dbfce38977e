"""The schedule: who works when, the week in heat, hours given away by hand, and what would be if."""

import asyncio
from datetime import UTC, datetime, timedelta

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from watchbill.config.forms import parse_span
from watchbill.domain.ids import ProviderName
from watchbill.operator import plain
from watchbill.operator.doors import Plain
from watchbill.operator.faults import BadQuestion
from watchbill.operator.outlook import Outlook
from watchbill.operator.queries import strip, supposing, week
from watchbill.operator.queries.look import snapshot_of
from watchbill.operator.queries.supposing import Supposing
from watchbill.operator.rostering import dollars, hours_in
from watchbill.operator.rota import AsWritten, Stand
from watchbill.operator.web import forms, pictures
from watchbill.operator.web.desk import Desk
from watchbill.operator.web.plans import Made
from watchbill.scheduling.bill import SlotPolicy
from watchbill.scheduling.simulate import NOTHING
from watchbill.scheduling.slots import show_hours
from watchbill.state.engine import Connection

_HALF = timedelta(hours=12)
_WEEKS = 4
_AHEADS = (6, 12, 24, 48, 168)  # hours that a person may ask about
_SHOWN = 200  # changes and starts


def pages(site: APIRouter, desk: Desk) -> None:
    @site.get("/schedule")
    async def schedule(request: Request) -> HTMLResponse:
        outlook = desk.outlook()
        made = await desk.forecast(outlook)
        answers = await desk.read(lambda conn: _seen(conn, outlook, made))
        shown = await asyncio.to_thread(_shown, answers, outlook)
        return await desk.page(
            request,
            "schedule.html",
            here="schedule",
            title="Schedule",
            planned_at=plain.stamp(made.at) if made else None,
            **shown,
        )

    @site.get("/schedule/what-if")
    async def what_if(request: Request) -> HTMLResponse:
        outlook, asked = desk.outlook(), request.query_params
        form = forms.Form({name: asked.getlist(name) for name in asked})
        answer, fault = None, ""
        if asked:
            try:
                wanted, ahead = _supposed(form, outlook)
                seen = await desk.read(lambda conn: snapshot_of(conn, outlook))
                answer = await asyncio.to_thread(supposing.what_if, seen, outlook, ahead, wanted)
            except BadQuestion as error:
                fault = str(error)
        return await desk.page(
            request,
            "whatif.html",
            here="schedule",
            title="What if",
            status=400 if fault else 200,
            answer=answer,
            fault=fault,
            form=_filled(form, outlook),
            most=_SHOWN,
        )

    @site.post("/schedule/override")
    async def override(request: Request) -> Response:
        form = await forms.read(request)
        wish = Stand(
            provider=ProviderName(form.one("provider")),
            hours=hours_in(form.one("hours")),
            until=_until(form.one("for"), desk.outlook().now),
            who=desk.who(request),
            why=form.one("why"),
        )
        await desk.commands.rota(wish)
        return forms.done("/schedule", "override")

    @site.post("/schedule/clear")
    async def clear(request: Request) -> Response:
        form = await forms.read(request)
        number = form.one("number")
        if not (number.isascii() and number.isdecimal()):
            raise BadQuestion(f"{number!r} is no number of an override")
        await desk.commands.rota(AsWritten(number=int(number), who=desk.who(request), why=form.one("why")))
        return forms.done("/schedule", "clear")


def _seen(conn: Connection, outlook: Outlook, made: Made | None) -> Plain:
    return {
        "week": week.week(conn, outlook, _WEEKS),
        "watch": strip.strip(conn, outlook, _HALF, _HALF, made.forecast if made else NOTHING),
    }


def _shown(answers: Plain, outlook: Outlook) -> Plain:
    found, watch = answers["week"], answers["watch"]
    return {
        "strip": pictures.of_strip(watch),
        "overrides": watch["overrides"],
        "policy": outlook.bill.policy,
        "outs": [
            {"provider": row["provider"], **out}
            for row in watch["rows"]
            for out in row["outs"]
            if out["to"] > watch["generated_at"]
        ],
        "weeks": [
            {**one, "spelled": show_hours(frozenset(one["hours"])), "picture": pictures.of_week(found, one)}
            for one in found["providers"]
        ],
        "known": found["weeks"],
        "providers": [terms.name for terms in outlook.bill.providers if not terms.always],
    }


def _until(said: str, now: datetime) -> datetime | None:
    """Raises BadQuestion."""
    if not said.strip():
        return None
    try:
        return (now + parse_span(said)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise BadQuestion(f"how long: {error}") from error


def _supposed(form: forms.Form, outlook: Outlook) -> tuple[Supposing, timedelta]:
    hours = {
        terms.name: hours_in(said)
        for terms in outlook.bill.providers
        if (said := form.one(f"hours-{terms.name}").strip()) and said != show_hours(terms.hours)
    }
    ahead, parallel = form.one("ahead") or "24", form.one("parallel").strip()
    if ahead not in map(str, _AHEADS):
        raise BadQuestion(f"{ahead!r} is no time ahead; there are {', '.join(map(str, _AHEADS))} hours")
    if parallel and not (parallel.isascii() and parallel.isdecimal()):
        raise BadQuestion(f"{parallel!r} is no number of runs")
    policy = form.one("policy")
    if policy and policy not in set(SlotPolicy):
        raise BadQuestion(f"{policy!r} is no slot policy; there are {', '.join(SlotPolicy)}")
    wanted = Supposing(
        out=frozenset(map(ProviderName, form.all("out"))),
        hours=hours,
        day=dollars(form.one("day").strip()),
        month=dollars(form.one("month").strip()),
        policy=SlotPolicy(policy) if policy and policy != outlook.bill.policy else None,
        parallel=int(parallel) if parallel and int(parallel) != outlook.bill.max_parallel else None,
    )
    return wanted, timedelta(hours=int(ahead))


def _filled(form: forms.Form, outlook: Outlook) -> Plain:
    """What the form's fields hold: what was asked, else how things are."""
    bill = outlook.bill
    return {
        "aheads": _AHEADS,
        "ahead": form.one("ahead") or "24",
        "day": form.one("day"),
        "month": form.one("month"),
        "day_now": bill.caps.day,
        "month_now": bill.caps.month,
        "policies": list(SlotPolicy),
        "policy": form.one("policy") or bill.policy,
        "parallel": form.one("parallel") or str(bill.max_parallel),
        "providers": [
            {
                "name": terms.name,
                "always": terms.always,
                "out": terms.name in form.all("out"),
                "hours": form.one(f"hours-{terms.name}") or show_hours(terms.hours),
            }
            for terms in bill.providers
        ],
    }

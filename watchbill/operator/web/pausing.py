"""Pausing: stop something for a while from a page, and let it go on; and have the queues looked at now."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from watchbill.domain.pauses import Pause, Scope
from watchbill.operator.faults import BadQuestion
from watchbill.operator.web import forms
from watchbill.operator.web.desk import Desk


def pages(site: APIRouter, desk: Desk) -> None:
    @site.post("/pause")
    async def pause(request: Request) -> Response:
        form = await forms.read(request)
        wanted = Pause(
            scope=_scope(form), name=form.one("name"), until=None, why=form.one("why"), who=desk.who(request)
        )
        await desk.commands.pause(wanted, at_once=False)
        return forms.done(form.one("back") or "/", "pause")

    @site.post("/resume")
    async def resume(request: Request) -> Response:
        form = await forms.read(request)
        await desk.commands.resume(_scope(form), form.one("name"))
        return forms.done(form.one("back") or "/", "resume")

    @site.post("/refresh")
    async def refresh(request: Request) -> Response:
        form = await forms.read(request)
        await desk.commands.refresh()
        return forms.done(form.one("back") or "/queue", "refresh")


def _scope(form: forms.Form) -> Scope:
    try:
        return Scope(form.one("scope"))
    except ValueError as error:
        raise BadQuestion(f"nothing that can be paused is called {form.one('scope')!r}") from error

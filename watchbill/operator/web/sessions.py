"""Sessions in brief, and locks: the memory of open work, and who has which files."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from watchbill.domain.ids import TaskId
from watchbill.operator.queries import locks, sessions
from watchbill.operator.web import forms
from watchbill.operator.web.desk import Desk


def pages(site: APIRouter, desk: Desk) -> None:
    @site.get("/sessions")
    async def listing(request: Request) -> HTMLResponse:
        outlook = desk.outlook()
        found = await desk.read(lambda conn: sessions.listing(conn, outlook))
        return await desk.page(request, "sessions.html", here="sessions", title="Sessions", found=found)

    @site.get("/sessions/{session}")
    async def one(request: Request, session: str) -> HTMLResponse:
        outlook = desk.outlook()
        found = await desk.read(lambda conn: sessions.one(conn, outlook, session))
        return await desk.page(request, "session.html", here="sessions", title=found["title"], session=found)

    @site.get("/locks")
    async def held(request: Request) -> HTMLResponse:
        outlook = desk.outlook()
        found = await desk.read(lambda conn: locks.listing(conn, outlook))
        return await desk.page(request, "locks.html", here="locks", title="Locks", found=found)

    @site.post("/locks/{task}/break")
    async def break_(request: Request, task: str) -> Response:
        form = await forms.read(request)
        await desk.commands.break_lock(TaskId(task), who=desk.who(request), why=form.one("why"))
        return forms.done("/locks", "break")

"""The overview: in a minute, what was done, what it cost, what needs a person, and whether all is well."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from watchbill.operator.queries import status
from watchbill.operator.web.desk import Desk


def pages(site: APIRouter, desk: Desk) -> None:
    @site.get("/")
    async def overview(request: Request) -> HTMLResponse:
        state = await desk.read(lambda conn: status.status(conn, desk.outlook()))
        return await desk.page(request, "overview.html", here="overview", title="Overview", state=state)

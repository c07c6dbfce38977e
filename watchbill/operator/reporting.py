"""Reporting: the part of the API that tells of days and weeks, lists written reports, and says what is worth changing."""

import json
from collections.abc import Callable
from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from pydantic import BaseModel, Field, WithJsonSchema

from watchbill.operator import plain
from watchbill.operator.bodies import Moment
from watchbill.operator.commands import Commands
from watchbill.operator.doors import Plain
from watchbill.operator.faults import NotFound
from watchbill.operator.outlook import Outlook
from watchbill.operator.queries import advice, periods
from watchbill.operator.reading import Read
from watchbill.operator.reports import html, markdown, period
from watchbill.operator.reports.shelf import Shelf


class Form(StrEnum):
    JSON = "json"
    MARKDOWN = "md"
    HTML = "html"


class CaughtUp(BaseModel):
    """A person was told what happened until then."""

    who: str = Field(min_length=1, max_length=200)
    until: Moment


Day = Annotated[str, WithJsonSchema({"type": "string", "format": "date"})]
Who = Annotated[str, Query(min_length=1, max_length=200)]


def reporting(read: Read, commands: Commands, outlook: Callable[[], Outlook]) -> APIRouter:
    router = APIRouter()

    @router.get("/reports")
    async def report_list() -> Plain:
        seen = outlook()
        written = [] if seen.reports is None else Shelf(seen.reports).listing()
        return {
            "generated_at": plain.stamp(seen.now),
            "folder": None if seen.reports is None else str(seen.reports),
            "reports": [
                {
                    "name": one.name,
                    "folder": one.folder,
                    "formats": list(one.formats),
                    "bytes": one.size,
                    "written_at": plain.stamp(one.at),
                }
                for one in written
            ],
        }

    @router.get("/reports/daily")
    async def daily(day: Day | None = None, form: Annotated[Form, Query(alias="format")] = Form.JSON) -> Response:
        return _formed(await read(lambda conn: periods.daily(conn, outlook(), day)), form)

    @router.get("/reports/weekly")
    async def weekly(day: Day | None = None, form: Annotated[Form, Query(alias="format")] = Form.JSON) -> Response:
        return _formed(await read(lambda conn: periods.weekly(conn, outlook(), day)), form)

    @router.get("/reports/since-last")
    async def since_last(who: Who, form: Annotated[Form, Query(alias="format")] = Form.JSON) -> Response:
        return _formed(await read(lambda conn: periods.since_last(conn, outlook(), who)), form)

    @router.post("/reports/since-last")
    async def told(said: CaughtUp) -> Plain:
        until = min(said.until, outlook().now)  # nobody knows what has not happened yet
        await commands.caught_up(said.who, until)
        return {"who": said.who, "until": plain.stamp(until)}

    @router.get("/reports/figures")
    async def figures() -> Plain:
        return await read(lambda conn: periods.figures_of(conn, outlook()))

    @router.get("/reports/{name}")
    async def written(name: str, form: Annotated[Form, Query(alias="format")] = Form.JSON) -> Response:
        folder = outlook().reports
        text = None if folder is None else Shelf(folder).read(name, form)
        if text is None:
            raise NotFound(f"there is no written report {name!r} as {form}", hint="watchbill report list")
        return _sent(text, form)

    @router.get("/recommendations")
    async def recommendations() -> Plain:
        return await read(lambda conn: advice.recommend(conn, outlook()))

    return router


def _formed(answer: Plain, form: Form) -> Response:
    match form:
        case Form.JSON:
            return JSONResponse(answer)
        case Form.MARKDOWN:
            return _sent(markdown.write(period.document(answer)), form)
        case _:
            return _sent(html.write(period.document(answer)), form)


def _sent(text: str, form: Form) -> Response:
    match form:
        case Form.JSON:
            return JSONResponse(json.loads(text))
        case Form.MARKDOWN:
            return PlainTextResponse(text)
        case _:
            return HTMLResponse(text)

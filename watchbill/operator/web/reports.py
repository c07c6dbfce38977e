"""The reports: what was written so far, each as a page; today and this week as they are now; and what is worth changing."""

import asyncio
import json
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, PlainTextResponse, Response

from watchbill.operator import plain
from watchbill.operator.doors import Plain
from watchbill.operator.drawing import trend
from watchbill.operator.drawing.trend import Trend
from watchbill.operator.faults import NotFound
from watchbill.operator.queries import advice, periods
from watchbill.operator.reports import period, run, standing, texts
from watchbill.operator.reports.document import Block, Document, Heading, Points, Rows, Text, Tiles
from watchbill.operator.reports.shelf import RUNS, SCENES, STANDING, Shelf, Written
from watchbill.operator.web import pictures
from watchbill.operator.web.desk import Desk
from watchbill.operator.web.rendering import HEADERS

_SHOWN = 200  # of a folder
_FOLDERS = {RUNS: "Runs, days and weeks", STANDING: "How everything stood", SCENES: "Progress of scenes"}
_MOODS = {"good": "ok", "so-so": "warn", "bad": "bad"}


def pages(site: APIRouter, desk: Desk) -> None:
    @site.get("/reports")
    async def listing(request: Request) -> HTMLResponse:
        outlook = desk.outlook()
        advised = await desk.read(lambda conn: advice.recommend(conn, outlook))
        written = await asyncio.to_thread(_written, outlook.reports)
        return await desk.page(
            request,
            "reports.html",
            here="reports",
            title="Reports",
            folder=None if outlook.reports is None else str(outlook.reports),
            shelves=_shelves(written),
            advice=advised["recommendations"],
        )

    @site.get("/reports/now/{span}")
    async def now(request: Request, span: str) -> HTMLResponse:
        """The day, or the week, as it is at this moment."""
        ask = {"day": periods.daily, "week": periods.weekly}.get(span)
        if ask is None:
            raise NotFound(f"there is no report of a {span!r}: day and week", hint="watchbill report daily")
        outlook = desk.outlook()
        answer = await desk.read(lambda conn: ask(conn, outlook, None))
        return await _document(desk, request, period.document(answer), name="", formats=())

    @site.get("/reports/{name}")
    async def one(request: Request, name: str, form: str = "") -> Response:
        shelf = _shelf(desk.outlook().reports)
        found = next((each for each in await asyncio.to_thread(shelf.listing) if each.name == name), None)
        if found is None or form not in ("", *found.formats):
            raise NotFound(f"there is no written report {name!r}", hint="watchbill report list")
        ending = form or ("json" if "json" in found.formats else found.formats[0])
        text = await asyncio.to_thread(shelf.read, name, ending) or ""
        told = None if form else _read(found, text)
        if told is None:
            return PlainTextResponse(text, headers=HEADERS)
        return await _document(desk, request, told, name=name, formats=found.formats)


def _shelf(folder: Path | None) -> Shelf:
    if folder is None:
        raise NotFound("no folder of reports is known here", hint="watchbill report list")
    return Shelf(folder)


def _written(folder: Path | None) -> list[Written]:
    return [] if folder is None else Shelf(folder).listing()


def _shelves(written: list[Written]) -> list[Plain]:
    return [
        {
            "title": title,
            "more": max(0, len(found) - _SHOWN),
            "reports": [
                {
                    "name": each.name,
                    "formats": list(each.formats),
                    "bytes": each.size,
                    "written_at": plain.stamp(each.at),
                }
                for each in found[:_SHOWN]
            ],
        }
        for folder, title in _FOLDERS.items()
        if (found := [each for each in written if each.folder == folder])
    ]


def _read(found: Written, text: str) -> Document | None:
    """What a report says, for people; None where another version wrote it, or somebody else: it is shown as it is then."""
    try:
        told = json.loads(text)
        return _document_of(found.folder, told)(told)
    except (ValueError, LookupError, TypeError, AttributeError):
        return None


def _document_of(folder: str, told: Mapping[str, Any]) -> Callable[[Plain], Document]:
    match folder:
        case "agent-management":
            return standing.document
        case "scene-progress":
            return lambda answer: texts.document(date.fromisoformat(answer["day"]), answer)
        case _:
            return run.document if "attempt" in told else period.document


async def _document(
    desk: Desk, request: Request, told: Document, *, name: str, formats: tuple[str, ...]
) -> HTMLResponse:
    blocks = await asyncio.to_thread(lambda: [_block(block, place) for place, block in enumerate(told.blocks)])
    return await desk.page(
        request,
        "report.html",
        here="reports",
        title=told.title,
        subtitle=told.subtitle,
        blocks=blocks,
        name=name,
        formats=list(formats),
    )


def _block(block: Block, place: int) -> Plain:
    match block:
        case Tiles():
            tiles = [
                {"title": tile.title, "value": tile.value, "note": tile.note, "tone": _MOODS.get(tile.mood, "")}
                for tile in block.tiles
            ]
            return {"kind": "tiles", "tiles": tiles}
        case Heading():
            return {"kind": "heading", "text": block.text}
        case Text():
            return {"kind": "text", "text": block.text}
        case Points():
            return {
                "kind": "points",
                "points": [{"text": point.text, "command": point.command} for point in block.points],
            }
        case Rows():
            return {
                "kind": "rows",
                "columns": [{"word": word.rstrip(">"), "right": word.endswith(">")} for word in block.columns],
                "rows": [list(row) for row in block.rows],
                "note": block.note,
            }
        case Trend():
            shown = pictures.shown(lambda width, name: trend.draw(block, width=width, name=name), f"chart-{place}")
            return {"kind": "chart", "title": block.title, "picture": shown}

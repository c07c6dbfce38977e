"""The configuration: every value in force and where it comes from, what the file would bring, and having it read anew."""

import json
from collections.abc import Iterator
from itertools import groupby
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from watchbill.operator.doors import Plain
from watchbill.operator.faults import DaemonUnreachable
from watchbill.operator.queries import configured
from watchbill.operator.web import forms
from watchbill.operator.web.desk import Desk


def pages(site: APIRouter, desk: Desk) -> None:
    @site.get("/config")
    async def config(request: Request, q: str = "") -> HTMLResponse:
        outlook = desk.outlook()
        try:
            force, file, places = await desk.commands.configured()
        except DaemonUnreachable as error:
            return await desk.page(
                request, "config.html", here="config", title="Configuration", found=None, why=str(error), q=q
            )
        found = configured.configuration(outlook, force, file, places)
        wanted = q.strip().casefold()
        shown = [each for each in found["values"] if wanted in each["key"].casefold()]
        return await desk.page(
            request,
            "config.html",
            here="config",
            title="Configuration",
            found=found,
            why="",
            q=q,
            sections=list(_sections(shown)),
            shown=len(shown),
            pending=[
                {**each, "in_force": spelled(each["in_force"]), "in_file": spelled(each["in_file"])}
                for each in found["pending"]
            ],
        )

    @site.post("/config/reload")
    async def reload(request: Request) -> Response:
        await forms.read(request)
        await desk.commands.reload(wait=True)
        return forms.done("/config", "reload")


def _sections(values: list[Plain]) -> Iterator[Plain]:
    """By what a key begins with."""
    for name, group in groupby(values, lambda each: str(each["key"]).partition(".")[0].partition("[")[0]):
        rows = [{**each, "spelled": spelled(each["value"])} for each in group]
        yield {"name": name, "values": rows, "stated": sum(row["line"] is not None for row in rows)}


def spelled(value: Any) -> str:
    """
    >>> spelled(None), spelled(True), spelled("a"), spelled(["a", 1]), spelled({})
    ('nothing', 'true', 'a', '["a", 1]', '{}')
    """
    if value is None:
        return "nothing"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)

"""The site: puts every page into the application, after what it has already."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import APIRouter, FastAPI, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse
from fastapi.routing import APIRoute
from starlette.convertors import Convertor, register_url_convertor

from watchbill.domain.errors import WatchbillError
from watchbill.operator.commands import Commands
from watchbill.operator.faults import fault_of, hint_of
from watchbill.operator.outlook import Outlook
from watchbill.operator.reading import Read
from watchbill.operator.web import (
    budget,
    config,
    events,
    overview,
    pausing,
    providers,
    queue,
    reports,
    review,
    runs,
    schedule,
    sessions,
    tasks,
)
from watchbill.operator.web.assets import assets
from watchbill.operator.web.desk import Desk

PAGES = (
    overview.pages,
    queue.pages,
    tasks.pages,
    runs.pages,
    sessions.pages,
    review.pages,
    schedule.pages,
    budget.pages,
    providers.pages,
    events.pages,
    reports.pages,
    config.pages,
    pausing.pages,
)


def add_pages(app: FastAPI, read: Read, commands: Commands, outlook: Callable[[], Outlook]) -> None:
    """Every page. To be called after the API's own routes: what nobody answers gets a page that says so."""
    desk = Desk(read=read, commands=commands, outlook=outlook)
    site = APIRouter(route_class=_told_as_pages(desk), include_in_schema=False)
    for pages in PAGES:
        pages(site, desk)
    _nowhere(site)
    app.include_router(assets())
    app.include_router(site)


class _Page(Convertor[str]):
    """The path of what might be a page; those of the API have answers of their own."""

    regex = "(?!api/).*"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


register_url_convertor("page", _Page())


def _nowhere(site: APIRouter) -> None:
    @site.get("/{path:page}")
    async def nowhere(path: str) -> HTMLResponse:
        raise HTTPException(404, f"There is no page /{path}")


def _told_as_pages(desk: Desk) -> type[APIRoute]:
    """A kind of route whose refusals are pages, where those of the API are JSON."""

    class PageRoute(APIRoute):
        def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
            handle = super().get_route_handler()

            async def handled(request: Request) -> Response:
                try:
                    return await handle(request)
                except WatchbillError as error:
                    return await _refusal(
                        desk, request, fault_of(error).status, str(error), hint_of(error, request.path_params)
                    )
                except HTTPException as error:
                    return await _refusal(desk, request, error.status_code, str(error.detail), "")
                except RequestValidationError as error:
                    said = "; ".join(f"{wrong['loc'][-1]}: {wrong['msg']}" for wrong in error.errors())
                    return await _refusal(desk, request, 400, said, "")

            return handled

    return PageRoute


async def _refusal(desk: Desk, request: Request, status: int, words: str, hint: str) -> HTMLResponse:
    return await desk.page(
        request, "refusal.html", here="", title="That did not work", status=status, code=status, words=words, hint=hint
    )

"""Happening: the part of the API by which people see what happens, as a list or as it comes."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse, Response

from watchbill.domain.events import EVENT_BY_NAME
from watchbill.operator import sieve
from watchbill.operator.faults import BadQuestion, TooMany
from watchbill.operator.outlook import Outlook
from watchbill.operator.queries import events
from watchbill.operator.reading import Read
from watchbill.operator.viewers import Viewers

_MOST_ROWS = 1000
_MOST_ID = (1 << 63) - 1  # SQLite's
_STREAM = "text/event-stream"
_STREAMED: dict[int | str, dict[str, Any]] = {200: {"content": {_STREAM: {}}}}

EventId = Annotated[int, Query(ge=0, le=_MOST_ID)]
Limit = Annotated[int, Query(ge=1, le=_MOST_ROWS)]


def happening(read: Read, outlook: Callable[[], Outlook], viewers: Viewers | None) -> APIRouter:
    router = APIRouter()

    def streamed(request: Request, after: int | None, kind: str | None) -> Response:
        _check(kind)
        if viewers is None:
            raise TooMany("nothing happens while no daemon runs")
        seen = _last_seen(request)
        return viewers.stream(after if seen is None else seen, kind)

    @router.get("/events", responses=_STREAMED)
    async def event_list(
        request: Request, after: EventId | None = None, kind: str | None = None, limit: Limit = 100
    ) -> Response:
        """What happened, oldest first; with `Accept: text/event-stream`, as it happens."""
        if request.headers.get("accept", "").partition(";")[0].strip() == _STREAM:
            return streamed(request, after, kind)
        _check(kind)
        return JSONResponse(
            await read(lambda conn: events.events(conn, outlook(), after=after, kind=kind, limit=limit))
        )

    @router.get("/events/stream", response_class=Response, responses=_STREAMED)
    async def stream(request: Request, after: EventId | None = None, kind: str | None = None) -> Response:
        """What happens, as server-sent events: after the header `Last-Event-ID`, else after `after`, else from now on."""
        return streamed(request, after, kind)

    return router


def _check(kind: str | None) -> None:
    """Raises BadQuestion for a kind that there is not."""
    if kind is not None:
        sieve.check_known("kind", kind, EVENT_BY_NAME)


def _last_seen(request: Request) -> int | None:
    """Where a browser that lost its connection left off."""
    said = request.headers.get("last-event-id", "")
    if said and not (said.isascii() and said.isdecimal() and int(said) <= _MOST_ID):
        raise BadQuestion(f"Last-Event-ID is the number of an event, not {said!r}")
    return int(said) if said else None

"""Happening: the part of the API by which people see what happens, as a list or as it comes."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Protocol, TypeVar

from fastapi import APIRouter, Header, Query
from fastapi.responses import JSONResponse, Response

from watchbill.operator.faults import TooMany
from watchbill.operator.outlook import Outlook
from watchbill.operator.queries import events
from watchbill.operator.viewers import Viewers
from watchbill.state.engine import Connection

T = TypeVar("T")

_MOST_ROWS = 1000
_MOST_ID = (1 << 63) - 1  # SQLite's
_STREAM = "text/event-stream"

EventId = Annotated[int, Query(ge=0, le=_MOST_ID)]
Limit = Annotated[int, Query(ge=1, le=_MOST_ROWS)]
LastSeen = Annotated[int | None, Header(alias="Last-Event-ID", ge=0, le=_MOST_ID)]


class Read(Protocol):
    def __call__(self, work: Callable[[Connection], T], /) -> Awaitable[T]: ...


def happening(read: Read, outlook: Callable[[], Outlook], viewers: Viewers | None) -> APIRouter:
    router = APIRouter()

    def streamed(seen: int | None, after: int | None, kind: str | None) -> Response:
        if viewers is None:
            raise TooMany("nothing happens while no daemon runs")
        return viewers.stream(after if seen is None else seen, kind)

    @router.get("/events", responses={200: {"content": {_STREAM: {}}}})
    async def event_list(
        after: EventId | None = None,
        kind: str | None = None,
        limit: Limit = 100,
        accept: Annotated[str, Header()] = "",
        last_seen: LastSeen = None,
    ) -> Response:
        """What happened, oldest first; with `Accept: text/event-stream`, as it happens."""
        if accept.partition(";")[0].strip() == _STREAM:
            return streamed(last_seen, after, kind)
        return JSONResponse(
            await read(lambda conn: events.events(conn, outlook(), after=after, kind=kind, limit=limit))
        )

    @router.get("/events/stream", response_class=Response, responses={200: {"content": {_STREAM: {}}}})
    async def stream(after: EventId | None = None, kind: str | None = None, last_seen: LastSeen = None) -> Response:
        """What happens, as server-sent events: after `Last-Event-ID`, else after `after`, else from now on."""
        return streamed(last_seen, after, kind)

    return router

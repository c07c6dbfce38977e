"""Viewers: events as server-sent events, read from the store from any point on. Nothing is kept for a viewer but its place.

One that reads slowly is waited for at the socket, and cut off when it takes nothing for a while (operator/listen.py). Viewers at
the same place share one look into the store, and what it found as it goes over the wire; and all are told together, not of each
event by itself: with many viewers it is telling them that costs time, which work needs.
"""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from watchbill.operator.doors import Plain
from watchbill.operator.faults import TooMany
from watchbill.operator.queries import events
from watchbill.operator.reading import Read
from watchbill.state import events as event_rows
from watchbill.state.engine import Connection

MOST = 128  # viewers at once
_AT_ONCE = 200  # events in one look, so that a long replay lets others in between
_HEARTBEAT = 15.0  # seconds
_PACE = 0.5  # seconds between two tellings, while much happens; what happens after a pause is told at once
_AGAIN_AFTER = 3000  # milliseconds, which a browser waits before it connects anew
_BEAT = b": still here\n\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stretch:
    text: bytes  # as it goes over the wire
    end: int  # the id after which the next one begins
    is_last: bool  # nothing more has happened yet


class Viewers:
    """All who watch, on every listener. `news` is an event that is set, and replaced, when more was written."""

    def __init__(self, read: Read, news: Callable[[], asyncio.Event], *, heartbeat: float = _HEARTBEAT) -> None:
        self._read = read
        self._news = news
        self._heartbeat = heartbeat
        self._looks: dict[tuple[asyncio.Event, int, str | None], asyncio.Task[_Stretch]] = {}
        self._more: tuple[asyncio.Event, asyncio.Task[None]] | None = None  # what all wait for who know everything
        self._told_at = -_PACE  # of the loop's time
        self._leaving = asyncio.Event()
        self._count = 0

    def stream(self, after: int | None, kind: str | None) -> Response:
        """Events of that kind after that id, else from now on, until the viewer goes. Raises TooMany."""
        if self._count >= MOST:
            raise TooMany(f"{MOST} others watch already: try again later")
        return _Stream(self, after, kind)

    def hang_up(self) -> None:
        """End every stream; browsers come back by themselves and miss nothing."""
        self._leaving.set()
        self._leaving = asyncio.Event()

    async def show(self, after: int | None, kind: str | None, receive: Receive, send: Send) -> None:
        self._count += 1
        gone = asyncio.create_task(_gone(receive))
        leaving = asyncio.create_task(self._leaving.wait())
        try:
            await self._show(after, kind, send, {gone, leaving})
        finally:
            self._count -= 1
            gone.cancel()
            leaving.cancel()

    async def _show(
        self, after: int | None, kind: str | None, send: Send, ends: "set[asyncio.Task[None] | asyncio.Task[bool]]"
    ) -> None:
        latest = await self._read(event_rows.latest_id)
        place = latest if after is None else min(after, latest)  # the database may be another one than the viewer knew
        while not any(end.done() for end in ends):
            news = self._news()
            stretch = await self._look(news, place, kind)
            place = stretch.end
            if stretch.text:
                await _write(send, stretch.text)
            if stretch.is_last and not await _any_of({self._more_than(news), *ends}, within=self._heartbeat):
                await _write(send, _BEAT)

    def _more_than(self, news: asyncio.Event) -> "asyncio.Task[None]":
        """Ends when there is more to tell, and it is time to."""
        if self._more is None or self._more[0] is not news:
            self._more = news, asyncio.create_task(self._time_to_tell(news), name="news for viewers")
        return self._more[1]

    async def _time_to_tell(self, news: asyncio.Event) -> None:
        await news.wait()
        now = asyncio.get_running_loop().time
        await asyncio.sleep(self._told_at + _PACE - now())
        self._told_at = now()

    async def _look(self, news: asyncio.Event, after: int, kind: str | None) -> _Stretch:
        key = (news, after, kind)  # one that began before the last news may have missed them
        looking = self._looks.get(key)
        if looking is None:
            looking = asyncio.create_task(self._stretch(after, kind), name="events for viewers")
            self._looks[key] = looking
            looking.add_done_callback(lambda _: self._looks.pop(key))
        return await asyncio.shield(looking)

    async def _stretch(self, after: int, kind: str | None) -> _Stretch:
        def look(conn: Connection) -> _Stretch:
            found = event_rows.since(conn, after, kind, _AT_ONCE)
            is_last = len(found) < _AT_ONCE
            end = event_rows.latest_id(conn) if is_last else found[-1].id
            return _Stretch(
                text=b"".join(map(_framed, map(events.plain_event, found))), end=max(after, end), is_last=is_last
            )

        return await self._read(look)


class _Stream(Response):
    """Written by hand, for the framework's own keeps a queue between the source and the socket."""

    def __init__(self, viewers: Viewers, after: int | None, kind: str | None) -> None:
        super().__init__(media_type="text/event-stream", headers={"cache-control": "no-store"})
        del self.headers["content-length"]
        self._viewers, self._after, self._kind = viewers, after, kind

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        if scope["method"] == "HEAD":
            await send({"type": "http.response.body", "body": b""})
            return
        await _write(send, f"retry: {_AGAIN_AFTER}\n\n".encode())
        await self._viewers.show(self._after, self._kind, receive, send)
        await send({"type": "http.response.body", "body": b""})


async def _write(send: Send, text: bytes) -> None:
    await send({"type": "http.response.body", "body": text, "more_body": True})


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _any_of(ends: "set[asyncio.Task[None] | asyncio.Task[bool]]", *, within: float) -> bool:
    """Whether one of them has ended before the next heartbeat."""
    done, _ = await asyncio.wait(ends, timeout=within, return_when=asyncio.FIRST_COMPLETED)
    return bool(done)


def _framed(event: Plain) -> bytes:
    return f"id: {event['id']}\nevent: {event['name']}\ndata: {json.dumps(event, ensure_ascii=False)}\n\n".encode()

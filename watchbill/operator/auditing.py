"""Auditing: whoever asks for a change is written down before it is done, and one key is one change, however often it is asked.

Pure ASGI, around the whole application, so that the API's writes and the page's are treated alike.
"""

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from starlette.datastructures import Headers
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from watchbill.domain.wishes import KeyReused, Wish
from watchbill.operator.faults import envelope, fault_of, hint_of
from watchbill.operator.reading import Read
from watchbill.state import audit
from watchbill.state.audit import Said

_READS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
_LONGEST_KEY = 200  # characters
NOBODY = "somebody unknown"


class Tell(Protocol):
    def __call__(self, name: str, /, **facts: object) -> None: ...


class Audited:
    def __init__(self, app: ASGIApp, *, read: Read, now: Callable[[], datetime], tell: Tell) -> None:
        self._app = app
        self._read = read
        self._now = now
        self._tell = tell
        self._under_way: dict[int, asyncio.Event] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in _READS:
            await self._app(scope, receive, send)
            return
        key = Headers(scope=scope).get("idempotency-key")
        if key is not None and not (key.isprintable() and 0 < len(key) <= _LONGEST_KEY):
            await _bad_key(scope, receive, send)
            return
        body = await _whole(receive)
        wish = _wish(scope, body, key)
        try:
            entry, is_new = await self._read(lambda conn: audit.begin(conn, wish, self._now()))
        except KeyReused as error:
            await _refusal(error)(scope, receive, send)
            return
        if is_new:
            await self._carry_out(entry.number, wish, scope, _again(body, receive), send)
        else:
            await (await self._kept(entry, wish))(scope, receive, send)

    async def _carry_out(self, number: int, wish: Wish, scope: Scope, receive: Receive, send: Send) -> None:
        done = self._under_way[number] = asyncio.Event()
        heard = _Heard(send)
        try:
            await self._app(scope, receive, heard.send)
        finally:
            await self._read(lambda conn: audit.end(conn, number, heard.said, self._now()))
            del self._under_way[number]
            done.set()
            facts = {"method": wish.method, "path": wish.path, "status": heard.said.status}
            self._tell("control.asked", actor=wish.actor, **facts)

    async def _kept(self, entry: audit.Entry, wish: Wish) -> Response:
        """The first answer, once it is there."""
        under_way = self._under_way.get(entry.number)
        if under_way is not None:
            await under_way.wait()
            entry, _ = await self._read(lambda conn: audit.begin(conn, wish, self._now()))
        if entry.answer is None:
            return _refusal(
                KeyReused(
                    "the daemon ended while it was at this: whether it was done is not known; look, then use another key"
                )
            )
        first = entry.answer
        headers = {"idempotency-replayed": "true"}
        return Response(first.text, status_code=first.status, media_type=first.media, headers=headers)


class _Heard:
    """An answer on its way, remembered."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.said = Said(status=500, media="application/json", text="")
        self._body = b""

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            media = Headers(raw=message["headers"]).get("content-type", "")
            self.said = replace(self.said, status=message["status"], media=media)
        else:
            self._body += message.get("body", b"")
            self.said = replace(self.said, text=self._body.decode("utf-8", "replace"))
        await self._send(message)


def _wish(scope: Scope, body: bytes, key: str | None) -> Wish:
    query = scope["query_string"].decode("latin-1")
    path = f"{scope['path']}?{query}" if query else scope["path"]
    return Wish(
        actor=scope.get("state", {}).get("actor", NOBODY),
        method=scope["method"],
        path=path,
        said=body.decode("utf-8", "replace"),
        digest=hashlib.sha256(b"\0".join((scope["method"].encode(), path.encode(), body))).hexdigest(),
        key=key,
    )


async def _whole(receive: Receive) -> bytes:
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body", False):
            return bytes(body)


def _again(body: bytes, receive: Receive) -> Receive:
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Message:
        return messages.pop() if messages else await receive()

    return again


def _refusal(error: KeyReused) -> Response:
    fault = fault_of(error)
    return JSONResponse(envelope(fault.code, str(error), hint_of(error, {})), status_code=fault.status)


async def _bad_key(scope: Scope, receive: Receive, send: Send) -> None:
    said = envelope("bad_question", f"Idempotency-Key must be 1 to {_LONGEST_KEY} printable characters", "")
    await JSONResponse(said, status_code=400)(scope, receive, send)

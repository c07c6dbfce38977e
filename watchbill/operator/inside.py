"""Inside: the control API asked within this process, over an open transaction, by commands that no daemon answers."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import httpx2
from starlette.types import ASGIApp, Receive, Scope, Send

from watchbill.operator.api import create_app
from watchbill.operator.commands import Commands
from watchbill.operator.doors import Answer
from watchbill.operator.guard import user
from watchbill.operator.outlook import Outlook
from watchbill.state.engine import Connection

T = TypeVar("T")


def ask(
    conn: Connection,
    commands: Commands,
    outlook: Callable[[], Outlook],
    *,
    method: str,
    path: str,
    said: dict[str, Any] | None,
) -> Answer:
    """The answer of a fresh API, without a socket. `said` is a GET's parameters or a POST's body."""

    def read(work: Callable[[Connection], T]) -> Awaitable[T]:
        return _now(work(conn))

    app = create_app(read, commands, outlook)
    return asyncio.run(_request(httpx2.ASGITransport(app=_by_owner(app)), method, path, said))


def _by_owner(app: ASGIApp) -> ASGIApp:
    """Whoever runs the command asks."""

    async def asked(scope: Scope, receive: Receive, send: Send) -> None:
        await app({**scope, "state": {"actor": user(os.geteuid())}}, receive, send)

    return asked


async def _now(value: T) -> T:
    return value


async def _request(transport: httpx2.AsyncBaseTransport, method: str, path: str, said: dict[str, Any] | None) -> Answer:
    async with httpx2.AsyncClient(transport=transport, base_url="http://watchbill") as client:
        response = await (client.get(path, params=said) if method == "GET" else client.post(path, json=said))
        return Answer(status=response.status_code, text=response.text)

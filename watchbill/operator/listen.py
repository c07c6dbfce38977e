"""Listening: serves HTTP in the daemon's own loop, on a Unix socket that only its owner may open, and on loopback."""

import asyncio
import logging
import socket
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from watchbill.domain import sockets
from watchbill.domain.errors import StateError

_GRACE = 2  # seconds that answers under way get at the end
_OWNER_ONLY = 0o600
_HEAD_WITHIN = 10.0  # seconds from the first byte, or the connection, to the end of a request's head
_STALLED_FOR = 30.0  # seconds in which nothing of an answer is taken
_MOST_CONNECTIONS = 256  # on loopback
_CREDENTIALS = struct.Struct("3i")  # pid, uid, gid


class _Server(uvicorn.Server):
    """uvicorn without its signal handlers, for the daemon has its own, and without its ten looks a second at whether to end."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._asked_to_end = asyncio.Event()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def main_loop(self) -> None:
        await self.on_tick(0)  # makes the headers of every answer
        await self._asked_to_end.wait()

    def end(self) -> None:
        self.should_exit = True
        self._asked_to_end.set()


class _Protocol(H11Protocol):
    """HTTP with an eye on whoever is at the other end: who that is, and whether they keep a connection open for nothing."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as h11_impl has it
        super().connection_made(transport)
        self._head: asyncio.TimerHandle | None = None
        self._stalled: asyncio.TimerHandle | None = None
        uid = _uid_of(transport)
        if uid is not None:
            self.client = ("uid", uid)
        self._expect_head()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.cycle is not None and not self.cycle.response_complete:  # type: ignore[redundant-expr]  # None at first
            self._forget_head()
        else:
            self._expect_head()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._stalled = self.loop.call_later(_STALLED_FOR, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._keep_on()

    def connection_lost(self, exc: Exception | None) -> None:
        self._forget_head()
        self._keep_on()
        super().connection_lost(exc)

    def _expect_head(self) -> None:
        if self._head is None:
            self._head = self.loop.call_later(_HEAD_WITHIN, self.transport.close)

    def _forget_head(self) -> None:
        if self._head is not None:
            self._head.cancel()
            self._head = None

    def _keep_on(self) -> None:
        if self._stalled is not None:
            self._stalled.cancel()
            self._stalled = None


def _uid_of(transport: asyncio.Transport) -> int | None:
    """Whose process is at the other end, by the kernel's word; None over TCP."""
    bound: socket.socket = transport.get_extra_info("socket")
    if bound.family != socket.AF_UNIX:
        return None
    said = bound.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    uid: int = _CREDENTIALS.unpack(said)[1]
    return uid


async def listen(app: ASGIApp, path: Path, *, ending: Callable[[], None] = lambda: None) -> None:
    """Serve on a Unix socket until cancelled; `ending` then ends answers that never end. Raises StateError where it cannot be made."""
    with _bound(path) as bound:
        await _serve(_config(app, http=_Protocol), bound, name="control-api", ending=ending)


async def listen_on(bound: socket.socket, app: ASGIApp, *, ending: Callable[[], None]) -> None:
    """Serve on a bound socket of loopback, where anybody on this machine may connect, until cancelled."""
    config = _config(app, http=_Protocol, limit_concurrency=_MOST_CONNECTIONS)
    await _serve(config, bound, name="web", ending=ending)


def loopback(host: str, port: int) -> socket.socket:
    """A bound socket. Raises OSError where the port is taken."""
    bound = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((host, port))
        bound.listen()
    except OSError:
        bound.close()
        raise
    return bound


async def serve_on(bound: socket.socket, app: ASGIApp, *, name: str) -> None:
    """Serve our own programs on a socket that is bound already, until cancelled."""
    await _serve(_config(app), bound, name=name, ending=lambda: None)


def _config(app: ASGIApp, **more: Any) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        lifespan="off",
        timeout_graceful_shutdown=_GRACE,
        ws="none",
        date_header=False,  # it would be made once and then be wrong
        server_header=False,
        **more,
    )


async def _serve(config: uvicorn.Config, bound: socket.socket, *, name: str, ending: Callable[[], None]) -> None:
    logging.getLogger("uvicorn.error").setLevel(logging.ERROR)  # what a stranger sends is no news, nor a line for each
    server = _Server(config)
    serving = asyncio.create_task(server.serve(sockets=[bound]), name=name)
    try:
        await asyncio.shield(serving)
    finally:
        ending()
        server.end()
        await asyncio.wait({serving})


@contextmanager
def _bound(path: Path) -> Iterator[socket.socket]:
    bound = _bind(path)
    ours = path.stat().st_ino
    try:
        yield bound
    finally:
        bound.close()
        with suppress(FileNotFoundError):
            if path.stat().st_ino == ours:  # else the folder is another daemon's by now
                path.unlink()


def _bind(path: Path) -> socket.socket:
    """A listening socket whose file nobody else could open, not even for an instant."""
    bound = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    staged = path.with_name(f".{path.name}.new")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        staged.unlink(missing_ok=True)
        with sockets.short_name(staged) as name:
            bound.bind(name)
        staged.chmod(_OWNER_ONLY)
        staged.rename(path)  # over what a killed daemon left; this one holds the state folder
        bound.listen()
    except OSError as error:
        bound.close()
        raise StateError(
            f"cannot listen on {path}: {error.strerror or error}; set $WATCHBILL_SOCKET to a short path that is yours"
        ) from error
    return bound

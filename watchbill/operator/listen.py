"""Listening: serves the control API on a Unix socket that only its owner may open, in the daemon's own loop."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import uvicorn
from fastapi import FastAPI

from watchbill.domain.errors import StateError

_GRACE = 2  # seconds that answers under way get at the end
_OWNER_ONLY = 0o600


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


async def listen(app: FastAPI, path: Path) -> None:
    """Serve until cancelled. Raises StateError where the socket cannot be made."""
    with _bound(path) as bound:
        await serve_on(bound, app, name="control-api")


async def serve_on(bound: socket.socket, app: FastAPI, *, name: str) -> None:
    """Serve on a socket that is bound already, until cancelled."""
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        lifespan="off",
        timeout_graceful_shutdown=_GRACE,
        ws="none",
        date_header=False,  # it would be made once and then be wrong
    )
    server = _Server(config)
    serving = asyncio.create_task(server.serve(sockets=[bound]), name=name)
    try:
        await asyncio.shield(serving)
    finally:
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
        bound.bind(str(staged))
        staged.chmod(_OWNER_ONLY)
        staged.rename(path)  # over what a killed daemon left; this one holds the state folder
        bound.listen()
    except OSError as error:
        bound.close()
        raise StateError(
            f"cannot listen on {path}: {error.strerror or error}; set $WATCHBILL_SOCKET to a short path that is yours"
        ) from error
    return bound

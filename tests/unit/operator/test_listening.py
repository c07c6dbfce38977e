"""The listeners: who is at the other end, and what keeps a connection open for nothing."""

import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from starlette.types import Receive, Scope, Send

from watchbill.operator import listen
from watchbill.operator.guard import Guard, of_socket, user

pytestmark = pytest.mark.anyio
ASK = b"GET / HTTP/1.1\r\nHost: here\r\n\r\n"


async def name(scope: Scope, receive: Receive, send: Send) -> None:
    who = scope["state"]["actor"].encode()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"you are " + who})


async def flood(scope: Scope, receive: Receive, send: Send) -> None:
    """More than anybody who does not read can take."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    for _ in range(1000):
        await send({"type": "http.response.body", "body": b"x" * 100_000, "more_body": True})


@asynccontextmanager
async def on_socket(app: Callable[..., object], path: Path) -> AsyncIterator[None]:
    serving = asyncio.create_task(listen.listen(app, path))  # type: ignore[arg-type]
    while not path.exists():  # noqa: ASYNC240 - a look
        await asyncio.sleep(0.001)
    yield
    serving.cancel()
    await asyncio.wait({serving})


async def answer(path: Path, said: bytes) -> bytes:
    reader, writer = await asyncio.open_unix_connection(path)
    writer.write(said)
    text = await asyncio.wait_for(reader.read(), 60)
    writer.close()
    return text


async def test_the_kernel_says_who_asks(tmp_path: Path) -> None:
    place = tmp_path / "s"
    async with on_socket(Guard(name, of_socket), place):
        said = await answer(place, ASK.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))

    assert said.startswith(b"HTTP/1.1 200")
    assert b"you are " + user(os.geteuid()).encode() in said


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else")
async def test_another_user_is_refused_even_where_the_file_lets_them_in(tmp_path: Path) -> None:
    place = Path("/tmp") / f"watchbill-test-{os.getpid()}.sock"
    asks = (
        "import os, socket; os.setuid(65534); s = socket.socket(socket.AF_UNIX); "
        f"s.connect({str(place)!r}); s.sendall({ASK!r}); print(s.recv(100).decode())"
    )
    async with on_socket(Guard(name, of_socket), place):
        place.chmod(0o666)
        said = await asyncio.to_thread(
            subprocess.run, [sys.executable, "-c", asks], capture_output=True, text=True, check=True
        )

    assert said.stdout.startswith("HTTP/1.1 403")


async def test_a_head_that_drips_is_cut_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listen, "_HEAD_WITHIN", 0.05)
    place = tmp_path / "s"
    async with on_socket(Guard(name, of_socket), place):
        nothing = await answer(place, b"")
        dripping = await answer(place, b"GET / HTTP/1.1\r\nHost: he")

    assert (nothing, dripping) == (b"", b"")


async def test_who_takes_nothing_of_an_answer_is_cut_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listen, "_STALLED_FOR", 0.05)
    place, is_over = tmp_path / "s", asyncio.Event()

    async def flooding(scope: Scope, receive: Receive, send: Send) -> None:
        await flood(scope, receive, send)
        is_over.set()

    async with on_socket(Guard(flooding, of_socket), place):
        with socket.socket(socket.AF_UNIX) as viewer:
            viewer.setblocking(False)
            await asyncio.get_running_loop().sock_connect(viewer, str(place))
            await asyncio.get_running_loop().sock_sendall(viewer, ASK)
            await asyncio.wait_for(is_over.wait(), 60)
            taken = 0
            try:
                while got := await asyncio.wait_for(asyncio.get_running_loop().sock_recv(viewer, 1 << 20), 60):
                    taken += len(got)
            except ConnectionResetError:
                pass

    assert 0 < taken < 10_000_000


async def test_answers_that_never_end_are_ended_with_the_listener(tmp_path: Path) -> None:
    ended = asyncio.Event()

    async def waits(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await ended.wait()
        await send({"type": "http.response.body", "body": b"bye"})

    bound = listen.loopback("127.0.0.1", 0)
    serving = asyncio.create_task(listen.listen_on(bound, waits, ending=ended.set))
    reader, writer = await asyncio.open_connection(*bound.getsockname())
    writer.write(ASK)
    await reader.readline()
    serving.cancel()

    assert b"bye" in await asyncio.wait_for(reader.read(), 60)
    await asyncio.wait({serving}, timeout=60)
    writer.close()


async def test_a_taken_port_is_an_error_and_no_socket_is_left() -> None:
    with listen.loopback("127.0.0.1", 0) as bound, pytest.raises(OSError, match="in use"):
        listen.loopback(*bound.getsockname())

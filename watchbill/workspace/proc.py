"""Programs: each in its own session, with a clean environment, and with its whole process group dead at the deadline."""

import asyncio
import os
import signal
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from watchbill.domain.ports import ProcResult
from watchbill.domain.whole import to_its_end

TIMED_OUT = 124  # as coreutils' timeout says it
CANNOT_START = 127  # as a shell says it
SHOWN_BYTES = 1 << 20  # of each stream: more than anybody reads, less than what fills the memory


@dataclass(frozen=True, slots=True, kw_only=True)
class RawResult:
    """What a program said, as bytes. `dropped` counts the bytes of both streams that were over the cap."""

    code: int
    stdout: bytes
    stderr: bytes
    timed_out: bool = False
    dropped: int = 0


class OsProc:
    """Programs of the operating system. `grace` lies between TERM and KILL."""

    def __init__(self, *, cap: int = SHOWN_BYTES, grace: timedelta = timedelta(seconds=2)) -> None:
        self._cap = cap
        self._grace = grace

    async def run(
        self,
        argv: Sequence[str],
        *,
        cwd: Path,
        env: Mapping[str, str],
        timeout: timedelta,
        stdin: bytes = b"",
    ) -> ProcResult:
        """Its output as text, the middle left out where it is over the cap. A program that cannot start ends with 127."""
        raw = await self.run_raw(argv, cwd=cwd, env=env, timeout=timeout, stdin=stdin, cap=self._cap)
        return ProcResult(
            code=raw.code,
            stdout=raw.stdout.decode(errors="replace"),
            stderr=raw.stderr.decode(errors="replace"),
            timed_out=raw.timed_out,
        )

    async def run_raw(
        self,
        argv: Sequence[str],
        *,
        cwd: Path,
        env: Mapping[str, str],
        timeout: timedelta,
        stdin: bytes = b"",
        cap: int,
        ends_at_cap: bool = False,
    ) -> RawResult:
        """The same in bytes, with the caller's own cap for each stream. `ends_at_cap`: half of it is of no use, so who
        says more is killed."""
        try:
            transport, wire = await self._start(argv, cwd=cwd, env=env, wire=_Wire(cap, ends_at_cap=ends_at_cap))
        except OSError as error:
            words = f"cannot start {argv[0]}: {error.strerror} ({error.filename})"
            return RawResult(code=CANNOT_START, stdout=b"", stderr=words.encode())
        try:
            _feed(transport, stdin)
            timed_out = await self._ended_late(transport, wire, timeout)
            return wire.result(transport.get_returncode(), timed_out)
        finally:
            await to_its_end(self._put_away(transport, wire))

    async def _start(
        self, argv: Sequence[str], *, cwd: Path, env: Mapping[str, str], wire: "_Wire"
    ) -> tuple[asyncio.SubprocessTransport, "_Wire"]:
        """Raises OSError. Who cancels this leaves no program behind, and waits no longer than twice the grace."""
        loop = asyncio.get_running_loop()
        starting = asyncio.ensure_future(
            loop.subprocess_exec(lambda: wire, *argv, cwd=cwd, env=dict(env), start_new_session=True)
        )
        try:
            return await asyncio.shield(starting)
        except asyncio.CancelledError:
            await asyncio.wait({starting}, timeout=self._grace.total_seconds())
            if not starting.done():
                starting.cancel()  # when a loop's end cancels a start half-way, asyncio waits for its pipes for ever
                await asyncio.wait({starting}, timeout=self._grace.total_seconds())
            if starting.done() and not starting.cancelled() and starting.exception() is None:
                await to_its_end(self._put_away(*starting.result()))
            raise

    async def _put_away(self, transport: asyncio.SubprocessTransport, wire: "_Wire") -> None:
        _kill_group(transport, signal.SIGKILL)
        try:
            await _within(wire.exited, self._grace)  # the loop's watcher reaps it: close() would do so behind its back
        finally:
            transport.close()

    async def _ended_late(self, transport: asyncio.SubprocessTransport, wire: "_Wire", timeout: timedelta) -> bool:
        """Wait for the end and make it come at the deadline. What the group's leader leaves behind is killed too."""
        timed_out = not await _within(wire.exited, timeout)
        if timed_out:
            _kill_group(transport, signal.SIGTERM)
            await _within(wire.exited, self._grace)
        _kill_group(transport, signal.SIGKILL)
        await _within(wire.silent, self._grace)  # a program that left the group may hold the pipes for ever
        return timed_out


class _Wire(asyncio.SubprocessProtocol):
    """Collects a program's two streams and notices its end. Its end and its pipes' end are two events."""

    def __init__(self, cap: int, *, ends_at_cap: bool) -> None:
        self.exited = asyncio.Event()
        self.silent = asyncio.Event()
        self._ends_at_cap = ends_at_cap
        self._streams = {1: _Capture(cap), 2: _Capture(cap)}
        self._open = {1, 2}

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.SubprocessTransport)
        self._transport = transport

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        self._streams[fd].add(data)
        if self._ends_at_cap and self._streams[fd].dropped:
            _kill_group(self._transport, signal.SIGKILL)

    def pipe_connection_lost(self, fd: int, exc: Exception | None) -> None:  # noqa: ARG002 - the protocol's signature
        self._open.discard(fd)
        if not self._open:
            self.silent.set()

    def process_exited(self) -> None:
        self.exited.set()

    def result(self, code: int | None, timed_out: bool) -> RawResult:
        out, err = self._streams[1], self._streams[2]
        code = TIMED_OUT if timed_out or code is None else code
        dropped = out.dropped + err.dropped
        return RawResult(code=code, stdout=out.text(), stderr=err.text(), timed_out=timed_out, dropped=dropped)


class _Capture:
    """The first and the last part of a stream: errors stand at one of its two ends."""

    def __init__(self, cap: int) -> None:
        self._half = cap // 2
        self._head = bytearray()
        self._tail = bytearray()
        self.dropped = 0

    def add(self, data: bytes) -> None:
        room = self._half - len(self._head)
        self._head += data[:room]
        self._tail += data[room:]
        surplus = len(self._tail) - self._half
        if surplus > 0:
            del self._tail[:surplus]
            self.dropped += surplus

    def text(self) -> bytes:
        gap = f"\n[... {self.dropped} bytes left out ...]\n".encode() if self.dropped else b""
        return bytes(self._head) + gap + bytes(self._tail)


def _feed(transport: asyncio.SubprocessTransport, stdin: bytes) -> None:
    pipe = transport.get_pipe_transport(0)
    assert isinstance(pipe, asyncio.WriteTransport)
    pipe.write(stdin)
    pipe.close()  # after what is still in its buffer


async def _within(event: asyncio.Event, span: timedelta) -> bool:
    with suppress(TimeoutError):
        async with asyncio.timeout(span.total_seconds()):
            await event.wait()
    return event.is_set()


def _kill_group(transport: asyncio.SubprocessTransport, number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):  # gone already, or became another user's
        os.killpg(transport.get_pid(), number)

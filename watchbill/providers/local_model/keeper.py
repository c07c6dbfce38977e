"""The keeper: starts a model's worker when somebody asks, knows when it ended and why, and lets it go when nobody asks any more."""

import asyncio
import json
import os
import secrets
import signal
import sys
import weakref
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from importlib.util import find_spec
from pathlib import Path

from watchbill.domain.errors import Unsafe, WatchbillError
from watchbill.domain.outcomes import SetbackKind
from watchbill.domain.ports import AgentProgram, Confined
from watchbill.domain.weights import EXTRA
from watchbill.domain.whole import to_its_end
from watchbill.providers.local_model import worker
from watchbill.providers.setup import WorkerSetup

LIBRARY = "xllamacpp"
START_WITHIN = 180.0  # seconds: a file of many gigabytes from a slow disk
TOLD_WITHIN = 1.0  # seconds from a broken connection to the news of its process' end
SAID_BYTES = 4_000  # of its error stream
_OUT_OF_MEMORY = (signal.SIGKILL, signal.SIGABRT)  # the kernel's way to say it, and C++'s


class CannotStart(WatchbillError):
    """There is no worker to ask; `kind` says what kind of setback that is."""

    def __init__(self, kind: SetbackKind, words: str) -> None:
        super().__init__(words)
        self.kind = kind


class Running:
    """One worker, from its first answer to its end."""

    def __init__(self, folder: Path) -> None:
        self._folder = os.open(folder, os.O_PATH | os.O_DIRECTORY)
        # not with the worker's end: somebody may still hold its address, and the number would be another folder's
        weakref.finalize(self, os.close, self._folder)
        self.over = asyncio.Event()
        self.why = ""  # it ended, where it was not told to
        self.unfit = ""  # why it shall end now

    @property
    def socket(self) -> str:
        """By a descriptor of its folder: short, however deep the state folder lies."""
        return f"/proc/self/fd/{self._folder}/{worker.SOCKET}"

    async def ended(self) -> str:
        """How it ended just now, in words; "" where it lives, or was told to go."""
        with suppress(TimeoutError):
            async with asyncio.timeout(TOLD_WITHIN):
                await self.over.wait()
        return self.why

    def end(self, why: str) -> None:
        self.why = why
        self.over.set()


class Keeper:
    """Owns at most one worker. Everything of it happens in one task, so that it is started and put away in one place."""

    def __init__(self, name: str, setup: WorkerSetup) -> None:
        self.token = secrets.token_urlsafe()
        self._name = name
        self._setup = setup
        self._line = asyncio.Lock()
        self._life: asyncio.Task[None] | None = None
        self._ready: asyncio.Future[Running] | None = None  # None: there is none, or it is on its way out
        self._users = 0
        self._left_at = 0.0
        self._news = asyncio.Event()  # somebody came or went

    @property
    def running(self) -> Running | None:
        """The worker, where one can be asked without a start."""
        ready = self._ready
        return ready.result() if ready is not None and ready.done() and ready.exception() is None else None

    @asynccontextmanager
    async def lent(self) -> AsyncIterator[Running]:
        """A worker that is not let go inside the block. Raises CannotStart."""
        self._users += 1
        self._news.set()
        try:
            yield await self._worker()
        finally:
            self._users -= 1
            self._left_at = _time()
            self._news.set()

    def discard(self, running: Running, why: str) -> None:
        """It lives and is of no use: nobody is given it any more, and the next one who asks gets another."""
        running.unfit = why
        if self.running is running:
            self._ready = None
        self._news.set()

    async def aclose(self) -> None:
        """Nothing of it lives any more."""
        if self._life is not None:
            self._life.cancel()
            await asyncio.wait({self._life})

    async def _worker(self) -> Running:
        async with self._line:
            if self._ready is None:
                if self._life is not None:
                    await asyncio.wait({self._life})
                self._ready = asyncio.get_running_loop().create_future()
                self._life = asyncio.create_task(self._live(self._ready))
            ready = self._ready
        await asyncio.wait({ready})
        return ready.result()

    async def _live(self, ready: asyncio.Future[Running]) -> None:
        """One worker's life."""
        assert self._setup.confine is not None, "who only probes starts nothing"
        try:
            async with self._setup.confine(self._program()) as confined:
                await self._keep(confined, ready)
        except CannotStart as fault:
            self._failed(ready, fault)
        except (OSError, Unsafe) as fault:
            self._failed(ready, CannotStart(SetbackKind.OVERLOADED, f"its worker cannot be started: {fault}"))
        finally:
            self._ready = None
            if not ready.done():
                ready.set_exception(CannotStart(SetbackKind.OVERLOADED, "its worker was stopped before it was ready"))
            ready.exception()  # whoever asked may be gone: not retrieved is no fault here

    def _tell(self, event: str, **facts: object) -> None:
        if self._setup.events is not None:
            self._setup.events.emit(event, provider=self._name, **facts)

    def _failed(self, ready: asyncio.Future[Running], fault: CannotStart) -> None:
        self._tell("model.failed", why=str(fault))
        ready.set_exception(fault)

    def _program(self) -> AgentProgram:
        python = Path(sys.executable).resolve()  # not a virtual environment's link: what it names has to be seen too
        own = Path(worker.__file__)
        readable = (own, _library(), self._setup.weights, Path(sys.base_prefix).resolve())
        return AgentProgram(argv=(str(python), "-I", "-S", str(own)), env={}, readable=readable, offline=True)

    async def _keep(self, confined: Confined, ready: asyncio.Future[Running]) -> None:
        began = _time()
        process = await asyncio.create_subprocess_exec(
            confined.program,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        assert process.stderr is not None
        listening = asyncio.create_task(_listen(process.stderr))
        try:
            await self._begin(process, listening)
            seconds = round(_time() - began, 1)
            facts = {"weights": self._setup.weights, "sandboxed": confined.is_sandboxed, "seconds": seconds}
            self._tell("model.started", **facts)
            running = Running(confined.home)
            ready.set_result(running)
            why = ""
            try:
                why = await self._until_over(process, listening, running)
            finally:
                self._ready = None  # whoever comes now gets another one
                running.end(why)
                self._tell("model.stopped", why=why or "nobody needs it")
        finally:
            await to_its_end(_put_away(process, listening))

    async def _begin(self, process: asyncio.subprocess.Process, listening: "asyncio.Task[str]") -> None:
        """Tell it what to hold, and wait until it does. Raises CannotStart."""
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(f"{json.dumps(self._spec())}\n".encode())
            async with asyncio.timeout(START_WITHIN):
                line = await process.stdout.readline()
        except TimeoutError as error:
            words = f"its worker was not ready within {START_WITHIN:.0f} s"
            raise CannotStart(SetbackKind.OVERLOADED, words) from error
        if not line.startswith(worker.READY.encode()):
            code, said = await process.wait(), await listening
            # who was killed may live another time; what says an error will say it again
            kind = SetbackKind.OVERLOADED if _signal(code) else SetbackKind.MODEL_GONE
            raise CannotStart(
                kind, f"{self._setup.weights} could not be loaded, its worker {_end(code, said)}{_mend(code)}"
            )

    def _spec(self) -> dict[str, object]:
        setup = self._setup
        return {
            "library": str(_library().parent),
            "weights": str(setup.weights),
            "name": setup.model,
            "token": self.token,
            "context": setup.context,
            "slots": setup.slots,
            "threads": setup.threads,
        }

    async def _until_over(
        self, process: asyncio.subprocess.Process, listening: "asyncio.Task[str]", running: Running
    ) -> str:
        """Until it ended or has to, which is told, or nobody has asked for long enough: ""."""
        self._left_at = _time()
        gone = asyncio.create_task(process.wait())
        try:
            while True:
                self._news.clear()
                if running.unfit:
                    return running.unfit
                idle = _time() - self._left_at
                left = None if self._users else self._setup.idle_after.total_seconds() - idle
                if left is not None and left <= 0:
                    return ""
                news = asyncio.create_task(self._news.wait())
                await asyncio.wait({gone, news}, timeout=left, return_when=asyncio.FIRST_COMPLETED)
                news.cancel()
                if gone.done():
                    return f"its worker {_end(gone.result(), await listening)}"
        finally:
            gone.cancel()


def _library() -> Path:
    """The folder of the library. Raises CannotStart where it is not installed."""
    found = find_spec(LIBRARY)
    if found is None or found.origin is None:
        raise CannotStart(SetbackKind.MODEL_GONE, f"a local model needs more than is installed: {EXTRA}")
    return Path(found.origin).parent


async def _listen(stream: asyncio.StreamReader) -> str:
    """Its last words."""
    said = b""
    while part := await stream.read(SAID_BYTES):
        said = (said + part)[-SAID_BYTES:]
    return said.decode(errors="replace")


async def _put_away(process: asyncio.subprocess.Process, listening: "asyncio.Task[str]") -> None:
    """The wardens kill what does not go; confinement looks once more whether anything is left."""
    with suppress(ProcessLookupError):
        process.terminate()
    await process.wait()
    listening.cancel()
    await asyncio.wait({listening})


def _signal(code: int) -> int:
    """Which signal ended it; 0 for none. Wardens say it as a shell does."""
    return -code if code < 0 else max(0, code - 128)


def _end(code: int, said: str) -> str:
    """How it ended, with the first error that it told."""
    told = next((line.partition(" E ")[2].partition(":")[2].strip() for line in said.splitlines() if " E " in line), "")
    last = told or next(iter(said.strip().splitlines()[-1:]), "")
    how = f"was killed (signal {_signal(code)})" if _signal(code) else f"ended with code {code}"
    return f"{how}: {last}" if last else how


def _mend(code: int) -> str:
    if _signal(code) not in _OUT_OF_MEMORY:
        return ""
    return "; what memory it has is worker.memory_mb, what it needs grows with worker.context"


def _time() -> float:
    """The loop's, not our Clock's: programs are as fast as they are."""
    return asyncio.get_running_loop().time()

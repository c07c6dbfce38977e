"""The gatehouse: keeps the metering gateway open on loopback, from the first agent that needs it to the daemon's end."""

import asyncio
import logging
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

from watchbill.domain.calls import Purpose
from watchbill.domain.ports import Clock, Meter

if TYPE_CHECKING:
    from watchbill.providers.gateway.forward import Forwarder
    from watchbill.providers.gateway.passes import House, Pass

LOOPBACK = "127.0.0.1"


class Gatehouse:
    """Implements the Gate of the providers. Where no agent works, nothing listens and nothing of it is loaded."""

    def __init__(
        self,
        *,
        meter: Meter,
        clock: Clock,
        is_held: Callable[[str], Awaitable[bool]],
        silence: timedelta = timedelta(minutes=5),
    ) -> None:
        self._meter = meter
        self._clock = clock
        self._silence = silence
        self._is_held = is_held
        self._forwarder: Forwarder | None = None
        self._serving: asyncio.Task[None] | None = None
        self._url = ""

    @asynccontextmanager
    async def admit(self, purpose: Purpose, house: "House") -> AsyncIterator["Pass"]:
        """A pass for one run's agent, valid inside the block."""
        forwarder = self._opened()
        async with forwarder.admitted(purpose, house, self._url) as door:
            yield door

    async def aclose(self) -> None:
        if self._serving is not None:
            self._serving.cancel()
            await asyncio.wait({self._serving})

    def _opened(self) -> "Forwarder":
        if self._forwarder is not None and self._serving is not None and not self._serving.done():
            return self._forwarder
        from watchbill.operator.listen import serve_on  # noqa: PLC0415 - only where an agent works
        from watchbill.providers.gateway.app import create_app  # noqa: PLC0415 - the same
        from watchbill.providers.gateway.forward import Forwarder  # noqa: PLC0415 - the same

        forwarder = Forwarder(meter=self._meter, clock=self._clock, silence=self._silence, is_held=self._is_held)
        logging.getLogger("uvicorn.error").addFilter(_is_fault)
        bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        bound.bind((LOOPBACK, 0))
        bound.listen()  # who connects before the server runs waits in its queue
        self._url = f"http://{LOOPBACK}:{bound.getsockname()[1]}"
        self._serving = asyncio.create_task(serve_on(bound, create_app(forwarder), name="gateway"))
        self._forwarder = forwarder
        return forwarder


def _is_fault(record: logging.LogRecord) -> bool:
    """What the server logs of a cut that is only passed on is none."""
    from watchbill.providers.gateway.forward import PassedOn  # noqa: PLC0415 - loaded by now

    return not (record.exc_info and isinstance(record.exc_info[1], PassedOn))

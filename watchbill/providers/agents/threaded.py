"""Events out of a thread of their own: for libraries that wait in threads, which would starve the pool that all others share."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import suppress

from watchbill.providers.agents.vendor import Event

Tell = Callable[[Event], None]
Stops = Callable[[Callable[[], None]], None]  # says how the work can be stopped from outside
LEAVE_WITHIN = 5.0  # seconds


async def threaded(work: Callable[[Tell, Stops], None]) -> AsyncIterator[Event]:
    """What the work tells, to its end. What it raises is its last event. Closing this stops it."""
    loop, queue = asyncio.get_running_loop(), asyncio.Queue[Event | None]()
    stop: list[Callable[[], None]] = []

    def put(event: Event | None) -> None:
        with suppress(RuntimeError):  # the loop is closed: nobody listens any more
            loop.call_soon_threadsafe(queue.put_nowait, event)

    def run() -> None:
        try:
            work(put, stop.append)
        except Exception as error:  # noqa: BLE001 - what a library raises is not known beforehand
            put({"method": "gone", "message": f"{type(error).__name__}: {error}"})
        finally:
            put(None)

    threading.Thread(target=run, name="agent", daemon=True).start()
    try:
        while (event := await queue.get()) is not None:
            yield event
    finally:
        for each in stop:
            await _stop(each)


async def _stop(stop: Callable[[], None]) -> None:
    loop, stopped = asyncio.get_running_loop(), asyncio.Event()

    def run() -> None:
        with suppress(Exception):  # it is stopped already, or will be killed
            stop()
        with suppress(RuntimeError):  # the loop is closed
            loop.call_soon_threadsafe(stopped.set)

    threading.Thread(target=run, name="agent-stop", daemon=True).start()
    with suppress(TimeoutError):
        async with asyncio.timeout(LEAVE_WITHIN):
            await stopped.wait()

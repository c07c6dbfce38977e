"""The pen: what is begun in a person's file is finished, with the row that remembers it, whoever is cancelled meanwhile.

The thread of a swap cannot be stopped. Were it only not waited for, the next writing would meet it in the file, or find a
marker there that no row knows of, and leave the file as it is until somebody reads it anew.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any


class Pen:
    """One writing at a time."""

    def __init__(self) -> None:
        self._writing: asyncio.Task[None] | None = None

    async def write(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Do the work, after what is still being written. Who is cancelled stops waiting; the work goes on to its end."""
        while self._writing is not None and not self._writing.done():
            await asyncio.wait({self._writing})
        self._writing = asyncio.create_task(work(), name="pen")
        await asyncio.shield(self._writing)

    def drop(self) -> None:
        """Write no further than the swap that is under way: the file may be another daemon's by now."""
        if self._writing is not None:
            self._writing.cancel()

"""Lag: how late the event loop is. A part that computes too long at a stretch shows here before anybody waits for it."""

import asyncio
import time
from collections import deque
from datetime import timedelta

LOOK_EVERY = 1.0  # seconds
_KEPT = 60  # looks: a scrape once a minute misses none


class Lag:
    def __init__(self) -> None:
        self._seen: deque[float] = deque(maxlen=_KEPT)

    async def run(self) -> None:
        """Look each second, for ever, how much later than asked for it is woken."""
        while True:
            began = time.monotonic()
            await asyncio.sleep(LOOK_EVERY)
            self._seen.append(max(0.0, time.monotonic() - began - LOOK_EVERY))

    @property
    def worst(self) -> timedelta:
        """Of the last minute."""
        return timedelta(seconds=max(self._seen, default=0.0))

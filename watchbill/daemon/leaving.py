"""Leaving: the process ends although a thread of it still waits, for instance for a network's disk that does not answer.

Nobody can stop such a thread, and Python would wait for it without limit.
"""

import os
import sys
import threading
from collections.abc import Awaitable

_GRACE = 5.0  # seconds for threads that do end by themselves


class Door:
    """Let work through it; once that has ended, the process does too, after a while at the latest, unless it is kept."""

    def __init__(self, grace: float = _GRACE) -> None:
        self._grace = grace
        self._timer: threading.Timer | None = None

    async def let_out(self, work: Awaitable[int]) -> int:
        code = 1  # when it raises
        try:
            code = await work
        finally:
            self._timer = threading.Timer(self._grace, _end, (code,))
            self._timer.daemon = True
            self._timer.start()
        return code

    def keep(self) -> None:
        """All threads have ended: the process ends in its own way."""
        if self._timer is not None:
            self._timer.cancel()


def _end(code: int) -> None:
    sys.stdout.flush()
    print("a thread still waits for the system: leaving without it", file=sys.stderr, flush=True)  # noqa: T201 - the log is closed
    os._exit(code)

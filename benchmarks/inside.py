"""`watchbill`, with somebody inside who counts: asyncio tasks, objects, memory, and how late the event loop is.

    python -m benchmarks.inside COUNTS serve

is `watchbill serve`, with a thread beside it that appends a line of JSON to the file COUNTS at each look.
"""

import asyncio
import ctypes
import gc
import json
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

from watchbill.daemon import main

LOOK_EVERY = 10.0  # seconds
KINDS_EVERY = 6  # looks: counting objects by their kind stops the whole program for a while
MOST_KINDS = 60


def _look(loop: asyncio.AbstractEventLoop, number: int) -> dict[str, Any]:
    asked = time.monotonic()
    answered = threading.Event()
    loop.call_soon_threadsafe(answered.set)
    answered.wait(60)
    said: dict[str, Any] = {"at": time.time(), "answers_after": time.monotonic() - asked, "gc": gc.get_stats()[2]}
    said["malloc"] = _malloc()
    said["tasks"] = Counter(_name(task) for task in asyncio.all_tasks(loop))
    if number % KINDS_EVERY == 0:
        kinds = Counter(type(one).__qualname__ for one in gc.get_objects())
        said["objects"] = kinds.total()
        said["kinds"] = dict(kinds.most_common(MOST_KINDS))
    return said


class _Info(ctypes.Structure):
    """glibc's struct mallinfo2: bytes."""

    _fields_ = [
        (name, ctypes.c_size_t)
        for name in [
            "arena",
            "ordblks",
            "smblks",
            "hblks",
            "hblkhd",
            "usmblks",
            "fsmblks",
            "uordblks",
            "fordblks",
            "keepcost",
        ]
    ]


def _malloc() -> dict[str, int]:
    """What the C library took of the system, of that what is in use, and what it took apart."""
    ask = ctypes.CDLL(None).mallinfo2
    ask.restype = _Info
    found = ask()
    return {name: getattr(found, name) for name in ("arena", "uordblks", "fordblks", "hblkhd")}


def _name(task: "asyncio.Task[Any]") -> str:
    coroutine = task.get_coro()
    return getattr(coroutine, "__qualname__", type(coroutine).__name__)


def _count(place: Path, loop: asyncio.AbstractEventLoop) -> None:
    number = 0
    while not loop.is_closed():
        with place.open("a") as file:
            file.write(json.dumps(_look(loop, number)) + "\n")
        number += 1
        time.sleep(LOOK_EVERY)


class _Loops(asyncio.DefaultEventLoopPolicy):
    """Each loop is watched from its beginning."""

    place = Path()

    def new_event_loop(self) -> asyncio.AbstractEventLoop:
        loop = super().new_event_loop()
        threading.Thread(target=_count, args=(self.place, loop), daemon=True, name="counter").start()
        return loop


if __name__ == "__main__":
    _Loops.place = Path(sys.argv.pop(1))
    asyncio.set_event_loop_policy(_Loops())
    main.main()

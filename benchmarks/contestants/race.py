"""A race: so many callers, each doing one life cycle after the other until the time is up. Runs in every contestant's own Python."""

import json
import os
import sys
import threading
import time
from collections.abc import Callable
from typing import NoReturn

WARM_UP = 0.5  # seconds before counting begins


def terms() -> tuple[str, int, float]:
    """Folder, callers and seconds, from the command line."""
    folder, callers, seconds = sys.argv[1:]
    return folder, int(callers), float(seconds)


def run_threads(cycle: Callable[[], object], callers: int, seconds: float) -> NoReturn:
    """Reports the cycles that ended after the warm-up and before the end, and those that failed."""
    begun = time.monotonic() + WARM_UP
    end = begun + seconds
    counts, failures = [0] * callers, [0] * callers

    def call(place: int) -> None:
        while time.monotonic() < end:
            try:
                cycle()
            except Exception:  # noqa: BLE001 - "database is locked" and the like: part of the result
                failures[place] += 1
            else:
                counts[place] += begun <= time.monotonic() < end

    for place in range(callers):
        threading.Thread(target=call, args=(place,), daemon=True).start()
    time.sleep(max(0.0, end - time.monotonic()))
    report(sum(counts), seconds, failures=sum(failures))
    os._exit(0)  # threads that still wait for a lock would keep the process


def report(cycles: int, seconds: float, *, failures: int = 0) -> None:
    print(json.dumps({"rate": cycles / seconds, "failures": failures}), flush=True)

"""Foretelling: simulate() beside whoever asks, who goes on meanwhile.

A long queue's future takes seconds of a processor. In a thread of the daemon's that would slow down every page and every tick
(each of their many short waits ends behind it), so it is made in a process of its own, which gives way to others.
"""

import asyncio
import os
import pickle
import sys
from dataclasses import replace
from datetime import datetime
from itertools import chain

from watchbill.domain.ids import TaskId
from watchbill.domain.whole import to_its_end
from watchbill.scheduling.bill import WatchBill
from watchbill.scheduling.simulate import Forecast, simulate
from watchbill.scheduling.snapshot import Snapshot

_LONG = 300  # tasks; fewer take less than the start of a process
_PIECE = 500  # tasks
_POLITE = 10  # of the system's niceness


async def foretell(
    snapshot: Snapshot, bill: WatchBill, now: datetime, *, hours: float, until: TaskId | None = None
) -> Forecast:
    """As simulate() has it."""
    if len(snapshot.tasks) < _LONG:
        return await asyncio.to_thread(simulate, snapshot, bill, now, hours=hours, until=until)
    asked = await asyncio.to_thread(_packed, snapshot, (bill, now, hours, until))
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", __name__, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    try:
        told, _ = await process.communicate(asked)
    finally:
        if process.returncode is None:  # nobody waits for it any more
            process.kill()
            await to_its_end(process.wait())
    if process.returncode:
        raise RuntimeError(f"the process that forecasts ended with {process.returncode}")
    forecast: Forecast = await asyncio.to_thread(pickle.loads, told)
    return forecast


def _packed(snapshot: Snapshot, others: tuple[object, ...]) -> bytes:
    """In pieces: while one is made, no other thread gets its turn."""
    pieces = [pickle.dumps(snapshot.tasks[first : first + _PIECE]) for first in range(0, len(snapshot.tasks), _PIECE)]
    return pickle.dumps((replace(snapshot, tasks=()), pieces, *others))


def main() -> None:
    """The process: what is asked comes on its input, pickled, the forecast goes to its output."""
    os.nice(_POLITE)
    rest, pieces, bill, now, hours, until = pickle.load(sys.stdin.buffer)  # noqa: S301 - of whoever started it
    snapshot = replace(rest, tasks=tuple(chain.from_iterable(map(pickle.loads, pieces))))
    sys.stdout.buffer.write(pickle.dumps(simulate(snapshot, bill, now, hours=hours, until=until)))


if __name__ == "__main__":
    main()

"""Room on the disk: a program that fills it is stopped before nobody else has any."""

import asyncio
import shutil
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

from watchbill.domain.ports import ProcResult
from watchbill.domain.whole import to_its_end

LEFT = 1 << 30  # bytes that stay free; of a fuller disk, a quarter of what it had
FULL = 122  # exit code: as the system numbers "disk quota exceeded"
_LOOK_AGAIN = 0.5  # seconds, in which a fast disk takes a gigabyte


async def kept(running: Coroutine[Any, Any, ProcResult], place: Path) -> ProcResult:
    """Its result; the program is killed, and ends with FULL and the reason, when the disk of `place` has too little room left."""
    at_start = _free(place)
    least = min(LEFT, at_start // 4)
    work = asyncio.create_task(running)
    try:
        while not (await asyncio.wait({work}, timeout=_LOOK_AGAIN))[0]:
            if (left := _free(place)) < least:
                work.cancel()
                await asyncio.wait({work})
                words = f"stopped: it filled the disk, of whose {at_start} free bytes {left} are left"
                return ProcResult(code=FULL, stdout="", stderr=words)
        return work.result()
    finally:
        work.cancel()
        await to_its_end(asyncio.wait({work}))


def _free(place: Path) -> int:
    return shutil.disk_usage(place).free

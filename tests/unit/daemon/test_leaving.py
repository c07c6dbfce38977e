"""A thread that never comes back does not keep the process."""

import subprocess
import sys

import pytest

from watchbill.daemon.leaving import Door

STUCK = """
import asyncio, os, threading
from watchbill.daemon.leaving import Door

async def work():
    asyncio.get_running_loop().run_in_executor(None, threading.Event().wait)
    await asyncio.sleep(0.1)
    {end}

print("said before", end="")
asyncio.run(Door(grace=0.1).let_out(work()))
"""


@pytest.mark.parametrize(("end", "code"), [("return 7", 7), ("raise OSError", 1)])
def test_a_process_with_a_stuck_thread_ends_with_its_own_code(end: str, code: int) -> None:
    done = subprocess.run(
        [sys.executable, "-c", STUCK.format(end=end)], capture_output=True, text=True, timeout=60, check=False
    )

    assert done.returncode == code
    assert done.stdout == "said before"
    assert "leaving without it" in done.stderr


@pytest.mark.anyio
async def test_a_process_without_one_ends_in_its_own_way() -> None:
    async def work() -> int:
        return 0

    door = Door(grace=60)

    assert await door.let_out(work()) == 0
    door.keep()


def test_a_door_that_nothing_went_through_has_nothing_to_keep() -> None:
    Door().keep()

"""kill -9 between submit and acknowledgement: nothing acknowledged is lost, nothing is half."""

import subprocess
import sys
from pathlib import Path

import pytest

from watchbill.state.database import direct

PROGRAM = """
import asyncio, os, signal, sys
from functools import partial
from pathlib import Path
from watchbill.state import database
from watchbill.state.database import Database

POINT = sys.argv[2]

def die():
    os.kill(os.getpid(), signal.SIGKILL)

def work(group, part, conn):
    if POINT == "in_closure" and (group, part) == (3, 1):
        die()
    conn.execute("INSERT INTO events (at_ms, name, facts) VALUES (?, ?, '{}')", (group, str(part)))
    if POINT == "before_commit" and (group, part) == (3, 2):
        die()

class Dying(database._Threaded):
    calls = 0
    async def run(self, work):
        ends = await super().run(work)
        self.calls += 1
        if POINT == "before_ack" and self.calls == 4:
            die()
        return ends

database._Threaded = Dying

async def main():
    async with Database.open(Path(sys.argv[1])) as store:
        for group in range(6):
            await asyncio.gather(*[store.submit(partial(work, group, part)) for part in range(3)])
            print(group, flush=True)
            if POINT == "after_ack" and group == 3:
                die()

asyncio.run(main())
"""


@pytest.mark.parametrize(
    ("point", "kept"), [("in_closure", 3), ("before_commit", 3), ("before_ack", 4), ("after_ack", 4), ("never", 6)]
)
def test_a_kill_loses_nothing_acknowledged_and_leaves_nothing_half(path: Path, point: str, kept: int):
    died = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(path), point], capture_output=True, text=True, check=False, timeout=60
    )

    with direct(path) as conn:
        stored = [(row["at_ms"], row["name"]) for row in conn.execute("SELECT at_ms, name FROM events ORDER BY number")]
    acknowledged = [int(line) for line in died.stdout.split()]
    assert stored == [(group, str(part)) for group in range(kept) for part in range(3)]
    assert set(acknowledged) <= {group for group, _ in stored}
    assert (died.returncode == 0) is (point == "never"), died.stderr

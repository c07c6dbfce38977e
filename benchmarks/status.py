"""How long `watchbill status` takes, as a process."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.results import Effort, Result, Section
from benchmarks.towns import add, town
from tests.acceptance.harness import Town

AIM = 150.0  # ms
PROGRAM = str(Path(sys.executable).parent / "watchbill")
BOUND = "It is the start of Python and the imports: pydantic and the settings' models to read the configuration, "
ALONE = BOUND + "and without a daemon SQLite and the planner too."
ASKING = BOUND + "and an HTTP client."


def measure(effort: Effort) -> Iterator[Result]:
    rounds = effort.of(2, 15)
    with town() as (where, _player, _vendor):
        add(where, "- [ ] Write a.md [id:: a] [files:: a.md] [provider:: nobody]\n")
        with where.serve() as daemon:
            daemon.wait("daemon.tick_idle")
            yield from _command("with a daemon", where, rounds, ASKING)
        yield from _command("without a daemon", where, rounds, ALONE)
        spans = [_once(where, [sys.executable, "-c", "pass"])[0] for _ in range(rounds)]
        yield Result(what="python -c pass, for comparison", unit="ms", samples=spans)


def _command(when: str, where: Town, rounds: int, bound_by: str) -> Iterator[Result]:
    took = [_once(where, [PROGRAM, "--config", str(where.config), "status"]) for _ in range(rounds + 1)][1:]
    what = f"watchbill status {when}"
    yield Result(what=what, unit="ms", samples=[wall for wall, _ in took], aim=AIM, bound_by=bound_by)
    yield Result(what=f"{what}: processor time", unit="ms", samples=[cpu for _, cpu in took])


def _once(where: Town, argv: Sequence[str]) -> tuple[float, float]:
    """Milliseconds on the wall and of the processor."""
    begun = time.perf_counter()
    process = subprocess.Popen(argv, env=where.environ, cwd=where.home, stdout=subprocess.DEVNULL)
    _, code, used = os.wait4(process.pid, 0)
    wall = time.perf_counter() - begun
    process.returncode = os.waitstatus_to_exitcode(code)
    assert process.returncode == 0, argv
    return wall * 1000, (used.ru_utime + used.ru_stime) * 1000


SECTION = Section(
    name="status",
    title="The start of a command",
    how="`watchbill status` as a process, from its start to its end, with a daemon that answers on its socket and without "
    "one, when the command opens the store and plans by itself.",
    measure=measure,
)

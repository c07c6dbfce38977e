"""Durable life cycles of tasks, beside Huey and DBOS: in turns, so that all three meet the same disk."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks.results import Better, Effort, Result, Section

ROOT = Path(__file__).parent.parent
PEERS_PYTHON = ROOT / ".venv/bench/bin/python"
CALLERS = (1, 3, 10, 100)
AIM_BY_CALLERS = {3: 500.0}  # life cycles a second
TIMES_DBOS = 10.0
PATIENCE = 120  # seconds
DISK = (
    "Each of its four commits waits for the disk (WAL, synchronous=FULL); callers that wait together share a commit, so few "
    "callers are bound by the disk's flush and many by one core, about 1 ms of it a life cycle."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contestant:
    name: str
    python: Path
    needs: str = ""  # the module that has to be installed beside it

    def missing(self) -> str:
        """Why it cannot take part; "" when it can."""
        if not self.python.exists():
            return f"{self.name} is not measured: there is no {self.python.relative_to(ROOT)} (make bench makes it)."
        tried = subprocess.run([self.python, "-c", f"import {self.needs}"], capture_output=True, text=True, check=False)
        return f"{self.name} is not measured: {tried.stderr.strip().splitlines()[-1]}" if tried.returncode else ""

    def rate(self, callers: int, seconds: float) -> tuple[float, int]:
        """Life cycles a second, and how many failed."""
        program = Path(__file__).parent / f"contestants/with_{self.name.casefold()}.py"
        with tempfile.TemporaryDirectory(prefix="watchbill-bench-", dir=ROOT / ".venv") as folder:
            done = subprocess.run(
                [self.python, program, folder, str(callers), str(seconds)],
                stdout=subprocess.PIPE,
                text=True,
                timeout=PATIENCE,
                check=True,
            )
        said = json.loads(done.stdout)
        return said["rate"], said["failures"]


WATCHBILL = Contestant(name="watchbill", python=Path(sys.executable), needs="watchbill")
HUEY = Contestant(name="Huey", python=PEERS_PYTHON, needs="huey")
DBOS = Contestant(name="DBOS", python=PEERS_PYTHON, needs="dbos")


def measure(effort: Effort) -> Iterator[Result | str]:
    contestants = [WATCHBILL]
    for peer in (HUEY, DBOS):
        why = peer.missing()
        if why:
            yield why
        else:
            contestants.append(peer)
    for callers in CALLERS:
        yield from _round(contestants, callers, effort)


def _round(contestants: list[Contestant], callers: int, effort: Effort) -> Iterator[Result | str]:
    rates: dict[str, list[float]] = {one.name: [] for one in contestants}
    failures = dict.fromkeys(rates, 0)
    for _ in range(effort.of(1, 3)):
        for one in contestants:
            rate, failed = one.rate(callers, effort.of(1, 2))
            rates[one.name].append(rate)
            failures[one.name] += failed
    who = f"{callers} caller{'s' if callers > 1 else ''}"
    for name, samples in rates.items():
        failed = f" ({failures[name]} failed)" if failures[name] else ""
        aim = AIM_BY_CALLERS.get(callers) if name == WATCHBILL.name else None
        yield Result(
            what=f"{who}: {name}{failed}", unit="/s", samples=samples, aim=aim, better=Better.MORE, bound_by=DISK
        )
    yield from _ratios(who, rates)


def _ratios(who: str, rates: Mapping[str, list[float]]) -> Iterator[Result | str]:
    """watchbill's rate by the others', round by round: the disk's moods hit all of a round."""
    for name in [name for name in rates if name != WATCHBILL.name]:
        pairs = [own / other for own, other in zip(rates[WATCHBILL.name], rates[name], strict=True) if other]
        if not pairs:
            yield f"{who}: {name} finished nothing."
            continue
        aim = TIMES_DBOS if name == DBOS.name else None
        yield Result(
            what=f"{who}: watchbill by {name}", unit="x", samples=pairs, aim=aim, better=Better.MORE, bound_by=DISK
        )


SECTION = Section(
    name="durable",
    title="Durable life cycles of tasks",
    how="Each caller takes a task, holds money for a call, settles it and finishes the task, one after the other; every step "
    "is on the disk before the next. watchbill (`watchbill.state`, 4 commits a cycle): lease, file claims, seven budget "
    "windows and an append-only ledger. Huey (SqliteHuey, fsync on, 4 commits): dequeue, two stored values, the result; a "
    "job that was taken out of its queue is lost when the process dies. DBOS (SQLite as shipped, 4 commits): a workflow "
    "with two steps. Callers are coroutines in watchbill and threads in the others. The three take turns, each on a fresh "
    "database on the same disk; ratios are of turns in a row.",
    measure=measure,
)

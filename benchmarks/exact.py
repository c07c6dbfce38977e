"""The ledger under stress: no cap is overshot, and nothing is refused that would have fitted."""

import asyncio
import random
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.results import Effort, Result, Section
from watchbill.domain.calls import Bound, Purpose, Settlement, Usage
from watchbill.domain.errors import OverBudget
from watchbill.domain.ids import CallId, ProviderName, RepoName, TaskId, TaskType
from watchbill.domain.money import MicroUsd
from watchbill.domain.tasks import Task
from watchbill.domain.windows import Caps, Window, windows_of
from watchbill.state import database, ledger, runs, tasks
from watchbill.state.database import Database
from watchbill.state.engine import Connection

START = datetime(2026, 11, 24, tzinfo=UTC)
CALLERS = 1_000
CAP = MicroUsd(5_000_000)
CAPS = Caps(
    day=CAP,
    month=MicroUsd(400 * CAP),
    per_provider={"claude": MicroUsd(3_000_000)},
    per_repo={"novel": MicroUsd(4_500_000)},
    per_type={"write": MicroUsd(4_000_000)},
)
SEED = 20261124
COMMIT_EVERY = 200  # operations in one transaction: here the sums are in question, not the disk
OPEN = 40  # calls under way at once
HOUR_EVERY = 40  # operations, so that windows fill up and turn


def measure(effort: Effort) -> Iterator[Result | str]:
    over, misjudged, held, refused, seconds = asyncio.run(_burst())
    yield Result(what=f"{CALLERS:,} reservations at once on $5: overshoot", unit="micro-dollars", samples=[over], aim=0)
    yield Result(what="the same: refused although they would have fitted", unit="calls", samples=[misjudged], aim=0)
    yield Result(what="the same: time for all of them, each durable", unit="s", samples=[seconds])
    yield f"Of them {held} were held and {refused} refused."
    stress = Stress(random.Random(SEED))
    begun = time.monotonic()
    stress.play(effort.of(20_000, 1_000_000))
    lasted = time.monotonic() - begun
    yield Result(
        what=f"{stress.done:,} operations with faults: overshoot",
        unit="micro-dollars",
        samples=[stress.overshoot],
        aim=0,
    )
    yield Result(
        what="the same: refused although they would have fitted", unit="calls", samples=[stress.misjudged], aim=0
    )
    yield Result(
        what="the same: windows whose sum differs from a count of our own",
        unit="windows",
        samples=[stress.wrong],
        aim=0,
    )
    yield Result(what="the same: operations", unit="/s", samples=[stress.done / lasted])
    yield (
        f"{stress.done:,} operations were done: "
        + ", ".join(f"{count:,} {name}" for name, count in sorted(stress.counts.items()))
        + "."
    )


async def _burst() -> tuple[int, int, int, int, float]:
    """Overshoot, refusals that were wrong, how many were held and refused, and how long it took."""
    chance = random.Random(SEED)
    bounds = [_bound(chance.randint(1_000, 30_000)) for _ in range(CALLERS)]
    wrong: list[MicroUsd] = []
    with tempfile.TemporaryDirectory(prefix="watchbill-bench-") as folder:
        async with Database.open(Path(folder) / "watchbill.db") as store:
            purpose = await store.submit(lambda conn: begin(conn, "t0"))

            async def call(bound: Bound) -> bool:
                return await store.submit(lambda conn: _try(conn, purpose, bound, wrong))

            begun = time.monotonic()
            took = await asyncio.gather(*(call(bound) for bound in bounds))
            seconds = time.monotonic() - begun
            rows = await store.submit(lambda conn: conn.execute(_MOVES).fetchall())
    total = highest = 0
    for row in rows:
        total += row["moved"]
        highest = max(highest, total)
    return max(0, highest - CAP), len(wrong), sum(took), CALLERS - sum(took), seconds


_MOVES = "SELECT held + spent AS moved FROM ledger ORDER BY number"


def _try(conn: Connection, purpose: Purpose, bound: Bound, wrong: list[MicroUsd]) -> bool:
    """Whether it was held; a refusal is held against the ledger's own rows, in the same transaction."""
    try:
        ledger.reserve(conn, purpose, bound, Caps(day=CAP), START, task_cap=None)
    except OverBudget:
        if sum(row["moved"] for row in conn.execute(_MOVES)) + bound.cost <= CAP:
            wrong.append(bound.cost)
        return False
    return True


@dataclass(slots=True)
class Stress:
    """Random calls with random ends on one ledger, and a count of our own beside it."""

    chance: random.Random
    done: int = 0
    overshoot: int = 0
    misjudged: int = 0
    wrong: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    _taken: Counter[Window] = field(default_factory=Counter)
    _open: dict[CallId, tuple[int, Mapping[Window, MicroUsd | None]]] = field(default_factory=dict)
    _sent: set[CallId] = field(default_factory=set)
    _lost: dict[CallId, tuple[int, Mapping[Window, MicroUsd | None]]] = field(default_factory=dict)

    def play(self, wanted: int) -> None:
        with tempfile.TemporaryDirectory(prefix="watchbill-bench-") as folder:
            path = Path(folder) / "watchbill.db"
            with database.direct(path) as conn:
                purposes = [begin(conn, f"t{number}") for number in range(8)]
            while self.done < wanted:
                with database.direct(path) as conn:  # one transaction each
                    for _ in range(COMMIT_EVERY):
                        self._step(conn, self.chance.choice(purposes))
            with database.direct(path) as conn:
                self.wrong = sum(sum(ledger.used(conn, window)) != count for window, count in self._taken.items())

    def _step(self, conn: Connection, purpose: Purpose) -> None:
        now = START + timedelta(hours=self.done // HOUR_EVERY)
        self.done += 1
        lot = self.chance.random()
        if lot < 0.0005:
            self._crash(conn, now)
        elif len(self._open) >= OPEN or (self._open and lot < 0.55):
            self._go_on(conn, now)
        elif self._lost and lot < 0.6:
            self._lower(conn, now)
        else:
            self._reserve(conn, purpose, now)

    def _reserve(self, conn: Connection, purpose: Purpose, now: datetime) -> None:
        bound = _bound(self.chance.randint(0, 60_000))
        windows = windows_of(purpose, CAPS, now, task_cap=None)
        fits = all(cap is None or self._taken[window] + bound.cost <= cap for window, cap in windows.items())
        try:
            call = ledger.reserve(conn, purpose, bound, CAPS, now, task_cap=None)
        except OverBudget:
            self.counts["refused"] += 1
            self.misjudged += fits and bound.cost > 0
            return
        self.counts["reserved"] += 1
        self._open[call] = (bound.cost, windows)
        self._move(windows, bound.cost)

    def _go_on(self, conn: Connection, now: datetime) -> None:
        call = self.chance.choice(list(self._open))
        bound, windows = self._open[call]
        if call not in self._sent and self.chance.random() < 0.9:
            ledger.sent(conn, call)
            self._sent.add(call)
            self.counts["sent"] += 1
            return
        del self._open[call]
        lot = self.chance.random()
        if call not in self._sent or lot < 0.05:
            ledger.release(conn, call, "not sent", now)
            self._move(windows, -bound)
            self.counts["released"] += 1
        elif lot < 0.2:
            ledger.settle_free(conn, call, "HTTP 529", now)
            self._move(windows, -bound)
            self.counts["errors at 0"] += 1
        elif lot < 0.35:
            ledger.lose(conn, call, "cut", now)
            self._lost[call] = (bound, windows)
            self.counts["unknown"] += 1
        else:
            cost = self.chance.randint(0, bound)
            ledger.settle(conn, call, _paid(cost), now)
            self._move(windows, cost - bound)
            self.counts["settled"] += 1

    def _lower(self, conn: Connection, now: datetime) -> None:
        call = self.chance.choice(list(self._lost))
        bound, windows = self._lost.pop(call)
        cost = self.chance.randint(0, bound)
        ledger.lower(conn, call, _paid(cost), "the vendor's export", now)
        self._move(windows, cost - bound)
        self.counts["lowered"] += 1

    def _crash(self, conn: Connection, now: datetime) -> None:
        """What was held is given back, what was sent stays charged."""
        freed, lost = ledger.recover(conn, now)
        for call in freed:
            bound, windows = self._open.pop(call)
            self._move(windows, -bound)
        for call in lost:
            self._lost[call] = self._open.pop(call)
        self.counts["recoveries"] += 1

    def _move(self, windows: Mapping[Window, MicroUsd | None], amount: int) -> None:
        for window, cap in windows.items():
            self._taken[window] += amount
            if cap is not None:
                self.overshoot = max(self.overshoot, self._taken[window] - cap)


def begin(conn: Connection, name: str) -> Purpose:
    claude, repo, kind = ProviderName("claude"), RepoName("novel"), TaskType("write")
    task = Task(id=TaskId(name), repo=repo, title=name, type=kind, claims=(f"{name}.md",))
    tasks.insert(conn, task, START)
    run = runs.begin(
        conn,
        task_id=task.id,
        provider=claude,
        model="m",
        base=None,
        claims=task.claims,
        now=START,
        ttl=timedelta(hours=1),
    )
    return Purpose(run=run.id, task=task.id, repo=repo, type=kind, provider=claude, model="m")


def _bound(cost: int) -> Bound:
    return Bound(cost=MicroUsd(cost), tokens_in=10, tokens_out=10, price_source="benchmark")


def _paid(cost: int) -> Settlement:
    return Settlement(cost=MicroUsd(cost), usage=Usage(tokens_in=10, tokens_out=10), price_source="benchmark")


SECTION = Section(
    name="exact",
    title="The ledger under stress",
    how="A thousand callers reserve random amounts at once on a cap of $5 through the one writer, each reservation a durable "
    "commit; every refusal is held against the ledger's rows in the same transaction. Then reservations, sends, settlements, "
    "errors, cut streams, evidence and recoveries after crashes follow each other at random on five caps whose windows turn; "
    "a count of our own, kept beside the ledger, says after every operation what each window holds.",
    measure=measure,
)

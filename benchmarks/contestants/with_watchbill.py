"""watchbill's life cycle: claim (run, lease, file claims), reserve and mark as sent, settle, finish. Four commits."""

import asyncio
import itertools
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import race

from watchbill.daemon.clocks import SystemClock
from watchbill.domain.calls import Bound, Purpose, Settlement, Usage
from watchbill.domain.ids import ProviderName, RepoName, TaskId, TaskType
from watchbill.domain.money import MicroUsd
from watchbill.domain.runs import Run, RunState
from watchbill.domain.tasks import Task, TaskState
from watchbill.domain.windows import Caps
from watchbill.state import ledger, runs, tasks
from watchbill.state.database import Database
from watchbill.state.storemeter import StoreMeter

REPO, CLAUDE, TYPE, MODEL = RepoName("novel"), ProviderName("claude"), TaskType("write"), "model"
CAPS = Caps(day=MicroUsd(10**15), month=MicroUsd(10**15), per_task=MicroUsd(10**12))
BOUND = Bound(cost=MicroUsd(100_000), tokens_in=20_000, tokens_out=4_000, price_source="benchmark")
PAID = Settlement(cost=MicroUsd(12_345), usage=Usage(tokens_in=9_000, tokens_out=900), price_source="benchmark")
MOST_A_SECOND = 6_000  # tasks that are put in before, for each second


async def main() -> None:
    folder, callers, seconds = race.terms()
    async with Database.open(Path(folder) / "watchbill.db") as database:
        names = [TaskId(f"t{number}") for number in range(int((seconds + race.WARM_UP) * MOST_A_SECOND) + callers)]
        await database.submit(lambda conn: [tasks.insert(conn, _task(name), _now()) for name in names])
        meter = StoreMeter(database=database, clock=SystemClock(), caps=lambda: CAPS)
        begun = time.monotonic() + race.WARM_UP
        todo, end = iter(names), begun + seconds
        counts = itertools.count()

        async def call() -> None:
            while time.monotonic() < end:
                await _cycle(database, meter, next(todo))
                if begun <= time.monotonic() < end:
                    next(counts)

        await asyncio.gather(*(call() for _ in range(callers)))
        race.report(next(counts), seconds)


async def _cycle(database: Database, meter: StoreMeter, name: TaskId) -> None:
    run = await database.submit(
        lambda conn: runs.begin(
            conn,
            task_id=name,
            provider=CLAUDE,
            model=MODEL,
            base=None,
            claims=(f"scenes/{name}.txt",),
            now=_now(),
            ttl=timedelta(minutes=5),
        )
    )
    purpose = Purpose(run=run.id, task=name, repo=REPO, type=TYPE, provider=CLAUDE, model=MODEL)
    call = await meter.reserve(purpose, BOUND)
    await database.submit(lambda conn: ledger.settle(conn, call, PAID, _now()))
    await _finish(database, run)


async def _finish(database: Database, run: Run) -> None:
    await database.submit(
        lambda conn: runs.end(
            conn, run, state=RunState.VERIFIED, task_state=TaskState.VERIFIED, reason="done", now=_now()
        )
    )


def _task(name: TaskId) -> Task:
    return Task(id=name, repo=REPO, title=f"Write {name}", type=TYPE, claims=(f"scenes/{name}.txt",))


def _now() -> datetime:
    return datetime.now(UTC)


asyncio.run(main())

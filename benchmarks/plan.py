"""plan() over growing queues."""

import statistics
import time
from collections.abc import Iterator
from datetime import UTC, datetime

from benchmarks.results import Effort, Result, Section
from watchbill.domain.ids import ProviderName, RepoName, RunId, TaskId, TaskType
from watchbill.domain.tasks import Task
from watchbill.scheduling.bill import ModelTerms, ProviderTerms, WatchBill
from watchbill.scheduling.planner import plan
from watchbill.scheduling.slots import parse_hours
from watchbill.scheduling.snapshot import LiveRun, Snapshot

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
SIZES = (100, 1_000, 10_000)
AIM_BY_SIZE = {10_000: 50.0}  # ms
TYPES = ("write", "fix", "test", "docs", "validate")
REPO = RepoName("novel")


def queue(size: int) -> Snapshot:
    """A queue in which a tenth waits for others, a tenth is pinned, and every task has a file of its own or shares one."""
    tasks = tuple(
        Task(
            id=TaskId(f"t{number}"),
            repo=REPO,
            title=f"task {number}",
            type=TaskType(TYPES[number % len(TYPES)]),
            order=number,
            claims=(f"scenes/act{number % 97}/s{number}.txt",) if number % 7 else ("scenes/dunes.txt",),
            needs=(TaskId(f"t{number - 1}"),) if number % 10 == 9 else (),
            provider=ProviderName("gpt") if number % 10 == 5 else None,
        )
        for number in range(size)
    )
    run = LiveRun(
        run=RunId("r"),
        task=TaskId("t0"),
        repo=REPO,
        provider=ProviderName("claude"),
        started_at=NOW,
        claims=("scenes/dunes.txt",),
    )
    return Snapshot(tasks=tasks, live=(run,))


def bill() -> WatchBill:
    names = ("claude", "gpt", "copilot")
    return WatchBill(
        providers=tuple(
            ProviderTerms(
                name=ProviderName(name),
                kind="scripted",
                hours=parse_hours(f"{place}-23/3"),
                models=(ModelTerms(id=name),),
                concurrent=2,
            )
            for place, name in enumerate(names)
        )
    )


def measure(effort: Effort) -> Iterator[Result]:
    medians = {}
    for size in SIZES:
        spans = spans_ms(queue(size), effort.of(3, 25))
        medians[size] = statistics.median(spans)
        yield Result(what=f"plan() over {size:,} tasks", unit="ms", samples=spans, aim=AIM_BY_SIZE.get(size))
    growth = medians[10_000] / medians[1_000]
    # ten times the tasks may take twelve times as long: caches of the processor are small
    yield Result(what="growth from 1,000 to 10,000 tasks", unit="x", samples=(growth,), aim=12.0)


def spans_ms(snapshot: Snapshot, rounds: int) -> list[float]:
    """Each round's milliseconds, after one that is not counted."""
    terms = bill()
    plan(snapshot, terms, NOW)
    spans = []
    for _ in range(rounds):
        begun = time.perf_counter()
        plan(snapshot, terms, NOW)
        spans.append((time.perf_counter() - begun) * 1000)
    return spans


SECTION = Section(
    name="plan",
    title="Deciding",
    how="plan() is the pure function that decides about every open task, called on a snapshot in memory: three providers, "
    "one live run, a tenth of the tasks waiting for another, a tenth pinned, every seventh wanting the same file.",
    measure=measure,
)

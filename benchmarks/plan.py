"""Times plan() over growing queues and shows that it grows in step with them: python benchmarks/plan.py"""

import statistics
import time
from datetime import UTC, datetime

from watchbill.domain.ids import ProviderName, RepoName, RunId, TaskId, TaskType
from watchbill.domain.tasks import Task
from watchbill.scheduling.bill import ModelTerms, ProviderTerms, WatchBill
from watchbill.scheduling.planner import plan
from watchbill.scheduling.slots import parse_hours
from watchbill.scheduling.snapshot import LiveRun, Snapshot

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
SIZES = (100, 1_000, 10_000)
ROUNDS = 9
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


def median_ms(snapshot: Snapshot) -> float:
    terms = bill()
    spans = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        plan(snapshot, terms, NOW)
        spans.append(time.perf_counter() - begun)
    return statistics.median(spans) * 1000


def main() -> None:
    print(f"{'tasks':>7} {'median ms':>10} {'us/task':>8} {'growth':>7}")
    before: tuple[int, float] | None = None
    for size in SIZES:
        span = median_ms(queue(size))
        growth = f"{span / before[1]:.1f}x" if before else ""
        print(f"{size:>7,} {span:>10.2f} {span * 1000 / size:>8.1f} {growth:>7}")
        before = (size, span)


if __name__ == "__main__":
    main()

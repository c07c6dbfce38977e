"""What is over and what nobody touched: how little of it costs anything at the next look."""

import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.results import Effort, Result, Section
from tests.stores import migrated
from watchbill.domain.ids import RepoName
from watchbill.gates.judge import judge
from watchbill.gates.markdown import MarkdownGate
from watchbill.gates.source import MemoryTree
from watchbill.intake import grammar
from watchbill.intake.reconcile import reconcile
from watchbill.intake.tasks import Terms
from watchbill.operator import taking_in
from watchbill.state import database
from watchbill.state.engine import Connection

REPO = RepoName("novel")
NOW = datetime(2026, 5, 1, tzinfo=UTC)
OPEN = 20  # entries that stand in the queue
PARTS = 8  # of a page, each with two links


def measure(effort: Effort) -> Iterator[Result]:
    yield from _queues(effort.of(1_000, 10_000), rounds=effort.of(3, 15))
    yield from _pages(effort.of(200, 2_000), rounds=effort.of(2, 3))


def _queues(count: int, *, rounds: int) -> Iterator[Result]:
    with (
        tempfile.TemporaryDirectory(prefix="watchbill-bench-") as folder,
        database.direct(migrated(Path(folder) / "new" / "w.db")) as new,
        database.direct(migrated(Path(folder) / "old" / "w.db")) as old,
    ):
        _read(old, _entries("past", count))
        now = _entries("new", OPEN)
        pairs = [(_timed(lambda: _read(new, now)), _timed(lambda: _read(old, now))) for _ in range(rounds + 1)]
    without, with_past = zip(*pairs[1:], strict=True)  # the first one took in what stands there
    yield Result(what=f"a queue of {OPEN} tasks read", unit="ms", samples=without)
    yield Result(what=f"the same with {count:,} behind it that were deleted", unit="ms", samples=with_past, aim=50.0)


def _timed(work: Callable[[], None]) -> float:
    """Milliseconds of the processor: what others do on the machine meanwhile is no part of it."""
    began = time.process_time()
    work()
    return (time.process_time() - began) * 1000


def _read(conn: Connection, text: str) -> None:
    files = [grammar.parse(text, "queue.md", REPO)]
    known = taking_in.known(conn, REPO, files)
    found = reconcile(known, files, repo=REPO, terms=Terms(), taken=taking_in.taken(conn, known))
    before = {one.entry for one in known}
    taking_in.store(conn, found.actions, NOW, running=())
    taking_in.remember(conn, REPO, [entry for entry in found.entries if entry not in before])


def _entries(kind: str, count: int) -> str:
    return "".join(f"- [ ] Write the {kind} chapter {number} [files:: {kind}{number}.md]\n" for number in range(count))


def _pages(count: int, *, rounds: int) -> Iterator[Result]:
    base = {f"docs/p{number}.md": _page(number, count) for number in range(count)}
    pairs = []
    for _ in range(rounds):
        gate = MarkdownGate()
        pairs.append(
            (_timed(lambda gate=gate: _judge(gate, base, "a")), _timed(lambda gate=gate: _judge(gate, base, "b")))
        )  # type: ignore[misc]  # the gate of this round
    first, later = zip(*pairs, strict=True)
    yield Result(what=f"one of {count:,} pages changed: links and structure, the first look", unit="ms", samples=first)
    yield Result(what="the same, every look after it", unit="ms", samples=later)
    shares = [one / other for one, other in zip(later, first, strict=True)]
    yield Result(what="the later looks by the first", unit="x", samples=shares, aim=0.1)


def _page(number: int, count: int) -> bytes:
    """Some 1,500 bytes."""
    parts = [
        f"## Part {part}\n\n{'The text goes on for a while, as texts do. ' * 3}"
        f"See [it](p{(number * 7 + part) % count}.md#part-{part}) and [that](p{(number * 3 + part) % count}.md)."
        for part in range(PARTS)
    ]
    return "\n\n".join([f"# Page {number}", *parts, ""]).encode()


def _judge(gate: MarkdownGate, base: Mapping[str, bytes], word: str) -> None:
    changed = "docs/p1.md"
    head = {**base, changed: base[changed] + f"\nOne more: {word}.\n".encode()}
    judge(MemoryTree(base), MemoryTree(head), base_id="base", head_id="head", changed=[changed], gates=[gate])


SECTION = Section(
    name="past",
    title="What is over, and what nobody touched",
    how="A reading of a queue (parsed, reconciled with what the store knows, stored) beside the same with deleted entries behind it; "
    "and the gate of Markdown on a change of one page, its first look after a start beside later ones. Times are the processor's.",
    measure=measure,
)

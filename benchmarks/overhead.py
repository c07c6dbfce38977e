"""What a run costs beside its provider and commands."""

import asyncio
import tempfile
import time
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path

from benchmarks.results import Effort, Result, Section
from tests.worlds import FILES, World
from watchbill.providers.scripted import Scene, Step, finish, say, use


def measure(effort: Effort) -> Iterator[Result]:
    spans = asyncio.run(_spans(effort.of(2, 25)))
    yield Result(
        what="own time of a run, from its claim to its landing",
        unit="ms",
        samples=spans,
        aim=100.0,
        bound_by="Most of it are six git processes for a checkpoint and a landing: each takes 2 to 5 ms to start, and every "
        "object is synced to the disk.",
    )


async def _spans(count: int) -> list[float]:
    names = [f"n{number:03}" for number in range(count + 1)]  # the first one warms up
    lines = [f"- [ ] Write {name} [id:: {name}] [files:: {name}.md]" for name in names]
    files = {**FILES, "docs/AI_TASK_QUEUE.md": "\n".join(["# Queue", "", *lines, ""])}
    watch = _Watch()
    with tempfile.TemporaryDirectory(prefix="watchbill-bench-") as folder:
        world = World(root=Path(folder), scripts={"claude": _script}, files=files, rate=1).make()
        async with world.service() as service:
            service.recorder.listeners.append(watch)
            while (await service.ticker.tick()).starts:
                await service.dispatcher.idle()
    assert len(watch.spans) == len(names), "every run landed"
    return watch.spans[1:]


def _script(scene: Scene) -> Step:
    if scene.turn == 0:
        return say("", use("write_file", path=f"{scene.purpose.task}.md", content="# Text\n"))
    return finish("written")


class _Watch:
    def __init__(self) -> None:
        self.spans: list[float] = []
        self._begun = 0.0

    def __call__(self, name: str, facts: Mapping[str, object], _now: datetime) -> None:
        if name == "run.started":
            self._begun = time.perf_counter()
        elif name == "run.ended" and facts["state"] == "landed":
            self.spans.append((time.perf_counter() - self._begun) * 1000)


SECTION = Section(
    name="overhead",
    title="A run's own time",
    how="A task whose provider answers at once (the scripted one, through the real meter), on real git and SQLite: worktree, "
    "brief, two turns, one file written, a checkpoint, the gates, the commit, the landing, each durable. No commands.",
    measure=measure,
)

"""A thousand landings at once: what red, conflicts and waiting there is with claims and gates, and without."""

import asyncio
import random
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path

from benchmarks import harbour, plainly
from benchmarks.harbour import PUSH_EVERY, Job, Tides, changed, is_red
from benchmarks.plainly import Outcome
from benchmarks.results import Better, Effort, Result, Section
from tests.worlds import START, World
from watchbill.daemon.service import Service
from watchbill.domain.ids import RepoName, TaskId, TaskType
from watchbill.domain.tasks import Task, TaskState
from watchbill.providers.scripted import Scene, Step, finish, say, use
from watchbill.state import tasks
from watchbill.state.engine import Connection

AT_ONCE = 8
OPEN = 60  # tasks in the queue at a time
SEED = 20261130
_DAEMON = (
    f'max_parallel = {AT_ONCE}\nlease_ttl = "6h"\nsession_soft = "9h"\nsession_stale = "10h"\nsession_dead = "11h"\n'
)
_MORE = f"concurrent = {AT_ONCE}\n[saving]\nmerge = false\nanswers = false\n[routing]\nmax_attempts = 1\n"
_BUDGET = "daily_usd = 1000000\nmonthly_usd = 1000000\nper_run_usd = 1000\nper_task_usd = 1000\n"


def measure(effort: Effort) -> Iterator[Result | str]:
    count = effort.of(50, 1000)
    jobs, files = harbour.jobs(count, SEED), harbour.files()
    began = time.perf_counter()
    ours = asyncio.run(Watched(jobs).work(files))
    seconds = time.perf_counter() - began
    plain = asyncio.run(plainly.work(jobs, files, at_once=AT_ONCE, seed=SEED))
    waits = ours.for_people + ours.given_back
    yield Result(what="landings that left their branch red", unit="landings", samples=[ours.red], aim=0)
    yield Result(what="the same, plain worktrees without claims", unit="landings", samples=[plain.red])
    yield Result(what="conflicts that need a person", unit="conflicts", samples=[ours.for_people])
    yield Result(what="the same, plain worktrees without claims", unit="conflicts", samples=[plain.for_people])
    yield Result(
        what="fewer conflicts that neither git nor a finer merge settles",
        unit="%",
        samples=[100 * (1 - waits / max(1, plain.for_people))],
        aim=50,
        better=Better.MORE,
    )
    yield Result(what="landed per simulated hour", unit="landings", samples=[ours.landed / ours.hours])
    yield Result(what="the same, plain worktrees without claims", unit="landings", samples=[plain.landed / plain.hours])
    yield Result(
        what="good landings that were reverted", unit="%", samples=[100 * ours.falsely / max(1, ours.landed)], aim=1
    )
    yield Result(what="landed per second of this machine", unit="landings", samples=[ours.landed / seconds])
    for name, one in (("with claims", ours), ("plain worktrees", plain)):
        yield (
            f"{name}: {one.landed} landed, {one.refused} refused by checks, {one.pushes} pushes of people; conflicts: "
            f"{one.finer} settled by the finer merge, {one.given_back} given back to the provider, {one.for_people} for a person"
        )


class Watched:
    """A real daemon that works on the jobs, with a scripted provider and a clock that waits for it."""

    def __init__(self, jobs: list[Job]) -> None:
        self._jobs = {job.name: job for job in jobs}
        self._left = list(reversed(jobs))
        self._rng = random.Random(SEED)
        self._outcome = Outcome()
        self._landed: list[str] = []

    async def work(self, files: Mapping[str, str]) -> Outcome:
        clock = Tides(start=START)
        with tempfile.TemporaryDirectory(prefix="watchbill-bench-") as folder:
            world = World(
                root=Path(folder),
                scripts={"claude": self._play},
                files={**files, "docs/AI_TASK_QUEUE.md": "# Queue\n"},
                daemon=_DAEMON,
                budget=_BUDGET,
                repo="max_repairs = 1",
                keys={"claude": _MORE},
                clock=clock,
            ).make()
            async with world.service() as service:
                service.recorder.listeners.append(self._hear)
                await self._go(world, service, clock)
        return self._outcome

    async def _go(self, world: World, service: Service, clock: Tides) -> None:
        push_at, red = clock.now() + PUSH_EVERY, False
        while await self._fill(service) or service.dispatcher.running:
            await service.ticker.tick()
            before = len(service.dispatcher.running)
            while before and len(service.dispatcher.running) == before and clock.now() < push_at:
                await self._settle(service, clock)
                clock.go_on()
            await self._settle(service, clock)
            red = self._look(world, was_red=red)
            if clock.now() >= push_at:
                push_at = clock.now() + PUSH_EVERY
                await service.ticker.write_back()
                await asyncio.to_thread(self._push, world)
        self._outcome.hours = (clock.now() - START).total_seconds() / 3600
        await self._count(service)

    async def _fill(self, service: Service) -> int:
        """So many open tasks that there is always something to choose from; how many there are."""

        def fill(conn: Connection) -> int:
            queued = [task for task in tasks.open_tasks(conn) if task.state in (TaskState.QUEUED, TaskState.RUNNING)]
            while self._left and len(queued) < OPEN:
                queued.append(_task(self._left.pop(), order=len(self._jobs) - len(self._left)))
                tasks.insert(conn, queued[-1], service.parts.clock.now())
            return len(queued)

        return await service.parts.database.submit(fill)

    async def _settle(self, service: Service, clock: Tides) -> None:
        """Until every run waits for its provider."""
        while not clock.is_waiting([run.id for run in service.dispatcher.running]):  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.001)

    def _play(self, scene: Scene) -> Step:
        """Read, write, finish. A conflict is read and settled in one's own favour; what is bad stays so."""
        job = self._jobs[scene.purpose.task]
        texts = {path: one.content for path, one in zip(job.files, scene.results, strict=False)}
        read = say("", *(use("read_file", path=path) for path in job.files), takes=job.takes / 4)
        last = scene.results[0].name if scene.results else ""
        if scene.turn == 0 or (last == "finish" and scene.told[-1].startswith("Your change is good")):
            return read
        if last == "read_file":
            made = {path: self._made(job, path, text) for path, text in texts.items()}
            writes = (use("write_file", path=path, content=text) for path, text in made.items())
            return say("", *writes, takes=job.takes / 2)
        return say("", *finish("done").uses, takes=job.takes / 4)

    def _made(self, job: Job, path: str, text: str) -> str:
        if "<<<<<<<" in text:
            return _own_side(text)
        return changed(path, text, seed=job.seed, is_bad=job.is_bad)

    def _hear(self, name: str, facts: Mapping[str, object], _now: datetime) -> None:
        match name:
            case "task.landed":
                self._landed.append(str(facts["task"]))
                self._outcome.landed += 1
            case "conflict.resolved":
                self._outcome.finer += 1
            case "conflict.handed_back":
                self._outcome.given_back += 1
            case "conflict.escalated" | "landing.parted":
                self._outcome.for_people += 1

    def _look(self, world: World, *, was_red: bool) -> bool:
        """Whether what landed since the last look left a file broken."""
        paths = {path for name in self._landed for path in self._jobs[name].files}
        self._landed.clear()
        if not paths:
            return was_red
        bare = world.root / "state/repos/repo.git"
        shown = (
            subprocess.check_output(["git", f"--git-dir={bare}", "show", f"watchbill/main:{path}"]) for path in paths
        )
        red = any(is_red(path, text.decode()) for path, text in zip(paths, shown, strict=True))
        self._outcome.red += red and not was_red
        return red

    def _push(self, world: World) -> None:
        """A person pushes what they made of what they last pulled, and pulls."""
        self._outcome.pushes += 1
        path = self._rng.choice([path for path in sorted(harbour.files()) if "/" in path])
        place = world.path / path
        place.write_text(changed(path, place.read_text(), seed=self._rng.getrandbits(32), adds=False))
        world.git("commit", "--quiet", "-am", "By hand")
        try:
            world.git("merge", "--quiet", "-m", "Pull", "watchbill/main")
        except subprocess.CalledProcessError:
            self._outcome.for_people += 1
            world.git("merge", "--abort")
            world.git("merge", "--quiet", "-m", "Pull", "-X", "theirs", "watchbill/main")

    async def _count(self, service: Service) -> None:
        found = await service.parts.database.submit(tasks.all_tasks)
        undone = [task for task in found if task.state is TaskState.REVERTED]
        self._outcome.refused = sum(task.state is TaskState.FAILED for task in found)
        self._outcome.reverted = len(undone)
        self._outcome.falsely = sum(not self._jobs[task.id].is_bad for task in undone)


def _task(job: Job, *, order: int) -> Task:
    return Task(
        id=TaskId(job.name),
        repo=RepoName("repo"),
        title=f"Do {job.name}",
        type=TaskType("write"),
        claims=job.files,
        order=order,
    )


def _own_side(text: str) -> str:
    """A text with conflict markers as whoever changed it last wants it."""
    kept, part = [], ""
    for line in text.splitlines(keepends=True):
        if line.startswith(("<<<<<<<", "|||||||", "=======", ">>>>>>>")):
            part = {"<": "theirs", "|": "base", "=": "own", ">": ""}[line[0]]
        elif part in ("", "own"):
            kept.append(line)
    return "".join(kept)


SECTION = Section(
    name="landings",
    title="A thousand landings at once",
    how=f"Tasks on 48 files, some of which are wanted far more often than others, {AT_ONCE} at a time; one change in ten breaks its "
    "file, and a person pushes every 25 minutes what they made of what they last pulled. A real daemon with a scripted "
    "provider, real git, gates and landing, on a clock that stands still while anybody works. Beside it the same changes, in "
    "the same order and time, from plain worktrees: each checks its own branch and merges it with git.",
    measure=measure,
)

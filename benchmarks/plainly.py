"""The contestant of the benchmark of landings: plain worktrees without claims. Each checks its own branch, then merges it."""

import heapq
import random
import tempfile
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from benchmarks.harbour import PUSH_EVERY, Job, Tides, changed, is_red
from tests.worlds import START, World
from watchbill.domain.ids import Commit
from watchbill.workspace.proc import OsProc
from watchbill.workspace.repository import Repository


@dataclass(slots=True)
class Outcome:
    landed: int = 0
    refused: int = 0  # by a check
    red: int = 0  # landings that broke what was whole
    for_people: int = 0  # conflicts
    given_back: int = 0  # conflicts that were given to whoever made the change
    finer: int = 0  # conflicts that a finer merge settled
    reverted: int = 0  # landings undone
    falsely: int = 0  # of them, those that were good
    hours: float = 0.0  # of the simulated day
    pushes: int = 0


async def work(jobs: Sequence[Job], files: Mapping[str, str], *, at_once: int, seed: int) -> Outcome:
    """All jobs in their order, so many at once, each from the newest state when it begins."""
    with tempfile.TemporaryDirectory(prefix="watchbill-bench-") as folder:
        world = World(root=Path(folder), scripts={}, files=files).make()
        vcs = Repository(
            proc=OsProc(),
            source=world.path,
            bare=Path(folder) / "bare.git",
            worktrees=Path(folder) / "worktrees",
            target="main",
            integration="plain",
            clock=Tides(start=START),
        )
        await vcs.ensure()
        await vcs.fetch()
        tip = await vcs.resolve(vcs.target_ref)
        assert tip is not None, "the world has a commit"
        return await _Plain(vcs, tip, jobs, seed=seed).go(at_once)


class _Plain:
    def __init__(self, vcs: Repository, tip: Commit, jobs: Sequence[Job], *, seed: int) -> None:
        self._vcs = vcs
        self._tip = tip
        self._left = deque(jobs)
        self._rng = random.Random(seed)
        self._seen = tip  # what the person last pulled
        self._under_way: list[tuple[timedelta, str, Job, Commit]] = []
        self.outcome = Outcome()

    async def go(self, at_once: int) -> Outcome:
        now, push_at = timedelta(0), PUSH_EVERY
        while self._left or self._under_way:
            while self._left and len(self._under_way) < at_once:
                job = self._left.popleft()
                heapq.heappush(self._under_way, (now + job.takes, job.name, job, self._tip))
            now, _, job, base = heapq.heappop(self._under_way)
            if now >= push_at:
                push_at = now + PUSH_EVERY
                await self._push()
            await self._land(job, base)
        self.outcome.hours = now / timedelta(hours=1)
        return self.outcome

    async def _land(self, job: Job, base: Commit) -> None:
        texts = await self._texts(base, job.files)
        made = {path: changed(path, text, seed=job.seed, is_bad=job.is_bad) for path, text in texts.items()}
        if any(is_red(path, text) and not is_red(path, texts[path]) for path, text in made.items()):
            self.outcome.refused += 1
            return
        was_red = await self._is_red(job.files)
        if not await self._merge(made, base):
            self.outcome.for_people += 1
            return
        self.outcome.landed += 1
        self.outcome.red += await self._is_red(job.files) and not was_red

    async def _push(self) -> None:
        """A person pushes what they made of what they last pulled."""
        self.outcome.pushes += 1
        paths = [path for path in (await self._vcs.read_tree(self._seen)).paths() if "/" in path]
        path = self._rng.choice(paths)
        text = (await self._texts(self._seen, [path]))[path]
        made = {path: changed(path, text, seed=self._rng.getrandbits(32), adds=False)}
        if not await self._merge(made, self._seen):
            self.outcome.for_people += 1
            now = (await self._texts(self._tip, [path]))[path]
            await self._merge({path: changed(path, now, seed=self._rng.getrandbits(32), adds=False)}, self._tip)
        self._seen = self._tip

    async def _merge(self, made: Mapping[str, str], base: Commit) -> bool:
        contents = {path: text.encode() for path, text in made.items()}
        own = await self._vcs.with_files(await self._vcs.tree_of(base), contents, base, "work")
        assert own.commit is not None, "nothing was merged"
        merged = await self._vcs.merge_onto(self._tip, own.commit, base, "merged")
        self._tip = merged.commit or self._tip
        return merged.commit is not None

    async def _texts(self, commit: Commit, paths: Sequence[str]) -> dict[str, str]:
        tree = await self._vcs.read_tree(commit)
        return {path: tree.read(path).decode() for path in paths}

    async def _is_red(self, paths: Sequence[str]) -> bool:
        return any(is_red(path, text) for path, text in (await self._texts(self._tip, paths)).items())

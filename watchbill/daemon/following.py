"""Following: what the owner does to the branches that our line goes by. Their commits are taken in; what they took off stays off.

A branch that was rewritten (reset, amended, rebased, pushed by force) no longer has what was seen on it. Our line is then built
anew upon what it has: what landed is copied there, commit by commit, and judged; what was taken off is left out, so that no
merge of ours brings it back. Whatever happened to the line, the rows are put right by what stands there then.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from watchbill.daemon.repositories import ManagedRepo
from watchbill.daemon.terms import Parts
from watchbill.domain.ids import Commit, RunId, TaskId
from watchbill.domain.undoings import Wish
from watchbill.state import intents, undoing, undoings, verdicts
from watchbill.state.engine import Connection
from watchbill.state.intents import Intent
from watchbill.workspace.history import Made

MOST_LANDINGS = 1_024  # that a rewritten branch is looked through for
MOST_COMMITS = 64  # of the owner's that are looked through for the one that took in all of ours


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    """Our branch, and one of the owner's that it goes by."""

    ref: str
    ours: Commit
    branch: str
    now: Commit

    @property
    def is_own(self) -> bool:
        """Whether theirs is their copy of our branch: then what they took off it may be what landed."""
        return self.ref == f"refs/heads/{self.branch}"


class Follower:
    """Keeps our line with what its owner has. Starts no program while nobody moved a branch."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def notice(self, repo: ManagedRepo) -> None:
        """Take note at once of a target that only went on: whoever rewrites it a moment later takes these commits off, too."""
        target = repo.terms.target
        was, now = await repo.vcs.seen(target)
        if now is not None and was != now and (was is None or await repo.vcs.is_ancestor(was, now)):
            await repo.vcs.took_in(target, was, now)

    async def look(self, repo: ManagedRepo) -> bool:
        """Whether there was anything to follow. What cannot be now (others landed meanwhile, two branches conflict) is tried
        at the next look."""
        if await repo.is_followed():
            return False
        return any([await self._follow(repo, branch) for branch in repo.followed])

    async def _follow(self, repo: ManagedRepo, branch: str) -> bool:
        was, now = await repo.vcs.seen(branch)
        if now is None or was == now:
            return False
        lines = dict.fromkeys((*([repo.line_ref] if repo.line_ref else []), f"refs/heads/{repo.terms.target}"))
        done = [await self._follow_with(repo, ref, branch, was, now) for ref in lines]
        return all(done) and await repo.vcs.took_in(branch, was, now)

    async def _follow_with(self, repo: ManagedRepo, ref: str, branch: str, was: Commit | None, now: Commit) -> bool:
        """The same done to one branch of ours; whether it is."""
        async with self._parts.deliverer.alone(repo, ref):
            ours = await repo.vcs.resolve(ref)
            if ours is None:
                return True
            line = _Line(ref=ref, ours=ours, branch=branch, now=now)
            if was is not None and not repo.vcs.is_shallow and not await repo.vcs.is_ancestor(was, now):
                return await self._rewritten(repo, line, was)
            if line.is_own and branch != repo.terms.target:
                return await self._take_in(repo, line)
            return True

    async def _take_in(self, repo: ManagedRepo, line: _Line) -> bool:
        """What a person committed on their copy of our branch."""
        joined = await repo.vcs.join(line.ours, line.now, f"Take in what was committed on {line.branch}\n")
        if joined.commit is None:
            return False
        return joined.commit == line.ours or await repo.vcs.move_ref(line.ref, joined.commit, line.ours)

    # --- what was taken off

    async def _rewritten(self, repo: ManagedRepo, line: _Line, was: Commit) -> bool:
        landings = await self._parts.database.submit(
            lambda conn: intents.landed_on(conn, repo.name, [line.ref], most=MOST_LANDINGS)
        )
        off = {made.commit for made in await repo.vcs.commits(was, but=[line.now]) if line.is_own or not made.is_ours}
        standing = await repo.vcs.commits(line.ours, but=[line.now])
        tip = line.ours
        if any(made.commit in off for made in standing):
            tip = await self._build_anew(repo, line, standing, off, landings)
            if not await repo.vcs.move_ref(line.ref, tip, line.ours):
                return False
            await self._let_replace(repo, line)
        gone = await self._put_right(repo, line, tip, landings, off)
        self._parts.events.emit(
            "landing.rewritten", repo=repo.name, branch=line.branch, was=was, now=line.now, gone=gone
        )
        return True

    async def _build_anew(
        self,
        repo: ManagedRepo,
        line: _Line,
        standing: Sequence[Made],
        off: Collection[Commit],
        landings: Sequence[Intent],
    ) -> Commit:
        """What stands on our line beside what was taken off, upon what the owner's branch has now."""
        landing_by_commit = {landing.commit: landing for landing in landings}
        tip = line.now
        for made in standing:
            if made.commit in off or made.is_merge:
                continue
            copy = (await repo.vcs.copy_onto(made.commit, tip)).commit
            if copy is None or copy == tip:
                continue
            landing = landing_by_commit.get(made.commit)
            if landing is None or await self._passes(repo, landing, tip, copy):
                tip = copy
        return tip

    async def _passes(self, repo: ManagedRepo, landing: Intent, onto: Commit, copy: Commit) -> bool:
        """The gate record of the copy's exact tree. The repository's own commands look at the whole line: see LineWatch."""
        verdict = await self._parts.gatekeeper.judge_copy(repo, base=onto, commit=copy)
        await self._parts.database.submit(
            lambda conn: verdicts.store_landed(conn, landing.run, verdict, now=self._parts.clock.now())
        )
        return verdict.passes

    async def _let_replace(self, repo: ManagedRepo, line: _Line) -> None:
        """The owner's copy of our branch, where our line had all of it, has what was taken off the target: it is replaced."""
        own = line.ref.removeprefix("refs/heads/")
        _, shown = await repo.vcs.seen(own)
        if not line.is_own and shown is not None and await repo.vcs.is_ancestor(shown, line.ours):
            await repo.vcs.replaces(own, shown)

    async def _put_right(
        self, repo: ManagedRepo, line: _Line, tip: Commit, landings: Sequence[Intent], off: Collection[Commit]
    ) -> Sequence[RunId]:
        """The rows by what stands on the line: a landing is there as itself or as another commit, or it is undone. Who is."""
        there = await repo.vcs.commits(tip)
        ids = {made.commit for made in there}
        commit_by_run = {made.run: made.commit for made in there if made.run is not None}
        moved: list[tuple[Intent, Commit, str]] = []
        gone: list[Intent] = []
        for landing in landings:
            if landing.commit in ids:
                continue
            if (commit := commit_by_run.get(landing.run)) is not None:
                moved.append((landing, commit, await repo.vcs.tree_of(commit)))
            elif not await repo.vcs.has(tip, landing.commit):
                gone.append(landing)

        def record(conn: Connection) -> list[tuple[Intent, tuple[TaskId, ...]]]:
            for landing, commit, tree in moved:
                intents.moved(conn, landing, commit, tree)
            return [(landing, self._undo(conn, line, landing, off)) for landing in gone]

        undone = await self._parts.database.submit(record)
        for landing, reverted in undone:
            why = _why(line, landing, off)
            for task in reverted:
                self._parts.events.emit(
                    "task.reverted", task=task, run=landing.run, commit=landing.commit, revert=None, why=why
                )
        return [landing.run for landing in gone]

    def _undo(self, conn: Connection, line: _Line, landing: Intent, off: Collection[Commit]) -> tuple[TaskId, ...]:
        why, now = _why(line, landing, off), self._parts.clock.now()
        wish = Wish(
            run=landing.run,
            task=landing.task,
            repo=landing.repo,
            commit=landing.commit,
            target_ref=landing.target_ref,
            delivery=landing.delivery,
            who="the owner",
            why=why,
            retry=landing.commit not in off,
        )
        return undoing.finish(conn, undoings.want(conn, wish, now), said=why, now=now)


def _why(line: _Line, landing: Intent, off: Collection[Commit]) -> str:
    if landing.commit in off:
        return f"{landing.commit[:10]} was taken off {line.branch} by its owner"
    return f"{line.branch} was rewritten by its owner, and {landing.commit[:10]} does not fit upon what it has now"

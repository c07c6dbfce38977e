"""Undoing: the opposite of what landed, put onto the same branch by the same way: gates, intent, swap, one transaction.

Wanted → the exact revert is stored → the branch moves → its tasks are reverted. Whoever finds one half done asks git.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile

from watchbill.daemon.delivery import shown
from watchbill.daemon.repositories import ManagedRepo
from watchbill.daemon.resolving import Sides, finer
from watchbill.daemon.terms import Parts
from watchbill.daemon.workbench import show_findings
from watchbill.domain.findings import Finding
from watchbill.domain.ids import Commit, TaskId
from watchbill.domain.ports import Merge
from watchbill.domain.tasks import Delivery
from watchbill.domain.undoings import OPEN, Undoing, UndoState, Wish
from watchbill.domain.whole import to_its_end
from watchbill.state import intents, tasks, undoing, undoings, verdicts
from watchbill.state.engine import Connection
from watchbill.workspace import messages

SWAPS = 5  # how often it is begun anew because somebody else moved the branch meanwhile
MOST_LANDINGS = 256  # that are looked through for those that built on one
SHOWN = 10  # findings in the revert's message


@dataclass(frozen=True, slots=True, kw_only=True)
class _Failed:
    """It cannot be taken back by itself."""

    state: UndoState
    why: str


class Undoer:
    """Carries out what is wanted to be undone. Starts no program while nothing is."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def want(self, wish: Wish) -> Undoing:
        """Store the wish. Raises IllegalMove where that landing is undone already."""
        return await self._parts.database.submit(lambda conn: undoings.want(conn, wish, self._parts.clock.now()))

    async def look(self, repo: ManagedRepo) -> bool:
        """Whether anything was wanted of this repository, or left half done; it is tried now."""
        found = await self._parts.database.submit(lambda conn: undoings.in_states(conn, OPEN, repo.name))
        for one in found:
            await self.carry_out(repo, one)
        return bool(found)

    async def carry_out(self, repo: ManagedRepo, wanted: Undoing) -> Undoing:
        """What came of it. Still wanted where its branch was moved by others every time, or git failed: tried again."""
        async with self._parts.deliverer.alone(repo, wanted.wish.target_ref):
            now = await self._get(wanted)
            if now.state is UndoState.PENDING:
                await self._conclude(repo, now)
            for _ in range(SWAPS):
                now = await self._get(wanted)
                if now.state is not UndoState.WANTED or await self._try(repo, now):
                    break
        return await self._get(wanted)

    async def _get(self, of: Undoing) -> Undoing:
        found = await self._parts.database.submit(lambda conn: undoings.get(conn, of.id))
        assert found is not None, "an undoing is never deleted"
        return found

    async def _conclude(self, repo: ManagedRepo, pending: Undoing) -> None:
        """Git says whether the revert is on its branch; if that stands where it stood, it is put there now."""
        assert pending.revert is not None, "a CHECK: what is pending has its commit"
        ref = pending.wish.target_ref
        tip = await repo.vcs.resolve(ref)
        if tip is not None and await repo.vcs.is_ancestor(pending.revert, tip):
            await self._done(pending)
        else:
            await to_its_end(self._swap(repo, pending, pending.revert, pending.old))

    async def _try(self, repo: ManagedRepo, wanted: Undoing) -> bool:
        """One attempt; False when the branch moved under it."""
        wish = wanted.wish
        old = None if wish.delivery is Delivery.PATCH else await repo.vcs.resolve(wish.target_ref)
        if old is None:
            await self._done(wanted)  # no branch has it
            return True
        onto = await self._onto(repo, wish, old)
        made = await self._revert(repo, wanted, onto)
        if isinstance(made, _Failed):
            await self._fail(wanted, made)
            return True
        if made is None:
            await self._done(wanted)
            return True
        return await to_its_end(self._put(repo, wanted, made, old))

    async def _onto(self, repo: ManagedRepo, wish: Wish, old: Commit) -> Commit:
        if wish.delivery is Delivery.BRANCH:
            return await self._onto_branch(repo, wish, old)
        onto = await repo.kept_up(old)
        return old if isinstance(onto, Merge) else onto  # without what is taken back the two may merge again

    async def _onto_branch(self, repo: ManagedRepo, wish: Wish, old: Commit) -> Commit:
        """The target, where its owner merged the task's own branch or dropped it: the branch comes again, upon that."""
        target = await repo.vcs.resolve(repo.target_ref)
        is_decided = await repo.vcs.is_dropped(wish.target_ref) or (
            target is not None and await repo.vcs.has(target, wish.commit)
        )
        return target if is_decided and target is not None else old

    async def _revert(self, repo: ManagedRepo, wanted: Undoing, onto: Commit) -> Commit | _Failed | None:
        """The revert, gated and recorded; None where nothing of the change is left."""
        wish = wanted.wish
        title = await self._parts.database.submit(lambda conn: _title(conn, wish.task))
        message = messages.undoing(
            title,
            f"It {_reason(wanted)}.",
            show_findings(wish.findings[:SHOWN]) if wish.findings else "",
            task=wish.task,
            commit=wish.commit,
            run=wish.run,
            name=wanted.id,
        )
        merge = await repo.vcs.revert(wish.commit, onto, message)
        if merge.commit is None and (contents := await self._finer(repo, wish, onto, merge)) is not None:
            merge = await repo.vcs.with_files(merge.tree, contents, onto, message)
        if merge.commit is None:
            return await self._in_the_way(repo, wish, merge.conflicts)
        if merge.tree == await repo.vcs.tree_of(onto):
            return None
        verdict = await self._parts.gatekeeper.judge_revert(repo, run=wish.run, base=onto, commit=merge.commit)
        await self._parts.database.submit(
            lambda conn: verdicts.store_undoing(conn, wanted, verdict, now=self._parts.clock.now())
        )
        if not verdict.passes:
            why = f"without it the gates find what they do not find with it: {show_findings(verdict.new)}"
            return _Failed(state=UndoState.REFUSED, why=why)
        return merge.commit

    async def _finer(self, repo: ManagedRepo, wish: Wish, onto: Commit, merge: Merge) -> Mapping[str, bytes] | None:
        """The files that git does not merge, by sentence or line: as for any other change."""
        parent = await repo.vcs.parent_of(wish.commit)
        return await finer(repo, Sides(onto=onto, commit=parent, base=wish.commit), merge)

    async def _in_the_way(self, repo: ManagedRepo, wish: Wish, paths: Sequence[str]) -> _Failed:
        """What was built on it, and the way out."""
        landed = await self._parts.database.submit(
            lambda conn: intents.landed_on(conn, repo.name, [wish.target_ref], most=MOST_LANDINGS)
        )
        since = takewhile(lambda one: one.run != wish.run, landed)
        touching = [
            one.run
            for one in since
            if not set(paths).isdisjoint(await repo.vcs.changed_paths(await repo.vcs.parent_of(one.commit), one.commit))
        ]
        where = f"what landed after it changed the same lines of {', '.join(paths)}"
        by_hand = f"git revert {wish.commit[:10]} on {shown(wish.target_ref)}, and settle it by hand"
        if not touching:
            return _Failed(state=UndoState.CONFLICTS, why=f"{where}; {by_hand}")
        first = f"take back {', '.join(touching)} first (watchbill run rollback {touching[0]})"
        return _Failed(state=UndoState.CONFLICTS, why=f"{where}; {first}, or {by_hand}")

    async def _put(self, repo: ManagedRepo, wanted: Undoing, revert: Commit, old: Commit) -> bool:
        await self._parts.database.submit(lambda conn: undoings.pend(conn, wanted, revert=revert, old=old))
        return await self._swap(repo, await self._get(wanted), revert, old)

    async def _swap(self, repo: ManagedRepo, pending: Undoing, revert: Commit, old: Commit | None) -> bool:
        if not await repo.vcs.move_ref(pending.wish.target_ref, revert, old):
            await self._parts.database.submit(lambda conn: undoings.want_again(conn, pending))
            return False
        await self._done(pending)
        return True

    async def _done(self, pending: Undoing) -> None:
        wish, said = pending.wish, _said(pending)
        reverted = await self._parts.database.submit(
            lambda conn: undoing.finish(conn, pending, said=said, now=self._parts.clock.now())
        )
        for task in reverted or (wish.task,):
            self._parts.events.emit(
                "task.reverted", task=task, run=wish.run, commit=wish.commit, revert=pending.revert, why=wish.why
            )
        if wish.retry:
            for task in reverted:
                self._parts.events.emit("task.requeued", task=task, why=f"it landed and was reverted: {wish.why}")

    async def _fail(self, wanted: Undoing, failed: _Failed) -> None:
        wish = wanted.wish
        await self._parts.database.submit(
            lambda conn: undoings.end(conn, wanted, failed.state, said=failed.why, now=self._parts.clock.now())
        )
        self._parts.events.emit("landing.undo_failed", undoing=wanted.id, task=wish.task, run=wish.run, why=failed.why)


def _title(conn: Connection, name: TaskId) -> str:
    task = tasks.get(conn, name)
    return name if task is None else task.title


def _reason(wanted: Undoing) -> str:
    wish = wanted.wish
    if wanted.is_of_gates:
        return f"landed as {wish.commit[:10]}, and later checks fail with it and pass without it: {wish.why}"
    return f"landed as {wish.commit[:10]}; {wish.who} takes it back: {wish.why}"


def _said(pending: Undoing) -> str:
    wish = pending.wish
    if wish.delivery is Delivery.PATCH:
        return f"no longer wanted: {wish.why}. Its patch touched no branch; where you applied it: git apply -R"
    if pending.revert is None:
        return f"nothing of {wish.commit[:10]} was left on {shown(wish.target_ref)}: {wish.why}"
    return f"reverted by {pending.revert[:10]} on {shown(wish.target_ref)}: {wish.why}"


def evidence(findings: Sequence[Finding]) -> str:
    """Why, in one line."""
    first = findings[0]
    more = f" (and {len(findings) - 1} more)" if len(findings) > 1 else ""
    return f"{first.place}{first.gate}/{first.rule}: {first.message.splitlines()[0]}{more}"

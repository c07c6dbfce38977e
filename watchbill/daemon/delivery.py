"""Delivery: what passed its gates goes onto its target, one at a time per branch, and never twice.

The order is what makes a crash harmless: merge, gates on the exact tree, intent row with the exact commit, compare-and-swap,
then one transaction that says landed. Whoever finds an intent later asks git whether the commit is on its target.
"""

import asyncio
from collections import defaultdict
from dataclasses import dataclass

from watchbill.daemon.gatekeeper import Gatekeeper
from watchbill.daemon.repositories import ManagedRepo
from watchbill.daemon.resolving import Resolver, Sides
from watchbill.domain.errors import GitError
from watchbill.domain.findings import Finding, Verdict
from watchbill.domain.ids import Commit, RepoName, TaskId
from watchbill.domain.ports import Clock, Events, Merge
from watchbill.domain.rides import RideState
from watchbill.domain.runs import Run, RunState, Stage
from watchbill.domain.tasks import Delivery, Task, TaskState
from watchbill.domain.whole import to_its_end
from watchbill.state import intents, rides, runs, verdicts
from watchbill.state.database import Database
from watchbill.state.engine import Connection
from watchbill.workspace.messages import trailers

SWAPS = 5  # how often a landing is begun anew because somebody else moved the branch meanwhile


@dataclass(frozen=True, slots=True, kw_only=True)
class Landed:
    commit: Commit
    target: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflicts:
    """The change does not merge onto what landed meanwhile."""

    paths: tuple[str, ...]
    onto: Commit
    tree: str  # of both, with both sides and the base between markers where they conflict


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Merged onto what landed meanwhile, it no longer passes."""

    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Contended:
    """The branch was moved by others every time."""

    target: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Parted:
    """The target and our own earlier commits that wait to be put onto it do not merge: only its owner can decide."""

    target: str
    paths: tuple[str, ...]


Delivered = Landed | Conflicts | Refused | Contended | Parted


class Deliverer:
    """Lands runs' commits. Serial per repository and branch."""

    def __init__(self, *, database: Database, clock: Clock, events: Events, gatekeeper: Gatekeeper) -> None:
        self._database = database
        self._clock = clock
        self._events = events
        self._gatekeeper = gatekeeper
        self._resolver = Resolver(database=database, clock=clock, events=events)
        self._put_off_by_ref: dict[tuple[RepoName, str], str] = {}
        self._lock_by_branch: defaultdict[tuple[str, str], asyncio.Lock] = defaultdict(asyncio.Lock)

    async def deliver(self, repo: ManagedRepo, task: Task, run: Run, *, base: Commit, commit: Commit) -> Delivered:
        """Put commit (whose work began at base) onto its target. Ends the run and its task when it lands."""
        delivery = repo.terms.delivery_of(task.delivery)
        target = target_ref(repo, task, delivery)
        async with self._lock_by_branch[repo.name, target]:
            for _ in range(SWAPS):
                end = await self._try(repo, task, run, delivery, target, base=base, commit=commit)
                if end is not None:
                    return end
        return Contended(target=target)

    async def conclude(self, repo: ManagedRepo, task: Task, run: Run, intent: intents.Intent) -> bool:
        """Finish what an intent began: the same commit, never a new one. False when its branch went elsewhere meanwhile."""
        async with self._lock_by_branch[repo.name, intent.target_ref]:
            tip = await repo.vcs.resolve(intent.target_ref)
            landed = tip is not None and await repo.vcs.is_ancestor(intent.commit, tip)
            if not landed and tip == intent.old:
                landed = await repo.vcs.move_ref(intent.target_ref, intent.commit, intent.old)
            if not landed:
                await self._database.submit(
                    lambda conn: intents.finish(conn, intent, landed=False, now=self._clock.now())
                )
                return False
            await self._landed(repo, task, run, intent)
            return True

    async def _try(
        self,
        repo: ManagedRepo,
        task: Task,
        run: Run,
        delivery: Delivery,
        target: str,
        *,
        base: Commit,
        commit: Commit,
    ) -> Delivered | None:
        """One attempt; None when the branch moved under it."""
        old = await repo.vcs.resolve(target)
        onto = await repo.kept_up(old) if delivery in (Delivery.INTEGRATION, Delivery.LAND) else old
        if isinstance(onto, Merge):
            self._events.emit("landing.conflict", run=run.id, paths=onto.conflicts)
            if delivery is Delivery.LAND:
                return Parted(target=shown(target), paths=onto.conflicts)
            onto = old  # work goes on without the target's news, until its owner merges the two
        onto = onto or await repo.start_point()
        candidate = await self._onto(repo, task, run, onto=onto, base=base, commit=commit)
        if isinstance(candidate, Conflicts):
            self._events.emit("landing.conflict", run=run.id, paths=candidate.paths)
            return candidate
        verdict = await self._verdict(repo, task, run, onto, candidate)
        if not verdict.passes:
            return Refused(findings=verdict.new)
        await self._database.submit(lambda conn: runs.set_stage(conn, run, Stage.LAND))
        intent = intents.Intent(
            run=run.id,
            task=task.id,
            repo=repo.name,
            commit=candidate,
            tree=verdict.tree,
            target_ref=target,
            old=old,
            delivery=delivery,
        )
        landed = await to_its_end(self._swap(repo, task, run, intent))
        return Landed(commit=candidate, target=target) if landed else None

    async def _swap(self, repo: ManagedRepo, task: Task, run: Run, intent: intents.Intent) -> bool:
        """From the intent's row to the row that says landed; done whole, whoever is cancelled meanwhile."""
        await self._database.submit(lambda conn: intents.store(conn, run, intent, now=self._clock.now()))
        if not await repo.vcs.move_ref(intent.target_ref, intent.commit, intent.old):
            await self._database.submit(lambda conn: intents.finish(conn, intent, landed=False, now=self._clock.now()))
            return False
        await self._landed(repo, task, run, intent)
        return True

    async def _onto(
        self, repo: ManagedRepo, task: Task, run: Run, *, onto: Commit, base: Commit, commit: Commit
    ) -> Commit | Conflicts:
        riders = await self._database.submit(lambda conn: rides.aboard(conn, task.id, self._clock.now()))
        titles = [task.title, *(["", "Done with it:", *(f"- {rider.title}" for rider in riders)] if riders else [])]
        message = trailers(
            "\n".join(titles), task=task.id, riders=[rider.id for rider in riders], run=run.id, token=run.token
        )
        if onto == base:
            return await repo.vcs.squash(commit, onto, message)
        merged = await self._resolver.merge(repo, run, Sides(onto=onto, commit=commit, base=base), message)
        if merged.commit is not None:
            return merged.commit
        return Conflicts(paths=merged.conflicts, onto=onto, tree=merged.tree)

    async def _verdict(self, repo: ManagedRepo, task: Task, run: Run, onto: Commit, candidate: Commit) -> Verdict:
        """The gate record for exactly this tree against what it lands on: this run's own stored one, or a new look."""
        judged = (await repo.vcs.tree_of(candidate), await repo.vcs.tree_of(onto))
        stored = await self._database.submit(lambda conn: verdicts.of_run(conn, run.id))
        known = [verdict for verdict in stored if (verdict.tree, verdict.base) == judged]
        if known:
            return known[-1]
        verdict = await self._gatekeeper.judge(repo, task, run=run.id, base=onto, commit=candidate)
        await self._database.submit(lambda conn: verdicts.store(conn, run, verdict, now=self._clock.now()))
        return verdict

    async def _landed(self, repo: ManagedRepo, task: Task, run: Run, intent: intents.Intent) -> None:
        keep = intent.delivery is Delivery.BRANCH
        if intent.delivery is Delivery.PATCH:
            await self._write_patch(repo, intent)

        def record(conn: Connection) -> list[TaskId]:
            intents.finish(conn, intent, landed=True, now=self._clock.now())
            runs.end(
                conn,
                run,
                state=RunState.LANDED,
                task_state=TaskState.LANDED,
                reason=f"landed {intent.commit[:10]} on {shown(intent.target_ref)}",
                now=self._clock.now(),
                keep_claims=keep,
            )
            return [ride.task for ride in rides.of_run(conn, run.id) if ride.state is RideState.LANDED]

        riders = await self._database.submit(record)
        self._events.emit("landing.committed", run=run.id, commit=intent.commit, target=shown(intent.target_ref))
        for landed in (task.id, *riders):
            self._events.emit(
                "task.landed", task=landed, run=run.id, commit=intent.commit, target=shown(intent.target_ref)
            )

    async def show_owner(self, repo: ManagedRepo) -> None:
        """Publish every branch of ours that the owner's repository does not show; what cannot be is tried at the next look."""
        for ref, commit in await repo.vcs.unpublished():
            try:
                await repo.vcs.publish(ref, commit)
            except GitError as error:
                self._put_off(repo, ref, str(error))
            else:
                self._put_off_by_ref.pop((repo.name, ref), None)
                self._events.emit("landing.published", repo=repo.name, ref=shown(ref), commit=commit)

    def _put_off(self, repo: ManagedRepo, ref: str, why: str) -> None:
        if self._put_off_by_ref.get((repo.name, ref)) != why:
            self._put_off_by_ref[repo.name, ref] = why
            self._events.emit("landing.put_off", repo=repo.name, ref=shown(ref), why=why)

    async def _write_patch(self, repo: ManagedRepo, intent: intents.Intent) -> None:
        assert repo.patches is not None, "bootstrap gives every repository its folder of patches"
        parent = intent.old or await repo.start_point()
        patch = await repo.vcs.write_patch(parent, intent.commit)
        repo.patches.mkdir(parents=True, exist_ok=True)
        (repo.patches / f"{intent.task}.patch").write_bytes(patch)


def target_ref(repo: ManagedRepo, task: Task, delivery: Delivery) -> str:
    """The ref in our clone that a task's work is delivered onto."""
    match delivery:
        case Delivery.INTEGRATION:
            return repo.integration_ref
        case Delivery.LAND:
            return f"refs/heads/{repo.terms.target}"
        case Delivery.BRANCH:
            mine = f"refs/heads/watchbill/{task.id}"
            return f"{mine}-task" if mine == repo.integration_ref else mine
        case Delivery.PATCH:
            return f"refs/watchbill/patches/{task.id}"


def shown(ref: str) -> str:
    """A ref as people say it.

    >>> shown("refs/heads/watchbill/main")
    'watchbill/main'
    """
    return ref.removeprefix("refs/heads/")

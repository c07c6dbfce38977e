"""Delivery: what passed its gates goes onto its target, in one line per branch, and never twice.

The order is what makes a crash harmless: merge, gates on the exact tree, intent row with the exact commit, compare-and-swap,
then one transaction that says landed. Whoever finds an intent later asks git whether the commit is on its target. Runs that
wait for the same branch land together: the branch moves once, to the last commit of their stack.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from watchbill.daemon.gatekeeper import Gatekeeper
from watchbill.daemon.repositories import ManagedRepo
from watchbill.daemon.stacking import Conflicts, Finished, Layer, Refused, Stacker
from watchbill.domain.errors import GitError, LeaseLost
from watchbill.domain.ids import Commit, RepoName, TaskId
from watchbill.domain.ports import Clock, Events, Merge
from watchbill.domain.rides import RideState
from watchbill.domain.runs import Run, RunState, Stage
from watchbill.domain.tasks import Delivery, Task, TaskState
from watchbill.domain.whole import to_its_end
from watchbill.state import intents, rides, runs
from watchbill.state.database import Database
from watchbill.state.engine import Connection

SWAPS = 5  # how often a landing is begun anew because somebody else moved the branch meanwhile
MOST_TOGETHER = 16  # changes in one stack: what they wait for is one run of the repository's commands

__all__ = ["Conflicts", "Contended", "Delivered", "Deliverer", "Landed", "Parted", "Refused", "shown", "target_ref"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Landed:
    commit: Commit
    target: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Contended:
    """The branch was moved by others every time."""

    target: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Parted:
    """The target and our own earlier commits that wait to be put onto it do not merge: only its owner can decide."""

    why: str


Delivered = Landed | Conflicts | Refused | Contended | Parted


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Where a line leads to."""

    repo: ManagedRepo
    delivery: Delivery
    ref: str

    @property
    def is_shared(self) -> bool:
        """Whether several tasks land on it; else each has a branch of its own."""
        return self.delivery in (Delivery.INTEGRATION, Delivery.LAND)


@dataclass(slots=True, eq=False)
class _Waiting:
    """A run in the line of its branch."""

    work: Finished
    end: "asyncio.Future[Delivered]" = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    has_left: bool = False  # its run was broken off: nothing of it lands

    @property
    def is_open(self) -> bool:
        return not self.has_left and not self.end.done()


class _Lost(Exception):
    """Some of a batch may land nothing any more."""

    def __init__(self, ends: Sequence[tuple[_Waiting, LeaseLost]]) -> None:
        super().__init__(f"{len(ends)} of a batch left it")
        self.ends = ends


class Deliverer:
    """Lands runs' commits. One line per repository and branch; whoever comes to its head lands all that wait in it."""

    def __init__(self, *, database: Database, clock: Clock, events: Events, gatekeeper: Gatekeeper) -> None:
        self._database = database
        self._clock = clock
        self._events = events
        self._stacker = Stacker(database=database, clock=clock, events=events, gatekeeper=gatekeeper)
        self.put_off: dict[tuple[RepoName, str], str] = {}  # why a branch cannot be shown in its owner's repository
        self._lock_by_branch: defaultdict[tuple[str, str], asyncio.Lock] = defaultdict(asyncio.Lock)
        self._line_by_branch: defaultdict[tuple[str, str], list[_Waiting]] = defaultdict(list)

    @asynccontextmanager
    async def alone(self, repo: ManagedRepo, target: str) -> AsyncIterator[None]:
        """Nothing lands on the branch meanwhile."""
        async with self._lock_by_branch[repo.name, target]:
            yield

    async def deliver(self, repo: ManagedRepo, task: Task, run: Run, *, base: Commit, commit: Commit) -> Delivered:
        """Put commit (whose work began at base) onto its target. Ends the run and its task when it lands."""
        delivery = repo.terms.delivery_of(task.delivery)
        place = _Place(repo=repo, delivery=delivery, ref=target_ref(repo, task, delivery))
        mine = _Waiting(Finished(task=task, run=run, base=base, commit=commit))
        line = self._line_by_branch[repo.name, place.ref]
        line.append(mine)
        try:
            async with self.alone(repo, place.ref):
                while not mine.end.done():
                    await self._land(place, _batch(place, line, mine))
        finally:
            mine.has_left = True
            line.remove(mine)
        return mine.end.result()

    async def _land(self, place: _Place, batch: Sequence[_Waiting]) -> None:
        """One round: somebody of the batch comes to an end. Where it breaks off the others come to the head of the line."""
        for _ in range(SWAPS):
            still = [one for one in batch if one.is_open]
            if not still or await self._try(place, still):
                return
        for one in [one for one in batch if one.is_open]:
            one.end.set_result(Contended(target=place.ref))

    async def _try(self, place: _Place, batch: Sequence[_Waiting]) -> bool:
        """One attempt; False when the branch moved under it, or somebody left meanwhile."""
        repo = place.repo
        old = await repo.vcs.resolve(place.ref)
        onto = await repo.kept_up(old) if place.is_shared else old
        if isinstance(onto, Merge):
            for one in batch:
                self._events.emit("landing.conflict", run=one.work.run.id, paths=onto.conflicts)
            if place.delivery is Delivery.LAND:
                why = await self._parted(repo, onto.conflicts)
                for one in batch:
                    one.end.set_result(Parted(why=why))
                return True
            onto = old  # work goes on without the target's news, until its owner merges the two
        onto = onto or await repo.start_point()
        waiting = {one.work.run.id: one for one in batch}
        stack, misfits = await self._stacker.stack(repo, [one.work for one in batch], onto)
        layers, culprit = await self._stacker.green(repo, stack, onto)
        out = [*misfits, *([culprit] if culprit else [])]
        for each in out:
            waiting[each.work.run.id].end.set_result(each.end)
        if not layers:
            return bool(out)
        landing = [(waiting[layer.work.run.id], _intent(place, layer, old, layers[-1].commit)) for layer in layers]
        return await self._move(repo, landing)

    async def _parted(self, repo: ManagedRepo, paths: Sequence[str]) -> str:
        """Who has to give way, and how: a person's commits on the target, or what landed and could not be shown there yet."""
        ref, target = f"refs/heads/{repo.terms.target}", await repo.vcs.resolve(repo.target_ref)
        landed = await self._database.submit(lambda conn: intents.landed_on(conn, repo.name, [ref], most=MOST_TOGETHER))
        runs = [
            one.run
            for one in landed
            if target is not None
            and not await repo.vcs.is_ancestor(one.commit, target)
            and not set(paths).isdisjoint(
                await repo.vcs.changed_paths(await repo.vcs.parent_of(one.commit), one.commit)
            )
        ]
        ways = f" (watchbill run rollback {runs[0]} --retry has it done anew upon yours)" if runs else ""
        return (
            f"{repo.terms.target} and what waits to be put onto it changed the same lines of {', '.join(paths)}: "
            f"one of the two has to give way, your commit or {', '.join(runs) or 'ours'}{ways}"
        )

    async def _move(self, repo: ManagedRepo, landing: Sequence[tuple[_Waiting, intents.Intent]]) -> bool:
        if not await to_its_end(self._swap(repo, landing)):
            return False
        for one, intent in landing:
            one.end.set_result(Landed(commit=intent.commit, target=intent.target_ref))
        return True

    async def _swap(self, repo: ManagedRepo, landing: Sequence[tuple[_Waiting, intents.Intent]]) -> bool:
        """From the intents' rows to the rows that say landed; done whole, whoever is cancelled meanwhile."""

        def drop(conn: Connection) -> None:
            for _, intent in landing:
                intents.finish(conn, intent, landed=False, now=self._clock.now())

        try:
            await self._database.submit(lambda conn: self._intend(conn, landing))
        except _Lost as lost:
            for one, why in lost.ends:
                one.has_left = True
                one.end.set_exception(why)
            return False  # the rest begin anew without them
        last = landing[-1][1]
        if not await repo.vcs.move_ref(last.target_ref, last.moves_to, last.old):
            await self._database.submit(drop)
            return False
        for one, intent in landing:
            await self._landed(repo, one.work.task, one.work.run, intent)
        return True

    def _intend(self, conn: Connection, landing: Sequence[tuple[_Waiting, intents.Intent]]) -> None:
        """All intents or none. Raises _Lost, naming those whose task was cancelled or taken over meanwhile."""
        lost: list[tuple[_Waiting, LeaseLost]] = []
        for one, intent in landing:
            if one.has_left:
                continue  # its run is being broken off: that is decided below
            try:
                runs.set_stage(conn, one.work.run, Stage.LAND)
                intents.store(conn, one.work.run, intent, now=self._clock.now())
            except LeaseLost as why:
                lost.append((one, why))
        left = [(one, LeaseLost(f"{one.work.run.id} was broken off")) for one, _ in landing if one.has_left]
        if lost or left:
            raise _Lost([*lost, *left])

    async def conclude(self, repo: ManagedRepo, task: Task, run: Run, intent: intents.Intent) -> bool:
        """Finish what an intent began: the same commit, never a new one. False when its branch went elsewhere meanwhile."""
        async with self.alone(repo, intent.target_ref):
            tip = await repo.vcs.resolve(intent.target_ref)
            landed = tip is not None and await repo.vcs.is_ancestor(intent.commit, tip)
            if not landed and tip == intent.old:
                landed = await repo.vcs.move_ref(intent.target_ref, intent.moves_to, intent.old)
            if not landed:
                await self._database.submit(
                    lambda conn: intents.finish(conn, intent, landed=False, now=self._clock.now())
                )
                return False
            await self._landed(repo, task, run, intent)
            return True

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
        """Publish every branch of ours that the owner's repository does not show; what cannot be is tried at the next look.

        Our line comes after what its owner did to the branches that it goes by: see following.
        """
        found = await repo.vcs.unpublished()
        for name, ref in self.put_off.keys() - {(repo.name, ref) for ref, _ in found}:
            if name == repo.name:
                del self.put_off[name, ref]
        for ref, commit in found:
            if ref == repo.line_ref and not await self._is_ready(repo, ref, commit):
                continue
            try:
                await repo.vcs.publish(ref, commit)
            except GitError as error:
                self._put_off(repo, ref, str(error))
            else:
                self.put_off.pop((repo.name, ref), None)
                self._events.emit("landing.published", repo=repo.name, ref=shown(ref), commit=commit)

    async def _is_ready(self, repo: ManagedRepo, ref: str, commit: Commit) -> bool:
        """Whether our line can be shown now. Not before what its owner did is joined with it and looked at; where that cannot
        be joined a person is told."""
        is_land, why = repo.terms.delivery is Delivery.LAND, ""
        onto = await repo.kept_up(commit) if is_land else commit
        if isinstance(onto, Merge):
            why = await self._parted(repo, onto.conflicts)
        is_followed = await repo.is_followed()
        if not is_followed and not is_land and (paths := await repo.parted_from_own()):
            why = (
                f"you committed on `{shown(ref)}` what does not merge with what landed there meanwhile in {', '.join(paths)}: "
                f"bring your commits to `{repo.terms.target}`, then git -C {repo.path} branch -D {shown(ref)}, and it is shown anew"
            )
        is_ready = is_followed and onto == commit
        if why:
            self._put_off(repo, ref, why)
        elif not is_ready:
            self.put_off.pop((repo.name, ref), None)
        return is_ready

    def _put_off(self, repo: ManagedRepo, ref: str, why: str) -> None:
        if self.put_off.get((repo.name, ref)) != why:
            self.put_off[repo.name, ref] = why
            self._events.emit("landing.put_off", repo=repo.name, ref=shown(ref), why=why)

    async def _write_patch(self, repo: ManagedRepo, intent: intents.Intent) -> None:
        assert repo.patches is not None, "bootstrap gives every repository its folder of patches"
        parent = intent.old or await repo.start_point()
        patch = await repo.vcs.write_patch(parent, intent.commit)
        repo.patches.mkdir(parents=True, exist_ok=True)
        (repo.patches / f"{intent.task}.patch").write_bytes(patch)


def _batch(place: _Place, line: Sequence[_Waiting], mine: _Waiting) -> Sequence[_Waiting]:
    """Who lands together with mine. What a person accepted goes alone: the gates see it with other eyes."""
    if not place.is_shared or mine.work.task.accepted:
        return [mine]
    others = [one for one in line if one is not mine and one.is_open and not one.work.task.accepted]
    return [mine, *others[: MOST_TOGETHER - 1]]


def _intent(place: _Place, layer: Layer, old: Commit | None, tip: Commit) -> intents.Intent:
    return intents.Intent(
        run=layer.work.run.id,
        task=layer.work.task.id,
        repo=place.repo.name,
        commit=layer.commit,
        tree=layer.verdict.tree,
        target_ref=place.ref,
        old=old,
        delivery=place.delivery,
        tip=None if layer.commit == tip else tip,
    )


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
        case _:
            return f"refs/watchbill/patches/{task.id}"


def shown(ref: str) -> str:
    """A ref as people say it.

    >>> shown("refs/heads/watchbill/main")
    'watchbill/main'
    """
    return ref.removeprefix("refs/heads/")

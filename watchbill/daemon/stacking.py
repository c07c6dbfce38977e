"""Stacking: finished changes on top of each other, so that the repository's own commands judge several at once.

Each change has a verdict of its own on everything that is cheap; the costly commands look at the last tree of the stack only,
which is where the branch will stand. If that is red, bisection finds the change that made it so; only that one is put out.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from watchbill.daemon.bisecting import boundary
from watchbill.daemon.gatekeeper import Gatekeeper
from watchbill.daemon.repositories import ManagedRepo
from watchbill.daemon.resolving import Resolver, Sides
from watchbill.domain.findings import Finding, Verdict
from watchbill.domain.ids import Commit
from watchbill.domain.ports import Clock, Events
from watchbill.domain.runs import Run
from watchbill.domain.tasks import Task
from watchbill.state import rides, verdicts
from watchbill.state.database import Database
from watchbill.workspace.messages import trailers


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflicts:
    """The change does not merge onto what landed meanwhile."""

    paths: tuple[str, ...]
    onto: Commit
    tree: str  # of both, with both sides and the base between markers where they conflict; see deletions for the rest


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Merged onto what landed meanwhile, it no longer passes."""

    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """A run's work, as it wants to land: what its commit changed since base."""

    task: Task
    run: Run
    base: Commit
    commit: Commit


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """A finished change as one commit on those below it."""

    work: Finished
    commit: Commit
    verdict: Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Out:
    work: Finished
    end: Conflicts | Refused


class Stacker:
    """Builds stacks and says which part of one is green."""

    def __init__(self, *, database: Database, clock: Clock, events: Events, gatekeeper: Gatekeeper) -> None:
        self._database = database
        self._clock = clock
        self._events = events
        self._gatekeeper = gatekeeper
        self._resolver = Resolver(database=database, clock=clock, events=events)

    async def stack(self, repo: ManagedRepo, works: Sequence[Finished], onto: Commit) -> tuple[list[Layer], list[Out]]:
        """The changes on top of each other in their order; out is what does not fit onto what has landed.

        What does not fit on others of the stack is in neither: it has its turn when these have landed, or been put out.
        """
        layers: list[Layer] = []
        out: list[Out] = []
        for work in works:
            below = layers[-1].commit if layers else onto
            made = await self._layer(repo, work, below, alone=len(works) == 1)
            if isinstance(made, Layer):
                layers.append(made)
            elif not layers:
                out.append(Out(work=work, end=made))
        return layers, out

    async def green(
        self, repo: ManagedRepo, layers: Sequence[Layer], onto: Commit
    ) -> tuple[Sequence[Layer], Out | None]:
        """The layers, from the lowest, on whose last tree the repository's commands pass; and the one that they do not."""
        if len(layers) < 2 or not repo.commands:  # noqa: PLR2004 - one alone was judged whole
            return layers, None
        judged: dict[int, Verdict] = {}

        async def is_red(count: int) -> bool:
            judged[count] = await self._together(repo, layers[count - 1], onto)
            return not judged[count].passes

        if not await is_red(len(layers)):
            return layers, None
        worst = await boundary(0, len(layers), is_red)
        culprit = layers[worst - 1]
        found = judged[worst].new
        run = culprit.work.run
        gates = sorted({finding.gate for finding in found})
        self._events.emit("landing.put_out", run=run.id, task=run.task, of=len(layers), gates=gates)
        return layers[: worst - 1], Out(work=culprit.work, end=Refused(findings=found))

    async def _layer(
        self, repo: ManagedRepo, work: Finished, below: Commit, *, alone: bool
    ) -> Layer | Conflicts | Refused:
        commit = await self._onto(repo, work, below)
        if isinstance(commit, Conflicts):
            self._events.emit("landing.conflict", run=work.run.id, paths=commit.paths)
            return commit
        verdict = await self._verdict(repo, work, below, commit, alone=alone)
        return Layer(work=work, commit=commit, verdict=verdict) if verdict.passes else Refused(findings=verdict.new)

    async def _onto(self, repo: ManagedRepo, work: Finished, onto: Commit) -> Commit | Conflicts:
        task, run = work.task, work.run
        riders = await self._database.submit(lambda conn: rides.aboard(conn, task.id, self._clock.now()))
        titles = [task.title, *(["", "Done with it:", *(f"- {rider.title}" for rider in riders)] if riders else [])]
        message = trailers(
            "\n".join(titles), task=task.id, riders=[rider.id for rider in riders], run=run.id, token=run.token
        )
        if onto == work.base:
            return await repo.vcs.squash(work.commit, onto, message)
        merged = await self._resolver.merge(repo, run, Sides(onto=onto, commit=work.commit, base=work.base), message)
        if merged.commit is not None:
            return merged.commit
        return Conflicts(paths=merged.conflicts, onto=onto, tree=merged.tree)

    async def _verdict(
        self, repo: ManagedRepo, work: Finished, below: Commit, commit: Commit, *, alone: bool
    ) -> Verdict:
        """The gate record for exactly this tree against what it lands on: this run's own stored one, or a new look."""
        run = work.run
        judged = (await repo.vcs.tree_of(commit), await repo.vcs.tree_of(below))
        stored = await self._database.submit(lambda conn: verdicts.of_run(conn, run.id))
        needs = await self._commands_for(repo, below, commit) if alone else frozenset()
        known = [
            verdict for verdict in stored if (verdict.tree, verdict.base) == judged and needs.issubset(verdict.gates)
        ]
        if known:
            return known[-1]
        verdict = await self._gatekeeper.judge(
            repo, work.task, run=run.id, base=below, commit=commit, with_commands=alone
        )
        await self._database.submit(lambda conn: verdicts.store(conn, run, verdict, now=self._clock.now()))
        return verdict

    async def _commands_for(self, repo: ManagedRepo, below: Commit, commit: Commit) -> frozenset[str]:
        if not repo.commands:
            return frozenset()
        changed = await repo.vcs.changed_paths(below, commit)
        return frozenset(gate.name for gate in repo.commands if gate.is_wanted(changed))

    async def _together(self, repo: ManagedRepo, top: Layer, onto: Commit) -> Verdict:
        """The commands on a part of the stack, against what the stack stands on. A pass is recorded with what the rest said."""
        run = top.work.run
        verdict = await self._gatekeeper.judge_together(repo, run=run.id, base=onto, commit=top.commit)
        await self._database.submit(lambda conn: verdicts.store(conn, run, verdict, now=self._clock.now()))
        own = top.verdict
        if verdict.passes and set(verdict.gates) - set(own.gates):
            whole = replace(
                own, gates=tuple(dict.fromkeys((*own.gates, *verdict.gates))), debt=(*own.debt, *verdict.debt)
            )
            await self._database.submit(lambda conn: verdicts.store(conn, run, whole, now=self._clock.now()))
        return verdict

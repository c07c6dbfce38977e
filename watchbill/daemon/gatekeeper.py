"""The gatekeeper: what the gates say of one exact commit against its base."""

import asyncio
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from watchbill.daemon import ruling, sandboxed
from watchbill.daemon.looking import Looker
from watchbill.daemon.repositories import ManagedRepo
from watchbill.domain import sound
from watchbill.domain.findings import Finding, Verdict, waits_for_a_human, waived
from watchbill.domain.ids import Commit, RunId
from watchbill.domain.ports import Proc, Tree
from watchbill.domain.tasks import Task
from watchbill.gates import change, judge, rules
from watchbill.gates.commands import CommandGate
from watchbill.workspace.repository import FileModes


class Gatekeeper:
    """Judges commits. The repository's own commands run in the sandbox, in a worktree of the judged commit."""

    def __init__(self, *, proc: Proc, secrets: Collection[str]) -> None:
        self._proc = proc
        self._looker = Looker(proc)
        self._secrets = secrets  # a reload adds to them

    async def judge(self, repo: ManagedRepo, task: Task, *, run: RunId, base: Commit, commit: Commit) -> Verdict:
        """The verdict on commit's tree against base's tree: what is new blocks, what was there or was accepted is debt."""
        verdict = await self._judged(repo, task, run=run, base=base, commit=commit)
        verdict = replace(verdict, new=_sound(verdict.new), debt=_sound(verdict.debt))
        return waived(verdict) if task.accepted else verdict

    async def _judged(self, repo: ManagedRepo, task: Task, *, run: RunId, base: Commit, commit: Commit) -> Verdict:
        base_tree, head_tree = await repo.vcs.read_tree(base), await repo.vcs.read_tree(commit)
        changes = await repo.vcs.changes(base, commit)
        changed = [one.path for one in changes]
        bounds = change.ChangeRules(
            claims=task.claims,
            protected=repo.protected,
            limits=repo.limits,
            secrets=tuple(sorted(self._secrets)),
            binary=repo.binary,
        )
        verdict = await asyncio.to_thread(
            judge.judge,
            base_tree,
            head_tree,
            base_id=await repo.vcs.tree_of(base),
            head_id=await repo.vcs.tree_of(commit),
            changed=changed,
            gates=repo.gates,
            change_findings=change.check_change(_change(changes, base_tree, head_tree), bounds),
        )
        verdict = await self._with_what_is_apart(repo, verdict, base_tree, head_tree, changed)
        own = [rule for rule in repo.own_rules if rule.holds_for(task.type)]
        known, found = await ruling.findings(self._proc, own, base_tree, head_tree, changed)
        verdict = judge.with_more(verdict, known, found, gates=[rules.GATE] if own else [])
        if not verdict.passes and not waits_for_a_human(verdict.new):
            return verdict
        return await self._with_commands(repo, verdict, run=run, base=base, commit=commit, changed=changed)

    async def survey(self, repo: ManagedRepo, commit: Commit) -> list[Finding]:
        """Every finding on a whole tree, for validating a new head."""
        tree = await repo.vcs.read_tree(commit)
        found = await asyncio.to_thread(judge.survey, tree, repo.gates)
        apart = await self._looker.look(repo.gates, tree, tree.paths())
        own = [rule for rule in repo.own_rules if not rule.types and rule.demand is not rules.Demand.KEEP]
        _, ruled = await ruling.findings(self._proc, own, tree, tree, tree.paths())
        return list(_sound((*found, *apart, *ruled)))

    async def _with_what_is_apart(
        self, repo: ManagedRepo, verdict: Verdict, base: Tree, head: Tree, changed: Sequence[str]
    ) -> Verdict:
        """With what gates saw that look in a process of their own; the base is asked only where the head has findings."""
        found = await self._looker.look(repo.gates, head, changed, beside=[base])
        if not found:
            return verdict
        told = {finding.gate for finding in found}
        gates = [gate for gate in repo.gates if gate.name in told]
        known = await self._looker.look(gates, base, changed, beside=[head])
        return judge.with_more(verdict, known, found)

    async def _with_commands(
        self,
        repo: ManagedRepo,
        verdict: Verdict,
        *,
        run: RunId,
        base: Commit,
        commit: Commit,
        changed: Sequence[str],
    ) -> Verdict:
        """The repository's own commands have their say on what the built-in gates let pass."""
        wanted = [gate for gate in repo.commands if gate.is_wanted(changed)]
        found = await self._run_all(repo, wanted, f"gate-{run}", commit)
        failed = [gate for gate in wanted if any(finding.gate == gate.name for finding in found)]
        known = await self._run_all(repo, failed, f"gate-{run}", base)
        return judge.with_more(verdict, known, found, gates=[gate.name for gate in wanted])

    async def _run_all(
        self, repo: ManagedRepo, gates: Sequence[CommandGate], name: str, commit: Commit
    ) -> list[Finding]:
        if not gates:
            return []
        worktree = await repo.vcs.open_worktree(name, commit)
        try:
            results = [
                await sandboxed.run(self._proc, repo.sandbox, gate.argv, worktree=worktree, timeout=gate.timeout)
                for gate in gates
            ]
        finally:
            await repo.vcs.drop_worktree(name)
        return [finding for gate, result in zip(gates, results, strict=True) for finding in gate.findings(result)]


def _sound(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """As they can be stored: a path need not be UTF-8."""
    return tuple(
        replace(one, path=sound.text(one.path), text=sound.text(one.text), message=sound.text(one.message))
        for one in findings
    )


def _change(changes: Sequence[FileModes], base: Tree, head: Tree) -> change.Change:
    return change.Change(
        files=tuple(
            change.FileChange(
                path=one.path,
                old=_bytes(base, one.path, one.old_mode),
                new=_bytes(head, one.path, one.new_mode),
                old_mode=one.old_mode,
                new_mode=one.new_mode,
            )
            for one in changes
        )
    )


def _bytes(tree: Tree, path: str, mode: str | None) -> bytes | None:
    """The file's bytes; None where there is no file, empty for what is no regular file (its mode is refused anyway)."""
    if mode is None:
        return None
    try:
        return tree.read(path)
    except KeyError:
        return b""

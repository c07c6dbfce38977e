"""The gatekeeper: what the gates say of one exact commit against its base."""

import asyncio
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from watchbill.daemon import ruling, sandboxed
from watchbill.daemon.looking import Looker
from watchbill.daemon.repositories import ManagedRepo
from watchbill.domain import sound
from watchbill.domain.errors import SetupFailed
from watchbill.domain.findings import Finding, Severity, Verdict, split_debt, waits_for_a_human, waived
from watchbill.domain.ids import Commit, RunId
from watchbill.domain.ports import Events, Proc, ProcResult, Tree
from watchbill.domain.tasks import Task
from watchbill.gates import change, judge, rules
from watchbill.gates.commands import CommandGate
from watchbill.state import undoings
from watchbill.state.database import Database
from watchbill.workspace.repository import FileModes

_SETUP = "setup"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Both:
    """A change's two trees, and what differs between them."""

    base: Tree
    head: Tree
    base_id: str
    head_id: str
    changes: Sequence[FileModes]

    @property
    def changed(self) -> list[str]:
        return [one.path for one in self.changes]

    @property
    def change(self) -> change.Change:
        return _change(self.changes, self.base, self.head)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ran:
    """One of the repository's own commands, and how it ended."""

    gate: CommandGate
    result: ProcResult

    @property
    def findings(self) -> tuple[Finding, ...]:
        return self.gate.findings(self.result)


class Gatekeeper:
    """Judges commits. The repository's own commands run in the sandbox, in a worktree of the judged commit."""

    def __init__(self, *, proc: Proc, secrets: Collection[str], database: Database, events: Events) -> None:
        self._proc = proc
        self._database = database
        self._events = events
        self._looker = Looker(proc)
        self._secrets = secrets  # a reload adds to them

    async def judge(
        self, repo: ManagedRepo, task: Task, *, run: RunId, base: Commit, commit: Commit, with_commands: bool = True
    ) -> Verdict:
        """The verdict on commit's tree against base's tree: what is new blocks, what was there or was accepted is debt.

        Without the repository's own commands where those judge several changes at once: see judge_together(). What an
        earlier landing of the task was reverted for looks in any case, whatever paths it matches.
        """
        verdict = await self._judged(repo, task, run=run, base=base, commit=commit, with_commands=with_commands)
        verdict = replace(verdict, new=_sound(verdict.new), debt=_sound(verdict.debt))
        return waived(verdict) if task.accepted else verdict

    async def judge_together(self, repo: ManagedRepo, *, run: RunId, base: Commit, commit: Commit) -> Verdict:
        """What the repository's own commands say of several changes at once, each of which passed the rest by itself."""
        changed = await repo.vcs.changed_paths(base, commit)
        blank = Verdict(
            tree=await repo.vcs.tree_of(commit), base=await repo.vcs.tree_of(base), new=(), debt=(), gates=()
        )
        wanted = [gate for gate in repo.commands if gate.is_wanted(changed)]
        verdict = await self._with_commands(repo, blank, run=run, base=base, commit=commit, wanted=wanted)
        return replace(verdict, new=_sound(verdict.new), debt=_sound(verdict.debt))

    async def judge_revert(self, repo: ManagedRepo, *, run: RunId, base: Commit, commit: Commit) -> Verdict:
        """The verdict on a tree that takes a change back. Its size and its paths were judged when the change landed; what it
        brings back may hold a secret all the same."""
        both = await _read(repo, base, commit)
        verdict = await self._of_what_landed(repo, both)
        if verdict.passes:
            wanted = [gate for gate in repo.commands if gate.is_wanted(both.changed)]
            verdict = await self._with_commands(repo, verdict, run=run, base=base, commit=commit, wanted=wanted)
        return replace(verdict, new=_sound(verdict.new), debt=_sound(verdict.debt))

    async def judge_copy(self, repo: ManagedRepo, *, base: Commit, commit: Commit) -> Verdict:
        """The verdict on what landed once and is put upon something else, without the repository's own commands: those look
        at the whole line after it."""
        verdict = await self._of_what_landed(repo, await _read(repo, base, commit))
        return replace(verdict, new=_sound(verdict.new), debt=_sound(verdict.debt))

    async def _of_what_landed(self, repo: ManagedRepo, both: _Both) -> Verdict:
        found = change.check_change(
            both.change, change.ChangeRules(claims=("**",), secrets=tuple(sorted(self._secrets)))
        )
        return await self._looked(repo, both, found=[one for one in found if one.rule == "secret"])

    async def _judged(
        self, repo: ManagedRepo, task: Task, *, run: RunId, base: Commit, commit: Commit, with_commands: bool
    ) -> Verdict:
        both = await _read(repo, base, commit)
        bounds = change.ChangeRules(
            claims=task.reach,
            protected=repo.protected,
            limits=repo.limits,
            secrets=tuple(sorted(self._secrets)),
            binary=repo.binary,
        )
        verdict = await self._looked(repo, both, found=change.check_change(both.change, bounds))
        own = [rule for rule in repo.own_rules if rule.holds_for(task.type)]
        known, ruled = await ruling.findings(self._proc, own, both.base, both.head, both.changed)
        verdict = judge.with_more(verdict, known, ruled, gates=[rules.GATE] if own else [])
        is_refused = not verdict.passes and not waits_for_a_human(verdict.new)
        if is_refused:
            return verdict
        broken = await self._database.submit(lambda conn: undoings.gates_that_reverted(conn, task.id))
        wanted = [
            gate for gate in repo.commands if gate.name in broken or (with_commands and gate.is_wanted(both.changed))
        ]
        return await self._with_commands(repo, verdict, run=run, base=base, commit=commit, wanted=wanted)

    async def survey(self, repo: ManagedRepo, commit: Commit) -> list[Finding]:
        """Every finding on a whole tree, for validating a new head."""
        tree = await repo.vcs.read_tree(commit)
        found = await asyncio.to_thread(judge.survey, tree, repo.gates)
        apart = await self._looker.look(repo.gates, tree, tree.paths())
        own = [rule for rule in repo.own_rules if not rule.types and rule.demand is not rules.Demand.KEEP]
        _, ruled = await ruling.findings(self._proc, own, tree, tree, tree.paths())
        return list(_sound((*found, *apart, *ruled)))

    async def _looked(self, repo: ManagedRepo, both: _Both, *, found: Sequence[Finding]) -> Verdict:
        """What the repository's gates see in the changed files, with what was found in the change itself."""
        verdict = await asyncio.to_thread(
            judge.judge,
            both.base,
            both.head,
            base_id=both.base_id,
            head_id=both.head_id,
            changed=both.changed,
            gates=repo.gates,
            change_findings=found,
        )
        return await self._with_what_is_apart(repo, verdict, both)

    async def _with_what_is_apart(self, repo: ManagedRepo, verdict: Verdict, both: _Both) -> Verdict:
        """With what gates saw that look in a process of their own; the base is asked only where the head has findings."""
        found = await self._looker.look(repo.gates, both.head, both.changed, beside=[both.base])
        if not found:
            return verdict
        told = {finding.gate for finding in found}
        gates = [gate for gate in repo.gates if gate.name in told]
        known = await self._looker.look(gates, both.base, both.changed, beside=[both.head])
        return judge.with_more(verdict, known, found)

    async def inspect(
        self, repo: ManagedRepo, commit: Commit, *, name: str, commands: Collection[str], gates: Collection[str]
    ) -> list[Finding]:
        """What these gates and these commands of the repository find in a whole tree. `name` is the worktree's."""
        tree = await repo.vcs.read_tree(commit)
        chosen = [gate for gate in repo.gates if gate.name in gates]
        found = await asyncio.to_thread(judge.survey, tree, chosen)
        apart = await self._looker.look(chosen, tree, tree.paths())
        wanted = [gate for gate in repo.commands if gate.name in commands]
        ran = await self._run_all(repo, wanted, name, commit)
        return list(_sound([*found, *apart, *_findings(ran)]))

    async def _with_commands(
        self,
        repo: ManagedRepo,
        verdict: Verdict,
        *,
        run: RunId,
        base: Commit,
        commit: Commit,
        wanted: Sequence[CommandGate],
    ) -> Verdict:
        """The repository's own commands have their say on what the built-in gates let pass."""
        name = f"gate-{run}"
        try:
            first = await self._run_all(repo, wanted, name, commit)
            before = await self._run_all(repo, [one.gate for one in first if one.findings], name, base)
            ran = await self._without_flakes(repo, first, before, name=name, commit=commit)
        except SetupFailed as failure:  # no fault of the change, so nothing that a provider could mend
            return replace(verdict, new=(*verdict.new, _not_set_up(failure)), gates=(*verdict.gates, _SETUP))
        return judge.with_more(verdict, _findings(before), _findings(ran), gates=[gate.name for gate in wanted])

    async def _without_flakes(
        self, repo: ManagedRepo, first: Sequence[_Ran], before: Sequence[_Ran], *, name: str, commit: Commit
    ) -> list[_Ran]:
        """What would block is run once more on the same tree, and how that ends counts. A time-out is believed at once:
        to doubt it costs all of its time again."""
        new, _ = split_debt(_findings(before), _findings(first))
        blocking = {finding.gate for finding in new if finding.severity is Severity.ERROR}
        doubted = [one for one in first if one.gate.name in blocking and not one.result.timed_out]
        again = await self._run_all(repo, [one.gate for one in doubted], name, commit)
        second = {one.gate.name: one for one in again}
        flakes = _sound(_findings(one for one in doubted if not second[one.gate.name].findings))
        if flakes:
            names = [finding.gate for finding in flakes]
            said = "\n\n".join(finding.message for finding in flakes)
            self._events.emit("gate.flaky", repo=repo.name, commit=commit, gates=names, said=said)
        return [second.get(one.gate.name, one) for one in first]

    async def _run_all(self, repo: ManagedRepo, gates: Sequence[CommandGate], name: str, commit: Commit) -> list[_Ran]:
        if not gates:
            return []
        worktree = await repo.vcs.open_worktree(name, commit)
        try:
            return [
                _Ran(
                    gate=gate,
                    result=await sandboxed.run(self._proc, repo, gate.argv, worktree=worktree, timeout=gate.timeout),
                )
                for gate in gates
            ]
        finally:
            await repo.vcs.drop_worktree(name)


async def _read(repo: ManagedRepo, base: Commit, commit: Commit) -> _Both:
    return _Both(
        base=await repo.vcs.read_tree(base),
        head=await repo.vcs.read_tree(commit),
        base_id=await repo.vcs.tree_of(base),
        head_id=await repo.vcs.tree_of(commit),
        changes=await repo.vcs.changes(base, commit),
    )


def _findings(ran: Iterable[_Ran]) -> list[Finding]:
    return [finding for one in ran for finding in one.findings]


def _not_set_up(failure: SetupFailed) -> Finding:
    message = f"{failure}\nSo the repository's own commands did not check this change: mend its set-up, or accept it unchecked."
    return Finding(gate=_SETUP, rule="needs-review", path="", line=0, message=message)


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
        ),
        beside=head.paths(),
    )


def _bytes(tree: Tree, path: str, mode: str | None) -> bytes | None:
    """The file's bytes; None where there is no file, empty for what is no regular file (its mode is refused anyway)."""
    if mode is None:
        return None
    try:
        return tree.read(path)
    except KeyError:
        return b""

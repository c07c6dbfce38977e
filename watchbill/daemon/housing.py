"""Housing: a repository with its clone, gates, sandbox and environments, made from its settings. For bootstrap only."""

from watchbill.config import repo_values
from watchbill.daemon.repositories import HandoffFile, ManagedRepo
from watchbill.daemon.site import Site
from watchbill.domain.ids import RepoName
from watchbill.gates.change import Limits
from watchbill.gates.commands import CommandGate, OnFail
from watchbill.gates.lore import gate as lore
from watchbill.gates.registry import gates_wanted
from watchbill.gates.rules import Demand, Rule
from watchbill.workspace.environments import LOCK_FILES, Environments, Setup
from watchbill.workspace.repository import Repository
from watchbill.workspace.sandbox import Sandbox, SandboxMode


def housed(repo: repo_values.RepoSettings, site: Site) -> ManagedRepo:
    name: RepoName = repo.terms.name
    world = _world(repo)
    sandbox = Sandbox(mode=SandboxMode.AUTO if repo.sandboxed else SandboxMode.NONE)
    return ManagedRepo(
        terms=repo.terms,
        path=repo.path,
        vcs=Repository(
            proc=site.proc,
            source=repo.path,
            bare=site.folder.repos / f"{name}.git",
            worktrees=site.folder.worktrees / name,
            target=repo.terms.target,
            integration=repo.terms.integration,
            clock=site.wishes.clock,
        ),
        gates=tuple(world if gate.name == lore.NAME else gate for gate in gates_wanted(repo.gates)),
        queues=repo.queue,
        questions=repo.questions,
        on_question=repo.on_question,
        handoff=HandoffFile(path=repo.handoff[0], make=repo.handoff[1]) if repo.handoff else None,
        inbox=repo.path / repo.inbox if repo.inbox else None,
        aliases=repo.aliases,
        protected=repo.protected,
        rules_files=repo.rules,
        lore=world,
        lore_judged=repo.lore.judge,
        commands=tuple(_command(command) for command in repo.commands),
        human_editing=repo.human_editing,
        widen=repo.widen,
        own_rules=tuple(_rule(rule) for rule in repo.own_rules),
        sandbox=sandbox,
        environments=None if repo.setup is None else _environments(repo.setup, name, sandbox, site),
        max_repairs=repo.max_repairs,
        plain_markers=repo.plain_markers,
        comments=repo.comments,
        brief_tokens=repo.brief_tokens,
        limits=Limits(
            bytes_per_file=repo.max_file_bytes,
            files=repo.max_files,
            lines=repo.max_lines,
            deleted=repo.max_deleted,
            deleted_together=repo.max_deleted_together,
        ),
        binary=repo.binary,
        patches=site.folder.patches / name,
    )


def _environments(setup: repo_values.SetupSettings, repo: RepoName, sandbox: Sandbox, site: Site) -> Environments:
    return Environments(
        root=site.folder.environments / repo,
        setup=Setup(commands=setup.commands, files=setup.files or LOCK_FILES, timeout=setup.timeout),
        sandbox=sandbox,
        proc=site.proc,
        clock=site.wishes.clock,
        events=site.events,
        repo=repo,
    )


def _world(repo: repo_values.RepoSettings) -> lore.LoreGate:
    return lore.LoreGate(
        canon=repo.lore.canon,
        texts=repo.lore.texts,
        apart=(*lore.NO_TEXTS, *repo.queue, *repo.rules, repo.questions, *(repo.handoff or ())[:1]),
        mode=lore.Mode(repo.lore.mode),
    )


def _command(command: repo_values.CommandSettings) -> CommandGate:
    return CommandGate(
        name=command.name,
        argv=command.argv,
        match=command.match,
        timeout=command.timeout,
        on_fail=OnFail(command.on_fail),
    )


def _rule(rule: repo_values.RuleSettings) -> Rule:
    return Rule(
        name=rule.name,
        demand=Demand(rule.demand),
        pattern=rule.pattern,
        paths=rule.paths,
        exclude=rule.exclude,
        types=rule.types,
        at_least=rule.at_least,
        each=rule.each,
        why=rule.why,
        on_fail=OnFail(rule.on_fail),
    )

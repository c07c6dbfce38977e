"""Repositories as values: what the rest of watchbill is given of each; settings themselves go no further than this."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from watchbill.config.load import Loaded
from watchbill.config.protected import BUILT_IN_PROTECTED
from watchbill.config.rules import Rule
from watchbill.config.settings import (
    Command,
    Daemon,
    Repo,
    Sandbox,
    Settings,
)
from watchbill.domain import claims, homes
from watchbill.domain.claims import Widen
from watchbill.domain.ids import RepoName, TaskType
from watchbill.domain.questions import OnQuestion
from watchbill.intake.inference import meant_by
from watchbill.scheduling.bill import (
    Mode,
    RepoTerms,
)

HANDOFF = "docs/AI_SESSION_HANDOFF.md"


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandSettings:
    name: str
    argv: tuple[str, ...]
    match: tuple[str, ...]
    timeout: timedelta
    on_fail: str  # rollback | review | warn


@dataclass(frozen=True, slots=True, kw_only=True)
class SetupSettings:
    commands: tuple[tuple[str, ...], ...]
    files: tuple[str, ...] | None  # None: the usual ones
    timeout: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSettings:
    name: str
    demand: str  # require | forbid | keep
    pattern: str
    paths: tuple[str, ...]
    exclude: tuple[str, ...]
    types: tuple[TaskType, ...]
    at_least: int
    each: str
    why: str
    on_fail: str  # rollback | review | warn


@dataclass(frozen=True, slots=True, kw_only=True)
class LoreSettings:
    canon: tuple[str, ...]  # patterns
    texts: tuple[str, ...]
    mode: str  # block | review | warn
    judge: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RepoSettings:
    terms: RepoTerms
    path: Path  # absolute
    queue: tuple[str, ...]
    questions: str
    on_question: OnQuestion
    handoff: tuple[str, bool] | None  # its path, and whether it is made
    inbox: str | None  # a folder, relative to path
    aliases: Mapping[str, tuple[str, ...]]
    protected: tuple[str, ...]  # whole: the built-in ones and the owner's
    rules: tuple[str, ...]
    canon: tuple[str, ...]
    gates: Mapping[str, bool]  # what is not named is on
    commands: tuple[CommandSettings, ...]
    setup: SetupSettings | None
    own_rules: tuple[RuleSettings, ...]
    sandboxed: bool
    human_editing: timedelta
    widen: Widen
    max_repairs: int
    plain_markers: bool
    comments: bool
    max_file_bytes: int
    max_files: int
    max_lines: int
    max_deleted: float
    max_deleted_together: float
    binary: tuple[str, ...]
    brief_tokens: int
    lore: LoreSettings


def repos_of(loaded: Loaded) -> tuple[RepoSettings, ...]:
    return tuple(_repo(repo, loaded.settings, loaded.path.parent) for repo in loaded.settings.repo)


def _repo(repo: Repo, settings: Settings, home: Path) -> RepoSettings:
    lore = settings.lore
    return RepoSettings(
        terms=terms_of(repo, settings.daemon),
        path=(home / homes.expanded(repo.path)).absolute(),
        queue=repo.queue,
        questions=repo.questions,
        on_question=repo.on_question,
        handoff=_handoff(repo),
        inbox=repo.inbox,
        aliases=repo.aliases,
        protected=_protected(repo),
        rules=repo.rules,
        canon=repo.canon,
        gates=repo.gates,
        commands=tuple(map(_command, repo.commands)),
        setup=SetupSettings(commands=repo.setup, files=repo.setup_files, timeout=repo.setup_timeout)
        if repo.setup
        else None,
        own_rules=tuple(map(_rule, repo.rule)),
        sandboxed=repo.sandbox is Sandbox.AUTO,
        human_editing=repo.human_editing,
        widen=repo.widen,
        max_repairs=repo.max_repairs,
        plain_markers=repo.plain_markers,
        comments=repo.comments,
        max_file_bytes=repo.max_file_bytes,
        max_files=repo.max_files,
        max_lines=repo.max_lines,
        max_deleted=repo.max_deleted,
        max_deleted_together=repo.max_deleted_together,
        binary=repo.binary,
        brief_tokens=repo.brief_tokens,
        lore=LoreSettings(canon=repo.canon or lore.canon, texts=lore.texts, mode=lore.mode, judge=lore.judge),
    )


def _protected(repo: Repo) -> tuple[str, ...]:
    """What waits for a person: a run that could write it would tell the next runs what to do."""
    built_in = [pattern for pattern in BUILT_IN_PROTECTED if pattern not in repo.unprotected]
    rules = [path for path in repo.rules if not claims.covers(repo.unprotected, path)]
    told = (*repo.queue, repo.questions, *(path for path in (repo.inbox, *(_handoff(repo) or ())[:1]) if path))
    return (*built_in, *repo.protected, *told, *rules)


def _handoff(repo: Repo) -> tuple[str, bool] | None:
    """A file of the default name is only kept where it is there."""
    if repo.handoff is None:
        return HANDOFF, False
    return (repo.handoff, True) if repo.handoff else None


def terms_of(repo: Repo, daemon: Daemon) -> RepoTerms:
    """What a plan needs of it."""
    return RepoTerms(
        name=RepoName(repo.name),
        target=repo.target,
        integration=repo.integration,
        delivery=repo.delivery,
        autonomy=repo.autonomy,
        low_waits=repo.low_waits,
        mode=repo.mode,
        gradual_per_day=repo.gradual_per_day,
        branches_only=(repo.mode or daemon.mode) is Mode.GRADUAL,
        share=repo.share,
    )


def _command(command: Command) -> CommandSettings:
    return CommandSettings(
        name=command.name,
        argv=command.argv,
        match=command.match,
        timeout=command.timeout,
        on_fail=command.on_fail,
    )


def _rule(rule: Rule) -> RuleSettings:
    demands = (("require", rule.require), ("forbid", rule.forbid), ("keep", rule.keep))
    demand, pattern = next((demand, pattern) for demand, pattern in demands if pattern is not None)
    return RuleSettings(
        name=rule.name,
        demand=demand,
        pattern=pattern,
        paths=rule.paths,
        exclude=rule.exclude or (),
        types=tuple(name for word in rule.types for name in meant_by(word)),
        at_least=rule.at_least,
        each=rule.each or "",
        why=rule.why,
        on_fail=rule.on_fail,
    )

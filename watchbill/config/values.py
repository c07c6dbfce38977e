"""Values: the plain frozen parts that the rest of watchbill is given; settings themselves go no further than this."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType

from pydantic import SecretStr

from watchbill.config import agents, ladders, local_model, recurrence
from watchbill.config.budget import Allowance
from watchbill.config.checks import ANY_TYPE, LOCAL, vendor_of
from watchbill.config.keys import KeyMissing
from watchbill.config.load import Loaded
from watchbill.config.local_model import WorkerSettings
from watchbill.config.places import Places, places_at
from watchbill.config.rules import Rule
from watchbill.config.settings import (
    BUILT_IN_PROTECTED,
    Command,
    Daemon,
    Model,
    Price,
    Provider,
    Repo,
    Sandbox,
    Settings,
)
from watchbill.domain import billing as domain
from watchbill.domain.billing import Billing, Limits, Tariff
from watchbill.domain.claims import Widen
from watchbill.domain.ids import ProviderName, RepoName, TaskType
from watchbill.domain.money import MICROS, ZERO, MicroUsd, usd
from watchbill.domain.questions import OnQuestion
from watchbill.domain.windows import Caps
from watchbill.intake.inference import TYPES, meant_by
from watchbill.scheduling.bill import (
    ALL_HOURS,
    Merging,
    Mode,
    ModelTerms,
    ProviderTerms,
    RepoTerms,
    Tempo,
    WatchBill,
    Weights,
)
from watchbill.scheduling.collaborating import Collaboration
from watchbill.scheduling.recurring import Recurring, Timing
from watchbill.scheduling.slots import parse_hours

_LOCAL_TYPES = frozenset(map(TaskType, ("validate", "format", "lint")))
_LOCAL_FIT: Mapping[str, float] = dict.fromkeys(_LOCAL_TYPES, 0.95)  # its own checks are what these types ask for
_UNTOLD_FIT = 0.5  # of a task type that `strengths` does not name
HANDOFF = "docs/AI_SESSION_HANDOFF.md"
OFF = "it is switched off (enabled = false)"


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


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelPrice:
    """For a million tokens each."""

    input: MicroUsd
    output: MicroUsd
    cache_read: MicroUsd
    cache_write: MicroUsd


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentSettings:
    command: tuple[str, ...]
    speaks: str
    env: Mapping[str, str]
    readable: tuple[Path, ...]
    stint_timeout: timedelta
    silence: timedelta
    credits_per_run: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderSetup:
    name: ProviderName
    kind: str
    api_key: SecretStr | None
    missing: str  # why it cannot be used; "" when it can
    base_url: str | None
    models: tuple[str, ...]
    concurrent: int
    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None
    price_by_model: Mapping[str, ModelPrice] = field(default_factory=dict)
    examples_by_model: Mapping[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)  # one-shot models only
    commands: Mapping[TaskType, tuple[tuple[str, ...], ...]] = field(default_factory=dict)  # argvs by task type
    command_timeout: timedelta = timedelta(minutes=5)
    plays: tuple[TaskType, ...] = ()
    playthroughs: int = 1000
    agent: AgentSettings | None = None  # None: it is no agent program
    worker: WorkerSettings | None = None  # None: it is no local model


def places_of(loaded: Loaded, environ: Mapping[str, str]) -> Places:
    return places_at(loaded.path, loaded.settings.daemon.state_dir, environ)


def repos_of(loaded: Loaded) -> tuple[RepoSettings, ...]:
    return tuple(_repo(repo, loaded.settings, loaded.path.parent) for repo in loaded.settings.repo)


def _repo(repo: Repo, settings: Settings, home: Path) -> RepoSettings:
    lore = settings.lore
    built_in = (pattern for pattern in BUILT_IN_PROTECTED if pattern not in repo.unprotected)
    return RepoSettings(
        terms=_terms(repo, settings.daemon),
        path=(home / repo.path.expanduser()).absolute(),
        queue=repo.queue,
        questions=repo.questions,
        on_question=repo.on_question,
        handoff=_handoff(repo),
        inbox=repo.inbox,
        aliases=repo.aliases,
        protected=(*built_in, *repo.protected, repo.questions, *([handoff[0]] if (handoff := _handoff(repo)) else [])),
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


def _handoff(repo: Repo) -> tuple[str, bool] | None:
    """A file of the default name is only kept where it is there."""
    if repo.handoff is None:
        return HANDOFF, False
    return (repo.handoff, True) if repo.handoff else None


def _terms(repo: Repo, daemon: Daemon) -> RepoTerms:
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


def providers_of(settings: Settings, environ: Mapping[str, str]) -> tuple[ProviderSetup, ...]:
    """Every provider with its key. One whose key is missing stays, with the reason: its hours go to the others."""
    return tuple(_setup(name, provider, environ) for name, provider in settings.provider.items())


def _setup(name: str, provider: Provider, environ: Mapping[str, str]) -> ProviderSetup:
    key = provider.api_key.read(environ) if provider.api_key and provider.enabled else None
    absent = key.why if isinstance(key, KeyMissing) else ""
    models = local_model.models_of(provider)
    return ProviderSetup(
        name=ProviderName(name),
        kind=provider.kind,
        api_key=None if isinstance(key, KeyMissing) else key,
        missing=_lacking(provider, absent, environ) if provider.enabled else OFF,
        base_url=provider.base_url,
        models=tuple(model.id for model in models),
        concurrent=provider.concurrent,
        requests_per_minute=provider.requests_per_minute,
        tokens_per_minute=provider.tokens_per_minute,
        price_by_model={model.id: price for model in models if (price := _price_of(model, provider))},
        examples_by_model={model.id: model.examples for model in models if model.one_shot},
        commands={name: argvs for word, argvs in provider.commands.items() for name in meant_by(word)},
        command_timeout=provider.command_timeout,
        plays=tuple(name for word in provider.plays for name in meant_by(word)),
        playthroughs=provider.playthroughs,
        agent=_agent(provider.agent) if provider.kind in agents.MODULE_BY_KIND else None,
        worker=local_model.settings_of(provider, environ),
    )


def _lacking(provider: Provider, absent: str, environ: Mapping[str, str]) -> str:
    return absent or agents.lacking(provider) or local_model.lacking(provider, environ)


def _agent(agent: agents.Agent) -> AgentSettings:
    return AgentSettings(
        command=tuple(
            str(Path(word).expanduser()) if place == 0 else word for place, word in enumerate(agent.command or ())
        ),
        speaks=agent.speaks or "",
        env=agent.env,
        readable=tuple(path.expanduser() for path in agent.readable),
        stint_timeout=agent.stint_timeout,
        silence=agent.silence,
        credits_per_run=agent.credits_per_run,
    )


def _price_of(model: Model, provider: Provider) -> ModelPrice | None:
    """Stated, or nothing for what runs here; None where the price list has to know it."""
    if model.price is None and provider.kind == local_model.KIND:
        return ModelPrice(input=ZERO, output=ZERO, cache_read=ZERO, cache_write=ZERO)
    return _price(model.price) if model.price else None


def _price(price: Price) -> ModelPrice:
    return ModelPrice(
        input=usd(price.input),
        output=usd(price.output),
        cache_read=usd(price.input if price.cache_read is None else price.cache_read),
        cache_write=usd(2 * price.input if price.cache_write is None else price.cache_write),
    )


def bill_of(
    settings: Settings, configured: Collection[str], missing: Mapping[ProviderName, str] = MappingProxyType({})
) -> WatchBill:
    """The watch bill. `configured` names the providers that have what they need, `missing` says what others lack."""
    daemon, routing = settings.daemon, settings.routing
    return WatchBill(
        providers=tuple(
            _provider_terms(name, provider, configured=name in configured, missing=missing.get(ProviderName(name), ""))
            for name, provider in settings.provider.items()
        ),
        repos=tuple(_terms(repo, daemon) for repo in settings.repo),
        policy=daemon.slot_policy,
        zone=daemon.zone,
        borrow_after=daemon.borrow_after,
        max_parallel=daemon.max_parallel,
        max_attempts=routing.max_attempts,
        min_fit=routing.min_fit,
        weights=Weights(**routing.weights.model_dump()),
        tempo=_tempo(settings),
        caps=caps_of(settings),
        on_cap=settings.budget.on_cap,
        session_soft=daemon.session_soft,
        session_stale=daemon.session_stale,
        session_dead=daemon.session_dead,
        wide_after=daemon.wide_after,
        stages=_stages(daemon),
        auto_resume=daemon.auto_resume,
        mode=daemon.mode,
        gradual_per_day=daemon.gradual_per_day,
        ladders=ladders.values_of(settings.ladder),
        merging=_merging(settings),
        collaboration=_collaboration(settings),
    )


def _stages(daemon: Daemon) -> Mapping[TaskType, frozenset[TaskType]]:
    return {
        type_: frozenset(name for word in before for name in meant_by(word))
        for after, before in daemon.stages.items()
        for type_ in meant_by(after)
    }


def _collaboration(settings: Settings) -> Collaboration:
    said = settings.collaboration
    return Collaboration(
        types=frozenset(name for word in said.types for name in meant_by(word)),
        reviewers=frozenset(map(ProviderName, said.reviewers)),
        rounds=said.rounds,
    )


def _merging(settings: Settings) -> Merging | None:
    saving = settings.saving
    return Merging(tasks=saving.merge_tasks, text=saving.merge_text) if saving.merge else None


def recurring_of(settings: Settings) -> tuple[Recurring, ...]:
    """The recurring entries, in the order of the file, their times in the daemon's zone."""
    repos = [repo.name for repo in settings.repo]
    return recurrence.values_of(settings.recurring, repos=repos, base=Timing(zone=settings.daemon.zone))


def _tempo(settings: Settings) -> Tempo:
    daemon = settings.daemon
    return Tempo(
        tick_min=daemon.tick_min,
        tick_max=daemon.tick_max,
        peak_hours=parse_hours(daemon.peak_hours),
        off_peak_factor=daemon.off_peak_factor,
    )


def caps_of(settings: Settings) -> Caps:
    budget = settings.budget
    return Caps(
        day=usd(budget.daily_usd),
        month=usd(budget.monthly_usd),
        per_provider=_amounts(budget.per_provider_usd),
        per_repo=_amounts(budget.per_repo_usd),
        per_type=_amounts_by_type(budget.per_type_usd),
        per_provider_month=_amounts(budget.per_provider_monthly_usd),
        per_repo_month=_amounts(budget.per_repo_monthly_usd),
        per_type_month=_amounts_by_type(budget.per_type_monthly_usd),
        per_task=usd(budget.per_task_usd),
        per_run=usd(budget.per_run_usd),
        zone=budget.zone or settings.daemon.zone,
        tokens=Limits(
            day=budget.daily_tokens,
            month=budget.monthly_tokens,
            per_provider=budget.per_provider_tokens,
            per_task=budget.per_task_tokens,
            per_run=budget.per_run_tokens,
        ),
        runs=Limits(
            day=budget.daily_runs,
            month=budget.monthly_runs,
            per_provider=budget.per_provider_runs,
            per_task=budget.per_task_runs,
        ),
        tariffs={name: _tariff(provider) for name, provider in settings.provider.items()},
    )


def _amounts(said: Mapping[str, Decimal]) -> dict[str, MicroUsd]:
    return {name: usd(cap) for name, cap in said.items()}


def _amounts_by_type(said: Mapping[str, Decimal]) -> dict[str, MicroUsd]:
    return {name: usd(cap) for word, cap in said.items() for name in meant_by(word)}


def _tariff(provider: Provider) -> Tariff:
    return Tariff(billing=_billing(provider), allowance=_allowance(provider.allowance or Allowance()))


def _billing(provider: Provider) -> Billing:
    return provider.billing or (Billing.FREE if provider.kind in (LOCAL, local_model.KIND) else Billing.METERED)


def _allowance(said: Allowance) -> domain.Allowance:
    usable = None if said.credits is None else max(said.credits - said.reserve, Decimal(0))
    return domain.Allowance(
        credits=None if usable is None else MicroUsd(int(usable * said.usd_per_credit * MICROS)),
        tokens=said.tokens,
        runs=said.runs,
        period=said.period,
        overage=said.overage,
    )


def _provider_terms(name: str, provider: Provider, *, configured: bool, missing: str) -> ProviderTerms:
    is_local = provider.kind == LOCAL
    return ProviderTerms(
        name=ProviderName(name),
        kind=provider.kind,
        vendor=vendor_of(name, provider),
        hours=parse_hours(provider.hours) if provider.hours else ALL_HOURS,
        always=is_local and provider.hours is None,
        billing=_billing(provider),
        models=tuple(map(_model_terms, local_model.models_of(provider))),
        strengths={**(_LOCAL_FIT if is_local else {}), **_strengths(provider.strengths)},
        only_types=_only_types(provider),
        concurrent=provider.concurrent,
        configured=configured,
        missing=missing,
        is_agent=provider.kind in agents.MODULE_BY_KIND,
    )


def _strengths(stated: Mapping[str, float]) -> dict[str, float]:
    """By task type. A type's own name goes before a word that means it among others."""
    by_word = {name: fit for word, fit in stated.items() for name in meant_by(word)}
    return {
        ANY_TYPE: _UNTOLD_FIT,
        **by_word,
        **{word: fit for word, fit in stated.items() if word in (*TYPES, ANY_TYPE)},
    }


def _only_types(provider: Provider) -> frozenset[TaskType] | None:
    """Local automation does its checks and what it has commands for; a vendor does anything, unless told otherwise."""
    stated = provider.only_types or local_model.only_types(provider)
    if stated is not None:
        return frozenset(name for word in stated for name in meant_by(word))
    if provider.kind != LOCAL:
        return None
    return _LOCAL_TYPES.union(name for word in (*provider.commands, *provider.plays) for name in meant_by(word))


def _model_terms(model: Model) -> ModelTerms:
    uses = [use for word in model.uses for use in ((word,) if word == ANY_TYPE else meant_by(word))]
    return ModelTerms(
        id=model.id,
        uses=tuple(dict.fromkeys(uses)),
        cost_per_run=usd(model.cost_per_run_usd),
        takes_riders=not model.one_shot,
        retires_at=datetime.combine(model.retires, time(), UTC) if model.retires else None,
    )

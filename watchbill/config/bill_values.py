"""The watch bill as the settings have it: terms of providers and repositories, caps, and what recurs."""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime, time
from decimal import Decimal
from types import MappingProxyType

from watchbill.config import agents, ladders, local_model, recurrence
from watchbill.config.budget import Allowance
from watchbill.config.checks import ANY_TYPE, LOCAL, vendor_of
from watchbill.config.provider import Model, Provider
from watchbill.config.repo_values import terms_of
from watchbill.config.settings import Daemon, Settings
from watchbill.domain import billing as domain
from watchbill.domain.billing import Billing, Limits, Tariff
from watchbill.domain.ids import ProviderName, TaskType
from watchbill.domain.lore import CONTINUITY, LORE
from watchbill.domain.money import MICROS, MicroUsd, usd
from watchbill.domain.windows import Caps
from watchbill.intake.inference import TYPES, meant_by
from watchbill.scheduling.bill import (
    ALL_HOURS,
    Merging,
    ModelTerms,
    ProviderTerms,
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
        repos=tuple(terms_of(repo, daemon) for repo in settings.repo),
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
    by_word = {name: fit for word, fit in stated.items() for name in _does(word)}
    return {
        ANY_TYPE: _UNTOLD_FIT,
        **by_word,
        **{word: fit for word, fit in stated.items() if word in (*TYPES, ANY_TYPE)},
    }


def _does(word: str) -> tuple[TaskType, ...]:
    """The types that who does a word does: whoever is good at lore reads texts against it."""
    types = meant_by(word)
    return (*types, CONTINUITY) if LORE in types else types


def _only_types(provider: Provider) -> frozenset[TaskType] | None:
    """Local automation does its checks and what it has commands for; a vendor does anything, unless told otherwise."""
    stated = provider.only_types or local_model.only_types(provider)
    if stated is not None:
        return frozenset(name for word in stated for name in _does(word))
    if provider.kind != LOCAL:
        return None
    return _LOCAL_TYPES.union(name for word in (*provider.commands, *provider.plays) for name in meant_by(word))


def _model_terms(model: Model) -> ModelTerms:
    uses = [use for word in model.uses for use in ((word,) if word == ANY_TYPE else _does(word))]
    return ModelTerms(
        id=model.id,
        uses=tuple(dict.fromkeys(uses)),
        cost_per_run=usd(model.cost_per_run_usd),
        takes_riders=not model.one_shot,
        retires_at=datetime.combine(model.retires, time(), UTC) if model.retires else None,
    )


def free_of(settings: Settings) -> frozenset[str]:
    """The names of the providers whose work costs nothing."""
    return frozenset(name for name, provider in settings.provider.items() if _billing(provider) is Billing.FREE)

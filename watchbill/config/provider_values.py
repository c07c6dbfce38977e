"""Providers as values: how each is set up, its key among it; settings themselves go no further than this."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from pydantic import SecretStr

from watchbill.config import agents, local_model
from watchbill.config.keys import KeyMissing
from watchbill.config.local_model import WorkerSettings
from watchbill.config.provider import Model, Price, Provider
from watchbill.config.settings import Settings
from watchbill.domain import homes
from watchbill.domain.ids import ProviderName, TaskType
from watchbill.domain.money import ZERO, MicroUsd, usd
from watchbill.intake.inference import meant_by

OFF = "it is switched off (enabled = false)"


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
    standstill: timedelta
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
            str(homes.expanded(Path(word))) if place == 0 else word for place, word in enumerate(agent.command or ())
        ),
        speaks=agent.speaks or "",
        env=agent.env,
        readable=tuple(homes.expanded(path) for path in agent.readable),
        stint_timeout=agent.stint_timeout,
        silence=agent.silence,
        standstill=agent.standstill,
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

"""Hiring: every provider's client, made from what the configuration says of it. For bootstrap only."""

from collections.abc import Collection, Mapping
from functools import partial

from watchbill.config import provider_values
from watchbill.config.checks import VENDOR_BY_KIND
from watchbill.config.load import Loaded
from watchbill.daemon import workers
from watchbill.daemon.pacing import Line, Paced, Pacer
from watchbill.daemon.probing import NoMoney
from watchbill.daemon.site import Site
from watchbill.daemon.standing import Standing
from watchbill.daemon.timely import Timely
from watchbill.domain.ids import ProviderName
from watchbill.domain.pace import Pace
from watchbill.domain.ports import Clock, Meter, ModelProvider, Provider
from watchbill.gates import formatters
from watchbill.gates.choicescript import playtest
from watchbill.operator import catalog
from watchbill.providers.registry import load_factory
from watchbill.providers.setup import AgentSetup, ProviderSetup


def hired(
    setups: Collection[provider_values.ProviderSetup], site: Site, before: Standing | None
) -> dict[ProviderName, Provider]:
    """Every provider that has what it needs. SDKs are not imported here: a provider loads its own at its first use."""
    old, kept = ({}, {}) if before is None else (before.setups, before.providers)
    usable = [setup for setup in setups if not setup.missing or setup.name in site.wishes.doubles]
    return {setup.name: kept[setup.name] if old.get(setup.name) == setup else _hire(setup, site) for setup in usable}


def _hire(setup: provider_values.ProviderSetup, site: Site) -> Provider:
    double, pacer = site.wishes.doubles.get(setup.name), _pacer(setup, site)
    made = double(setup.name, site.meter) if double else _real(setup, site.wishes.clock, site.meter, site, pacer=pacer)
    return Paced(made, pacer) if pacer is not None and isinstance(made, ModelProvider) else made


def _pacer(setup: provider_values.ProviderSetup, site: Site) -> Pacer | None:
    """Its place in its account's line, where it has limits of a minute. An agent's calls stand in it at the gateway."""
    limits = Pace(requests=setup.requests_per_minute, tokens=setup.tokens_per_minute)
    if limits == Pace():
        return None
    line = site.lines.setdefault(account_of(setup), Line())
    return Pacer(setup.name, limits, line=line, clock=site.wishes.clock, events=site.events)


def account_of(setup: provider_values.ProviderSetup) -> tuple[str, str]:
    """Whose limits they are: two providers with one key at one address share them, whatever they speak there."""
    secret = setup.api_key.get_secret_value() if setup.api_key else setup.name
    speaks = setup.agent.speaks if setup.agent is not None else ""
    return setup.base_url or VENDOR_BY_KIND.get(setup.kind) or speaks or setup.kind, secret


def providers_for_probes(loaded: Loaded, environ: Mapping[str, str], clock: Clock) -> dict[ProviderName, Provider]:
    """Every provider that has what it needs, with no money to spend."""
    setups = provider_values.providers_of(loaded.settings, environ)
    return {setup.name: _real(setup, clock, NoMoney()) for setup in setups if not setup.missing}


def _real(
    setup: provider_values.ProviderSetup,
    clock: Clock,
    meter: Meter,
    site: Site | None = None,
    *,
    pacer: Pacer | None = None,
) -> Provider:
    """`site`: None where nobody works, and each is only asked whether it is well."""
    settings = ProviderSetup(
        name=setup.name,
        kind=setup.kind,
        clock=clock,
        meter=meter,
        api_key=setup.api_key.get_secret_value() if setup.api_key else "",
        base_url=setup.base_url,
        prices={model: catalog.rates(price) for model, price in setup.price_by_model.items()},
        formatters={"**": formatters.format_text},
        commands=setup.commands,
        command_timeout=setup.command_timeout,
        recipes=dict.fromkeys(setup.plays, partial(playtest.recipe, runs=setup.playthroughs)),
        agent=AgentSetup() if setup.agent is None else _agent(setup.agent, setup.models, site, pacer),
        worker=None
        if setup.worker is None
        else workers.setup_of(
            setup, setup.worker, quarters=site.folder.agents if site else None, events=site.events if site else None
        ),
    )
    made = load_factory(setup.kind)(settings)
    return Timely(made) if isinstance(made, ModelProvider) else made


def _agent(
    agent: provider_values.AgentSettings, models: tuple[str, ...], site: Site | None, pacer: Pacer | None
) -> AgentSetup:
    return AgentSetup(
        gate=site.gatehouse if site else None,
        pacer=pacer,
        models=models,
        command=agent.command,
        speaks=agent.speaks,
        env=agent.env,
        readable=agent.readable,
        stint_timeout=agent.stint_timeout,
        silence=agent.silence,
        standstill=agent.standstill,
        credits_per_run=agent.credits_per_run,
    )

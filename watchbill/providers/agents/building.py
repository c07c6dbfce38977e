"""Building: an agent provider from its setup, the same for every vendor's program."""

from functools import partial
from typing import TYPE_CHECKING

from watchbill.domain.ports import AgentProvider
from watchbill.providers.agents.agent import Agent
from watchbill.providers.agents.vendor import Patience, Vendor
from watchbill.providers.setup import ProviderSetup

if TYPE_CHECKING:
    from watchbill.providers.gateway.passes import House


def build_agent(setup: ProviderSetup, vendor: Vendor, *, speaks: str) -> AgentProvider:
    """`speaks`: in whose words it asks our gateway; "" where it has a service of its own. Nothing is loaded yet."""
    agent = setup.agent
    return Agent(
        name=setup.name,
        vendor=vendor,
        clock=setup.clock,
        meter=setup.meter,
        patience=Patience(whole=agent.stint_timeout, silence=agent.silence, standstill=agent.standstill),
        gate=agent.gate if speaks else None,
        house=partial(_house, setup, speaks) if speaks else None,
        credits_per_run=agent.credits_per_run,
    )


def _house(setup: ProviderSetup, speaks: str) -> "House":
    import httpx2  # noqa: PLC0415 - only where an agent works

    from watchbill.providers import anthropic, openai  # noqa: PLC0415 - the same
    from watchbill.providers.gateway.passes import House  # noqa: PLC0415 - the same
    from watchbill.providers.gateway.wires import Shape  # noqa: PLC0415 - the same
    from watchbill.providers.pricing import Pricing  # noqa: PLC0415 - the same

    shape = Shape(speaks)
    own = {Shape.ANTHROPIC: anthropic.BASE_URL, Shape.OPENAI: openai.BASE_URL}[shape]
    within, silence = setup.connect_within.total_seconds(), setup.silence.total_seconds()
    return House(
        shape=shape,
        base_url=setup.base_url or own,
        api_key=setup.api_key,
        models=setup.agent.models,
        pacer=setup.agent.pacer,
        pricing=Pricing(overrides=setup.prices, vendor=shape, base_url=setup.base_url),
        http=httpx2.AsyncClient(
            transport=setup.transport,
            timeout=httpx2.Timeout(connect=within, pool=within, read=silence, write=silence),
            trust_env=setup.trust_env,
            follow_redirects=False,
        ),
    )

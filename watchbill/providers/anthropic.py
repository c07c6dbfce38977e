"""Anthropic's Messages API over its official SDK."""

from functools import partial

from watchbill.domain.ports import ModelProvider, TurnRequest
from watchbill.providers.deferred import Deferred
from watchbill.providers.setup import ProviderSetup

VENDOR = "anthropic"
BASE_URL = "https://api.anthropic.com"
PROBED_MODELS = 100


def build(setup: ProviderSetup) -> ModelProvider:
    """A provider over Anthropic's API, or anything that speaks it at setup.base_url. Its first use loads the SDK."""
    return Deferred(setup.name, partial(_build, setup))


def _build(setup: ProviderSetup) -> ModelProvider:
    from anthropic import AsyncAnthropic  # noqa: PLC0415 -- 70 MB and up to 4 s, only where used
    from pydantic_ai.models.anthropic import AnthropicModel, AnthropicModelSettings  # noqa: PLC0415 -- the same
    from pydantic_ai.providers.anthropic import AnthropicProvider  # noqa: PLC0415 -- the same

    from watchbill.providers.pricing import Pricing  # noqa: PLC0415 -- the same
    from watchbill.providers.turns import ApiProvider, Wire, open_client  # noqa: PLC0415 -- the same

    pricing = Pricing(overrides=setup.prices, vendor=VENDOR, base_url=setup.base_url)
    http, transport = open_client(setup, pricing)
    client = AsyncAnthropic(
        api_key=setup.api_key or "none",
        base_url=setup.base_url or BASE_URL,
        http_client=http,
        max_retries=0,  # the SDK would retry twice itself, unseen: billed thrice
    )
    client._custom_headers = {}  # noqa: SLF001 -- else ANTHROPIC_CUSTOM_HEADERS of the environment goes to the vendor
    vendor = AnthropicProvider(anthropic_client=client)

    def settings(request: TurnRequest) -> AnthropicModelSettings:
        chosen = AnthropicModelSettings(
            max_tokens=request.max_tokens,
            anthropic_cache_instructions=True,
            anthropic_cache_tool_definitions=True,
            anthropic_cache_messages=True,
        )
        if setup.base_url is None:
            chosen["anthropic_service_tier"] = "standard_only"
        return chosen

    async def models() -> list[str]:
        page = await client.models.list(limit=PROBED_MODELS)
        return [model.id for model in page.data]

    wire = Wire(
        vendor=VENDOR,
        model=lambda name: AnthropicModel(name, provider=vendor),
        settings=settings,
        models=models,
    )
    return ApiProvider(
        name=setup.name,
        wire=wire,
        http=http,
        transport=transport,
        pricing=pricing,
        clock=setup.clock,
        secret=setup.api_key,
    )

"""Anthropic's Messages API over its official SDK."""

from collections.abc import AsyncIterator
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from watchbill.domain.ports import ModelProvider, TurnRequest
from watchbill.providers.caching import lifetime
from watchbill.providers.deferred import Deferred
from watchbill.providers.setup import ProviderSetup

if TYPE_CHECKING:
    from anthropic.types.messages import MessageBatch

    from watchbill.providers.batching import Listed

VENDOR = "anthropic"
BASE_URL = "https://api.anthropic.com"
PROBED_MODELS = 100
LISTED_BATCHES = 100  # a page


def build(setup: ProviderSetup) -> ModelProvider:
    """A provider over Anthropic's API, or anything that speaks it at setup.base_url. Its first use loads the SDK."""
    return Deferred(setup.name, partial(_build, setup))


def _build(setup: ProviderSetup) -> ModelProvider:
    from anthropic import AsyncAnthropic  # noqa: PLC0415 -- 70 MB and up to 4 s, only where used
    from pydantic_ai.models.anthropic import AnthropicModel, AnthropicModelSettings  # noqa: PLC0415 -- the same
    from pydantic_ai.providers.anthropic import AnthropicProvider  # noqa: PLC0415 -- the same

    from watchbill.providers.batching import BatchWire, Listed  # noqa: PLC0415 -- the same
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
        # where the operator states the prices, an hour's is not among them; others may not know the word
        may_last = setup.base_url is None and request.purpose.model not in setup.prices
        ttl = lifetime(request) if may_last else "5m"
        chosen = AnthropicModelSettings(
            max_tokens=request.max_tokens,
            anthropic_cache_instructions=ttl,
            anthropic_cache_tool_definitions=ttl,
            anthropic_cache_messages=ttl,
        )
        if setup.base_url is None:
            chosen["anthropic_service_tier"] = "standard_only"
        return chosen

    async def models() -> dict[str, datetime | None]:
        page = await client.models.list(limit=PROBED_MODELS)
        return {model.id: model.retires_at for model in page.data}

    async def listed(since: datetime) -> "AsyncIterator[Listed]":
        async for batch in client.messages.batches.list(limit=LISTED_BATCHES):
            if batch.created_at < since:
                return
            counts = batch.request_counts
            requests = counts.processing + counts.succeeded + counts.errored + counts.canceled + counts.expired
            yield Listed(id=batch.id, requests=requests, custom_ids=partial(custom_ids, batch))

    async def custom_ids(batch: "MessageBatch") -> frozenset[str] | None:
        """A batch names its requests in its results only."""
        if batch.processing_status != "ended" or batch.results_url is None:
            return None
        return frozenset([each.custom_id async for each in await client.messages.batches.results(batch.id)])

    wire = Wire(
        vendor=VENDOR,
        model=lambda name: AnthropicModel(name, provider=vendor),
        settings=settings,
        models=models,
        batches=BatchWire(
            settings=lambda request: AnthropicModelSettings(max_tokens=request.max_tokens), listed=listed
        ),
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

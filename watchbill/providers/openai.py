"""OpenAI's Responses and Chat Completions APIs over its official SDK."""

import json
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from watchbill.domain.ports import ModelProvider, TurnRequest
from watchbill.providers.caching import family
from watchbill.providers.deferred import Deferred
from watchbill.providers.setup import ProviderSetup

if TYPE_CHECKING:
    from openai import AsyncOpenAI
    from pydantic_ai.models import Model
    from pydantic_ai.providers.openai import OpenAIProvider

    from watchbill.providers.batching import Listed

PRICE_LIST = "openai"
RESPONSES = "openai"
CHAT = "openai-chat"
BASE_URL = "https://api.openai.com/v1"
LISTED_BATCHES = 100  # a page


def build_responses(setup: ProviderSetup) -> ModelProvider:
    """A provider over the Responses API. Its first use loads the SDK."""
    return Deferred(setup.name, partial(_build, setup, RESPONSES, _responses_model))


def build_chat(setup: ProviderSetup) -> ModelProvider:
    """A provider over Chat Completions: what most others at setup.base_url speak. Its first use loads the SDK."""
    return Deferred(setup.name, partial(_build, setup, CHAT, _chat_model))


def _responses_model(name: str, vendor: "OpenAIProvider") -> "Model":
    from pydantic_ai.models.openai import OpenAIResponsesModel  # noqa: PLC0415 -- 50 MB and 2 s, only where used

    return OpenAIResponsesModel(name, provider=vendor)


def _chat_model(name: str, vendor: "OpenAIProvider") -> "Model":
    from pydantic_ai.models.openai import OpenAIChatModel  # noqa: PLC0415 -- as above
    from pydantic_ai.profiles.openai import OpenAIModelProfile  # noqa: PLC0415 -- as above

    # else a stream that is cut before its finish reason counts as finished
    profile = OpenAIModelProfile(openai_chat_streaming_requires_finish_reason=True)
    return OpenAIChatModel(name, provider=vendor, profile=profile)


def _build(setup: ProviderSetup, kind: str, make_model: "Callable[[str, OpenAIProvider], Model]") -> ModelProvider:
    from openai import AsyncOpenAI  # noqa: PLC0415 -- as above
    from pydantic_ai.models.openai import OpenAIResponsesModelSettings  # noqa: PLC0415 -- as above
    from pydantic_ai.providers.openai import OpenAIProvider  # noqa: PLC0415 -- as above

    from watchbill.providers.batching import BatchWire  # noqa: PLC0415 -- as above
    from watchbill.providers.pricing import Pricing  # noqa: PLC0415 -- as above
    from watchbill.providers.turns import ApiProvider, Wire, open_client  # noqa: PLC0415 -- as above

    pricing = Pricing(overrides=setup.prices, vendor=PRICE_LIST, base_url=setup.base_url)
    http, transport = open_client(setup, pricing)
    client = AsyncOpenAI(
        api_key=setup.api_key or "none",
        base_url=setup.base_url or BASE_URL,
        http_client=http,
        max_retries=0,  # the SDK would retry twice itself, unseen: billed thrice
    )
    client.organization = client.project = None  # the environment does not choose who pays
    client._custom_headers = {}  # noqa: SLF001 -- nor does its OPENAI_CUSTOM_HEADERS go to the vendor
    vendor = OpenAIProvider(openai_client=client)

    def settings(request: TurnRequest) -> OpenAIResponsesModelSettings:
        chosen = OpenAIResponsesModelSettings(max_tokens=request.max_tokens)
        if setup.base_url is None:  # others refuse words that they do not know
            chosen["openai_store"] = False
            chosen["openai_service_tier"] = "default"
            chosen["openai_prompt_cache_key"] = family(request.purpose)
        return chosen

    async def models() -> dict[str, datetime | None]:
        page = await client.models.list()
        return dict.fromkeys(model.id for model in page.data)

    def batch_settings(request: TurnRequest) -> OpenAIResponsesModelSettings:
        chosen = OpenAIResponsesModelSettings(max_tokens=request.max_tokens)
        if setup.base_url is None:
            chosen["openai_store"] = False
        return chosen

    wire = Wire(
        vendor=kind,
        model=lambda name: make_model(name, vendor),
        settings=settings,
        models=models,
        batches=BatchWire(settings=batch_settings, listed=partial(_listed, client)) if kind == RESPONSES else None,
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


async def _listed(client: "AsyncOpenAI", since: datetime) -> AsyncIterator["Listed"]:
    from watchbill.providers.batching import Listed  # noqa: PLC0415 -- as above

    async for batch in client.batches.list(limit=LISTED_BATCHES):
        if datetime.fromtimestamp(batch.created_at, UTC) < since:
            return
        requests = batch.request_counts.total if batch.request_counts else 0
        yield Listed(id=batch.id, requests=requests, custom_ids=partial(_custom_ids, client, batch.input_file_id))


async def _custom_ids(client: "AsyncOpenAI", file: str) -> frozenset[str]:
    """A batch's requests are the lines of its file."""
    from openai import NotFoundError  # noqa: PLC0415 -- as above

    try:
        content = await client.files.content(file)
    except NotFoundError:
        return frozenset()  # somebody else's, who threw it away
    return frozenset(str(json.loads(line)["custom_id"]) for line in content.text.splitlines() if line)

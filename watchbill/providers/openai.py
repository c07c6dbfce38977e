"""OpenAI's Responses and Chat Completions APIs over its official SDK."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from watchbill.domain.ports import ModelProvider, TurnRequest
from watchbill.providers.deferred import Deferred
from watchbill.providers.setup import ProviderSetup

if TYPE_CHECKING:
    from pydantic_ai.models import Model
    from pydantic_ai.providers.openai import OpenAIProvider

PRICE_LIST = "openai"
RESPONSES = "openai"
CHAT = "openai-chat"
BASE_URL = "https://api.openai.com/v1"


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
            chosen["openai_prompt_cache_key"] = request.purpose.task
        return chosen

    async def models() -> list[str]:
        page = await client.models.list()
        return [model.id for model in page.data]

    wire = Wire(vendor=kind, model=lambda name: make_model(name, vendor), settings=settings, models=models)
    return ApiProvider(
        name=setup.name,
        wire=wire,
        http=http,
        transport=transport,
        pricing=pricing,
        clock=setup.clock,
        secret=setup.api_key,
    )

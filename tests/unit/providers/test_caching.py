"""Prompt caches: what requests have in common comes first and is the same to the byte, and vendors are told where it ends."""

import json
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.meters import MemoryMeter
from tests.unit.providers.test_turns import Vendor, ask, built, setup
from watchbill.domain.ids import RepoName, TaskId
from watchbill.domain.ports import TurnRequest
from watchbill.domain.tools import TOOLS
from watchbill.domain.transcript import Reply, Told, Transcript
from watchbill.providers.caching import family, lifetime
from watchbill.providers.rates import Rates
from watchbill.providers.setup import ProviderSetup

pytestmark = pytest.mark.anyio

LONG = timedelta(minutes=6)


def asked(
    kind: str, brief: str, *more: Told | Reply, task: str = "one", pause: timedelta = timedelta(0)
) -> TurnRequest:
    plain = ask(kind)
    return replace(
        plain,
        purpose=replace(plain.purpose, task=TaskId(task)),
        transcript=Transcript(system="You are one of several.", entries=(Told(text=brief), *more)),
        tools=TOOLS,
        pause=pause,
    )


async def sent(kind: str, request: TurnRequest, **changes: Any) -> tuple[str, dict[str, Any]]:
    """What would go to the vendor's own address, as bytes and as read."""
    vendor = Vendor()
    made: ProviderSetup = replace(setup(kind, MemoryMeter()), transport=vendor, **changes)
    async with built(made) as provider:
        await provider.turn(request)
    (seen,) = vendor.seen
    return seen.content.decode(), json.loads(seen.content)


def marks(body: object) -> list[str]:
    """The life of every breakpoint."""
    match body:
        case {"cache_control": {"type": "ephemeral", **more}, **rest}:
            return [str(more.get("ttl", "5m")), *marks(rest)]
        case dict():
            return [mark for value in body.values() for mark in marks(value)]
        case list():
            return [mark for value in body for mark in marks(value)]
    return []


PREFIX = {"anthropic": ("tools", "system"), "openai": ("tools", "instructions"), "openai-chat": ("tools",)}


@pytest.mark.parametrize("kind", PREFIX)
async def test_two_tasks_of_a_repository_begin_with_the_same_bytes(kind: str) -> None:
    _, one = await sent(kind, asked(kind, "Write chapter one."))
    _, two = await sent(kind, asked(kind, "Write chapter two.", task="two"))

    for part in PREFIX[kind]:
        assert json.dumps(one[part]) == json.dumps(two[part])


async def test_a_longer_conversation_begins_with_the_shorter_one() -> None:
    _, short = await sent("openai", asked("openai", "Write."))
    _, long = await sent("openai", asked("openai", "Write.", Reply(text="I did."), Told(text="Go on.")))

    assert json.dumps(long["input"]).startswith(json.dumps(short["input"])[:-1])


async def test_anthropic_is_told_where_tools_system_and_conversation_end() -> None:
    _, body = await sent("anthropic", asked("anthropic", "Write."))

    assert marks(body["tools"]) == marks(body["system"]) == marks(body["messages"]) == ["5m"]
    assert marks(body["tools"][-1]) == ["5m"]


async def test_after_a_long_pause_anthropic_is_asked_to_remember_for_an_hour() -> None:
    _, body = await sent("anthropic", asked("anthropic", "Write.", pause=LONG))

    assert marks(body) == ["1h", "1h", "1h"]


async def test_an_hour_is_not_bought_at_a_price_that_nobody_stated() -> None:
    request = asked("anthropic", "Write.", pause=LONG)
    prices = {request.purpose.model: Rates(input=Decimal(3), output=Decimal(15), cache_write=Decimal("3.75"))}
    _, body = await sent("anthropic", request, prices=prices)

    assert set(marks(body)) == {"5m"}


def test_a_cache_lives_for_an_hour_once_a_pause_outlived_the_short_one() -> None:
    assert lifetime(asked("openai", "Write.", pause=timedelta(minutes=4, seconds=59))) == "5m"
    assert lifetime(asked("openai", "Write.", pause=timedelta(minutes=5))) == "1h"


@pytest.mark.parametrize("kind", ["openai", "openai-chat"])
async def test_openai_is_told_which_requests_begin_alike(kind: str) -> None:
    _, one = await sent(kind, asked(kind, "Write."))
    _, two = await sent(kind, asked(kind, "Mend.", task="two"))

    assert one["prompt_cache_key"] == two["prompt_cache_key"]
    assert len(one["prompt_cache_key"]) <= 64  # OpenAI's limit


def test_repositories_and_models_have_caches_of_their_own() -> None:
    purpose = ask("openai").purpose
    families = {family(purpose), family(replace(purpose, repo=RepoName("x"))), family(replace(purpose, model="x"))}

    assert len(families) == 3

"""Deferred providers: nothing is loaded before it is used, once only, and never on the loop."""

import asyncio
import subprocess
import sys
import threading

import pytest

from watchbill.domain.ids import ProviderName
from watchbill.domain.outcomes import SetbackKind, TurnEnd
from watchbill.domain.ports import ModelProvider, ProbeResult, TurnRequest
from watchbill.providers.deferred import Deferred
from watchbill.providers.setbacks import setback

pytestmark = pytest.mark.anyio

NAME = ProviderName("claude")


class Plain:
    """Implements ModelProvider."""

    name = NAME

    def __init__(self) -> None:
        self.thread = threading.current_thread()
        self.closed = False

    async def turn(self, request: TurnRequest) -> TurnEnd:
        return setback(SetbackKind.OVERLOADED, "busy")

    async def probe(self) -> ProbeResult:
        return ProbeResult(well=True, message="well")

    async def aclose(self) -> None:
        self.closed = True


class Maker:
    def __init__(self) -> None:
        self.made: list[Plain] = []
        self.begun, self.go_on = threading.Event(), threading.Event()
        self.go_on.set()

    def __call__(self) -> ModelProvider:
        self.begun.set()
        self.go_on.wait(60)
        self.made.append(Plain())
        return self.made[-1]


async def test_two_first_uses_build_one_provider_in_a_thread() -> None:
    maker = Maker()
    provider = Deferred(NAME, maker)

    one, two = await asyncio.gather(provider.probe(), provider.turn(None))  # type: ignore[arg-type]

    assert (one.well, two.kind) == (True, SetbackKind.OVERLOADED)  # type: ignore[union-attr]
    assert [made.thread is threading.main_thread() for made in maker.made] == [False]


async def test_what_was_never_used_is_never_built() -> None:
    maker = Maker()

    await Deferred(NAME, maker).aclose()

    assert maker.made == []


async def test_what_was_built_is_closed_even_where_its_first_use_was_cancelled() -> None:
    maker = Maker()
    maker.go_on.clear()
    provider = Deferred(NAME, maker)
    first = asyncio.create_task(provider.probe())
    assert await asyncio.to_thread(maker.begun.wait, 60)

    first.cancel()
    maker.go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await first
    await provider.aclose()

    assert [made.closed for made in maker.made] == [True]


async def test_a_provider_that_cannot_be_built_is_tried_again_at_the_next_use() -> None:
    def broken() -> ModelProvider:
        raise ImportError("no such SDK")

    provider = Deferred(NAME, broken)

    for _ in range(2):
        with pytest.raises(ImportError):
            await provider.probe()


def test_a_configured_vendor_loads_no_sdk_before_its_first_use() -> None:
    program = (
        "import sys; from tests.meters import MemoryMeter, StillClock; from watchbill.providers import registry; "
        "from watchbill.providers.setup import ProviderSetup; "
        "made = [registry.load_factory(kind)(ProviderSetup(name='v', kind=kind, clock=StillClock(), meter=MemoryMeter())) "
        "for kind in ('anthropic', 'openai', 'openai-chat')]; "
        "sys.exit(','.join({'anthropic', 'openai', 'pydantic_ai'} & set(sys.modules)) or 0)"
    )

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr.strip()) == (0, "")

"""A turn has an end, whoever was asked for it."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.meters import purpose
from tests.unit.daemon.test_dialogue import WRITE, steps
from tests.worlds import World, ends_of, settle
from watchbill.daemon.terms import RunTerms
from watchbill.daemon.timely import Timely
from watchbill.domain.calls import Settlement, Usage
from watchbill.domain.ids import CallId, ProviderName
from watchbill.domain.money import MicroUsd
from watchbill.domain.outcomes import Answered, Setback, SetbackKind, TurnEnd
from watchbill.domain.ports import ProbeResult, TurnRequest
from watchbill.domain.transcript import Reply, Transcript
from watchbill.providers.scripted import finish

pytestmark = pytest.mark.anyio

SOON = timedelta(seconds=0.05)
REQUEST = TurnRequest(purpose=purpose(), transcript=Transcript(), tools=(), max_tokens=10, deadline=SOON)
ANSWER = Answered(
    reply=Reply(text="well"),
    call=CallId("c"),
    settlement=Settlement(cost=MicroUsd(1), usage=Usage(), price_source="test"),
)


class Mute:
    """Says nothing for ever, or at once what it has; with `deaf` it does not even hear that it shall stop."""

    name = ProviderName("claude")

    def __init__(self, answer: TurnEnd | None = None, *, deaf: bool = False) -> None:
        self.answer = answer
        self.deaf = deaf
        self.is_asked = asyncio.Event()
        self.is_left = self.is_closed = False

    async def turn(self, _request: TurnRequest) -> TurnEnd:
        if self.answer is not None:
            return self.answer
        self.is_asked.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.is_left = True
            if not self.deaf:
                raise
        await asyncio.sleep(1)
        raise AssertionError("nobody waits for it any more")

    async def probe(self) -> ProbeResult:
        return ProbeResult(well=True, message="well")

    async def aclose(self) -> None:
        self.is_closed = True


async def test_an_answer_comes_through() -> None:
    assert await Timely(Mute(ANSWER)).turn(REQUEST) is ANSWER


@pytest.mark.parametrize("deaf", [False, True])
async def test_a_turn_that_outlives_its_deadline_is_ended_as_trouble_that_passes(*, deaf: bool) -> None:
    mute = Mute(deaf=deaf)

    end = await Timely(mute, grace=timedelta(0)).turn(REQUEST)
    await asyncio.sleep(0)

    assert isinstance(end, Setback)
    assert (end.kind, end.counts_as_attempt) == (SetbackKind.NETWORK, False)
    assert mute.is_left


async def test_who_is_broken_off_breaks_off_the_turn() -> None:
    mute = Mute()
    asking = asyncio.create_task(Timely(mute).turn(replace(REQUEST, deadline=timedelta(minutes=1))))
    await mute.is_asked.wait()

    asking.cancel()
    await asyncio.wait({asking})
    await asyncio.sleep(0)

    assert asking.cancelled()
    assert mute.is_left


async def test_everything_else_goes_straight_to_the_provider() -> None:
    mute = Mute()
    timely = Timely(mute)

    assert (await timely.probe()).well
    assert await timely.desk("m") is None
    await timely.aclose()
    assert (timely.name, mute.is_closed) == ("claude", True)


async def test_a_silent_provider_loses_its_run_and_the_work_goes_on_with_the_next(tmp_path: Path) -> None:
    here = World(
        root=tmp_path,
        scripts={"claude": steps(), "gpt": steps(WRITE, finish("done"))},
        terms=RunTerms(turn_deadline=SOON, retry_after=timedelta(0)),
        daemon="max_parallel = 1",
    ).make()
    async with here.service() as service:
        service.providers[ProviderName("claude")] = Timely(Mute(), grace=timedelta(0))  # type: ignore[index]
        await settle(service)
        ends = await ends_of(service, "one")

    assert ends == [("claude", "deferred"), ("gpt", "landed")]
    (setback,) = here.said("provider.setback")
    assert "did not end its turn within" in str(setback["message"])

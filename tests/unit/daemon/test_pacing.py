"""Pacing: the owner's limits of one minute hold whatever the vendor would allow."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from tests.meters import StillClock, purpose
from tests.unit.daemon.test_dialogue import WRITE, steps
from tests.worlds import World, settle
from watchbill.daemon.pacing import Line, Paced, Pacer
from watchbill.domain.calls import Settlement, Usage
from watchbill.domain.ids import CallId, ProviderName
from watchbill.domain.money import MicroUsd
from watchbill.domain.outcomes import Answered, Setback, SetbackKind, TurnEnd
from watchbill.domain.pace import Pace
from watchbill.domain.ports import Events, ProbeResult, TurnRequest
from watchbill.domain.transcript import Reply, Transcript
from watchbill.providers.scripted import finish
from watchbill.state import accounts

pytestmark = pytest.mark.anyio

REQUEST = TurnRequest(
    purpose=purpose(), transcript=Transcript(), tools=(), max_tokens=10, deadline=timedelta(minutes=1)
)


class Vendor:
    """Answers at once, and remembers when it was asked."""

    name = ProviderName("claude")

    def __init__(self, clock: StillClock, *, tokens: int = 0) -> None:
        self.clock = clock
        self.tokens = tokens
        self.asked: list[float] = []
        self.closed = False

    async def turn(self, request: TurnRequest) -> TurnEnd:
        self.asked.append(round(self.clock.monotonic(), 1))
        if not self.tokens:
            return Setback(kind=SetbackKind.OVERLOADED, message="busy")
        usage = Usage(tokens_in=self.tokens - 1, tokens_out=1)
        settlement = Settlement(cost=MicroUsd(1), usage=usage, price_source="test")
        return Answered(reply=Reply(text="well"), call=CallId("c"), settlement=settlement)

    async def probe(self) -> ProbeResult:
        return ProbeResult(well=True, message="well")

    async def aclose(self) -> None:
        self.closed = True


class Told:
    def __init__(self) -> None:
        self.log: list[tuple[str, Mapping[str, object]]] = []

    def emit(self, name: str, **facts: object) -> None:
        self.log.append((name, facts))


def paced_by(vendor: Vendor, pace: Pace, *, line: Line | None = None, events: Events | None = None) -> Paced:
    pacer = Pacer(vendor.name, pace, line=line or Line(), clock=vendor.clock, events=events or Told())
    return Paced(vendor, pacer)


async def ask(vendor: Vendor, pace: Pace, times: int) -> Told:
    told = Told()
    paced = paced_by(vendor, pace, events=told)
    for _ in range(times):
        await paced.turn(REQUEST)
    return told


async def test_the_request_that_is_one_too_many_waits_until_the_first_is_a_minute_old() -> None:
    vendor = Vendor(StillClock())

    told = await ask(vendor, Pace(requests=2), 5)

    assert vendor.asked == [0, 0, 60, 60, 120]
    assert told.log[0] == ("provider.paced", {"provider": "claude", "seconds": 60.0})


async def test_requests_wait_until_fewer_tokens_than_the_limit_are_in_the_last_minute() -> None:
    vendor = Vendor(StillClock(), tokens=40)

    await ask(vendor, Pace(tokens=100), 7)

    assert vendor.asked == [0, 0, 0, 60, 60, 60, 120]


async def test_what_was_used_long_ago_makes_nobody_wait() -> None:
    vendor = Vendor(StillClock(), tokens=40)
    paced = paced_by(vendor, Pace(requests=1, tokens=40))

    await paced.turn(REQUEST)
    vendor.clock.at += timedelta(minutes=2)
    await paced.turn(REQUEST)

    assert vendor.asked == [0, 120]


async def test_a_setback_uses_a_request_and_no_tokens() -> None:
    vendor = Vendor(StillClock())

    await ask(vendor, Pace(tokens=1), 3)

    assert vendor.asked == [0, 0, 0]


async def test_two_runs_at_once_share_the_limits() -> None:
    vendor = Vendor(StillClock())
    paced = paced_by(vendor, Pace(requests=1))

    await asyncio.gather(paced.turn(REQUEST), paced.turn(REQUEST), paced.turn(REQUEST))

    assert vendor.asked == [0, 60, 120]


async def test_two_providers_of_one_account_share_its_minute_and_who_waits_is_seen() -> None:
    clock, line = StillClock(), Line()
    first, second = (paced_by(Vendor(clock), Pace(requests=1), line=line) for _ in range(2))

    await first.turn(REQUEST)
    assert line.words == ""
    seen: list[str] = []
    sleep = clock.sleep

    async def look(span: timedelta) -> None:
        seen.append(line.words)
        await sleep(span)

    clock.sleep = look  # type: ignore[method-assign]
    await asyncio.gather(second.turn(REQUEST), first.turn(REQUEST))

    assert seen[0].startswith("a request waits for its limits of a minute until ")
    assert "waits" in seen[1] or seen[1].startswith("2 requests wait")
    assert line.words == ""


async def test_probing_and_closing_go_straight_to_the_provider() -> None:
    vendor = Vendor(StillClock())
    paced = paced_by(vendor, Pace(requests=1))

    assert (await paced.probe()).well
    await paced.aclose()

    assert (vendor.closed, paced.name) == (True, "claude")


async def test_the_daemon_keeps_the_limits_of_the_configuration(tmp_path: Path) -> None:
    limits = " }]\nrequests_per_minute = 1 #"  # what the world writes after the model's name
    script = steps(WRITE, finish("done"))
    here = World(root=tmp_path, scripts={"claude": script}, models={"claude": limits}, rate=20).make()

    async with here.service() as service:
        await settle(service)
        turns = await service.parts.database.submit(accounts.calls)

    begun = [turn.reserved_at for turn in turns]
    nearly = timedelta(seconds=40)  # a call is reserved a little after its minute was measured
    assert len(begun) > 1
    assert [later - earlier for earlier, later in pairwise(begun) if later - earlier < nearly] == []

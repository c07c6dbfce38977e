"""A local model: when its worker is started, what its end means, and that it is let go."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests import smollm, vendors
from tests.meters import MemoryMeter, StillClock, purpose
from tests.standins import StandIns
from tests.vendors import FakeVendor
from watchbill.domain.calls import CallState
from watchbill.domain.errors import Unsafe
from watchbill.domain.ids import ProviderName
from watchbill.domain.outcomes import Answered, Scope, Setback, SetbackKind
from watchbill.domain.ports import AgentProgram, ModelProvider, TurnRequest
from watchbill.domain.transcript import Told, Transcript
from watchbill.providers import metered
from watchbill.providers.local_model import keeper
from watchbill.providers.registry import load_factory
from watchbill.providers.setup import ProviderSetup

pytestmark = [pytest.mark.anyio, pytest.mark.vendors]

SOON = 60


@dataclass
class Bench:
    provider: ModelProvider
    workers: StandIns
    meter: MemoryMeter
    fake: FakeVendor


@asynccontextmanager
async def bench(
    folder: Path, how: str = "serve", *, answer: vendors.Answer = ("Well.",), **setup: Any
) -> AsyncIterator[Bench]:
    with FakeVendor(lambda *_: answer, models=["m"]) as fake:
        workers, meter = StandIns(folder, port=fake.port, how=how), MemoryMeter()
        provider = load_factory("local-model")(
            ProviderSetup(
                name=ProviderName("small"),
                kind="local-model",
                clock=StillClock(),
                meter=meter,
                prices={"m": smollm.FREE},
                worker=replace(workers.setup(), **setup),
            )
        )
        assert isinstance(provider, ModelProvider)
        try:
            yield Bench(provider, workers, meter, fake)
        finally:
            await provider.aclose()


def ask() -> TurnRequest:
    transcript = Transcript(system="You mend.", entries=(Told(text="He go."),))
    return TurnRequest(
        purpose=purpose(model="m"), transcript=transcript, tools=(), max_tokens=50, deadline=timedelta(seconds=SOON)
    )


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(SOON):
        while not is_so():
            await asyncio.sleep(0.01)


async def test_nothing_is_started_before_somebody_asks(tmp_path: Path) -> None:
    async with bench(tmp_path) as b:
        probe = await b.provider.probe()

    assert (probe.well, probe.models) == (True, ("m",))
    assert "starts when it is needed" in probe.message
    assert b.workers.homes == []


async def test_two_who_ask_at_once_have_one_worker_and_a_probe_asks_it(tmp_path: Path) -> None:
    async with bench(tmp_path) as b:
        ends = await asyncio.gather(b.provider.turn(ask()), b.provider.turn(ask()))
        probe = await b.provider.probe()

    assert all(isinstance(end, Answered) for end in ends)
    assert (probe.well, probe.message) == (True, "1 models")
    assert len(b.workers.homes) == 1
    assert b.workers.events == ["model.started", "model.stopped"]


async def test_its_token_goes_through_a_pipe_and_never_into_arguments_or_environment(tmp_path: Path) -> None:
    async with bench(tmp_path) as b:
        await b.provider.turn(ask())
        (program,), (spec,) = b.workers.programs, b.workers.specs()

    assert len(spec["token"]) > 30
    assert spec["token"] not in " ".join(program.argv)
    assert dict(program.env) == {}
    assert {name: spec[name] for name in ("name", "context", "slots", "threads")} == {
        "name": "m",
        "context": 512,
        "slots": 2,
        "threads": 1,
    }


async def test_who_is_not_asked_for_a_while_is_let_go_and_started_anew_when_needed(tmp_path: Path) -> None:
    async with bench(tmp_path, idle_after=timedelta(seconds=0.05)) as b:
        await b.provider.turn(ask())
        await until(lambda: "model.stopped" in b.workers.events)
        end = await b.provider.turn(ask())

    assert isinstance(end, Answered)
    assert len(b.workers.homes) == 2
    assert b.workers.told[1] == ("model.stopped", {"provider": "small", "why": "nobody needs it"})


async def test_who_answers_for_longer_than_that_is_not_let_go(tmp_path: Path) -> None:
    async with bench(tmp_path, answer=vendors.stall(), idle_after=timedelta(seconds=0.05)) as b:
        asked = asyncio.create_task(b.provider.turn(ask()))
        await asyncio.wait_for(b.meter.any_sent.wait(), SOON)
        await asyncio.sleep(0.2)
        before = list(b.workers.events)
        asked.cancel()
        await until(lambda: "model.stopped" in b.workers.events)

    assert before == ["model.started"]


async def test_a_worker_that_ends_in_mid_answer_is_told_and_the_next_call_starts_another(tmp_path: Path) -> None:
    async with bench(tmp_path, "deaf") as b:
        end = await b.provider.turn(ask())
        b.workers.how = "serve"
        again = await b.provider.turn(ask())

    assert isinstance(end, Setback)
    assert (end.kind, end.counts_as_attempt) == (SetbackKind.NETWORK, False)
    assert end.message == "its worker ended with code 9; its next call starts it anew"
    assert isinstance(again, Answered)
    assert b.meter.states == [CallState.UNKNOWN, CallState.SENT]


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (vendors.cut(), "its worker broke an answer off ("),
        (vendors.drip(0.01), "its worker broke an answer off (ReadTimeout: only 4 bytes came in 0 s)"),
        (vendors.stall(), "its worker broke an answer off (no complete answer within 0:00:01)"),
    ],
    ids=["cut", "drip", "stall"],
)
async def test_a_worker_that_does_not_bring_an_answer_to_its_end_is_ended_and_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: vendors.Answer, why: str
) -> None:
    monkeypatch.setattr(metered, "is_too_slow", lambda received, _lasted: received == 4)
    async with bench(tmp_path, answer=answer) as b:
        end = await b.provider.turn(replace(ask(), deadline=timedelta(seconds=1)))
        await until(lambda: not b.workers.is_alive(0))
        await b.provider.turn(replace(ask(), deadline=timedelta(seconds=1)))

    assert isinstance(end, Setback)
    assert end.kind is SetbackKind.NETWORK
    assert end.message.startswith(why)
    assert len(b.workers.homes) == 2
    assert b.workers.told[1] == ("model.stopped", {"provider": "small", "why": end.message.partition("; its next")[0]})


async def test_nothing_of_it_lives_after_the_close_even_where_it_was_on_its_way_out(tmp_path: Path) -> None:
    async with bench(tmp_path, "slow", idle_after=timedelta(seconds=0.05)) as b:
        await b.provider.turn(ask())
        await until(lambda: "model.stopped" in b.workers.events)
        await b.provider.aclose()
        is_alive = b.workers.is_alive(0)

    assert not is_alive


@pytest.mark.parametrize(
    ("how", "kind", "words"),
    [
        (
            "refuse",
            SetbackKind.MODEL_GONE,
            "weights.gguf could not be loaded, its worker ended with code 1: the file is a poem",
        ),
        ("die", SetbackKind.OVERLOADED, "was killed (signal 9); what memory it has is worker.memory_mb"),
    ],
)
async def test_a_worker_that_cannot_hold_its_file_says_why_and_nothing_is_sent(
    tmp_path: Path, how: str, kind: SetbackKind, words: str
) -> None:
    async with bench(tmp_path, how) as b:
        end = await b.provider.turn(ask())

    assert isinstance(end, Setback)
    assert end.kind is kind
    assert words in end.message
    assert not b.meter.calls
    assert b.workers.events == ["model.failed"]


async def test_one_that_is_never_ready_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeper, "START_WITHIN", 0.3)
    async with bench(tmp_path, "mute") as b:
        end = await b.provider.turn(ask())

    assert isinstance(end, Setback)
    assert (end.kind, end.message) == (SetbackKind.OVERLOADED, "its worker was not ready within 0 s")


async def test_one_that_is_stopped_while_it_loads_is_a_setback_for_who_waits(tmp_path: Path) -> None:
    async with bench(tmp_path, "mute") as b:
        asked = asyncio.create_task(b.provider.turn(ask()))
        await until(lambda: bool(b.workers.homes) and (b.workers.homes[0] / "spec.json").exists())
        await b.provider.aclose()
        end = await asked

    assert isinstance(end, Setback)
    assert "stopped before it was ready" in end.message


@pytest.mark.parametrize("fault", [Unsafe("no sandbox here"), OSError("no more processes")])
async def test_what_keeps_it_from_being_started_is_told(tmp_path: Path, fault: Exception) -> None:
    @asynccontextmanager
    async def refused(_: AgentProgram) -> AsyncIterator[Any]:
        raise fault
        yield

    async with bench(tmp_path, confine=refused) as b:
        end = await b.provider.turn(ask())

    assert isinstance(end, Setback)
    assert (end.kind, end.message) == (SetbackKind.OVERLOADED, f"its worker cannot be started: {fault}")


async def test_wrong_weights_are_told_without_a_start(tmp_path: Path) -> None:
    async with bench(tmp_path) as b:
        b.workers.wrong = "its weights are missing: watchbill model fetch"
        end = await b.provider.turn(ask())
        probe = await b.provider.probe()

    assert isinstance(end, Setback)
    assert (end.kind, end.scope, end.message) == (SetbackKind.MODEL_GONE, Scope.MODEL, b.workers.wrong)
    assert (probe.well, probe.message) == (False, b.workers.wrong)
    assert b.workers.homes == []


async def test_without_its_library_it_names_the_command_that_installs_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeper, "find_spec", lambda _: None)
    async with bench(tmp_path) as b:
        end = await b.provider.turn(ask())

    assert isinstance(end, Setback)
    assert end.kind is SetbackKind.MODEL_GONE
    assert "pip install 'watchbill[model]'" in end.message


async def test_who_waits_for_a_start_and_leaves_takes_it_from_nobody(tmp_path: Path) -> None:
    async with bench(tmp_path) as b:
        leaver, stayer = (asyncio.create_task(b.provider.turn(ask())) for _ in range(2))
        await until(lambda: bool(b.workers.homes))
        leaver.cancel()
        end = await stayer

    assert isinstance(end, Answered)
    assert len(b.workers.homes) == 1

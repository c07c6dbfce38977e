"""What an agent's stint comes to, whatever program it is: with a program that is no more than a script of events."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.meters import MIDNIGHT, MemoryMeter, StillClock, purpose
from watchbill.domain.calls import CallState
from watchbill.domain.errors import LeaseLost, Unsafe
from watchbill.domain.ids import ProviderName, RepoName, TaskId, TaskType
from watchbill.domain.outcomes import LimitWindow, SetbackKind, StintDone, StintStopped, WindowUse
from watchbill.domain.ports import AgentProgram, Confined, StintRequest
from watchbill.domain.tasks import Task
from watchbill.providers.agents.agent import Agent
from watchbill.providers.agents.vendor import Door, Ending, Event, Failed, Finished, Job, Patience, Unfinished
from watchbill.providers.gateway.passes import Pass
from watchbill.providers.setbacks import setback

pytestmark = pytest.mark.anyio


class Script:
    """Implements Vendor: says its events, then waits or fails as it is told."""

    def __init__(self, ending: Ending, *events: Event, stays: bool = False, fault: Exception | None = None) -> None:
        self._ending = ending
        self._events = events
        self._stays = stays
        self._fault = fault
        self.begun = asyncio.Event()
        self.closed = False

    def program(self, door: Door | None, model: str) -> AgentProgram:
        return AgentProgram(argv=("agent", model), env={}, port=None if door is None else door.port)

    async def play(self, job: Job) -> AsyncIterator[Event]:
        assert job.prompt == "Write."
        self.begun.set()
        try:
            for event in self._events:
                yield event
            if self._fault is not None:
                raise self._fault
            if self._stays:
                await asyncio.Event().wait()
        finally:
            self.closed = True

    def ending(self, events: Sequence[Event]) -> Ending:
        assert tuple(events) == self._events
        return self._ending

    def credits(self, event: Event) -> float:
        return float(event.get("credits", 0))

    def uses(self, event: Event, now: datetime) -> Sequence[WindowUse]:
        return [replace(NEARLY, resets_at=now)] if event.get("nearly") else ()


class Endless(Script):
    """Says its events again and again."""

    said = 0

    async def play(self, job: Job) -> AsyncIterator[Event]:
        try:
            for event in itertools.cycle(self._events):
                yield event
                self.said += 1
                await asyncio.sleep(0.001)
        finally:
            self.closed = True


class Gate:
    """Gives out one pass, as its test has it."""

    def __init__(self, door: Pass) -> None:
        self.door = door

    @asynccontextmanager
    async def admit(self, *_: object) -> AsyncIterator[Pass]:
        yield self.door


NEARLY = WindowUse(window=LimitWindow.FIVE_HOURS, used=0.93, resets_at=None)
DONE = Finished(summary="All done.")
PATIENCE = Patience(whole=timedelta(seconds=30), silence=timedelta(seconds=30), leaving=timedelta(0))


def request(*, stop: bool = False, unsafe: bool = False, trees: Sequence[str] = ("tree",)) -> StintRequest:
    @asynccontextmanager
    async def confine(program: AgentProgram) -> AsyncIterator[Confined]:
        if unsafe:
            raise Unsafe("no sandbox here")
        yield Confined(program=Path(program.argv[0]), home=Path("home"), is_sandboxed=True)

    async def brief() -> tuple[str, str]:
        return "You write.", "Write."

    task = Task(id=TaskId("t"), repo=RepoName("novel"), title="T", type=TaskType("write"))

    async def tree() -> str:
        return next(looks)

    looks = itertools.chain(trees, itertools.repeat(trees[-1]))
    return StintRequest(
        task=task, purpose=purpose(), worktree=Path("w"), confine=confine, brief=brief, tree=tree, stop=lambda: stop
    )


def agent(script: Script, *, door: Pass | None = None, meter: MemoryMeter | None = None, **more: Any) -> Agent:
    through: dict[str, Any] = {} if door is None else {"gate": Gate(door), "house": lambda: door.house}
    return Agent(
        name=ProviderName("agent"),
        vendor=script,
        clock=StillClock(),
        meter=meter or MemoryMeter(),
        **{"patience": PATIENCE, "credits_per_run": 30, **through, **more},
    )


def door(**more: Any) -> Pass:
    made = Pass(token="t", purpose=purpose(), house=object(), url="http://127.0.0.1:1")  # type: ignore[arg-type]
    for name, value in more.items():
        setattr(made, name, value)
    return made


BENCH: Any = None


@pytest.mark.parametrize(("events", "cost"), [((), 300_000), (({"credits": 2.5}, {"credits": 4}), 65_000)])
async def test_a_run_on_an_allowance_is_one_call_at_what_it_told_or_at_its_bound(
    events: tuple[Event, ...], cost: int
) -> None:
    meter = MemoryMeter()

    end = await agent(Script(DONE, *events), meter=meter).stint(request(), BENCH)

    (call,) = meter.calls.values()
    assert end == StintDone(summary="All done.", is_work=True)
    assert (call.bound.cost, call.state) == (300_000, CallState.SETTLED)
    assert call.settlement is not None
    assert call.settlement.cost == cost


async def test_an_allowance_that_is_used_up_starts_nothing() -> None:
    script = Script(DONE)

    end = await agent(script, meter=MemoryMeter(1)).stint(request(), BENCH)

    assert end.kind is SetbackKind.OVER_BUDGET  # type: ignore[union-attr]
    assert not script.closed


async def test_a_run_on_an_allowance_that_is_broken_off_stays_charged() -> None:
    meter, script = MemoryMeter(), Script(DONE, {"type": "x"}, stays=True)
    working = asyncio.create_task(agent(script, meter=meter).stint(request(), BENCH))
    await script.begun.wait()

    working.cancel()
    await asyncio.wait({working})

    assert meter.states == [CallState.UNKNOWN]
    assert script.closed


async def test_without_a_sandbox_the_request_is_refused_with_the_mend() -> None:
    end = await agent(Script(DONE), door=door()).stint(request(unsafe=True), BENCH)

    assert end == setback(SetbackKind.BAD_REQUEST, "no sandbox here")


@pytest.mark.parametrize(
    ("ending", "kind"),
    [
        (Failed(message="slow down", status=429), SetbackKind.THROTTLED),
        (Failed(message="no", kind=SetbackKind.REFUSED), SetbackKind.REFUSED),
        (Unfinished(last_words="segmentation fault"), SetbackKind.UNUSABLE),
        (Finished(summary="Your credit balance is too low.", used_tools=False), SetbackKind.CREDIT_EXHAUSTED),
    ],
)
async def test_its_own_words_decide_where_nobody_knows_better(ending: Ending, kind: SetbackKind) -> None:
    end = await agent(Script(ending), door=door()).stint(request(), BENCH)

    assert end.kind is kind  # type: ignore[union-attr]


async def test_limit_words_after_work_mean_nothing() -> None:
    ending = Finished(summary="I wrote of a credit balance is too low.", used_tools=True)

    assert isinstance(await agent(Script(ending), door=door()).stint(request(), BENCH), StintDone)


@pytest.mark.parametrize("ending", [DONE, Failed(message="x"), Unfinished()])
async def test_what_the_gateway_saw_last_beats_its_words(ending: Ending) -> None:
    seen = setback(SetbackKind.THROTTLED, "slow down", until=MIDNIGHT)

    assert await agent(Script(ending), door=door(setback=seen)).stint(request(), BENCH) == seen


async def test_refused_money_ends_it_although_it_stays() -> None:
    script, refused = Script(DONE, stays=True), setback(SetbackKind.OVER_BUDGET, "no money")

    end = await agent(
        script, door=door(stopped=refused), patience=replace(PATIENCE, silence=timedelta(seconds=0.2))
    ).stint(request(), BENCH)

    assert end == refused
    assert script.closed


async def test_a_fault_of_ours_at_the_gateway_is_raised() -> None:
    with pytest.raises(LeaseLost):
        await agent(Script(DONE), door=door(fault=LeaseLost("gone"))).stint(request(), BENCH)


async def test_what_its_library_raises_is_the_reason_of_an_unfinished_run() -> None:
    end = await agent(Script(Unfinished(), fault=RuntimeError("broken pipe")), door=door()).stint(request(), BENCH)

    assert "RuntimeError: broken pipe" in end.message  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("patience", "stop", "expected"),
    [
        (replace(PATIENCE, silence=timedelta(seconds=0.1)), False, SetbackKind.UNUSABLE),
        (replace(PATIENCE, whole=timedelta(0), silence=timedelta(seconds=0.4)), False, SetbackKind.TRUNCATED),
        (replace(PATIENCE, silence=timedelta(seconds=0.4)), True, None),
    ],
)
async def test_silence_time_and_a_stop_end_it(patience: Patience, expected: SetbackKind | None, *, stop: bool) -> None:
    script = Script(DONE, stays=True)

    end = await agent(script, door=door(), patience=patience).stint(request(stop=stop), BENCH)

    assert end == StintStopped() if expected is None else end.kind is expected  # type: ignore[union-attr]
    assert script.closed


async def test_an_answer_under_way_is_no_silence() -> None:
    waiting = door(open_calls={"call-1"})
    working = asyncio.create_task(
        agent(Script(DONE, stays=True), door=waiting, patience=replace(PATIENCE, silence=timedelta(seconds=0.1))).stint(
            request(), BENCH
        )
    )
    await asyncio.sleep(0.4)

    assert not working.done()
    waiting.open_calls.clear()
    assert (await working).kind is SetbackKind.UNUSABLE  # type: ignore[union-attr]


async def test_what_it_tells_of_its_allowances_is_kept_while_it_still_works() -> None:
    meter, script = MemoryMeter(), Script(DONE, {"type": "x"}, {"nearly": True}, stays=True)
    working = asyncio.create_task(agent(script, door=door(), meter=meter).stint(request(), BENCH))
    while not meter.uses:
        await asyncio.sleep(0.01)

    assert meter.uses == [replace(NEARLY, resets_at=MIDNIGHT)]
    assert not working.done()
    working.cancel()
    await asyncio.wait({working})


def step(word: str) -> Event:
    return {"type": "tool", "did": [word]}


@pytest.fixture
def _looks_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("watchbill.providers.agents.agent.LOOK_EVERY", 0.01)


@pytest.mark.usefixtures("_looks_often")
async def test_who_repeats_itself_while_its_files_stay_is_ended() -> None:
    script = Endless(DONE, step("read"), step("a text"))

    end = await agent(script, door=door()).stint(request(), BENCH)

    assert end.kind is SetbackKind.UNUSABLE  # type: ignore[union-attr]
    assert end.message == "no progress: it does again and again what it did before, and its files stay as they are"  # type: ignore[union-attr]
    assert script.closed


@pytest.mark.usefixtures("_looks_often")
async def test_who_repeats_itself_and_changes_files_goes_on() -> None:
    script, trees = Endless(DONE, step("build")), [str(number) for number in range(4)]

    end = await agent(script, door=door()).stint(request(trees=trees), BENCH)

    assert "no progress" in end.message  # type: ignore[union-attr]
    assert script.said >= 5 * len(trees)


@pytest.mark.usefixtures("_looks_often")
async def test_who_says_something_and_does_nothing_is_ended() -> None:
    quick = replace(PATIENCE, standstill=timedelta(seconds=0.2))

    end = await agent(Endless(DONE, {"type": "still at it"}), door=door(), patience=quick).stint(request(), BENCH)

    assert end.message == "no progress: it did nothing new for 0:00:00.200000, and its files stay as they are"  # type: ignore[union-attr]


@pytest.mark.parametrize("busy", [{"open_calls": {"call-1"}}, {"asking": 1}])
async def test_whose_model_is_asked_is_not_idle(busy: dict[str, Any]) -> None:
    quick = replace(PATIENCE, silence=timedelta(seconds=0.04), standstill=timedelta(seconds=0.1))
    asking = door(**busy)
    working = asyncio.create_task(agent(Script(DONE, stays=True), door=asking, patience=quick).stint(request(), BENCH))
    await asyncio.sleep(0.4)

    assert not working.done()
    working.cancel()
    await asyncio.wait({working})

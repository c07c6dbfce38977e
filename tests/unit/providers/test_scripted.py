import asyncio
from datetime import timedelta
from decimal import Decimal

import pytest

from tests.meters import MIDNIGHT, NEVER, MemoryMeter, StillClock, purpose
from watchbill.domain.calls import Bound, CallState, Purpose
from watchbill.domain.ids import CallId, ProviderName
from watchbill.domain.outcomes import Answered, Setback, SetbackKind, TurnEnd
from watchbill.domain.ports import ModelProvider, ProbeResult, TurnRequest
from watchbill.domain.transcript import Reply, Told, ToolResult, Transcript
from watchbill.providers.rates import Rates
from watchbill.providers.scripted import (
    Cut,
    Fail,
    Scene,
    Script,
    ScriptedProvider,
    Step,
    Useless,
    finish,
    first,
    say,
    table,
    use,
)

pytestmark = pytest.mark.anyio


class Stage:
    def __init__(self, script: Script) -> None:
        self.meter, self.clock = MemoryMeter(), StillClock()
        self.provider = ScriptedProvider(
            name=ProviderName("claude"),
            script=script,
            meter=self.meter,
            clock=self.clock,
            rates=Rates(input=Decimal(3), output=Decimal(15)),
        )

    async def turn(self, *entries: Told | Reply | ToolResult, task: str = "task-1") -> TurnEnd:
        return await self.provider.turn(
            TurnRequest(
                purpose=purpose(task=task),
                transcript=Transcript(entries=entries or (Told(text="Write chapter 3 of the novel"),)),
                tools=(),
                max_tokens=1_000,
                deadline=timedelta(minutes=1),
            )
        )


def test_the_double_is_a_model_provider() -> None:
    assert isinstance(Stage(table({})).provider, ModelProvider)


async def test_a_row_is_found_by_task_or_by_words_of_the_brief() -> None:
    rows = {"task-9": [say("by id")], "chapter": [say("by a word")], "chapter 3": [say("by more words")]}
    stage = Stage(table(rows))

    by_id, by_words = await stage.turn(task="task-9"), await stage.turn()

    assert isinstance(by_id, Answered)
    assert by_id.reply.text == "by id"
    assert isinstance(by_words, Answered)
    assert by_words.reply.text == "by more words"


async def test_the_place_in_the_script_is_read_off_the_transcript() -> None:
    theirs = Reply(text="begun by another", vendor="other", model="o")
    stage = Stage(table({"task-1": [say("one"), say("two")]}))

    end = await stage.turn(Told(text="go"), theirs, Told(text="taken over"))

    assert isinstance(end, Answered)
    assert end.reply.text == "two"


@pytest.mark.parametrize("rows", [{}, {"task-1": []}])
async def test_a_script_without_words_counts_as_a_wrong_request(rows: dict[str, list[Step]]) -> None:
    end = await Stage(table(rows)).turn()

    assert isinstance(end, Setback)
    assert end.kind is SetbackKind.BAD_REQUEST


async def test_first_plays_a_failure_once_and_then_goes_on() -> None:
    stage = Stage(table({"task-1": [first(Fail(kind=SetbackKind.OVERLOADED), say("better"))]}))

    ends = [await stage.turn(), await stage.turn(), await stage.turn()]

    assert [type(end) for end in ends] == [Setback, Answered, Answered]


async def test_a_script_can_be_any_function_of_the_scene() -> None:
    seen: list[Scene] = []
    stage = Stage(lambda scene: (seen.append(scene), say("x"))[1])
    results = (ToolResult(id="a", name="check", content="1"), ToolResult(id="b", name="check", content="2"))

    await stage.turn(Told(text="brief"), Reply(text="r"), *results)

    (scene,) = seen
    assert (scene.brief, scene.turn, scene.results, scene.now) == ("brief", 1, results, MIDNIGHT)


async def test_tool_calls_have_ids_that_never_repeat_within_a_talk() -> None:
    stage = Stage(table({"task-1": [say("", use("check"), use("check")), say("", use("check"))]}))

    one = await stage.turn()
    assert isinstance(one, Answered)
    two = await stage.turn(Told(text="go"), one.reply)
    assert isinstance(two, Answered)

    ids = [call.id for call in (*one.reply.tool_calls, *two.reply.tool_calls)]
    assert len(set(ids)) == 3


async def test_the_same_question_has_the_same_answer() -> None:
    ends = [await Stage(table({"task-1": [finish("done", next_steps=["rest"])]})).turn() for _ in range(2)]

    assert ends[0] == ends[1]


async def test_finish_is_said_with_the_tools_own_words() -> None:
    end = await Stage(table({"task-1": [finish("half", done=False, next_steps=["more"])]})).turn()

    assert isinstance(end, Answered)
    (call,) = end.reply.tool_calls
    assert (call.name, call.args) == ("finish", {"done": False, "summary": "half", "next_steps": ["more"]})


async def test_a_failure_states_its_reset_from_now() -> None:
    end = await Stage(table({"task-1": [Fail(kind=SetbackKind.EXHAUSTED, until=timedelta(hours=2))]})).turn()

    assert isinstance(end, Setback)
    assert end.until == MIDNIGHT + timedelta(hours=2)


async def test_a_slow_answer_takes_its_time_on_the_clock() -> None:
    stage = Stage(table({"task-1": [say("slow", takes=timedelta(minutes=3)), Cut(takes=timedelta(minutes=1))]}))

    await stage.turn()
    await stage.turn(Told(text="go"), Reply(text="one"))

    assert stage.clock.at == MIDNIGHT + timedelta(minutes=4)
    assert stage.meter.states == [CallState.SENT, CallState.UNKNOWN]


async def test_a_useless_answer_is_billed() -> None:
    end = await Stage(table({"task-1": [Useless(kind=SetbackKind.REFUSED)]})).turn()

    assert isinstance(end, Setback)
    assert end.settlement is not None
    assert end.settlement.cost > 0


async def test_a_turn_that_is_cancelled_while_it_pays_is_released() -> None:
    stage = Stage(table({"task-1": [say("never", takes=NEVER)]}))
    begun, gate, reserve = asyncio.Event(), asyncio.Event(), stage.meter.reserve

    async def slowly(purpose: Purpose, bound: Bound) -> CallId:
        begun.set()
        await gate.wait()
        return await reserve(purpose, bound)

    stage.meter.reserve = slowly
    task = asyncio.ensure_future(stage.turn())
    await begun.wait()
    task.cancel()
    gate.set()
    await asyncio.wait([task])

    assert stage.meter.states == [CallState.RELEASED]


async def test_a_probe_says_what_the_script_wants() -> None:
    ill = ProbeResult(well=False, message="down")
    meter = MemoryMeter()
    provider = ScriptedProvider(
        name=ProviderName("s"),
        script=table({}),
        meter=meter,
        clock=StillClock(),
        rates=Rates(input=Decimal(1), output=Decimal(1)),
        probe=lambda: ill,
    )

    assert await provider.probe() == ill
    assert (await Stage(table({})).provider.probe()).well
    await provider.aclose()

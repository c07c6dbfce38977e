"""Fewer calls: an identical request is answered from the store, one that is under way is joined, all others are sent."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.daemon.test_dialogue import WRITE, steps
from tests.worlds import FILES, World, ends_of, settle, task_of
from watchbill.daemon.collecting import Collecting
from watchbill.daemon.flights import Flights
from watchbill.daemon.service import Service
from watchbill.daemon.sparing import Sparing, key_of
from watchbill.daemon.terms import RunTerms
from watchbill.domain.calls import CallState, Purpose
from watchbill.domain.ids import ProviderName, RepoName, RunId, TaskId, TaskType
from watchbill.domain.outcomes import SetbackKind, TurnEnd
from watchbill.domain.ports import ModelProvider, TurnRequest
from watchbill.domain.tasks import TaskState
from watchbill.domain.tools import TOOLS
from watchbill.domain.transcript import Reply, Told, Transcript, dump
from watchbill.domain.windows import Window, WindowKind
from watchbill.providers.scripted import Cut, Fail, Scene, Script, ScriptedProvider, Step, finish, first, say
from watchbill.state import accounts, ledger, savings, tasks
from watchbill.state.answers import Keeping
from watchbill.state.savings import Savings

pytestmark = pytest.mark.anyio

ONE_SHOT = {"small": ", one_shot = true"}
BOTH_AT_ONCE = {"small": "concurrent = 2"}
ONE, TWO = (f"- [ ] Mend the grammar [id:: {name}] [files:: {name}.md]\n" for name in ("one", "two"))
PASSAGE = "It is late. {==He go home.==}\n"
GOOD = say("He goes home.")
SLOW = say("He goes home.", takes=timedelta(minutes=2))


def world(tmp_path: Path, script: Script, *, twins: bool = True, repo: str = "", **more: Any) -> World:
    """Two tasks whose one request is the same; one after the other, unless they are twins."""
    files = {**FILES, "one.md": PASSAGE, "two.md": PASSAGE, "docs/AI_TASK_QUEUE.md": ONE + TWO}
    keys = BOTH_AT_ONCE if twins else {}
    return World(
        root=tmp_path, scripts={"small": script}, files=files, models=ONE_SHOT, keys=keys, repo=repo, **more
    ).make()


async def saved(service: Service) -> Savings:
    return await service.parts.database.submit(savings.savings)


async def calls(service: Service) -> list[str]:
    return [call.state for call in await service.parts.database.submit(accounts.calls)]


async def test_an_identical_request_on_the_same_tree_is_answered_from_the_store(tmp_path: Path) -> None:
    here = world(tmp_path, steps(GOOD), twins=False, repo='delivery = "patch"')
    async with here.service() as service:
        await settle(service)
        assert await ends_of(service, "one") == await ends_of(service, "two") == [("small", "landed")]
        assert await calls(service) == [CallState.SETTLED]
        assert set((await saved(service)).by) == {"deduped"}

    (told,) = here.said("call.saved")
    assert (told["task"], told["by"], told["call"]) == ("two", "deduped", "call-1")


async def test_on_another_tree_the_same_request_is_sent(tmp_path: Path) -> None:
    here = world(tmp_path, steps(GOOD), twins=False)
    async with here.service() as service:
        await settle(service)
        assert await calls(service) == [CallState.SETTLED, CallState.SETTLED]
        assert not (await saved(service)).by


async def test_stored_answers_survive_a_restart(tmp_path: Path) -> None:
    here = world(tmp_path, steps(GOOD), twins=False, repo='delivery = "patch"')
    async with here.service() as service:
        await service.ticker.tick()
        await service.dispatcher.idle()
    async with here.service() as service:
        await settle(service)
        assert await calls(service) == [CallState.SETTLED]
        assert (await task_of(service, "two")).state is TaskState.LANDED


async def test_with_the_setting_off_every_request_is_sent(tmp_path: Path) -> None:
    here = world(tmp_path, steps(GOOD), twins=False, repo='delivery = "patch"\n[saving]\nanswers = false')
    async with here.service() as service:
        await settle(service)
        assert await calls(service) == [CallState.SETTLED, CallState.SETTLED]


async def test_concurrent_twins_send_once(tmp_path: Path) -> None:
    here = world(tmp_path, steps(SLOW))
    async with here.service() as service:
        await settle(service)
        assert await ends_of(service, "one") == await ends_of(service, "two") == [("small", "landed")]
        assert await calls(service) == [CallState.SETTLED]
        assert (await saved(service)).by["joined"].calls == 1
    assert here.show("one.md") == here.show("two.md") == "It is late. He goes home.\n"


async def test_twins_in_two_repositories_with_the_same_files_send_once(tmp_path: Path) -> None:
    port = '[[repo]]\nname = "port"\npath = "port"\n'
    files = {"README.md": "# Here\n", "one.md": PASSAGE}
    script = {"small": steps(SLOW)}
    here = World(root=tmp_path, scripts=script, files=files, models=ONE_SHOT, keys=BOTH_AT_ONCE, repo=port).make()
    here.git("clone", "--quiet", str(here.path), str(tmp_path / "port"))
    for place, entry in ((here.path, ONE), (tmp_path / "port", TWO.replace("two.md", "one.md"))):
        (place / "docs").mkdir()
        (place / "docs/AI_TASK_QUEUE.md").write_text(entry)
    async with here.service() as service:
        await settle(service)
        assert await ends_of(service, "one") == await ends_of(service, "two") == [("small", "landed")]
        assert await calls(service) == [CallState.SETTLED]


def repeated(tmp_path: Path) -> World:
    """The same work twice, with tools, on a state that its delivery does not move."""
    entry = FILES["docs/AI_TASK_QUEUE.md"]
    again = entry.splitlines(keepends=True)[-2:]
    files = {**FILES, "docs/AI_TASK_QUEUE.md": entry + "".join(again).replace("id:: one", "id:: two")}
    script = steps(WRITE, finish("done"))
    return World(root=tmp_path, scripts={"big": script}, files=files, repo='delivery = "patch"').make()


async def test_a_whole_conversation_can_be_spared(tmp_path: Path) -> None:
    here = repeated(tmp_path)
    async with here.service() as service:
        await settle(service)
        assert await ends_of(service, "one") == await ends_of(service, "two") == [("big", "landed")]
        assert await calls(service) == [CallState.SETTLED] * 2
        assert (await saved(service)).saved.calls == 2


async def test_an_answer_that_is_there_is_not_waited_for_in_a_batch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    collected: list[str] = []

    async def noted(_self: Collecting, request: TurnRequest) -> None:
        collected.append(request.purpose.task)

    monkeypatch.setattr(Collecting, "collect", noted)
    here = repeated(tmp_path)
    async with here.service() as service:
        await settle(service)

    assert collected == ["one", "one"]


async def test_a_saved_call_holds_and_spends_nothing(tmp_path: Path) -> None:
    here = world(tmp_path, steps(SLOW))
    async with here.service() as service:
        await settle(service)
        (call,) = await service.parts.database.submit(accounts.calls)
        saving = (await saved(service)).saved
        of = [Window(WindowKind.TASK, name) for name in ("one", "two")]
        spent = [await service.parts.database.submit(lambda conn, w=w: ledger.used(conn, w)) for w in of]

    assert call.settlement is not None
    assert sorted(spent) == [(0, 0), (call.settlement.cost, 0)]
    assert saving.cost == call.settlement.cost


@pytest.mark.parametrize("failure", [Fail(kind=SetbackKind.BAD_REQUEST), Cut(takes=timedelta(minutes=1))])
async def test_when_the_first_twin_fails_the_second_sends(tmp_path: Path, failure: Step) -> None:
    asked: list[str] = []

    def script(scene: Scene) -> Step:
        asked.append(scene.purpose.task)
        return failure if scene.purpose.task == asked[0] else GOOD

    here = world(tmp_path, script, terms=RunTerms(retries=0))
    async with here.service() as service:
        await service.ticker.tick()
        await service.dispatcher.idle()
        second = next(name for name in ("one", "two") if name != asked[0])
        assert asked == [asked[0], second]
        assert (await task_of(service, second)).state is TaskState.LANDED


async def test_a_waiting_twin_sends_when_the_first_is_too_late(tmp_path: Path) -> None:
    here = world(tmp_path, steps(say("He goes home.", takes=timedelta(minutes=30))))
    here.terms = RunTerms(turn_deadline=timedelta(seconds=0.05))
    async with here.service() as service:
        await settle(service)
        assert await calls(service) == [CallState.SETTLED, CallState.SETTLED]


async def test_an_answer_of_no_use_is_not_kept(tmp_path: Path) -> None:
    here = world(tmp_path, steps(first(say(""), say(""), GOOD)), twins=False, repo='delivery = "patch"')
    async with here.service() as service:
        await settle(service)
        assert (await saved(service)).saved.calls <= 1
        assert (await task_of(service, "one")).state is TaskState.LANDED


async def test_tasks_that_are_begun_anew_are_really_asked_again(tmp_path: Path) -> None:
    here = world(tmp_path, steps(GOOD), twins=False, repo='delivery = "patch"')
    async with here.service() as service:
        await settle(service)
        assert await calls(service) == [CallState.SETTLED]
        for name in ("one", "two"):
            await service.parts.database.submit(
                lambda conn, name=name: tasks.reopen(conn, TaskId(name), now=service.parts.clock.now())
            )
        await settle(service)
        assert await calls(service) == [CallState.SETTLED] * 3
        assert (await saved(service)).saved.calls == 1


async def test_a_probe_asks_the_provider_itself(tmp_path: Path) -> None:
    here = world(tmp_path, steps(GOOD))
    async with here.service() as service:
        (provider,) = [each for each in service.orders.standing.providers.values() if isinstance(each, ModelProvider)]
        probed = await Sparing(provider, stint=None, keeping=Keeping(), house="").probe()  # type: ignore[arg-type] # it needs none

    assert probed.message == "scripted"


def request(**changes: Any) -> TurnRequest:
    purpose = Purpose(
        run=RunId("run-1"),
        task=TaskId("one"),
        repo=RepoName("repo"),
        type=TaskType("write"),
        provider=ProviderName("claude"),
        model="m",
    )
    plain = TurnRequest(
        purpose=purpose,
        transcript=Transcript(system="You are.", entries=(Told(text="Do."),)),
        tools=TOOLS,
        max_tokens=100,
        deadline=timedelta(minutes=1),
    )
    return replace(plain, **changes)


def key(asked: TurnRequest, *, tree: str = "t", house: str = "h") -> str:
    return key_of(asked, tree=tree, house=house)


def test_for_whom_and_how_long_does_not_make_a_request_another() -> None:
    other = replace(request().purpose, run=RunId("run-2"), task=TaskId("two"), repo=RepoName("another"))
    alike = request(purpose=other, deadline=timedelta(hours=1), pause=timedelta(hours=1))

    assert key(alike) == key(request())


CHANGES = {
    "tools": TOOLS[:-1],
    "max_tokens": 101,
    "transcript": Transcript(system="You are.", entries=(Told(text="Do!"),)),
    "purpose": replace(request().purpose, model="n"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_whatever_can_change_the_answer_makes_a_request_another(name: str) -> None:
    assert key(request(**{name: CHANGES[name]})) != key(request())


def test_the_same_request_on_another_tree_or_to_another_house_is_another() -> None:
    assert len({key(request()), key(request(), tree="u"), key(request(), house="other")}) == 3


TEXTS = st.text(st.characters(codec=None), max_size=8)
TRANSCRIPTS = st.builds(
    Transcript,
    system=TEXTS,
    entries=st.lists(st.builds(Told, text=TEXTS) | st.builds(Reply, text=TEXTS), max_size=3).map(tuple),
)


@given(one=TRANSCRIPTS, two=TRANSCRIPTS, trees=st.tuples(TEXTS, TEXTS))
def test_keys_are_the_same_exactly_when_what_is_said_and_the_tree_are(
    one: Transcript, two: Transcript, trees: tuple[str, str]
) -> None:
    same = dump(one) == dump(two) and trees[0] == trees[1]

    assert (key(request(transcript=one), tree=trees[0]) == key(request(transcript=two), tree=trees[1])) is same


async def test_a_run_never_waits_for_itself() -> None:
    flights = Flights()
    flights.board("k", RunId("run-1"))
    landing = flights.board("k", RunId("run-2"))
    assert flights.board("k", RunId("run-1")) is None

    assert landing is not None
    assert landing.is_set()


async def test_a_request_knows_the_longest_pause_of_its_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[timedelta] = []
    turn = ScriptedProvider.turn

    async def noted(self: ScriptedProvider, request: TurnRequest) -> TurnEnd:
        pauses.append(request.pause)
        return await turn(self, request)

    monkeypatch.setattr(ScriptedProvider, "turn", noted)
    script = steps(first(Fail(kind=SetbackKind.OVERLOADED), GOOD))
    here = world(tmp_path, script, twins=False, terms=RunTerms(retry_after=timedelta(minutes=6)))
    async with here.service() as service:
        await settle(service)

    assert pauses[0] == timedelta(0)
    assert pauses[1] >= timedelta(minutes=6)


async def test_a_flight_is_one_request_of_one_run_and_lands_once() -> None:
    flights = Flights()
    assert flights.board("k", RunId("run-1")) is None
    landing = flights.board("k", RunId("run-2"))
    assert landing is not None
    assert flights.board("other", RunId("run-3")) is None

    flights.land(RunId("run-1"))
    flights.land(RunId("run-1"))
    await asyncio.wait_for(landing.wait(), 60)
    assert flights.board("k", RunId("run-2")) is None

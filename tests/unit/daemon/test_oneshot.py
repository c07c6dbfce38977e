"""A model that is asked for one passage: what is asked, what its answer comes to, and what is never taken for an answer."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import pytest

from tests.unit.daemon.test_dialogue import WRITE, steps
from tests.worlds import FILES, World, ends_of, settle, task_of
from watchbill.daemon.oneshot import OneShot
from watchbill.daemon.terms import Stop
from watchbill.domain.ids import RunId, TaskId
from watchbill.domain.outcomes import SetbackKind
from watchbill.domain.tasks import TaskState
from watchbill.domain.transcript import Reply
from watchbill.providers.scripted import Fail, Scene, Script, Step, finish, say
from watchbill.state import accounts, briefs, sessions

pytestmark = pytest.mark.anyio

QUEUE = "docs/AI_TASK_QUEUE.md"
ENTRY = "- [ ] Mend the grammar [id:: one] [files:: notes.md]\n"
NOTES = "# Notes\n\nIt is late. {==He go home.==} All is quiet.\n"
MENDED = "# Notes\n\nIt is late. He goes home. All is quiet.\n"
ONE_SHOT = {"small": ', one_shot = true, examples = [["I has a cat.", "I have a cat."]]'}


def world(
    tmp_path: Path, *scripts: Script, notes: str = NOTES, entry: str = ENTRY, models: Mapping[str, str] = ONE_SHOT
) -> World:
    files = {**FILES, "notes.md": notes, QUEUE: entry}
    named = dict(zip(("small", "big"), scripts, strict=False))
    return World(root=tmp_path, scripts=named, files=files, models=models).make()


async def test_the_answer_takes_the_place_of_the_marked_passage(tmp_path: Path) -> None:
    here = world(tmp_path, steps(say(" He goes home.\n")))
    async with here.service() as service:
        await settle(service)
        assert await ends_of(service, "one") == [("small", "landed")]
    assert here.show("notes.md") == MENDED
    assert [facts["passes"] for facts in here.said("run.gated")] == [True]


async def test_it_is_asked_for_the_passage_alone_behind_its_examples(tmp_path: Path) -> None:
    heard: list[Scene] = []

    def answer(scene: Scene) -> Step:
        heard.append(scene)
        return say("He goes home.")

    here = world(tmp_path, answer)
    async with here.service() as service:
        await settle(service)
        shown = await service.parts.database.submit(lambda conn: briefs.of_run(conn, RunId("run-1")))

    (scene,) = heard
    assert scene.told == ("I has a cat.", "He go home.")
    assert scene.turn == 1  # the example's answer is told as its own
    assert shown is not None
    assert "Mend the grammar" in shown
    assert shown.endswith("I has a cat.\n── its answer ──\nI have a cat.\n── passage ──\nHe go home.")


async def test_the_session_holds_the_answer_as_tool_calls_that_anybody_can_carry_out(tmp_path: Path) -> None:
    here = world(tmp_path, steps(say("He goes home.")))
    async with here.service() as service:
        await settle(service)
        session = await service.parts.database.submit(lambda conn: sessions.get(conn, TaskId("one")))
        (call,) = await service.parts.database.submit(accounts.calls)

    assert session is not None
    (reply,) = [entry for entry in session.transcript.entries if isinstance(entry, Reply)]
    assert (reply.text, reply.native) == ("He goes home.", "")
    assert [call.name for call in reply.tool_calls] == ["edit_file", "finish"]
    assert call.state == "settled"


async def test_a_stored_answer_is_carried_out_later_without_asking_again(tmp_path: Path) -> None:
    here = world(tmp_path, steps(say("He goes home.", takes=timedelta(minutes=5))))
    async with here.service() as service:
        await service.ticker.tick()
        service.dispatcher.stop(RunId("run-1"), Stop.RELIEVED)
        await service.dispatcher.idle()
        assert await ends_of(service, "one") == [("small", "handed_off")]
        await settle(service)
        assert await ends_of(service, "one") == [("small", "handed_off"), ("small", "landed")]
        assert len(await service.parts.database.submit(accounts.calls)) == 1
    assert here.show("notes.md") == MENDED


@pytest.mark.parametrize(
    ("answer", "wrong"),
    [
        ("", "is empty"),
        ("He go home.", "is the passage unchanged"),
        ("The sentence should be: He goes home.", "is more than the passage"),
        ("He goes.\nOk.", "is more than the passage"),
        ("{==He goes==}", "keeps the marks"),
    ],
)
async def test_an_answer_that_is_no_mended_passage_is_billed_counted_and_done_by_another(
    tmp_path: Path, answer: str, wrong: str
) -> None:
    here = world(tmp_path, steps(say(answer)), steps(WRITE, finish("done")))
    async with here.service() as service:
        await settle(service)
        calls = await service.parts.database.submit(accounts.calls)
        assert await ends_of(service, "one") == [("small", "failed"), ("big", "landed")]
        assert (await task_of(service, "one")).attempts == 1

    assert here.said("provider.setback")[0]["kind"] is SetbackKind.UNUSABLE
    assert f"its answer {wrong}" in str(here.said("provider.setback")[0]["message"])
    assert calls[0].state == "settled"
    assert calls[0].settlement is not None
    assert calls[0].settlement.cost > 0


TWO_MARKS = "{==He go.==} {==She go.==}\n"


@pytest.mark.parametrize(
    ("notes", "files", "why"),
    [
        ("# Notes\n", "notes.md", "notes.md marks 0"),
        (TWO_MARKS, "notes.md", "notes.md marks 2"),
        (NOTES, "gone.md", "There is no file `gone.md`"),
    ],
)
async def test_without_just_one_marked_passage_nothing_is_asked(
    tmp_path: Path, notes: str, files: str, why: str
) -> None:
    here = world(tmp_path, steps(say("He goes.")), notes=notes, entry=ENTRY.replace("notes.md", files))
    async with here.service() as service:
        await service.ticker.tick()
        await service.dispatcher.idle()
        assert await ends_of(service, "one") == [("small", "failed")]
        assert await service.parts.database.submit(accounts.calls) == []
    assert why in str(here.said("provider.setback")[0]["message"])


async def test_what_the_gates_refuse_of_it_is_not_asked_for_again(tmp_path: Path) -> None:
    notes = "# Notes\n\n{==Sea the [tool](src/tool.py) now.==}\n"
    here = world(tmp_path, steps(say("See the [tool](src/gone.py) now.")), steps(WRITE, finish("done")), notes=notes)
    async with here.service() as service:
        await settle(service)
        assert await ends_of(service, "one") == [("small", "rejected"), ("big", "landed")]
        assert len(await service.parts.database.submit(accounts.calls)) == 3


async def test_a_setback_of_the_provider_passes_through(tmp_path: Path) -> None:
    here = world(tmp_path, steps(Fail(kind=SetbackKind.EXHAUSTED, until=timedelta(hours=5))))
    async with here.service() as service:
        await settle(service)
        assert (await task_of(service, "one")).state is TaskState.QUEUED
        assert await ends_of(service, "one") == [("small", "deferred")]


async def test_the_answer_is_held_to_about_the_passages_length(tmp_path: Path) -> None:
    here = world(tmp_path, steps(say("He goes home.")))
    async with here.service() as service:
        await settle(service)
        (call,) = await service.parts.database.submit(accounts.calls)
    assert call.bound.tokens_out == 2 * len("He go home.")


async def test_it_probes_its_provider_and_leaves_it_open(tmp_path: Path) -> None:
    here = world(tmp_path, steps(say("He goes home.")))
    async with here.service() as service:
        real = next(provider for provider in service.providers.values() if provider.name == "small")
        asked = OneShot(real, stint=None, bench=None, examples=())  # type: ignore[arg-type]
        await asked.aclose()
        assert (await asked.probe()).well

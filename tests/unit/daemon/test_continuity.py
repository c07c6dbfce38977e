"""A continuity check: a model reads the task's texts against the canon, and what can be looked up becomes proposed tasks."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.worlds import World, ends_of, settle, task_of
from watchbill.daemon.service import Service
from watchbill.domain.ids import TaskId
from watchbill.domain.outcomes import SetbackKind
from watchbill.domain.tasks import Task, TaskState
from watchbill.providers.scripted import Fail, Scene, Script, Step, say, use
from watchbill.state import accounts, sessions, tasks

pytestmark = pytest.mark.anyio

CANON = """\
entities: [{id: ines, name: Ines Corvo, attributes: {mood: calm}}]
facts: [{id: f_bridge, about: the bridge, text: The bridge is down., valid_from: 3, valid_to: 8}]
"""
QUEUE = "# Queue\n\n- [ ] Check the continuity [id:: one]\n  - **Files:** `chapters/`\n"
FILES: Mapping[str, str] = {
    "README.md": "# A repository\n",
    "canon.yaml": CANON,
    "chapters/ch01.md": "Ines smiled.\n",
    "chapters/ch04.md": "Ines raged, and drove across to the far bank.\n",
    "docs/AI_TASK_QUEUE.md": QUEUE,
}
RAGED = {"quote": "Ines raged", "canon_id": "ines", "why": "she is calm"}
ACROSS = {"quote": "drove across to the far bank", "canon_id": "f_bridge", "why": "the bridge is down"}
INVENTED = {"quote": "Ines shouted", "canon_id": "ines", "why": "she is calm"}


def names(*found: Mapping[str, str]) -> Step:
    return say("", use("contradictions", contradictions=list(found)))


def reader(*in_fourth: Mapping[str, str]) -> Script:
    """Finds what it is given in the fourth chapter, and nothing elsewhere."""
    return lambda scene: names(*(in_fourth if "ch04.md" in scene.told[-1] else ()))


def world(tmp_path: Path, script: Script, files: Mapping[str, str] = FILES, **more: str) -> World:
    return World(root=tmp_path, scripts={"claude": script}, files=files, **more).make()


async def proposed(service: Service) -> list[Task]:
    known = await service.parts.database.submit(tasks.all_tasks)
    return [task for task in known if task.state is TaskState.PROPOSED]


async def frame(service: Service) -> str:
    session = await service.parts.database.submit(lambda conn: sessions.get(conn, TaskId("one")))
    assert session is not None
    return session.transcript.system


async def test_each_text_is_told_once_beside_the_canon(tmp_path: Path) -> None:
    seen: list[Scene] = []

    def script(scene: Scene) -> Step:
        seen.append(scene)
        return names()

    here = world(tmp_path, script)
    async with here.service() as service:
        await settle(service)
        assert await ends_of(service, "one") == [("claude", "verified")]
        calls = await service.parts.database.submit(accounts.calls)
        shown = await frame(service)
    assert [scene.told[-1].partition(" ")[0] for scene in seen] == ["chapters/ch01.md", "chapters/ch04.md"]
    assert all(len(scene.told) == 1 for scene in seen)
    assert "The bridge is down., valid_from: 3" in shown
    assert [call.purpose.type for call in calls] == ["continuity"] * 2


async def test_what_it_names_becomes_one_proposed_task_a_text_and_a_person_looks(tmp_path: Path) -> None:
    here = world(tmp_path, reader(RAGED, ACROSS))
    async with here.service() as service:
        await settle(service)
        task, (mend,) = await task_of(service, "one"), await proposed(service)
    assert task.state is TaskState.REVIEW
    assert task.note == "claude read 2 texts and named 2 contradictions; 1 task proposed"
    assert (mend.title, mend.type, mend.claims) == (
        "Mend 2 findings in chapters/ch04.md",
        "lore",
        ("chapters/ch04.md",),
    )
    assert "'drove across to the far bank' does not go with the canon (f_bridge)" in mend.requirements
    assert mend.note == "proposed by claude"
    assert here.git("for-each-ref", "refs/heads").count("\n") == 1  # nothing was changed


async def test_words_that_stand_elsewhere_too_are_told_of_the_text_in_which_they_were_read(tmp_path: Path) -> None:
    files = {**FILES, "chapters/ch01.md": "Ines raged.\n"}  # before the canon calms her, say
    async with world(tmp_path, reader(RAGED), files).service() as service:
        await settle(service)
        (mend,) = await proposed(service)
    assert mend.claims == ("chapters/ch04.md",)


@pytest.mark.parametrize(
    "found",
    [
        INVENTED,
        {**RAGED, "canon_id": "tomas"},
        {"quote": "", "canon_id": "ines", "why": ""},
    ],
)
async def test_what_cannot_be_looked_up_is_dropped(tmp_path: Path, found: Mapping[str, str]) -> None:
    async with world(tmp_path, reader(found)).service() as service:
        await settle(service)
        task = await task_of(service, "one")
        assert await proposed(service) == []
    assert task.state is TaskState.VERIFIED
    assert task.note.endswith("nothing contradicts the canon; 1 of what it named cannot be looked up, or is waived")


async def test_the_name_of_an_entry_serves_as_its_id(tmp_path: Path) -> None:
    async with world(tmp_path, reader({**RAGED, "canon_id": "Ines Corvo"})).service() as service:
        await settle(service)
        assert len(await proposed(service)) == 1


async def test_what_the_checks_find_themselves_is_proposed_once(tmp_path: Path) -> None:
    eyes = {"quote": "green eyes", "canon_id": "ines", "why": "they are brown"}
    files = {
        **FILES,
        "canon.yaml": CANON.replace("mood: calm", "mood: calm, eyes: brown"),
        "chapters/ch04.md": "Ines had green eyes.\n\nInes raged.\n",
    }
    async with world(tmp_path, reader(eyes, RAGED), files).service() as service:
        await settle(service)
        task, mends = await task_of(service, "one"), await proposed(service)
    assert "named 2 contradictions, 1 of which the checks find themselves; 1 task proposed" in task.note
    assert [("green" in mend.requirements, "raged" in mend.requirements) for mend in mends] == [(False, True)]


async def test_what_is_waived_is_no_contradiction(tmp_path: Path) -> None:
    waiver = "waivers: [{rule: judged, canon_id: ines, quote: ines raged, reason: her one rage}]\n"
    async with world(tmp_path, reader(RAGED), {**FILES, "lore-waivers.yaml": waiver}).service() as service:
        await settle(service)
        assert (await task_of(service, "one")).state is TaskState.VERIFIED


async def test_who_goes_on_asks_only_for_what_was_not_answered(tmp_path: Path) -> None:
    told: list[str] = []

    def script(scene: Scene) -> Step:
        told.append(scene.told[-1].partition(" ")[0])
        if told == ["chapters/ch01.md", "chapters/ch04.md"]:
            return Fail(kind=SetbackKind.BAD_REQUEST, message="no")
        return names(RAGED) if "ch04.md" in told[-1] else names()

    async with world(tmp_path, script).service() as service:
        await settle(service)
        ends = await ends_of(service, "one")
        task = await task_of(service, "one")
    assert told == ["chapters/ch01.md", "chapters/ch04.md", "chapters/ch04.md"]
    assert [state for _, state in ends] == ["failed", "review"]
    assert "named 1 contradiction" in task.note


async def test_another_canon_makes_every_answer_void(tmp_path: Path) -> None:
    told: list[str] = []
    here = world(tmp_path, lambda _scene: names())

    def script(scene: Scene) -> Step:
        told.append(scene.told[-1].partition(" ")[0])
        if len(told) == 2:
            (here.path / "canon.yaml").write_text(CANON.replace("calm", "wild"))
            here.commit("Another canon")
            return Fail(kind=SetbackKind.BAD_REQUEST, message="no")
        return names()

    here.scripts = {"claude": script}
    async with here.service() as service:
        await settle(service)
        assert (await task_of(service, "one")).state is TaskState.VERIFIED
    assert told == ["chapters/ch01.md", "chapters/ch04.md"] * 2


@pytest.mark.parametrize("said", [say("All is well."), say("", use("contradictions", contradictions="none"))])
async def test_an_answer_in_another_form_is_paid_and_asked_for_again(tmp_path: Path, said: Step) -> None:
    answers = iter((said, names(), names()))
    async with world(tmp_path, lambda _scene: next(answers)).service() as service:
        await settle(service)
        ends = await ends_of(service, "one")
        calls = await service.parts.database.submit(accounts.calls)
    assert [state for _, state in ends] == ["failed", "verified"]
    assert len(calls) == 3


@pytest.mark.parametrize(
    "files",
    [
        {name: text for name, text in FILES.items() if name != "canon.yaml"},
        {name: text for name, text in FILES.items() if not name.startswith("chapters")},
    ],
)
async def test_without_a_canon_or_a_text_a_person_is_told(tmp_path: Path, files: Mapping[str, str]) -> None:
    async with world(tmp_path, reader(), files).service() as service:
        await settle(service)
        task = await task_of(service, "one")
        assert await service.parts.database.submit(accounts.calls) == []
    assert task.state is TaskState.REVIEW
    assert task.note.startswith("there is nothing to read")


async def test_a_long_text_is_read_in_parts_and_a_long_canon_as_far_as_it_concerns_the_texts(tmp_path: Path) -> None:
    seen: list[Scene] = []

    def script(scene: Scene) -> Step:
        seen.append(scene)
        return names(RAGED) if "Ines raged" in scene.told[-1] else names()

    people = "".join(f"  - {{id: p{n}, name: Somebody{n} Else, attributes: {{mood: odd}}}}\n" for n in range(200))
    chapter = "The tide came in and went out again.\n" * 300 + "Ines raged.\n"
    files = {
        **FILES,
        "canon.yaml": f"entities:\n  - {{id: ines, name: Ines Corvo, attributes: {{mood: calm}}}}\n{people}",
        "chapters/ch04.md": chapter,
    }
    here = world(tmp_path, script, files, repo="brief_tokens = 1500")
    async with here.service() as service:
        await settle(service)
        (mend,) = await proposed(service)
        shown = await frame(service)
    assert "chapters/ch04.md:301: judged: 'Ines raged'" in mend.requirements
    labels = [scene.told[-1].partition(" (material")[0] for scene in seen]
    assert labels[0] == "chapters/ch01.md"
    assert labels[1:] == [f"chapters/ch04.md, part {n} of {len(labels) - 1}" for n in range(1, len(labels))]
    assert len(labels) > 2
    assert "Ines Corvo" in shown
    assert "Somebody7 " not in shown

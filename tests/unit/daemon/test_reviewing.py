"""Collaboration: one drafts, another vendor reviews the diff; rounds are bounded, both are paid from the task's budget."""

from pathlib import Path

import pytest

from tests.unit.daemon.test_dialogue import BROKEN, WRITE, steps
from tests.worlds import World, ends_of, settle, task_of
from watchbill.daemon.service import Service
from watchbill.domain.ids import TaskId
from watchbill.domain.outcomes import SetbackKind
from watchbill.domain.reviews import ReviewState
from watchbill.domain.tasks import TaskState
from watchbill.providers.scripted import Fail, Scene, Script, Step, finish, say, use
from watchbill.state import accounts, sessions
from watchbill.state.accounts import By

pytestmark = pytest.mark.anyio

TOGETHER = '\n[collaboration]\ntypes = ["write"]\n{more}\n'
YES = say("", use("review", approve=True, comments=[]))
NO = say("", use("review", approve=False, comments=["notes.md: say why"]))
BETTER = say("", use("write_file", path="notes.md", content="# Notes\n\nBecause.\n"))


def world(tmp_path: Path, drafts: Script, reviews: Script, more: str = "") -> World:
    scripts = {"claude": drafts, "gpt": reviews}
    return World(root=tmp_path, scripts=scripts, daemon=TOGETHER.format(more=more)).make()


def drafts(scene: Scene) -> Step:
    """Writes and finishes; when it is told what the reviewer wants, it does that."""
    if "asks for changes" in scene.told[-1] and not any(result.name == "write_file" for result in scene.results):
        return BETTER
    return WRITE if scene.turn == 0 else finish("done")


async def review_of(service: Service) -> object:
    session = await service.parts.database.submit(lambda conn: sessions.get(conn, TaskId("one")))
    assert session is not None
    return session.review


async def test_what_another_vendor_approves_lands_without_another_call_of_its_author(tmp_path: Path) -> None:
    here = world(tmp_path, drafts, lambda _scene: YES)
    async with here.service() as service:
        await settle(service)
        assert await ends_of(service, "one") == [("claude", "handed_off"), ("gpt", "landed")]
        paid = await service.parts.database.submit(lambda conn: accounts.totals(conn, By.TASK))
        calls = await service.parts.database.submit(accounts.calls)
    assert [call.purpose.provider for call in calls] == ["claude", "claude", "gpt"]
    assert [(total.name, total.calls) for total in paid] == [("one", 3)]
    (told,) = here.said("session.reviewed")
    assert (told["drafter"], told["approved"], told["round"]) == ("claude", True, 1)
    assert here.show("notes.md") == "# Notes\n"


async def test_a_reviewer_is_told_the_task_and_the_diff_and_nothing_else(tmp_path: Path) -> None:
    seen: list[str] = []

    def reviews(scene: Scene) -> Step:
        seen.extend(scene.told)
        return YES

    async with world(tmp_path, drafts, reviews).service() as service:
        await settle(service)
    (told,) = seen
    assert "Do one thing" in told
    assert "+# Notes" in told


async def test_its_author_makes_the_changes_and_is_reviewed_again(tmp_path: Path) -> None:
    answers = iter((NO, YES))
    here = world(tmp_path, drafts, lambda _scene: next(answers))
    async with here.service() as service:
        await settle(service)
        assert await ends_of(service, "one") == [
            ("claude", "handed_off"),
            ("gpt", "handed_off"),
            ("claude", "handed_off"),
            ("gpt", "landed"),
        ]
        assert (await task_of(service, "one")).attempts == 0
    assert here.show("notes.md").endswith("Because.\n")


async def test_who_do_not_agree_leave_it_to_a_person(tmp_path: Path) -> None:
    here = world(tmp_path, drafts, lambda _scene: NO)
    async with here.service() as service:
        await settle(service)
        task = await task_of(service, "one")
        assert (task.state, len(here.said("session.reviewed"))) == (TaskState.REVIEW, 2)
        assert task.note == "after 2 reviews gpt still asks for: notes.md: say why"


async def test_once_a_person_accepts_it_lands_without_another_review(tmp_path: Path) -> None:
    here = world(tmp_path, drafts, lambda _scene: NO, more="rounds = 1")
    async with here.service() as service:
        await settle(service)
        await service.control.accept(TaskId("one"))
        await settle(service)
        assert (await task_of(service, "one")).state is TaskState.LANDED
    assert len(here.said("session.reviewed")) == 1


async def test_a_draft_waits_for_a_reviewer_that_is_limited_and_no_attempt_is_used(tmp_path: Path) -> None:
    here = world(tmp_path, drafts, lambda _scene: Fail(kind=SetbackKind.EXHAUSTED))
    async with here.service() as service:
        await settle(service)
        task = await task_of(service, "one")
        assert (task.state, task.attempts) == (TaskState.QUEUED, 0)
        review = await review_of(service)
        assert getattr(review, "state", None) is ReviewState.WANTED
        assert await ends_of(service, "one") == [("claude", "handed_off"), ("gpt", "deferred")]


@pytest.mark.parametrize(
    "answer",
    [
        say("Looks fine."),
        say("", use("review", approve="yes", comments=[])),
        say("", use("review", approve=False, comments=[])),
    ],
)
async def test_a_reviewer_that_says_neither_yes_nor_no_is_asked_again(tmp_path: Path, answer: Step) -> None:
    answers = iter((answer, YES))
    here = world(tmp_path, drafts, lambda _scene: next(answers))
    async with here.service() as service:
        await settle(service)
        ends = await ends_of(service, "one")
    assert ends == [("claude", "handed_off"), ("gpt", "failed"), ("gpt", "landed")]


async def test_what_the_checks_refuse_is_not_reviewed(tmp_path: Path) -> None:
    here = world(tmp_path, steps(BROKEN, finish("done"), WRITE, finish("mended")), lambda _scene: YES)
    async with here.service() as service:
        await settle(service)
        assert await ends_of(service, "one") == [("claude", "handed_off"), ("gpt", "landed")]


async def test_other_types_land_as_ever(tmp_path: Path) -> None:
    here = World(
        root=tmp_path, scripts={"claude": drafts, "gpt": drafts}, daemon='\n[collaboration]\ntypes = ["code"]\n'
    )
    async with here.make().service() as service:
        await settle(service)
        assert await ends_of(service, "one") == [("claude", "landed")]


async def test_a_draft_that_no_longer_passes_goes_back_to_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = world(tmp_path, drafts, lambda _scene: YES)
    async with here.service() as service:
        await service.ticker.tick()
        await service.dispatcher.idle()
        from watchbill.daemon.stint import Stint

        gate, asked = Stint.gate, []

        async def once(stint: Stint) -> object:
            asked.append(1)
            return None if len(asked) == 1 else await gate(stint)

        monkeypatch.setattr(Stint, "gate", once)
        await settle(service)
        ends = await ends_of(service, "one")
    assert ends == [("claude", "handed_off"), ("gpt", "handed_off"), ("claude", "handed_off"), ("gpt", "landed")]


CANON = "entities: [{id: ines, name: Ines, attributes: {mood: calm}}]\n"
QUOTED = {"quote": "Ines raged.", "canon_id": "ines", "why": "she is calm"}
INVENTED = {"quote": "Ines shouted.", "canon_id": "ines", "why": "she is calm"}


@pytest.mark.parametrize(
    ("lore", "canon", "said", "ends"),
    [
        ("judge = true", CANON, [QUOTED], ["handed_off", "handed_off", "handed_off", "landed"]),
        ("judge = true", CANON, [INVENTED], ["handed_off", "landed"]),  # what the text does not say is dropped
        ("judge = true", "", [QUOTED], ["handed_off", "landed"]),  # there is no canon
        ("judge = false", CANON, [QUOTED], ["handed_off", "landed"]),
    ],
)
async def test_a_reviewer_judges_by_the_canon_and_its_quotes_must_stand_in_the_text(
    tmp_path: Path, lore: str, canon: str, said: list[object], ends: list[str]
) -> None:
    told: list[str] = []

    def author(scene: Scene) -> Step:
        if "asks for changes" in scene.told[-1] and not any(result.name == "write_file" for result in scene.results):
            return say("", use("write_file", path="notes.md", content="Ines smiled.\n"))
        return (
            say("", use("write_file", path="notes.md", content="Ines raged.\n")) if scene.turn == 0 else finish("done")
        )

    def reviewer(scene: Scene) -> Step:
        told.extend(scene.told)
        raged = "+Ines raged." in scene.told[-1]
        return say("", use("review", approve=True, comments=[], contradictions=said if raged else []))

    here = world(tmp_path, author, reviewer, more=f"[lore]\n{lore}")
    if canon:
        (here.path / "canon.yaml").write_text(canon)
        here.commit("Add a canon")
    async with here.service() as service:
        await settle(service)
        found = await ends_of(service, "one")

    assert [end for _, end in found] == ends
    assert ("mood: calm" in told[0]) is (lore == "judge = true" and bool(canon))

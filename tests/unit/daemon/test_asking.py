"""Asking people: a question stands once in the file, its answer is the result of the call, and no word of theirs is lost."""

import os
import time
from pathlib import Path

import pytest

from tests.worlds import FILES, World, ends_of, settle, task_of
from watchbill.daemon.asking import Asker
from watchbill.daemon.service import Service
from watchbill.domain.errors import IllegalMove
from watchbill.domain.ids import QuestionId, TaskId
from watchbill.domain.questions import Question
from watchbill.domain.tasks import TaskState
from watchbill.domain.transcript import Told, ToolResult
from watchbill.providers.scripted import finish, say, table, use
from watchbill.state import accounts, questions, sessions, tasks

pytestmark = pytest.mark.anyio

QUESTIONS = "docs/AI_QUESTIONS.md"
ASK = use(
    "ask",
    title="Which ending stays?",
    issue="Both are canon.",
    options=["Keep the storm", "Keep the calm"],
    recommendation="Keep the storm.",
)
WRITE = use("write_file", path="notes.md", content="The storm.\n")
SCRIPT = table({"one": (say("", ASK), say("", WRITE), finish("written"))})
WRITE_ONE = say("", WRITE)
PROCEED = {
    **FILES,
    "docs/AI_TASK_QUEUE.md": FILES["docs/AI_TASK_QUEUE.md"].replace("[id:: one]", "[id:: one] [on_question:: proceed]"),
}


def make(tmp_path: Path, **other: object) -> World:
    return World(root=tmp_path, scripts={"claude": SCRIPT}, **other).make()


def file_of(world: World) -> Path:
    return world.path / QUESTIONS


def write(world: World, old: str, new: str) -> None:
    """A person edits the file and leaves it alone for a while."""
    text = file_of(world).read_text()
    assert old in text
    file_of(world).write_text(text.replace(old, new))
    rest(world)


def rest(world: World) -> None:
    past = time.time() - 60
    os.utime(file_of(world), (past, past))


def answer(world: World, said: str = "Keep the calm.") -> None:
    write(world, "**Answer:** \n", f"**Answer:** {said}\n")


async def asked(service: Service) -> Question:
    (found,) = await service.parts.database.submit(questions.listing)
    return found


async def results(service: Service) -> list[str]:
    session = await service.parts.database.submit(lambda conn: sessions.get(conn, TaskId("one")))
    assert session is not None
    return [entry.content for entry in session.transcript.entries if isinstance(entry, ToolResult)]


# ── waiting ──


async def test_a_task_that_asks_waits_and_its_question_stands_in_the_file(tmp_path: Path) -> None:
    world = make(tmp_path)

    async with world.service() as service:
        await settle(service)

        task = await task_of(service, "one")
        assert (task.state, task.attempts) == (TaskState.REVIEW, 0)
        assert task.note == "waits for the answer to Q-1 (Which ending stays?)"
        assert await ends_of(service, "one") == [("claude", "handed_off")]
        assert "### Q-1: Which ending stays?" in file_of(world).read_text()
        assert "- [?] Do one thing" in world.queue.read_text()
        assert world.git("status", "--porcelain", "--untracked-files=all").splitlines() == [
            " M docs/AI_TASK_QUEUE.md",
            f"?? {QUESTIONS}",
        ]
        assert world.said("question.asked") == [
            {"question": "Q-1", "task": "one", "repo": "repo", "title": "Which ending stays?", "waits": True}
        ]


async def test_an_answer_in_the_file_is_the_result_of_the_call_and_the_model_is_not_asked_anew(tmp_path: Path) -> None:
    world = make(tmp_path)

    async with world.service() as service:
        await settle(service)
        before = len(await service.parts.database.submit(accounts.calls))
        answer(world)
        await settle(service)

        assert (await task_of(service, "one")).state is TaskState.LANDED
        assert (await results(service))[0] == "Answer to Q-1 (Which ending stays?): Keep the calm."
        assert (before, len(await service.parts.database.submit(accounts.calls))) == (1, 3)
        assert (await asked(service)).how == f"answered in {QUESTIONS}"
        assert "## Resolved\n\n### Q-1" in file_of(world).read_text()
        assert f"UTC, answered in {QUESTIONS}\n" in file_of(world).read_text()


async def test_a_ticked_option_is_an_answer(tmp_path: Path) -> None:
    world = make(tmp_path)

    async with world.service() as service:
        await settle(service)
        write(world, "- [ ] 2.", "- [x] 2.")
        await settle(service)

        assert (await results(service))[0].endswith(": Keep the calm")


async def test_an_answer_is_heard_after_a_restart(tmp_path: Path) -> None:
    world = make(tmp_path)

    async with world.service() as service:
        await settle(service)
    answer(world)
    async with world.service() as service:
        await settle(service)

        assert (await task_of(service, "one")).state is TaskState.LANDED


async def test_a_file_that_is_being_saved_is_looked_at_again(tmp_path: Path) -> None:
    world = make(tmp_path, rate=1)

    async with world.service() as service:
        await settle(service)
        answer(world, "Keep the")
        file_of(world).touch()
        await service.ticker.tick()

        assert (await asked(service)).answer == ""
        assert "questions of repo" in service.timers.names()


async def test_what_people_write_elsewhere_in_the_file_stays(tmp_path: Path) -> None:
    world = make(tmp_path, files={**FILES, QUESTIONS: "# Mine\n\nMy own notes.\n"})

    async with world.service() as service:
        await settle(service)
        write(world, "### Q-1", "Another note.\n\n### Q-1")
        answer(world)
        await settle(service)

        text = file_of(world).read_text()
        assert text.startswith("# Mine\n\nMy own notes.\n\nAnother note.\n")


async def test_a_number_that_the_file_has_is_not_given_again(tmp_path: Path) -> None:
    world = make(tmp_path, files={**FILES, QUESTIONS: "### Q-12: an older life's\n\n**Answer:** yes\n"})

    async with world.service() as service:
        await settle(service)

        assert (await asked(service)).id == "Q-13"


async def test_a_deleted_question_leaves_its_task_in_review_with_the_reason(tmp_path: Path) -> None:
    world = make(tmp_path)

    async with world.service() as service:
        await settle(service)
        text = file_of(world).read_text()
        write(world, text[text.index("### Q-1") : text.index("## Resolved")], "")
        await settle(service)

        task = await task_of(service, "one")
        assert task.state is TaskState.REVIEW
        assert task.note.startswith(f"Q-1, for which it waited, was deleted from {QUESTIONS} without an answer; go on")
        assert "Q-1" not in file_of(world).read_text()


async def test_a_task_put_back_after_its_question_was_deleted_decides_itself(tmp_path: Path) -> None:
    world = make(tmp_path)

    async with world.service() as service:
        await settle(service)
        write(world, "### Q-1", "### Deleted")
        await service.ticker.tick()
        await service.control.retry(TaskId("one"))
        await settle(service)

        assert (await results(service))[0].startswith("Q-1 was withdrawn without an answer")
        assert (await task_of(service, "one")).state is TaskState.LANDED


async def test_a_missing_file_deletes_nothing_and_is_made_anew(tmp_path: Path) -> None:
    world = make(tmp_path)

    async with world.service() as service:
        await settle(service)
        file_of(world).unlink()
        await service.ticker.tick()

        assert "### Q-1" in file_of(world).read_text()


async def test_an_older_version_of_the_file_deletes_nothing(tmp_path: Path) -> None:
    two = table(
        {"one": (say("", ASK), say("", use("ask", **{**ASK.args, "title": "And the title?"})), finish("written"))}
    )
    world = World(root=tmp_path, scripts={"claude": two}).make()

    async with world.service() as service:
        await settle(service)
        older = file_of(world).read_text()
        answer(world)
        await settle(service)
        file_of(world).write_text(older)
        rest(world)
        await service.ticker.tick()

        text = file_of(world).read_text()
        assert text.index("### Q-2") < text.index("## Resolved") < text.index("### Q-1")
        assert "what counted" not in text


async def test_an_unclear_answer_is_reported_once_with_path_and_line(tmp_path: Path) -> None:
    world = make(tmp_path)

    async with world.service() as service:
        await settle(service)
        write(world, "- [ ]", "- [x]")
        await service.ticker.tick()
        await service.ticker.tick()

        (said,) = world.said("questions.unreadable")
        assert (said["path"], said["line"]) == (QUESTIONS, 14)
        assert (await asked(service)).answer == ""


async def test_a_file_that_is_no_text_is_left_alone_and_reported(tmp_path: Path) -> None:
    world = make(tmp_path)

    async with world.service() as service:
        await settle(service)
        file_of(world).write_bytes(b"\0")
        rest(world)
        await service.ticker.tick()

        assert file_of(world).read_bytes() == b"\0"
        assert "NUL" in str(world.said("questions.unreadable")[0]["why"])


async def test_a_folder_in_the_files_place_is_reported_and_the_rest_goes_on(tmp_path: Path) -> None:
    world = make(tmp_path)
    file_of(world).mkdir()

    async with world.service() as service:
        await settle(service)

        assert (await task_of(service, "one")).state is TaskState.REVIEW
        assert world.said("questions.unreadable")[0]["path"] == QUESTIONS
        assert world.said("questions.write_put_off")
        file_of(world).rmdir()
        await service.ticker.tick()
        assert "### Q-1" in file_of(world).read_text()


async def test_a_file_that_somebody_edits_right_now_is_written_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = make(tmp_path)
    from watchbill.workspace import swap

    async with world.service() as service:
        with monkeypatch.context() as patch:
            patch.setattr(swap, "compare_and_swap", lambda *_: False)
            await settle(service)
            assert not file_of(world).exists()
        await service.ticker.tick()

        assert "### Q-1" in file_of(world).read_text()


async def test_a_cancelled_task_asks_nothing_any_more(tmp_path: Path) -> None:
    world = make(tmp_path)

    async with world.service() as service:
        await settle(service)
        await service.control.cancel(TaskId("one"), "not needed")
        await service.ticker.tick()

        assert "without an answer: its task was cancelled" in file_of(world).read_text()


async def test_a_task_that_is_put_back_without_an_answer_waits_again_and_asks_nobody_twice(tmp_path: Path) -> None:
    world = make(tmp_path)

    async with world.service() as service:
        await settle(service)
        await service.control.retry(TaskId("one"))
        await settle(service)

        assert (await task_of(service, "one")).note == "waits for the answer to Q-1 (Which ending stays?)"
        assert len(await service.parts.database.submit(accounts.calls)) == 1
        assert len(world.said("question.asked")) == 1
        assert file_of(world).read_text().count("### Q-") == 1


async def test_a_task_that_waits_for_an_answer_cannot_be_accepted(tmp_path: Path) -> None:
    world = make(tmp_path)

    async with world.service() as service:
        await settle(service)

        with pytest.raises(IllegalMove, match="watchbill answer Q-1"):
            await service.control.accept(TaskId("one"))


async def test_an_answer_that_comes_while_the_run_ends_is_not_waited_for(tmp_path: Path) -> None:
    world = make(tmp_path)

    async with world.service() as service:
        await settle(service)
        await service.parts.database.submit(
            lambda conn: tasks.reopen(conn, TaskId("one"), now=service.parts.clock.now())
        )
        plan = await service.ticker.tick()
        assert plan.starts
        await service.control.answer(QuestionId("Q-1"), "Keep it.")
        await settle(service)

        assert (await task_of(service, "one")).state is TaskState.LANDED


async def test_an_answer_in_the_very_moment_in_which_the_run_ends_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = make(tmp_path)

    async with world.service() as service:
        await settle(service)
        await service.control.retry(TaskId("one"))

        async def meanwhile(_asker: Asker, _asks: object) -> int:
            await service.control.answer(QuestionId("Q-1"), "Keep it.")
            return 0

        with monkeypatch.context() as patch:
            patch.setattr(Asker, "above", meanwhile)
            await service.ticker.tick()
            await service.dispatcher.idle()
        ended = await task_of(service, "one")
        await settle(service)

        assert (ended.state, ended.note) == (TaskState.QUEUED, "its questions were answered meanwhile")
        assert (await task_of(service, "one")).state is TaskState.LANDED


async def test_a_complaint_that_stays_is_not_told_again_when_something_else_changes(tmp_path: Path) -> None:
    other = use("ask", **{**ASK.args, "title": "And the title?", "options": []})
    world = World(root=tmp_path, scripts={"claude": table({"one": (say("", ASK, other), WRITE_ONE)})}).make()

    async with world.service() as service:
        await settle(service)
        write(world, "- [ ]", "- [x]")
        await service.ticker.tick()
        await service.control.answer(QuestionId("Q-2"), "None.")
        await service.ticker.tick()

        assert len(world.said("questions.unreadable")) == 1
        assert [said["open"] for said in world.said("questions.read")] == [2, 2, 1]


async def test_a_finish_in_the_same_breath_as_a_question_waits_for_the_answer(tmp_path: Path) -> None:
    script = table(
        {"one": (say("", WRITE, ASK, use("finish", done=True, summary="done")), say("", WRITE), finish("written"))}
    )
    world = World(root=tmp_path, scripts={"claude": script}).make()

    async with world.service() as service:
        await settle(service)
        answer(world)
        await settle(service)

        said = await results(service)
        assert said[0] == "wrote notes.md"
        assert said[1].startswith("You asked something in the same breath")
        assert said[2].startswith("Answer to Q-1")
        assert (await task_of(service, "one")).state is TaskState.LANDED


async def test_two_questions_of_one_reply_are_both_waited_for(tmp_path: Path) -> None:
    other = use("ask", **{**ASK.args, "title": "And the title?"})
    world = World(
        root=tmp_path, scripts={"claude": table({"one": (say("", ASK, other), say("", WRITE), finish("written"))})}
    ).make()

    async with world.service() as service:
        await settle(service)
        await service.control.answer(QuestionId("Q-2"), "The Calm.")
        await settle(service)
        assert (await task_of(service, "one")).state is TaskState.REVIEW
        await service.control.answer(QuestionId("Q-1"), "The calm.")
        await settle(service)

        assert (await task_of(service, "one")).state is TaskState.LANDED


async def test_a_question_without_a_title_is_refused(tmp_path: Path) -> None:
    empty = use("ask", title=" ", issue="", options=[], recommendation="")
    world = World(
        root=tmp_path, scripts={"claude": table({"one": (say("", empty), say("", WRITE), finish("written"))})}
    ).make()

    async with world.service() as service:
        await settle(service)

        assert "the title says nothing" in (await results(service))[0]
        assert (await task_of(service, "one")).state is TaskState.LANDED


# ── proceeding ──


async def test_a_task_that_proceeds_goes_on_by_the_recommendation_and_its_question_stays(tmp_path: Path) -> None:
    world = make(tmp_path, files=PROCEED)

    async with world.service() as service:
        await settle(service)

        assert (await task_of(service, "one")).state is TaskState.LANDED
        assert (await results(service))[0].startswith("Q-1 is written down; nobody has answered yet. Go on with your")
        assert "the work goes on meanwhile" in file_of(world).read_text()


async def test_the_repository_says_what_tasks_do_that_state_nothing(tmp_path: Path) -> None:
    world = make(tmp_path, repo='on_question = "proceed"')

    async with world.service() as service:
        await settle(service)

        assert (await task_of(service, "one")).state is TaskState.LANDED


async def test_a_late_answer_is_told_while_the_work_goes_on(tmp_path: Path) -> None:
    script = table({"one": (say("", ASK), finish("later", done=False), say("", WRITE), finish("written"))})
    world = World(root=tmp_path, scripts={"claude": script}, files=PROCEED).make()

    async with world.service() as service:
        await service.ticker.tick()
        await service.dispatcher.idle()
        await service.ticker.write_back()
        answer(world)
        await settle(service)

        session = await service.parts.database.submit(lambda conn: sessions.get(conn, TaskId("one")))
        assert session is not None
        told = [entry.text for entry in session.transcript.entries if isinstance(entry, Told)]
        assert told.count("Answer to Q-1 (Which ending stays?): Keep the calm.") == 1


async def test_a_task_that_begins_anew_is_told_what_was_answered_before(tmp_path: Path) -> None:
    world = make(tmp_path)

    async with world.service() as service:
        await settle(service)
        answer(world)
        await settle(service)
        await service.control.retry(TaskId("one"))
        await settle(service)

        session = await service.parts.database.submit(lambda conn: sessions.get(conn, TaskId("one")))
        assert session is not None
        brief = session.transcript.entries[0]
        assert isinstance(brief, Told)
        assert "Answer to Q-1 (Which ending stays?): Keep the calm." in brief.text

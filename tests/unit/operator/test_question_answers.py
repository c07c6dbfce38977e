"""Questions for people: the list, the one, and the answer, over the API and the command line."""

from pathlib import Path

import pytest
from operator_makers import NOW, begin, end, no_git, outlook, put

from watchbill.domain.ids import QuestionId, TaskId
from watchbill.domain.questions import Asked, Question, QuestionState
from watchbill.domain.runs import RunState
from watchbill.domain.tasks import TaskState
from watchbill.operator.faults import BadQuestion, NoQuestion
from watchbill.operator.own import OwnCommands
from watchbill.operator.queries import attention, questions
from watchbill.operator.queries.look import look
from watchbill.scheduling.bill import WatchBill
from watchbill.state import questions as question_rows
from watchbill.state import tasks
from watchbill.state.engine import Connection

ASKED = Asked(title="Which end?", issue="Two are there.", options=("one", "two"), recommendation="One.")


@pytest.fixture
def question(conn: Connection) -> Question:
    put(conn, "a")
    run = begin(conn, "a")
    (asked,) = question_rows.ask(conn, run, [ASKED], waits=True, above=0, now=NOW)
    end(conn, run, RunState.HANDED_OFF, TaskState.REVIEW)
    return asked


def test_open_questions_are_listed_whole(conn: Connection, question: Question) -> None:
    answer = questions.listing(conn, outlook(), QuestionState.OPEN)

    assert answer["count"] == 1
    (one,) = answer["questions"]
    assert (one["id"], one["task"], one["title"], one["options"], one["waits"], one["state"]) == (
        "Q-1",
        "a",
        "Which end?",
        ["one", "two"],
        True,
        "open",
    )
    assert {**one, "generated_at": answer["generated_at"]} == questions.one(conn, outlook(), question.id)


def test_what_nobody_asked_is_not_found(conn: Connection) -> None:
    with pytest.raises(NoQuestion, match="Q-9"):
        questions.one(conn, outlook(), QuestionId("Q-9"))


@pytest.mark.parametrize(
    ("text", "option", "said"),
    [("Both.", None, "Both."), ("", 2, "two"), (" But short. ", 1, "one\nBut short.")],
)
def test_an_answer_is_an_option_words_or_both(question: Question, text: str, option: int | None, said: str) -> None:
    assert questions.said(question, text, option) == said


@pytest.mark.parametrize(("text", "option"), [(" ", None), ("x", 3), ("x", 0)])
def test_an_answer_that_is_none_is_refused(question: Question, text: str, option: int | None) -> None:
    with pytest.raises(BadQuestion, match="Q-1"):
        questions.said(question, text, option)


def test_a_question_needs_a_person_and_its_task_is_not_listed_twice(conn: Connection, question: Question) -> None:
    needs = list(attention.needs_you(conn, look(conn, outlook())))

    assert [(one["kind"], one["title"], one["why"], one["command"], one["task"]) for one in needs] == [
        ("question", "Which end?", "its task waits", f"watchbill question show {question.id}", "a")
    ]


@pytest.mark.anyio
async def test_without_a_daemon_an_answer_is_written_into_the_store(
    conn: Connection, question: Question, tmp_path: Path
) -> None:
    settled = await OwnCommands(conn=conn, now=NOW, inbox=tmp_path, bill=WatchBill(providers=()), vcs=no_git).answer(
        question.id, "One."
    )

    task = tasks.get(conn, TaskId("a"))
    assert task is not None
    assert (settled.answer, task.state) == ("One.", TaskState.QUEUED)

"""Questions in the store: asked once, settled once, and the task follows."""

import pytest
from store_makers import NOW, SITE, begin, task

from watchbill.domain.errors import IllegalMove, LeaseLost
from watchbill.domain.ids import QuestionId, TaskId
from watchbill.domain.questions import Asked, OnQuestion, Question, QuestionState, Shown
from watchbill.domain.runs import Run, RunState
from watchbill.domain.tasks import TaskState
from watchbill.state import questions, runs, tasks
from watchbill.state.engine import Connection, IntegrityError

ASKED = Asked(title="Which end?", issue="Two are there.", options=("one", "two"), recommendation="One.")
OTHER = Asked(title="Which title?", issue="", options=(), recommendation="None.")


def ask(conn: Connection, run: Run, *asked: Asked, waits: bool = True, above: int = 0) -> tuple[Question, ...]:
    return questions.ask(conn, run, asked, waits=waits, above=above, now=NOW)


def end(conn: Connection, run: Run) -> None:
    runs.end(conn, run, state=RunState.HANDED_OFF, task_state=TaskState.REVIEW, reason="it asked", now=NOW)


def waiting(conn: Connection, *asked: Asked) -> tuple[Question, ...]:
    """A task in review that waits for these."""
    run = begin(conn)
    made = ask(conn, run, *asked)
    end(conn, run)
    return made


def state_of(conn: Connection, name: str = "a") -> TaskState:
    found = tasks.get(conn, TaskId(name))
    assert found is not None
    return found.state


def test_a_question_is_read_back_whole(conn: Connection) -> None:
    run = begin(conn)
    (made,) = ask(conn, run, ASKED)

    assert questions.get(conn, QuestionId("Q-1")) == made
    assert made == Question(
        id=QuestionId("Q-1"),
        task=run.task,
        repo=SITE,
        session=run.session,
        provider=run.provider,
        asked=ASKED,
        waits=True,
        state=QuestionState.OPEN,
        asked_at=NOW,
    )


def test_the_same_question_in_the_same_session_is_one(conn: Connection) -> None:
    run = begin(conn)
    spaced = Asked(title=" which  END?", issue="two are there.", options=("One", "two"), recommendation="one.")

    assert ask(conn, run, ASKED) == ask(conn, run, ASKED, spaced)[:1]
    assert len(questions.listing(conn)) == 1


def test_numbers_rise_above_those_that_the_file_has(conn: Connection) -> None:
    run = begin(conn)

    assert [one.id for one in (*ask(conn, run, ASKED, above=6), *ask(conn, run, OTHER))] == ["Q-7", "Q-8"]


def test_whoever_lost_the_task_asks_nothing(conn: Connection) -> None:
    run = begin(conn)
    end(conn, run)

    with pytest.raises(LeaseLost):
        ask(conn, run, ASKED)


def test_an_answer_puts_the_waiting_task_back_into_the_queue(conn: Connection) -> None:
    waiting(conn, ASKED)

    settled = questions.answer(conn, QuestionId("Q-1"), "One.", how="answered by hand", now=NOW)

    assert (settled.state, settled.answer, settled.settled_at) == (QuestionState.ANSWERED, "One.", NOW)
    assert state_of(conn) is TaskState.QUEUED


def test_a_task_waits_until_its_last_question_is_settled(conn: Connection) -> None:
    waiting(conn, ASKED, OTHER)

    questions.answer(conn, QuestionId("Q-1"), "One.", how="answered by hand", now=NOW)
    between = state_of(conn)
    questions.answer(conn, QuestionId("Q-2"), "None.", how="answered by hand", now=NOW)

    assert (between, state_of(conn)) == (TaskState.REVIEW, TaskState.QUEUED)


def test_a_withdrawn_question_leaves_its_task_in_review_with_the_reason(conn: Connection) -> None:
    waiting(conn, ASKED)

    questions.withdraw(conn, QuestionId("Q-1"), how="was deleted", now=NOW)

    found = tasks.get(conn, TaskId("a"))
    assert found is not None
    assert found.state is TaskState.REVIEW
    assert "Q-1, for which it waited, was deleted" in found.note


def test_an_answer_that_nobody_waits_for_moves_nothing(conn: Connection) -> None:
    run = begin(conn)
    ask(conn, run, ASKED, waits=False)
    end(conn, run)

    questions.answer(conn, QuestionId("Q-1"), "One.", how="answered by hand", now=NOW)

    assert state_of(conn) is TaskState.REVIEW


def test_a_question_is_settled_once(conn: Connection) -> None:
    waiting(conn, ASKED)
    questions.answer(conn, QuestionId("Q-1"), "One.", how="answered by hand", now=NOW)

    with pytest.raises(IllegalMove, match="it is answered, answered by hand"):
        questions.withdraw(conn, QuestionId("Q-1"), how="was deleted", now=NOW)
    with pytest.raises(IllegalMove, match="none of that id"):
        questions.answer(conn, QuestionId("Q-9"), "?", how="answered by hand", now=NOW)


def test_the_store_itself_refuses_to_change_an_answer(conn: Connection) -> None:
    waiting(conn, ASKED)
    questions.answer(conn, QuestionId("Q-1"), "One.", how="answered by hand", now=NOW)

    with pytest.raises(IntegrityError, match="a settled question never changes"):
        conn.execute("UPDATE questions SET answer = 'Two.'")


def test_a_question_concerns_the_file_until_it_is_shown_as_resolved(conn: Connection) -> None:
    made = waiting(conn, ASKED)
    questions.mark_shown(conn, made)
    shown = [one.shown for one in questions.concern(conn, SITE)]
    settled = questions.answer(conn, QuestionId("Q-1"), "One.", how="answered by hand", now=NOW)
    unshown = [one.shown for one in questions.concern(conn, SITE)]
    questions.mark_shown(conn, [settled])

    assert (shown, unshown, questions.concern(conn, SITE)) == ([Shown.OPEN], [Shown.OPEN], [])


def test_what_a_task_does_about_questions_is_kept(conn: Connection) -> None:
    tasks.insert(conn, task("b", on_question=OnQuestion.PROCEED), NOW)

    found = tasks.get(conn, TaskId("b"))
    assert found is not None
    assert found.on_question is OnQuestion.PROCEED

"""Questions as answers: what was asked, who waits for it, and what was said."""

from watchbill.domain.ids import QuestionId
from watchbill.domain.questions import Question, QuestionState
from watchbill.operator import plain
from watchbill.operator.doors import Plain
from watchbill.operator.faults import BadQuestion, NoQuestion
from watchbill.operator.outlook import Outlook
from watchbill.state import questions
from watchbill.state.engine import Connection


def listing(conn: Connection, outlook: Outlook, state: QuestionState | None) -> Plain:
    """The questions in that state, or all; the oldest first."""
    found = questions.listing(conn, state=state)
    return {
        "generated_at": plain.stamp(outlook.now),
        "count": len(found),
        "questions": [plain.question(question) for question in found],
    }


def one(conn: Connection, outlook: Outlook, id_: QuestionId) -> Plain:
    """A question whole. Raises NoQuestion."""
    return {"generated_at": plain.stamp(outlook.now), **plain.question(get(conn, id_))}


def get(conn: Connection, id_: QuestionId) -> Question:
    """Raises NoQuestion."""
    found = questions.get(conn, id_)
    if found is None:
        raise NoQuestion(f"there is no question {id_!r}")
    return found


def said(question: Question, text: str, option: int | None) -> str:
    """What a person answers with an option, words, or both. Raises BadQuestion when that is nothing."""
    options = question.asked.options
    if option is not None and not 1 <= option <= len(options):
        raise BadQuestion(f"{question.id} has {len(options)} options; {option} is none of them")
    chosen = [options[option - 1]] if option is not None else []
    answer = "\n".join(part for part in (*chosen, text.strip()) if part)
    if not answer:
        raise BadQuestion(f"an answer to {question.id} needs words, or an option")
    return answer

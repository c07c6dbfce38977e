"""Questions: what a model asks its people, once, and what they say. The answer becomes the result of the call that asked."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import assert_never

from watchbill.domain.errors import IllegalMove
from watchbill.domain.ids import ProviderName, QuestionId, RepoName, SessionId, TaskId


class AlreadySettled(IllegalMove):
    """A question was to be settled that is open no more."""


class OnQuestion(StrEnum):
    """What a task does while its question is open."""

    WAIT = "wait"
    PROCEED = "proceed"  # on the recommendation, which stays provisional


class QuestionState(StrEnum):
    OPEN = "open"
    ANSWERED = "answered"
    WITHDRAWN = "withdrawn"  # deleted by a person, or its task was cancelled


class Shown(StrEnum):
    """What the questions file shows of a question, as last read or written."""

    NOWHERE = "nowhere"
    OPEN = "open"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a model said with ask()."""

    title: str
    issue: str
    options: tuple[str, ...]
    recommendation: str

    @property
    def digest(self) -> str:
        """By which a question is known when it is asked again: its words, whatever their white space and case."""
        said = (self.title, self.issue, *self.options, self.recommendation)
        folded = json.dumps([" ".join(part.casefold().split()) for part in said])
        return hashlib.sha256(folded.encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    id: QuestionId
    task: TaskId
    repo: RepoName
    session: SessionId
    provider: ProviderName
    asked: Asked
    waits: bool  # its task does not go on without the answer
    state: QuestionState
    asked_at: datetime
    answer: str = ""
    how: str = ""  # where the answer came from, or why it was withdrawn
    settled_at: datetime | None = None
    shown: Shown = Shown.NOWHERE

    @property
    def holds(self) -> bool:
        """Whether its task waits for it now."""
        return self.waits and self.state is QuestionState.OPEN


def result(question: Question) -> str:
    """What the call that asked is answered."""
    match question.state:
        case QuestionState.ANSWERED:
            return told(question)
        case QuestionState.WITHDRAWN:
            return (
                f"{question.id} was withdrawn without an answer ({question.how}). Decide yourself what the repository and "
                "the task suggest, as carefully as you can, and say so in your summary."
            )
        case QuestionState.OPEN:
            return (
                f"{question.id} is written down; nobody has answered yet. Go on with your recommendation, provisionally: "
                f"change no more than it needs, and name {question.id} in your summary."
            )
        case _:
            assert_never(question.state)


def told(question: Question) -> str:
    """An answer as a model reads it."""
    return f"Answer to {question.id} ({one_line(question.asked.title)}): {question.answer}"


def waiting_note(questions: Iterable[Question]) -> str:
    """Why a task waits, for people."""
    named = ", ".join(f"{question.id} ({one_line(question.asked.title)})" for question in questions if question.holds)
    return f"waits for the answer to {named}"


def one_line(text: str) -> str:
    """Any text on one line, with nothing in it that does not print."""
    return " ".join("".join(mark if mark.isprintable() else " " for mark in text).split())

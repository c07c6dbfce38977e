"""Questions: what models ask stands in the owner's questions file, and what people write there settles it.

The store is the truth and the file is its view, as with queues: whatever a kill leaves between the two is put right at the
next look. An absence is only believed where the file tells something, and no answer is taken while somebody is saving.
"""

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path

from watchbill.daemon.repositories import ManagedRepo
from watchbill.domain import regular
from watchbill.domain.errors import IllegalMove
from watchbill.domain.ids import RepoName
from watchbill.domain.ports import Clock, Events
from watchbill.domain.questions import Question, QuestionState, Shown
from watchbill.domain.tasks import TaskState
from watchbill.intake import inscription
from watchbill.intake import questions as grammar
from watchbill.intake.entries import Unreadable
from watchbill.intake.questions import Entry, QuestionsFile
from watchbill.state import questions, tasks
from watchbill.state.database import Database
from watchbill.state.engine import Connection
from watchbill.workspace import swap

QUIET = timedelta(seconds=2)  # a file saved within it is looked at again: some editors save while one types


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    """The file as it is now."""

    data: bytes  # b"" when it is missing
    read: QuestionsFile
    quiet: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Word:
    """What a person did about a question: an answer, or "" for taking it away."""

    question: Question
    answer: str
    how: str


class Questions:
    """Reads answers, writes questions. Never loses an edit of a human's."""

    def __init__(self, *, database: Database, clock: Clock, events: Events) -> None:
        self._database = database
        self._clock = clock
        self._events = events
        self._told_by_repo: dict[RepoName, tuple[int, tuple[Unreadable, ...]]] = {}

    async def read(self, repo: ManagedRepo) -> bool:
        """Take in what people wrote. True when the file has to be looked at again soon: it was saved just now."""
        known = await self._database.submit(lambda conn: questions.concern(conn, repo.name))
        if not known:
            return False
        try:
            look = await asyncio.to_thread(_look, repo)
        except OSError as error:
            self._complain(repo, known, (Unreadable(path=repo.questions, line=1, why=error.strerror or str(error)),))
            return False
        asked = {question.id for question in known if question.state is QuestionState.OPEN}
        self._complain(repo, known, look.read.unreadable(repo.questions, asked))
        words = _words(repo, known, look)
        if look.quiet:
            await self._hear(words)
        await self._withdraw_of_cancelled(known)
        return bool(words) and not look.quiet

    async def _hear(self, words: Sequence[_Word]) -> None:
        for word in words:
            with suppress(IllegalMove):  # settled by other means since it was read
                await self._database.submit(partial(_settle, word, self._clock))
                name = "question.answered" if word.answer else "question.withdrawn"
                self._events.emit(name, question=word.question.id, task=word.question.task, how=word.how)

    async def _withdraw_of_cancelled(self, known: Sequence[Question]) -> None:
        """A cancelled task asks nothing."""
        waiting = [question for question in known if question.state is QuestionState.OPEN]
        states = await self._database.submit(lambda conn: [tasks.get(conn, question.task) for question in waiting])
        cancelled = {task.id for task in states if task is not None and task.state is TaskState.CANCELLED}
        how = "its task was cancelled"
        await self._hear([_Word(question=one, answer="", how=how) for one in waiting if one.task in cancelled])

    def _complain(self, repo: ManagedRepo, known: Sequence[Question], found: tuple[Unreadable, ...]) -> None:
        """Tell what changed since the last reading."""
        count = sum(question.state is QuestionState.OPEN for question in known)
        before, self._told_by_repo[repo.name] = self._told_by_repo.get(repo.name), (count, found)
        if before == (count, found):
            return
        self._events.emit("questions.read", repo=repo.name, path=repo.questions, open=count, unreadable=len(found))
        for problem in found:
            if before is None or problem not in before[1]:
                self._events.emit(
                    "questions.unreadable", repo=repo.name, path=problem.path, line=problem.line, why=problem.why
                )

    # --- writing

    async def write_back(self, repo: ManagedRepo) -> None:
        """Let the file show every question as it stands. What cannot be written now is tried at the next look."""
        known = await self._database.submit(lambda conn: questions.concern(conn, repo.name))
        if not known:
            return
        try:
            look = await asyncio.to_thread(_look, repo)
            if look.read.unusable:
                return  # reading has complained of it
            stale = [question for question in known if _is_stale(question, known, look)]
            after = _shown(look.data, stale)
            swapped = after == look.data or await asyncio.to_thread(_swap, repo, look.data, after)
        except OSError as error:
            self._put_off(repo, str(error))
            return
        if not swapped:
            self._put_off(repo, "somebody is editing it")
            return
        if after != look.data:
            names = [question.id for question in stale]
            self._events.emit("questions.written", repo=repo.name, path=repo.questions, questions=names)
        new = [question for question in known if question.shown is not _due(question)]
        if new:
            await self._database.submit(lambda conn: questions.mark_shown(conn, new))

    def _put_off(self, repo: ManagedRepo, why: str) -> None:
        self._events.emit("questions.write_put_off", repo=repo.name, path=repo.questions, why=why)


def highest(repo: ManagedRepo) -> int:
    """The highest number of a question in the file, ours or not."""
    try:
        return _look(repo).read.highest
    except OSError:
        return 0  # what cannot be read is complained of when it is to be written


def _look(repo: ManagedRepo) -> _Look:
    place = repo.find(repo.questions)
    try:
        data, saved = regular.read(place), place.stat().st_mtime
    except FileNotFoundError:
        return _Look(data=b"", read=grammar.parse(b""), quiet=True)
    # the file system's time against the machine's own; a file from the future is not being saved now
    quiet = abs(time.time() - saved) >= QUIET.total_seconds()
    return _Look(data=data, read=grammar.parse(data), quiet=quiet)


def _words(repo: ManagedRepo, known: Sequence[Question], look: _Look) -> list[_Word]:
    """What people say of open questions: by a word in the file, or by having taken the question out of it."""
    open_ones = [question for question in known if question.state is QuestionState.OPEN]
    found = [(question, look.read.find(question.id)) for question in open_ones]
    told = f"in {repo.questions}"
    answers = [
        _Word(question=question, answer=entry.answer, how=f"answered {told}")
        for question, entry in found
        if entry is not None and entry.answer
    ]
    closed = [
        _Word(question=question, answer="", how=f"was {_taken(entry)} {repo.questions} without an answer")
        for question, entry in found
        if _is_taken_away(question, entry) and _tells_of_absence(known, look)
    ]
    return [*answers, *closed]


def _taken(entry: Entry | None) -> str:
    return "deleted from" if entry is None else "resolved in"


def _is_taken_away(question: Question, entry: Entry | None) -> bool:
    if entry is None:
        return question.shown is Shown.OPEN
    return entry.resolved and not entry.answer and not entry.unclear


def _tells_of_absence(known: Sequence[Question], look: _Look) -> bool:
    """Whether what the file lacks was taken out: not where it says nothing, or where an older version of it came back."""
    return bool(look.data.strip()) and not look.read.unusable and not _is_older(known, look)


def _is_older(known: Sequence[Question], look: _Look) -> bool:
    """Something that we showed as resolved is open again: a checkout or a stash brought an earlier version."""
    resolved = [question.id for question in known if question.shown is Shown.RESOLVED]
    return any(entry.id in resolved and not entry.resolved for entry in look.read.entries)


def _is_stale(question: Question, known: Sequence[Question], look: _Look) -> bool:
    """Whether the file has to be changed to show it. What people took out of it is not written again."""
    entry = look.read.find(question.id)
    if entry is not None:
        return question.state is not QuestionState.OPEN and not entry.resolved
    if question.shown is Shown.NOWHERE:
        return True
    return question.state is QuestionState.OPEN and not _tells_of_absence(known, look)


def _shown(data: bytes, stale: Sequence[Question]) -> bytes:
    for question in stale:
        data = inscription.show(data, question)
    return data


def _due(question: Question) -> Shown:
    return Shown.OPEN if question.state is QuestionState.OPEN else Shown.RESOLVED


def _swap(repo: ManagedRepo, before: bytes, after: bytes) -> bool:
    place: Path = repo.find(repo.questions)
    place.parent.mkdir(parents=True, exist_ok=True)
    return swap.compare_and_swap(place, before, after)


def _settle(word: _Word, clock: Clock, conn: Connection) -> None:
    if word.answer:
        questions.answer(conn, word.question.id, word.answer, how=word.how, now=clock.now())
    else:
        questions.withdraw(conn, word.question.id, how=word.how, now=clock.now())

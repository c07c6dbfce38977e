"""Asking people from within a run: written down once, heard once, and a task that waits gives its place free meanwhile."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace

from watchbill.daemon.questions import highest
from watchbill.daemon.repositories import ManagedRepo
from watchbill.daemon.setbacks import End
from watchbill.domain.ports import Clock, Events
from watchbill.domain.questions import Asked, OnQuestion, Question, QuestionState, told, waiting_note
from watchbill.domain.runs import Run
from watchbill.domain.tasks import Task, TaskState
from watchbill.domain.transcript import Entry, ToolResult, Transcript
from watchbill.state import questions
from watchbill.state.database import Database
from watchbill.state.engine import Connection


class Asker:
    """One run's way to its people."""

    def __init__(
        self, *, database: Database, clock: Clock, events: Events, run: Run, task: Task, repo: ManagedRepo
    ) -> None:
        self._database = database
        self._clock = clock
        self._events = events
        self._run = run
        self._task = task
        self._repo = repo

    @property
    def waits(self) -> bool:
        """Whether the task waits for answers."""
        return (self._task.on_question or self._repo.on_question) is OnQuestion.WAIT

    async def ask(self, asks: Sequence[Asked]) -> Mapping[str, Question]:
        """Those that are asked already, by digest. Where nobody waits for answers all are: they are written down now.

        A question that is waited for is written down by ended(), in the transaction that ends the run: before that, an
        answer could come that finds nobody waiting.
        """
        if self.waits:
            known = await self._database.submit(lambda conn: questions.known(conn, self._run.session, asks))
        else:
            above = await self.above(asks)
            known, new = await self._database.submit(lambda conn: self._write_down(conn, asks, above))
            self.tell(new)
        return {question.asked.digest: question for question in known}

    async def news(self, transcript: Transcript) -> str:
        """What people answered since, to questions that the task did not wait for; "" when all was told."""
        known = await self._database.submit(
            lambda conn: questions.listing(conn, task=self._task.id, state=QuestionState.ANSWERED)
        )
        heard = "\n".join(_text(entry) for entry in transcript.entries) if known else ""
        return "\n".join(told(question) for question in known if told(question) not in heard)

    async def above(self, asks: Sequence[Asked]) -> int:
        """The number below which no new question may be called: the file has it already."""
        return await asyncio.to_thread(highest, self._repo) if asks else 0

    def ended(self, conn: Connection, end: End, above: int) -> tuple[End, tuple[Question, ...]]:
        """The end as it is to be stored, and the questions that are new. Who was answered meanwhile does not wait."""
        if not end.asks:
            return end, ()
        known, new = self._write_down(conn, end.asks, above)
        if any(question.holds for question in known):
            return replace(end, why=waiting_note(known)), new
        return replace(end, task_state=TaskState.QUEUED, why="its questions were answered meanwhile"), new

    def tell(self, new: Sequence[Question]) -> None:
        for question in new:
            self._events.emit(
                "question.asked",
                question=question.id,
                task=question.task,
                repo=question.repo,
                title=question.asked.title,
                waits=question.waits,
            )

    def _write_down(
        self, conn: Connection, asks: Sequence[Asked], above: int
    ) -> tuple[tuple[Question, ...], tuple[Question, ...]]:
        """All of them as they stand, and those of them that are new."""
        before = {question.id for question in questions.known(conn, self._run.session, asks)}
        known = questions.ask(conn, self._run, asks, waits=self.waits, above=above, now=self._clock.now())
        return known, tuple(question for question in dict.fromkeys(known) if question.id not in before)


def _text(entry: Entry) -> str:
    return entry.content if isinstance(entry, ToolResult) else entry.text

"""Briefing: what a run's provider is told, kept for `run show --prompt`."""

import asyncio
from collections.abc import Sequence

from watchbill.daemon.repositories import ManagedRepo
from watchbill.daemon.stint import Stint
from watchbill.domain import brief
from watchbill.domain.ids import Commit
from watchbill.domain.questions import QuestionState
from watchbill.domain.questions import told as answer_told
from watchbill.domain.sessions import HandOff, Session
from watchbill.domain.tasks import Task
from watchbill.operator.gathering import gather
from watchbill.state import briefs, questions
from watchbill.state.database import Database


class Briefer:
    """Assembles the brief of a run from the commit that it starts at."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def made(
        self,
        repo: ManagedRepo,
        task: Task,
        *,
        session: Session | None,
        tip: Commit,
        riders: Sequence[Task] = (),
        frame: str = brief.MODEL_FRAME,
    ) -> brief.Brief:
        """What a run at that commit would be told. Raises GitError and OSError for a tree that cannot be read."""
        tree = await repo.vcs.read_tree(tip)
        handoff = HandOff() if session is None else session.handoff
        answered = await self._database.submit(
            lambda conn: questions.listing(conn, task=task.id, state=QuestionState.ANSWERED)
        )
        found = await asyncio.to_thread(
            gather,
            tree,
            (task, *riders),
            rules=repo.rules_files,
            canon=repo.lore.canon,
            brief_tokens=repo.brief_tokens,
        )
        return brief.assemble(
            task,
            riders=riders,
            rules=found.rules,
            handoff=handoff if handoff.why or handoff.summary else None,
            anew=session is None or session.checkpoint is None,
            canon=found.canon,
            files=found.files,
            gates=[
                *(gate.name for gate in repo.gates),
                *(rule.told for rule in repo.own_rules if rule.holds_for(task.type)),
            ],
            claims=task.reach,
            answers=[answer_told(question) for question in answered],
            budget_tokens=repo.brief_tokens,
            templates=found.templates,
            frame=frame,
        )

    async def brief(self, stint: Stint, frame: str = brief.MODEL_FRAME) -> brief.Brief:
        told = await self.made(
            stint.repo, stint.task, riders=stint.riders, session=stint.session, tip=stint.tip, frame=frame
        )
        await self._database.submit(lambda conn: briefs.store(conn, stint.run, told.render()))
        return told

"""Briefing: what a run's provider is told, kept for `run show --prompt`."""

import asyncio

from watchbill.daemon.stint import Stint
from watchbill.domain import brief
from watchbill.domain.questions import QuestionState
from watchbill.domain.questions import told as answer_told
from watchbill.operator.gathering import gather
from watchbill.state import briefs, questions


class Briefer:
    """Assembles the brief of a run from the commit that it starts at."""

    async def brief(self, stint: Stint, frame: str = brief.MODEL_FRAME) -> brief.Brief:
        tree, repo = await stint.repo.vcs.read_tree(stint.tip), stint.repo
        handoff = stint.session.handoff
        answered = await stint.parts.database.submit(
            lambda conn: questions.listing(conn, task=stint.task.id, state=QuestionState.ANSWERED)
        )
        found = await asyncio.to_thread(
            gather,
            tree,
            (stint.task, *stint.riders),
            rules=repo.rules_files,
            canon=repo.lore.canon,
            brief_tokens=repo.brief_tokens,
        )
        told = brief.assemble(
            stint.task,
            riders=stint.riders,
            rules=found.rules,
            handoff=handoff if handoff.why or handoff.summary else None,
            anew=stint.session.checkpoint is None,
            canon=found.canon,
            files=found.files,
            gates=[
                *(gate.name for gate in repo.gates),
                *(rule.told for rule in repo.own_rules if rule.holds_for(stint.task.type)),
            ],
            claims=stint.task.reach,
            answers=[answer_told(question) for question in answered],
            budget_tokens=repo.brief_tokens,
            templates=found.templates,
            frame=frame,
        )
        await stint.parts.database.submit(lambda conn: briefs.store(conn, stint.run, told.render()))
        return told

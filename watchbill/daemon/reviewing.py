"""Reviewing: another vendor's run on a draft: one call that lets it land, or has its author go on with comments."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from watchbill.daemon import unmerged
from watchbill.daemon.delivery import Conflicts, Landed
from watchbill.daemon.judging import World, world_of
from watchbill.daemon.setbacks import End, end_after
from watchbill.daemon.stint import Stint
from watchbill.domain import brief
from watchbill.domain.lore import CONTRADICTIONS
from watchbill.domain.outcomes import Answered, Setback, Spared
from watchbill.domain.ports import ModelProvider, TurnRequest
from watchbill.domain.reviews import REVIEW, TOOL, Review, ReviewState
from watchbill.domain.runs import RunState, Stage
from watchbill.domain.tasks import TaskState
from watchbill.domain.transcript import Reply, Told, ToolResult, Transcript, heard

_MAX_TOKENS = 4_096


class Reviewing:
    """One review of one draft. The draft's own session stays whose it is: the reviewer is told the diff and nothing else."""

    def __init__(self, stint: Stint, provider: ModelProvider, review: Review, rounds: int) -> None:
        self._stint = stint
        self._provider = provider
        self._review = review
        self._rounds = rounds

    async def hold(self) -> Landed | End:
        verdict = await self._stint.gate()
        if verdict is None or not verdict.passes:
            await self._stint.set_review(replace(self._review, state=ReviewState.CHANGES))
            return _handed_on("the checks no longer pass what was to be reviewed")
        await self._stint.stage(Stage.WORK)
        turn = await self._provider.turn(await self._request())
        if isinstance(turn, Setback):
            return end_after(turn, self._stint.terms.zone, has_progress=False)
        said = _said(heard(turn.reply))
        if said is None:
            await self._stint.set_review(self._review, answered=turn)
            return End(state=RunState.FAILED, task_state=TaskState.QUEUED, why="the reviewer said neither yes nor no")
        return await self._decide(turn, await self._with_lore(said))

    async def _with_lore(self, said: Mapping[str, Any]) -> Mapping[str, Any]:
        """What it said, with the contradictions that can be looked up as comments; those that cannot are dropped."""
        world = await self._world()
        found = world.comments(said.get(CONTRADICTIONS)) if world else []
        comments = [*said["comments"], *found]
        return {"approve": not found and (said["approve"] or not comments), "comments": comments}

    async def _world(self) -> World | None:
        """The canon and the changed texts; None unless a reviewer shall judge by it."""
        repo = self._stint.repo
        if not repo.lore_judged:
            return None
        tree = await repo.vcs.read_tree(self._stint.tip)
        changed = [one.path for one in await repo.vcs.changes(self._stint.base, self._stint.tip)]
        return await asyncio.to_thread(world_of, tree, changed, repo)

    async def _decide(self, turn: Answered | Spared, said: Mapping[str, Any]) -> Landed | End:
        comments = tuple(str(comment) for comment in said["comments"])
        after = replace(self._review, rounds=self._review.rounds + 1)
        self._stint.parts.events.emit(
            "session.reviewed",
            task=self._stint.task.id,
            run=self._stint.run.id,
            drafter=after.drafter,
            approved=said["approve"],
            round=after.rounds,
            comments=list(comments),
        )
        if said["approve"]:
            await self._stint.set_review(replace(after, state=ReviewState.APPROVED), answered=turn)
            landed = await unmerged.land(self._stint)
            if not isinstance(landed, Conflicts):
                return landed
            return await unmerged.hand_back(self._stint, landed, *self._noted())
        if after.rounds >= self._rounds:
            await self._stint.set_review(replace(after, state=ReviewState.CHANGES), answered=turn)
            return self._stint.review(
                f"after {after.rounds} reviews {self._provider.name} still asks for: {'; '.join(comments)}"
            )
        told = Told(text=brief.reviewed(comments).text)
        await self._stint.set_review(replace(after, state=ReviewState.CHANGES), *self._noted(), told, answered=turn)
        return _handed_on(f"{self._provider.name} asks for changes: {'; '.join(comments)}")

    def _noted(self) -> list[ToolResult]:
        """The results of what its author said last, so that it can go on."""
        calls = self._stint.session.transcript.open_calls
        return [ToolResult(id=call.id, name=call.name, content="noted") for call in calls]

    async def _request(self) -> TurnRequest:
        task, terms = self._stint.task, self._stint.terms
        diff = await self._stint.repo.vcs.diff(self._stint.base, self._stint.tip)
        world = await self._world()
        told = brief.review(task, diff, canon=world.canon if world else "")
        return TurnRequest(
            purpose=self._stint.purpose,
            transcript=Transcript(entries=(Told(text=told.text),)),
            tools=(TOOL,),
            max_tokens=min(_MAX_TOKENS, terms.max_tokens),
            deadline=terms.turn_deadline,
        )


def _said(reply: Reply) -> Mapping[str, Any] | None:
    """What it said with `review`; None where it did not call it as it is meant."""
    for call in reply.tool_calls:
        args = call.args
        is_whole = isinstance(args.get("approve"), bool) and isinstance(args.get("comments"), list)
        if call.name == REVIEW and is_whole and (args["approve"] or args["comments"] or args.get(CONTRADICTIONS)):
            return args
    return None


def _handed_on(why: str) -> End:
    return End(state=RunState.HANDED_OFF, task_state=TaskState.QUEUED, why=why)

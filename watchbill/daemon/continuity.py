"""Continuity: a run in which a model holds the task's texts against the canon, a call for each. Nothing is changed."""

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from watchbill.daemon import proposals
from watchbill.daemon.judging import World, world_of
from watchbill.daemon.setbacks import End, end_after
from watchbill.daemon.stint import Stint, stopped
from watchbill.domain import brief
from watchbill.domain.claims import covers
from watchbill.domain.counted import counted
from watchbill.domain.lore import CONTRADICTIONS, TOOL
from watchbill.domain.outcomes import Setback
from watchbill.domain.ports import ModelProvider, TurnRequest
from watchbill.domain.runs import RunState, Stage
from watchbill.domain.tasks import TaskState
from watchbill.domain.transcript import Reply, Told, ToolResult, Transcript, heard
from watchbill.gates.lore.contradictions import Contradiction
from watchbill.gates.lore.gate import finding_of
from watchbill.state import briefs

LEAST_TEXT = 1_000  # tokens of a text that are told beside the canon, at the least, about


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A text, or of a long one a part, that is told alone."""

    path: str
    text: str
    above: int = 0  # lines of the text that come before it
    told: str

    def contradictions(self, world: World, said: object) -> list[Contradiction]:
        """What was named of it, by lines of the whole text: the same words may stand elsewhere, and were not read there."""
        named = world.contradictions(said, {self.path: self.text})
        return [replace(one, line=one.line + self.above) for one in named]


class Continuity:
    """One run's reading. Each answer is stored as it comes: whoever goes on asks for none twice."""

    def __init__(self, stint: Stint, provider: ModelProvider) -> None:
        self._stint = stint
        self._provider = provider

    async def hold(self) -> End:
        world = await self._world()
        if world is None:
            return self._stint.review(
                "there is nothing to read: no canon, or no text of its world among the task's files"
            )
        await self._stint.stage(Stage.WORK)
        await self._set_frame(brief.continuity(world.canon).text, world)
        found: list[Contradiction] = []
        lost = 0
        for reading in self._readings(world):
            known = self._known(reading.told)
            said = await self._ask(reading.told) if known is None else known
            if isinstance(said, End):
                return said
            shown = reading.contradictions(world, said)
            found += shown
            lost += len(said) - len(shown)
        return await self._told(world, list(dict.fromkeys(found)), lost)

    async def _world(self) -> World | None:
        stint = self._stint
        tree = await stint.repo.vcs.read_tree(stint.tip)
        paths = [path for path in tree.paths() if covers(stint.task.reach, path)]
        return await asyncio.to_thread(world_of, tree, paths, stint.repo)

    async def _set_frame(self, frame: str, world: World) -> None:
        """What was answered of another canon is no answer."""
        stint = self._stint
        if stint.session.transcript.system != frame:
            stint.begin_transcript(frame)
        shown = "\n".join(("── system ──", frame, "── texts, each told alone ──", *world.texts))
        await stint.parts.database.submit(lambda conn: briefs.store(conn, stint.run, shown))

    def _readings(self, world: World) -> Iterator[Reading]:
        """Each text whole, or a long one a part after another."""
        room = max(LEAST_TEXT, self._stint.repo.brief_tokens - brief.estimate(world.canon))
        for path, text in world.texts.items():
            parts = list(_parts(text, room))
            above = 0
            for number, part in enumerate(parts, start=1):
                name = path if len(parts) == 1 else f"{path}, part {number} of {len(parts)}"
                yield Reading(path=path, text=part, above=above, told=brief.reading(name, part))
                above += part.count("\n")

    def _known(self, reading: str) -> list[Any] | None:
        """What was said of it in this session."""
        entries = self._stint.session.transcript.entries
        for told, reply in pairwise(entries):
            if isinstance(told, Told) and told.text == reading and isinstance(reply, Reply):
                return _said(reply)
        return None

    async def _ask(self, reading: str) -> list[Any] | End:
        stint = self._stint
        if (why := stint.stop()) is not None:
            return stopped(why)
        turn = await self._provider.turn(self._request(reading))
        if isinstance(turn, Setback):
            stint.tell_setback(turn)
            return end_after(turn, stint.terms.zone, has_progress=stint.has_progress)
        reply = heard(turn.reply)
        said = _said(reply)
        if said is None:
            await stint.remember(answered=turn)
            why_not = f"it did not call {CONTRADICTIONS} as it was asked to"
            return End(state=RunState.FAILED, task_state=TaskState.QUEUED, why=why_not)
        noted = [ToolResult(id=call.id, name=call.name, content="noted") for call in reply.tool_calls]
        await stint.remember(Told(text=reading), reply, *noted, answered=turn)
        return said

    def _request(self, reading: str) -> TurnRequest:
        stint = self._stint
        return TurnRequest(
            purpose=stint.purpose,
            transcript=Transcript(system=stint.session.transcript.system, entries=(Told(text=reading),)),
            tools=(TOOL,),
            max_tokens=stint.terms.max_tokens,
            deadline=stint.terms.turn_deadline,
            effort=stint.step.effort if stint.step else None,
        )

    async def _told(self, world: World, found: list[Contradiction], lost: int) -> End:
        """Nothing found is verified; what was found becomes tasks that a person accepts."""
        reader, texts = self._stint.run.provider, counted(len(world.texts), "text")
        dropped = f"; {lost} of what it named cannot be looked up, or is waived" if lost else ""
        if not found:
            why = f"{reader} read {texts}: nothing contradicts the canon{dropped}"
            return End(state=RunState.VERIFIED, task_state=TaskState.VERIFIED, why=why)
        new = await asyncio.to_thread(world.beyond, found)
        known = len(found) - len(new)
        shared = f", {known} of which the checks find themselves" if known else ""
        why = f"{reader} read {texts} and named {counted(len(found), 'contradiction')}{shared}{dropped}"
        return await proposals.put_forward(self._stint, why, [finding_of(one) for one in new])


def _said(reply: Reply) -> list[Any] | None:
    """What it named; None where it did not say so as it is meant."""
    for call in reply.tool_calls:
        named = call.args.get(CONTRADICTIONS)
        if call.name == CONTRADICTIONS and isinstance(named, list) and all(isinstance(one, Mapping) for one in named):
            return named
    return None


def _parts(text: str, tokens: int) -> Iterator[str]:
    """A text in parts of about so many tokens, each ending with a line.

    >>> list(_parts("one two\\nthree four\\nfive\\n", 5))
    ['one two\\nthree four\\n', 'five\\n']
    """
    part = ""
    for line in text.splitlines(keepends=True):
        if part and brief.estimate(part + line) > tokens:
            yield part
            part = ""
        part += line
    yield part

"""Sparing: a request that was answered before, on the same tree of files, is not sent again; one that is under way is joined.

Identical means identical: model, parameters, messages, tools and tree, byte for byte. What looks alike is sent.
"""

import asyncio
import json
from dataclasses import fields, replace
from hashlib import sha256
from typing import Any

from watchbill.daemon.stint import Stint
from watchbill.domain.ids import Commit
from watchbill.domain.outcomes import Answered, Kept, SavedBy, Spared, TurnEnd
from watchbill.domain.ports import ModelProvider, ProbeResult, TurnRequest
from watchbill.domain.transcript import dump, heard
from watchbill.state import answers
from watchbill.state.answers import Keeping

# what no vendor is told: for whom it is asked, how long it may take, how long the vendor shall remember
_BESIDE = frozenset({"purpose", "transcript", "deadline", "pause"})


def key_of(request: TurnRequest, *, tree: str, house: str) -> str:
    """The same for two requests exactly when all that the vendor is told, and the tree, are the same; `house`: who answers."""
    parts = {
        "tree": tree,
        "house": house,
        "transcript": dump(request.transcript),
        "model": request.purpose.model,
        **{each.name: getattr(request, each.name) for each in fields(request) if each.name not in _BESIDE},
    }
    said = json.dumps(parts, sort_keys=True, default=_fields)
    return sha256(said.encode()).hexdigest()


class Sparing:
    """Implements ModelProvider for one run, over the provider that is asked where nothing can be spared."""

    def __init__(self, provider: ModelProvider, *, stint: Stint, keeping: Keeping, house: str) -> None:
        self.name = provider.name
        self._provider = provider
        self._stint = stint
        self._keeping = keeping
        self._house = house
        self._tree: tuple[Commit, str] | None = None  # the last checkpoint's

    async def turn(self, request: TurnRequest) -> TurnEnd:
        """The stored answer where this task may have it, else the vendor's. Waits for an identical request under way."""
        flights, run = self._stint.parts.flights, self._stint.run
        key = await self._key(request)
        by = SavedBy.DEDUPED
        while (ahead := flights.board(key, run.id)) is not None:
            try:
                async with asyncio.timeout(request.deadline.total_seconds()):
                    await ahead.wait()
            except TimeoutError:
                return await self._provider.turn(request)  # whoever is ahead is late: it no longer pays to wait
            by = SavedBy.JOINED
        end: TurnEnd | None = None
        try:
            end = await self._spared(key, by) or await self._sent(request, key)
        finally:
            if not isinstance(end, Answered):  # an answer lands once it is stored
                flights.land(run.id)
        return end

    async def knows(self, request: TurnRequest) -> bool:
        """Whether the answer is there already, so that nobody need wait for one that is only cheaper."""
        return await self._spared(await self._key(request), SavedBy.DEDUPED) is not None

    async def probe(self) -> ProbeResult:
        return await self._provider.probe()

    async def aclose(self) -> None:
        """The provider is its builder's to close."""

    async def _key(self, request: TurnRequest) -> str:
        return key_of(request, tree=await self._standing_on(), house=self._house)

    async def _standing_on(self) -> str:
        """The tree that the model sees: tool results are only stored together with the checkpoint that they left."""
        tip = self._stint.tip
        if self._tree is None or self._tree[0] != tip:
            self._tree = tip, await self._stint.repo.vcs.tree_of(tip)
        return self._tree[1]

    async def _spared(self, key: str, by: SavedBy) -> Spared | None:
        parts, task = self._stint.parts, self._stint.task.id
        found = await parts.database.submit(
            lambda conn: answers.find(conn, key, task, self._keeping, parts.clock.now())
        )
        return None if found is None else Spared(reply=found.reply, key=key, call=found.call, by=by)

    async def _sent(self, request: TurnRequest, key: str) -> TurnEnd:
        end = await self._provider.turn(request)
        return replace(end, kept=Kept(key=key, reply=heard(end.reply))) if isinstance(end, Answered) else end


def _fields(value: Any) -> dict[str, Any]:
    return {each.name: getattr(value, each.name) for each in fields(value)}

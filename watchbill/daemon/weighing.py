"""Weighing: what a task's first call would be held at, made of the brief that its run would be told, before a run begins.

Only where that may be more than a cap has: elsewhere it fits whatever the brief says. It is the least that the ledger will be
asked for: what the wire adds is left out, and a batch's price counts where the task may wait for one.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import TYPE_CHECKING, NamedTuple

from watchbill.daemon.briefing import Briefer
from watchbill.daemon.standing import Standing
from watchbill.daemon.terms import Parts
from watchbill.domain import compaction
from watchbill.domain.calls import OVERHEAD_TOKENS
from watchbill.domain.errors import GitError, Unpriced
from watchbill.domain.ids import Commit, ProviderName, RepoName, SessionId, TaskId
from watchbill.domain.lore import CONTINUITY
from watchbill.domain.money import ZERO, MicroUsd
from watchbill.domain.rides import digest_of
from watchbill.domain.tasks import Task, TaskState
from watchbill.domain.tools import LEAST_BYTES
from watchbill.domain.transcript import Told
from watchbill.operator import catalog
from watchbill.scheduling.decisions import Candidate, Decision, Plan, Start, Wait
from watchbill.scheduling.purse import Purse
from watchbill.scheduling.snapshot import FirstCall, Snapshot
from watchbill.state import sessions

if TYPE_CHECKING:
    from watchbill.providers.pricing import Pricing

# Kinds that are told a brief of ours and paid by the token.
_BRIEFED = frozenset({"anthropic", "openai", "openai-chat"})
_AT_ONCE = 8  # tasks that wait, in one look: the rest in the next ones. Who would begin is weighed in any case
_BYTES = 5  # that a token of a brief's budget comes to on the wire, about
_BESIDE = 20_000  # bytes that may stand beside what a budget counts
_ORDINARY = {"service_tier": "standard_only"}  # what a vendor's dearer tiers add is no part of the least


class _Made(NamedTuple):
    """What the words of a first call follow from, beside the configuration."""

    task: str  # the digest of its words
    session: SessionId | None
    version: int
    base: Commit
    day: date  # prices change


class _Weighed(NamedTuple):
    of: _Made
    size: int | None  # bytes; None where the brief could not be made, or it was answered before
    calls: tuple[FirstCall, ...] = ()


class Weigher:
    """Remembers what it weighed, until the task, its session, its repository or the configuration is another."""

    def __init__(self, parts: Parts, briefer: Briefer) -> None:
        self._parts = parts
        self._briefer = briefer
        self._standing: Standing | None = None
        self._pricing: Mapping[ProviderName, Pricing] = {}
        self._weighed: dict[TaskId, _Weighed] = {}
        self._bases: dict[RepoName, Commit] = {}  # as of this look
        self._left = 0  # of those that wait, in this look
        self._known: set[tuple[TaskId, ProviderName, str]] = set()  # what this plan was made with
        self._doubts: dict[tuple[object, ...], bool] = {}  # of this plan: tasks alike share them

    @property
    def known(self) -> tuple[FirstCall, ...]:
        return tuple(call for weighed in self._weighed.values() for call in weighed.calls)

    async def begin(self, standing: Standing, seen: Snapshot) -> None:
        """A new look: forget what was weighed of something that is no longer so."""
        if standing is not self._standing:
            self._standing, self._weighed, self._pricing = standing, {}, _pricing(standing)
        self._bases, self._left = {}, _AT_ONCE
        open_tasks = {task.id: task for task in seen.tasks if task.id in self._weighed and _can_be_weighed(task, seen)}
        stored = await self._parts.database.submit(lambda conn: sessions.versions(conn, open_tasks))
        for name, weighed in list(self._weighed.items()):
            task = open_tasks.get(name)
            if task is None or weighed.of != await self._made(task, stored.get(name), standing):
                del self._weighed[name]

    async def look(self, plan: Plan, seen: Snapshot, standing: Standing, now: datetime) -> bool:
        """Weigh whom the plan would begin, and some of those who wait. True where more is known than it was made with."""
        if not self._pricing:
            return False
        task_by_id, purse = {task.id: task for task in seen.tasks}, Purse(seen, standing.bill, now)
        is_news, self._doubts = False, {}
        self._known = {(call.task, call.provider, call.model) for call in seen.first_calls}
        for decision in plan.decisions:
            candidates = _in_question(decision, most=self._left)
            task = task_by_id.get(decision.task)
            if not candidates or task is None or not _can_be_weighed(task, seen):
                continue
            asked = [
                call
                for call in self._asked(task, candidates, standing)
                if self._may_not_fit(call, task, standing, purse, now)
            ]
            if asked:
                is_told = task.id in self._weighed
                is_found = await self._weigh(task, asked, standing, now)
                is_news |= is_found
                self._left -= isinstance(decision, Wait) and (is_found or not is_told)
        return is_news

    def _asked(self, task: Task, candidates: Iterable[Candidate], standing: Standing) -> Iterator[FirstCall]:
        """Calls of which nothing is known yet, to models that answer to a brief."""
        for each in candidates:
            key = (each.provider, each.model)
            if each.provider in self._pricing and (task.id, *key) not in self._known and key not in standing.one_shots:
                yield FirstCall(task=task.id, provider=each.provider, model=each.model)

    def _may_not_fit(self, call: FirstCall, task: Task, standing: Standing, purse: Purse, now: datetime) -> bool:
        """Whether the longest brief does not fit, and not only since nothing does."""
        left, may_wait = purse.left_for(task), _may_wait(call, task, standing)
        asked = (call.provider, call.model, task.repo, task.type, left, may_wait)
        if asked not in self._doubts:
            size = _BYTES * standing.repos[task.repo].brief_tokens + _BESIDE
            longest = self._priced(call, task, size, standing, now)
            least = replace(call, cost=MicroUsd(1), tokens=1)
            self._doubts[asked] = longest is not None and not _fits(longest, task, purse) and _fits(least, task, purse)
        return self._doubts[asked]

    async def _weigh(self, task: Task, asked: Sequence[FirstCall], standing: Standing, now: datetime) -> bool:
        weighed = self._weighed.get(task.id) or await self._told(task, standing)
        if weighed is None:
            return False
        self._weighed[task.id] = weighed
        if weighed.size is None:
            return False
        priced = (self._priced(call, task, weighed.size, standing, now) for call in asked)
        found = [call for call in priced if call is not None]
        self._weighed[task.id] = weighed._replace(calls=(*weighed.calls, *found))
        return bool(found)

    def _priced(self, call: FirstCall, task: Task, size: int, standing: Standing, now: datetime) -> FirstCall | None:
        """The call with so many bytes of words; None where its model has no price."""
        from watchbill.providers.pricing import IN_BATCH  # noqa: PLC0415 - only where somebody is paid by the token

        try:
            bound = self._pricing[call.provider].bound(
                call.model,
                tokens_in=size + OVERHEAD_TOKENS,
                tokens_out=standing.terms.max_tokens,
                terms=IN_BATCH if _may_wait(call, task, standing) else _ORDINARY,
                at=now,
            )
        except Unpriced:
            return None
        return replace(call, cost=bound.cost, tokens=bound.tokens_in + bound.tokens_out)

    async def _told(self, task: Task, standing: Standing) -> _Weighed | None:
        """The words that its model would be told first; None where nobody can say where it begins."""
        session = await self._parts.database.submit(lambda conn: sessions.get(conn, task.id))
        version = None if session is None else (session.id, session.version)
        made = await self._made(task, version, standing)
        if made is None:
            return None
        if session is not None and (
            session.checkpoint or any(not isinstance(entry, Told) for entry in session.transcript.entries)
        ):
            return _Weighed(of=made, size=None)
        if session is not None and session.transcript.entries:
            known = compaction.compact(session.transcript, standing.terms.session_tokens)
            told = [entry.text for entry in known.entries if isinstance(entry, Told)]
            return _Weighed(of=made, size=_size([known.system, *told]))
        try:
            brief = await self._briefer.made(standing.repos[task.repo], task, session=session, tip=made.base)
        except Exception as fault:  # noqa: BLE001 - whatever is wrong with one brief, its own run says; the others are planned
            self._parts.events.emit("daemon.fault", error=repr(fault), where=f"weighing of {task.id}")
            return _Weighed(of=made, size=None)
        return _Weighed(of=made, size=_size([brief.system, brief.prompt]))

    async def _made(self, task: Task, session: tuple[SessionId, int] | None, standing: Standing) -> _Made | None:
        if task.repo not in self._bases:
            try:
                self._bases[task.repo] = await standing.repos[task.repo].start_point()
            except GitError:
                return None
        name, version = session or (None, 0)
        return _Made(digest_of(task), name, version, self._bases[task.repo], self._parts.clock.now().date())


def _may_wait(call: FirstCall, task: Task, standing: Standing) -> bool:
    """Whether it may be asked in a batch, at its price."""
    return call.provider in standing.batches.providers and standing.batches.lets_wait(task)


def _pricing(standing: Standing) -> dict[ProviderName, "Pricing"]:
    """By provider; an agent makes its own requests."""
    setups = [standing.setups[name] for name in standing.providers if standing.setups[name].agent is None]
    listed = [setup for setup in setups if setup.kind in _BRIEFED]
    return {offer.provider: catalog.pricing_of(offer) for offer in catalog.offers_of(listed)}


def _can_be_weighed(task: Task, seen: Snapshot) -> bool:
    """Whether its next run is told a brief first."""
    return task.state is TaskState.QUEUED and task.type != CONTINUITY and task.id not in seen.drafts


def _in_question(decision: Decision, *, most: int) -> tuple[Candidate, ...]:
    match decision:
        case Start(candidates=candidates):
            return candidates
        case Wait(candidates=candidates) if most > 0:
            return candidates
        case _:
            return ()


def _fits(call: FirstCall, task: Task, purse: Purse) -> bool:
    left = purse.left_for(task)
    refused = purse.refusals(call.provider, task.repo, task.type, estimate=ZERO, task_left=left, call=call)
    return not any(refused) and not any(purse.shorts(call, task.repo, task.type, task_left=left))


def _size(texts: Iterable[str]) -> int:
    """Bytes of a request that says this and offers our tools: at the least, however its wire frames them."""
    words = sum(len(json.dumps(text, ensure_ascii=False).encode("utf-8", "surrogatepass")) for text in texts)
    return words + LEAST_BYTES

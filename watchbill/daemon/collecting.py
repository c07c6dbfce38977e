"""Collecting: a turn that may wait is put beside others for a batch, and its run ends; a later run takes its answer up.

What a request continues is known by the digest of the transcript, so an answer fits whoever goes on, and nothing else.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256

from watchbill.daemon.setbacks import End
from watchbill.daemon.stint import Stint
from watchbill.domain.batches import BatchDesk, BatchItem, BatchTerms, Encoded, ItemState, TakesBatches
from watchbill.domain.errors import OverBudget, Unpriced
from watchbill.domain.outcomes import Answered, Setback
from watchbill.domain.ports import Meter, Provider, TurnRequest
from watchbill.domain.runs import RunState
from watchbill.domain.tasks import TaskState
from watchbill.domain.transcript import Transcript, dump
from watchbill.domain.whole import to_its_end
from watchbill.state import batches

LONGEST = timedelta(hours=26)  # a batch is over after a day; whoever waited longer asks in the ordinary way
WAITS = "its next turn waits in a batch, at half the price"


@dataclass(frozen=True, slots=True, kw_only=True)
class Collector:
    """What every run collects with."""

    meter: Meter
    wake: Callable[[], None]  # tells whoever sends the batches


class Collecting:
    """One run's side: what is there for its transcript, and what it puts there."""

    def __init__(self, stint: Stint, *, collector: Collector, terms: BatchTerms, desk: BatchDesk | None) -> None:
        self._stint = stint
        self._collector = collector
        self._terms = terms
        self._desk = desk
        self._item: BatchItem | None = None
        self._is_unserved = False

    async def look(self) -> bool:
        """Whether a request that continues the session as it is was collected before."""
        task, digest = self._stint.task.id, digest_of(self._stint.session.transcript)
        self._item = await self._stint.parts.database.submit(lambda conn: batches.of_transcript(conn, task, digest))
        return self._item is not None

    def take(self) -> Answered | Setback | End | None:
        """The answer, once; the run's end while it is waited for; None where nothing was collected or the vendor did not do it."""
        item, self._item = self._item, None
        if item is None:
            return None
        if item.state in (ItemState.WAITING, ItemState.SENT):
            return self._later()
        self._is_unserved = item.state is ItemState.UNSERVED
        return item.answer if item.state is ItemState.ANSWERED else None

    async def collect(self, request: TurnRequest) -> End | None:
        """Put it beside the others; None when it has to be asked in the ordinary way, or is too dear even so."""
        if self._desk is None or self._is_unserved:
            self._is_unserved = False
            return None
        encoded = await self._desk.encode(request)
        if isinstance(encoded, Setback):
            return None
        try:
            await to_its_end(self._hold(request, encoded))
        except (OverBudget, Unpriced):
            return None
        self._collector.wake()
        return self._later()

    async def _hold(self, request: TurnRequest, encoded: Encoded) -> None:
        """Its money first; a row that dies without its item was never sent, and recovery frees it."""
        parts, purpose = self._stint.parts, request.purpose
        call = await self._collector.meter.hold(purpose, encoded.bound)
        now = parts.clock.now()
        mark = sha256(f"{call} {now.isoformat()} {encoded.body}".encode()).hexdigest()[:24]
        await parts.database.submit(
            lambda conn: batches.collect(
                conn,
                call,
                purpose,
                encoded,
                digest=digest_of(request.transcript),
                custom_id=f"wb-{mark}-{call}",
                max_tokens=request.max_tokens,
                now=now,
            )
        )
        parts.events.emit("batch.collected", call=call, task=purpose.task, run=purpose.run, provider=purpose.provider)

    def _later(self) -> End:
        not_before = self._stint.parts.clock.now() + self._terms.window + LONGEST
        return End(state=RunState.DEFERRED, task_state=TaskState.QUEUED, why=WAITS, not_before=not_before)


async def collecting_of(stint: Stint, provider: Provider, collector: Collector, terms: BatchTerms) -> Collecting:
    """The run's side of batches; where its task may not wait, or its provider has none, it only takes answers up."""
    desk = None
    if terms.lets_wait(stint.task) and provider.name in terms.providers and isinstance(provider, TakesBatches):
        desk = await provider.desk(stint.run.model)
    stint.may_wait = stint.may_wait or desk is not None
    return Collecting(stint, collector=collector, terms=terms, desk=desk)


def digest_of(transcript: Transcript) -> str:
    """The same for the same words, whether they were just said or read from the store."""
    return sha256(json.dumps(dump(transcript), sort_keys=True).encode()).hexdigest()

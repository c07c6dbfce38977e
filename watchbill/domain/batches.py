"""Batches: requests that may wait are sent together, at the price that a vendor asks of those who can wait a day."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol, runtime_checkable

from watchbill.domain.calls import Bound, Purpose
from watchbill.domain.errors import WatchbillError
from watchbill.domain.ids import CallId, ProviderName, TaskType
from watchbill.domain.money import ZERO, MicroUsd
from watchbill.domain.outcomes import Answered, Setback
from watchbill.domain.ports import ModelProvider, TurnRequest
from watchbill.domain.tasks import Task

FIELD = "batch"  # a task's own word: [batch:: yes]
YES = frozenset({"yes", "true", "on"})
NO = frozenset({"no", "false", "off"})


class BatchState(StrEnum):
    INTENT = "intent"  # made up here, nothing sent
    SENT = "sent"  # the vendor may have it; its id is not known
    KNOWN = "known"  # the vendor's id is stored
    ENDED = "ended"  # every request of it is settled


class ItemState(StrEnum):
    WAITING = "waiting"  # for its window; its money is held
    SENT = "sent"
    ANSWERED = "answered"  # settled; a run takes the answer up
    UNSERVED = "unserved"  # the vendor did not do it: asked for again in the ordinary way
    DROPPED = "dropped"  # not wanted any more, or not sent: as if it had never been
    USED = "used"  # its answer is part of the session


class Outcome(StrEnum):
    SUCCEEDED = "succeeded"
    ERRORED = "errored"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    REFUSED = "refused"  # the vendor did not take the batch
    UNKNOWN = "unknown"  # nobody can say; it stays charged at its bound


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchTerms:
    """What may wait, and how long requests are collected."""

    types: frozenset[TaskType] = frozenset()
    window: timedelta = timedelta(minutes=30)
    most: int = 100  # requests until a batch goes at once
    providers: frozenset[ProviderName] = frozenset()  # that take batches

    def lets_wait(self, task: Task) -> bool:
        """The task's own word goes before its type's."""
        word = wish_of(task)
        return word in YES or (word not in NO and task.type in self.types)


def wish_of(task: Task) -> str:
    """The task's own word on waiting for a batch; "" when it has none."""
    return next((value for key, value in task.extra.items() if key.strip().lower() == FIELD), "").strip().lower()


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoded:
    """One request in its vendor's words, with the most that it can cost in a batch."""

    kind: str  # requests of one kind can share a batch
    body: str
    bound: Bound


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchItem:
    call: CallId
    purpose: Purpose
    bound: Bound
    reserved_at: datetime
    digest: str
    kind: str
    custom_id: str
    body: str
    max_tokens: int
    state: ItemState = ItemState.WAITING
    made_at: datetime
    answer: Answered | Setback | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    id: str
    provider: ProviderName
    model: str
    kind: str
    state: BatchState
    handle: str | None
    vendor_id: str | None
    refused: bool
    withdrawn: bool
    made_at: datetime
    sent_at: datetime | None
    next_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """The vendor has the batch."""

    vendor_id: str
    handle: str  # JSON; all that is needed to ask for it again
    ended: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsent:
    """It certainly was not taken. `never_left`: nothing was even sent, so the requests can be collected again."""

    why: str
    never_left: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubtful:
    """Nobody can say whether the vendor has it. `refused`: a whole error came back, which costs nothing by itself."""

    why: str
    refused: bool


class BatchTrouble(WatchbillError):
    """A vendor could not be asked about a batch now; nothing is lost, it is asked again."""


class Search(StrEnum):
    """What looking for a batch without an id came to, when it was not found."""

    ABSENT = "absent"  # not in the vendor's list
    UNDECIDED = "undecided"  # one that may be it has not ended yet


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemEnd:
    """How one request of a batch ended."""

    custom_id: str
    outcome: Outcome
    answer: Answered | Setback | None = None  # with its settlement; None when nothing is billed
    saved: MicroUsd = ZERO
    why: str = ""


class BatchDesk(Protocol):
    """A vendor's batches. Raises BatchTrouble where the vendor cannot be asked now."""

    async def encode(self, request: TurnRequest) -> Encoded | Setback: ...
    async def send(self, items: Sequence[BatchItem]) -> Accepted | Unsent | Doubtful: ...
    async def find(
        self, items: Sequence[BatchItem], *, since: datetime, known: frozenset[str]
    ) -> Accepted | Search: ...
    async def look(self, batch: Batch) -> Accepted: ...
    async def results(self, batch: Batch, items: Sequence[BatchItem]) -> Sequence[ItemEnd]: ...
    async def withdraw(self, batch: Batch) -> None: ...


@runtime_checkable
class TakesBatches(ModelProvider, Protocol):
    """A provider that can have a desk; None where its model or its address has no batches."""

    async def desk(self, model: str) -> BatchDesk | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchCounts:
    """What batches did so far."""

    batches: int = 0
    requests: int = 0  # sent in batches
    waiting: int = 0  # not answered yet, sent or not
    succeeded: int = 0
    unserved: int = 0
    saved: MicroUsd = field(default=ZERO)  # below the ordinary price

"""The journal: each decision that is another than the one before it, with everything that it was made from."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from itertools import permutations

from watchbill.domain.ports import Events
from watchbill.scheduling import codec
from watchbill.scheduling.bill import WatchBill
from watchbill.scheduling.decisions import Decision, GiveUp, Reason, Relieve, Start, Wait
from watchbill.scheduling.snapshot import Snapshot
from watchbill.state import decisions, snapshot
from watchbill.state.database import Database

# From the one to the other, others' starts and ends move whoever waits for its turn to and fro.
_TURNS = frozenset(
    (("wait", str(before)), ("wait", str(now)))
    for before, now in (
        *permutations((Reason.BEHIND, Reason.PROVIDER_BUSY, Reason.PARALLEL_LIMIT), 2),
        (Reason.FILE_CLAIMED, Reason.BEHIND),
    )
)
_AT_ONCE = 100  # decisions


class Journal:
    """Remembers what was decided last of each task and run."""

    def __init__(self, *, database: Database, events: Events) -> None:
        self._database = database
        self._events = events
        self._last_by_subject: dict[str, tuple[str, str]] | None = None  # None: what is stored counts
        self._inputs = codec.InputsWriter()

    async def write(self, decided: Sequence[Decision], seen: Snapshot, bill: WatchBill, now: datetime) -> None:
        """Store the decisions that changed, with everything that they were made from."""
        last = self._last_by_subject
        if last is None:
            last = await self._database.submit(decisions.standing)
        changed = [d for d in decided if _is_news(last.get(_subject(d)), _gist(d))]
        told = {_subject(decision): _gist(decision) for decision in changed}
        standing = {subject: told.get(subject) or last[subject] for subject in map(_subject, decided)}
        if not changed:
            self._last_by_subject = standing
            return
        inputs = await asyncio.to_thread(decisions.pack, self._inputs.encode(seen, bill, now))
        rows = []
        for decision in changed:
            rows.append((_subject(decision), *_gist(decision), codec.encode_decisions((decision,))))
            await _let_others_in(len(rows))
        await self._database.submit(lambda conn: decisions.journal(conn, now, inputs, rows), aside=True)
        self._last_by_subject = standing
        for number, decision in enumerate(changed, 1):
            if isinstance(decision, Wait):
                self._events.emit(
                    "task.waiting",
                    task=decision.task,
                    reason=decision.binding.reason,
                    detail=decision.binding.detail,
                    until=None if decision.binding.until == snapshot.FOREVER else decision.binding.until,
                )
            await _let_others_in(number)


async def _let_others_in(number: int) -> None:
    """In a loop over what may be thousands."""
    if number % _AT_ONCE == 0:
        await asyncio.sleep(0)


def _is_news(before: tuple[str, str] | None, now: tuple[str, str]) -> bool:
    """Not where it waits as before, and only who is before it is another.

    >>> _is_news(("wait", "behind"), ("wait", "provider_busy")), _is_news(("wait", "behind"), ("wait", "file_claimed"))
    (False, True)
    """
    return before != now and (before, now) not in _TURNS


def _subject(decision: Decision) -> str:
    return decision.run if isinstance(decision, Relieve) else decision.task


def _gist(decision: Decision) -> tuple[str, str]:
    """Kind and reason: what makes a decision a changed one."""
    match decision:
        case Start(provider=provider, model=model):
            return ("start", f"{provider} {model}".strip())
        case Wait(binding=binding):
            return ("wait", binding.reason)
        case Relieve(why=why):
            return ("relieve", why)
        case GiveUp(why=why):
            return ("give_up", why)

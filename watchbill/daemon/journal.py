"""The journal: each decision that is another than the one before it, with everything that it was made from."""

import asyncio
from collections.abc import Sequence
from datetime import datetime

from watchbill.domain.ports import Events
from watchbill.scheduling import codec, gists
from watchbill.scheduling.bill import WatchBill
from watchbill.scheduling.decisions import Decision, Wait
from watchbill.scheduling.snapshot import Snapshot
from watchbill.state import decisions, snapshot
from watchbill.state.database import Database

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
        changed = [d for d in decided if gists.is_news(last.get(gists.subject(d)), gists.gist(d))]
        told = {gists.subject(decision): gists.gist(decision) for decision in changed}
        standing = {subject: told.get(subject) or last[subject] for subject in map(gists.subject, decided)}
        if not changed:
            self._last_by_subject = standing
            return
        inputs = await asyncio.to_thread(decisions.pack, self._inputs.encode(seen, bill, now))
        rows = []
        for decision in changed:
            rows.append((gists.subject(decision), *gists.gist(decision), codec.encode_decisions((decision,))))
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

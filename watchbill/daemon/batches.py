"""Batches: sends what was collected when its window is over, asks how it stands ever more rarely, and books each answer singly.

Every step is a row first. A batch that was sent without an id coming back is looked for at its vendor; one that is not there
leaves its calls charged at their bounds.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from functools import partial

from watchbill.daemon.alarm import Alarm
from watchbill.daemon.standing import Orders
from watchbill.daemon.terms import Parts
from watchbill.daemon.timers import Timers
from watchbill.domain.batches import (
    Accepted,
    Batch,
    BatchDesk,
    BatchItem,
    BatchState,
    BatchTerms,
    BatchTrouble,
    Doubtful,
    ItemEnd,
    Outcome,
    Search,
    TakesBatches,
    Unsent,
)
from watchbill.domain.errors import StateError, StoppedModel
from watchbill.domain.pauses import Scope
from watchbill.domain.ports import Provider
from watchbill.state import batches, holds, pauses
from watchbill.state.engine import Connection

SOONEST, LATEST = timedelta(seconds=10), timedelta(minutes=15)  # between two questions
SHARE = 8  # of a batch's age until the next question: most are done within the hour
GRACE = timedelta(minutes=10)  # until a batch that was sent must be in its vendor's list
OVER = timedelta(hours=48)  # a day until it expires, a day in which its vendor could not be asked
RETRY = timedelta(minutes=1)
TICK = timedelta(milliseconds=200)  # the shortest rest


class Batches:
    """Looks when it is woken: by a request that was collected, after each tick, and by its own timer."""

    def __init__(
        self, parts: Parts, *, orders: Orders, timers: Timers, halted: Callable[[], bool], on_freed: Callable[[], None]
    ) -> None:
        self._parts = parts
        self._orders = orders
        self._timers = timers
        self._halted = halted
        self._on_freed = on_freed
        self._alarm = Alarm(parts.events, "batches")
        self._asking: Provider | None = None

    def wake(self) -> None:
        self._alarm.ring()

    def uses(self, provider: Provider) -> bool:
        """Whether this very client is being asked now."""
        return self._asking is provider

    async def run(self) -> None:
        """Look at every wake, for ever. A look that fails is reported; it never stops the daemon."""
        await self._alarm.at_every_ring(self.look, again=lambda: self._rest(self._parts.clock.now() + RETRY))

    def _rest(self, until: datetime) -> None:
        self._timers.wake_at("batches", until, self.wake)

    async def look(self) -> None:
        """Do what is due, and set the timer for what is due next."""
        now = self._parts.clock.now()
        submit = self._parts.database.submit
        await submit(lambda conn: batches.drop_unwanted(conn, now))
        nexts = await self._compose(self._orders.standing.batches, now)
        for batch in await submit(batches.open_batches):
            if batch.next_at <= now:
                await self._advance(batch)
        nexts += [batch.next_at for batch in await submit(batches.open_batches)]
        if await submit(lambda conn: batches.free_tasks(conn, self._parts.clock.now())):
            self._on_freed()
        if nexts:
            self._rest(max(min(nexts), self._parts.clock.now() + TICK))

    # --- making

    async def _compose(self, terms: BatchTerms, now: datetime) -> list[datetime]:
        """Make batches of what has waited long enough. Returns when the rest will have."""
        collected = await self._parts.database.submit(batches.waiting)
        nexts = []
        for group in _grouped(collected):
            for start in range(0, len(group), terms.most):
                items = group[start : start + terms.most]
                ready_at = items[0].made_at + terms.window
                if len(items) < terms.most and ready_at > now:
                    nexts.append(ready_at)
                else:
                    await self._make(items, now)
        return nexts

    async def _make(self, items: Sequence[BatchItem], now: datetime) -> None:
        await self._parts.database.submit(lambda conn: batches.make(conn, items, now))

    # --- one batch's next step

    async def _advance(self, batch: Batch) -> None:
        """Send it, find it, or ask how it stands. What has no provider any more is given back, or waits for it."""
        provider = self._orders.standing.providers.get(batch.provider)
        if batch.state is BatchState.INTENT and await self._is_paused(batch):
            await self._later(batch, LATEST)
            return
        self._asking = provider
        try:
            desk = await _desk(provider, batch)
            if desk is not None:
                await self._step(batch, desk)
            elif batch.state is BatchState.INTENT:
                await self._give_back(batch, "its provider has no batches any more")
            else:
                await self._not_asked(batch)
        except BatchTrouble as trouble:
            self._parts.events.emit("batch.trouble", batch=batch.id, provider=batch.provider, why=str(trouble))
            await self._not_asked(batch)
        except StateError:
            raise
        except Exception as fault:  # noqa: BLE001 - an SDK's surprise at one batch is no reason to leave the others
            self._parts.events.emit("daemon.fault", error=repr(fault), where=batch.id)
            await self._not_asked(batch)
        finally:
            self._asking = None

    async def _is_paused(self, batch: Batch) -> bool:
        """Whether a person stopped everything, or its provider, or its account is on hold: what was sent before is fetched all
        the same."""
        if self._halted():
            return True
        now = self._parts.clock.now()
        on = await self._parts.database.submit(lambda conn: pauses.active(conn, now))
        held = await self._parts.database.submit(holds.all)
        if any(hold.provider == batch.provider and not hold.model for hold in held):
            return True
        return any(
            each.scope is Scope.ALL or (each.scope, each.name) == (Scope.PROVIDER, batch.provider) for each in on
        )

    async def _step(self, batch: Batch, desk: BatchDesk) -> None:
        match batch.state:
            case BatchState.INTENT:
                await self._send(batch, desk)
            case BatchState.SENT:
                await self._find(batch, desk)
            case BatchState.KNOWN:
                await self._ask(batch, desk)

    async def _send(self, batch: Batch, desk: BatchDesk) -> None:
        """Once, ever: its calls' tokens are used before the first byte."""
        submit, now = self._parts.database.submit, self._parts.clock.now()
        items = await submit(lambda conn: batches.open_items(conn, batch))
        if not items:
            await submit(lambda conn: batches.end(conn, batch, now))
            return
        try:
            await submit(lambda conn: batches.send(conn, batch, now))
        except StoppedModel as fault:
            await self._give_back(batch, str(fault))
            return
        match await desk.send(items):
            case Accepted() as accepted:
                await self._store(batch, accepted)
                self._tell_sent(batch, len(items), accepted)
            case Unsent(why=why, never_left=True):
                await self._give_back(batch, why)
            case Unsent(why=why):
                self._parts.events.emit("batch.refused", batch=batch.id, provider=batch.provider, why=why)
                await self._settle_all(batch, Outcome.REFUSED, why)
            case Doubtful(why=why, refused=refused):
                self._parts.events.emit("batch.doubtful", batch=batch.id, provider=batch.provider, why=why)
                await submit(lambda conn: batches.look_later(conn, batch, self._next(batch), refused=refused))

    async def _find(self, batch: Batch, desk: BatchDesk) -> None:
        """It may be at its vendor, and its id is not known here."""
        submit = self._parts.database.submit
        items = await submit(lambda conn: batches.open_items(conn, batch))
        known = await submit(lambda conn: batches.vendor_ids(conn, batch.provider))
        assert batch.sent_at is not None, "only a sent batch is looked for"
        match await desk.find(items, since=batch.sent_at, known=known):
            case Accepted() as accepted:
                await self._store(batch, accepted)
                self._parts.events.emit("batch.found", batch=batch.id, vendor_id=accepted.vendor_id)
            case Search.ABSENT if self._age(batch) > GRACE:
                why = "it is not in the vendor's list"
                await self._settle_all(batch, Outcome.REFUSED if batch.refused else Outcome.UNKNOWN, why)
            case _:
                await self._not_asked(batch)

    async def _ask(self, batch: Batch, desk: BatchDesk) -> None:
        """How it stands; when it is over, every answer of it."""
        submit = self._parts.database.submit
        accepted = await desk.look(batch)
        await self._store(batch, accepted)
        if not accepted.ended:
            await self._withdraw_unwanted(batch, desk)
            await self._not_asked(batch)
            return
        batch = next(each for each in await submit(batches.open_batches) if each.id == batch.id)
        items = await submit(lambda conn: batches.open_items(conn, batch))
        ends = await desk.results(batch, items)
        named = {end.custom_id for end in ends}
        missing = [
            ItemEnd(custom_id=item.custom_id, outcome=Outcome.UNKNOWN, why="the batch ended without its result")
            for item in items
            if item.custom_id not in named
        ]
        await self._settle(batch, items, [*ends, *missing])

    async def _withdraw_unwanted(self, batch: Batch, desk: BatchDesk) -> None:
        """Nobody waits for any of it: what was not begun need not be paid."""
        submit = self._parts.database.submit
        if batch.withdrawn or await submit(lambda conn: batches.is_wanted(conn, batch)):
            return
        await desk.withdraw(batch)
        await submit(lambda conn: batches.note_withdrawal(conn, batch))
        self._parts.events.emit("batch.withdrawn", batch=batch.id, provider=batch.provider)

    # --- money

    async def _settle(self, batch: Batch, items: Sequence[BatchItem], ends: Sequence[ItemEnd]) -> None:
        """Each in a transaction of its own: who dies between two of them asks again, and books the rest."""
        submit = self._parts.database.submit
        end_by_id = {end.custom_id: end for end in ends}
        for item in items:
            await submit(partial(self._book, item, end_by_id[item.custom_id]))
        await submit(lambda conn: batches.end(conn, batch, self._parts.clock.now()))
        await self._parts.purser.tell_stopped(self._parts.clock.now())
        counts = Counter(end.outcome.value for end in ends)
        saved = sum(end.saved for end in ends)
        self._parts.events.emit(
            "batch.ended", batch=batch.id, provider=batch.provider, outcomes=dict(counts), saved=saved
        )

    def _book(self, item: BatchItem, end: ItemEnd, conn: Connection) -> bool:
        return batches.settle(conn, item, end, self._parts.clock.now())

    async def _settle_all(self, batch: Batch, outcome: Outcome, why: str) -> None:
        items = await self._parts.database.submit(lambda conn: batches.open_items(conn, batch))
        ends = [ItemEnd(custom_id=item.custom_id, outcome=outcome, why=why) for item in items]
        for item in items if outcome is Outcome.UNKNOWN else ():
            self._parts.events.emit("cost.unknown", call=item.call, why=why)
        await self._settle(batch, items, ends)

    async def _give_back(self, batch: Batch, why: str) -> None:
        """Nothing left the house: its requests are collected anew by their tasks."""
        now = self._parts.clock.now()
        self._parts.events.emit("batch.refused", batch=batch.id, provider=batch.provider, why=why)
        await self._parts.database.submit(lambda conn: batches.give_back(conn, batch, why, now))

    # --- when

    async def _not_asked(self, batch: Batch) -> None:
        """Later; too late, nobody will ever say what it cost."""
        if batch.sent_at is not None and self._age(batch) > OVER:
            await self._settle_all(batch, Outcome.UNKNOWN, "its vendor does not say how it ended")
            return
        await self._later(batch, self._next(batch) - self._parts.clock.now())

    async def _later(self, batch: Batch, span: timedelta) -> None:
        at = self._parts.clock.now() + span
        await self._parts.database.submit(lambda conn: batches.look_later(conn, batch, at))

    async def _store(self, batch: Batch, accepted: Accepted) -> None:
        """What has ended already is read at once."""
        at = self._parts.clock.now() if accepted.ended else self._next(batch)
        await self._parts.database.submit(lambda conn: batches.store_handle(conn, batch, accepted, at))

    def _age(self, batch: Batch) -> timedelta:
        return self._parts.clock.now() - (batch.sent_at or self._parts.clock.now())

    def _next(self, batch: Batch) -> datetime:
        return self._parts.clock.now() + min(max(self._age(batch) / SHARE, SOONEST), LATEST)

    def _tell_sent(self, batch: Batch, requests: int, accepted: Accepted) -> None:
        self._parts.events.emit(
            "batch.sent", batch=batch.id, provider=batch.provider, requests=requests, vendor_id=accepted.vendor_id
        )


async def _desk(provider: Provider | None, batch: Batch) -> BatchDesk | None:
    return await provider.desk(batch.model) if isinstance(provider, TakesBatches) else None


def _grouped(items: Iterable[BatchItem]) -> list[list[BatchItem]]:
    """What can share a batch, oldest first: one provider, one model, one kind."""
    groups: dict[tuple[str, str, str], list[BatchItem]] = {}
    for item in items:
        groups.setdefault((item.purpose.provider, item.purpose.model, item.kind), []).append(item)
    return list(groups.values())

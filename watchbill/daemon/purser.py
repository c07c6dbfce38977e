"""The purser: says once when a budget nears its cap, when it is used up, and when it has room again; the store remembers."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from watchbill.domain.errors import StateError
from watchbill.domain.ports import Events
from watchbill.domain.windows import WindowKind
from watchbill.scheduling.bill import WatchBill
from watchbill.scheduling.snapshot import Snapshot
from watchbill.state import counting, ledger, raises, shortage
from watchbill.state.database import Database
from watchbill.state.engine import Connection
from watchbill.state.ledger import StoppedRow
from watchbill.state.raises import Raise


class Purser:
    """Watches budgets for people. The ledger alone decides what may be spent."""

    def __init__(self, *, database: Database, events: Events, alert_at: Callable[[], Sequence[float]]) -> None:
        self._database = database
        self._events = events
        self._alert_at = alert_at  # shares; asked anew at each look

    async def count(self, bill: WatchBill, now: datetime) -> None:
        """What was used before a cap was set counts in it too. Where that cannot be stored, it is tried at the next start."""
        names = [terms.name for terms in bill.providers]
        try:
            await self._database.submit(lambda conn: counting.count(conn, bill.caps, names, now))
        except StateError as fault:
            self._events.emit("daemon.fault", error=str(fault), where="what new caps count")

    async def look(self, seen: Snapshot, now: datetime) -> None:
        reached, roomy = dict(self._reached(seen)), list(_roomy(seen))

        def note(conn: Connection) -> tuple[list[str], list[str], list[Raise]]:
            told = [budget for budget, (level, _) in reached.items() if shortage.reaches(conn, budget, level, now)]
            lifted = [gone for budget in ("", *roomy) for gone in shortage.lift(conn, now, budget)]
            return told, lifted, raises.ended(conn, now)

        told, lifted, over = await self._database.submit(note)
        for budget in told:
            self._events.emit("budget.alert", window=budget, share=round(reached[budget][1], 3))
        for budget in lifted:
            self._events.emit("budget.resumed", window=budget)
        for ended in over:
            self._events.emit("budget.raise_ended", of=ended.of, amount_micro_usd=ended.amount)
        await self.tell_stopped(now)

    async def tell_stopped(self, now: datetime) -> None:
        """Alarm of models that a call over its bound stopped, each once: right after the booking, or at the first look after it."""

        def note(conn: Connection) -> list[StoppedRow]:
            return [row for row in ledger.stopped(conn) if shortage.reaches(conn, row.call, 1.0, now)]

        for row in await self._database.submit(note):
            self._events.emit(
                "cost.over_bound",
                call=row.call,
                provider=row.provider,
                model=row.model,
                cost_micro_usd=row.cost,
                bound_micro_usd=row.bound,
            )

    def _reached(self, seen: Snapshot) -> Iterator[tuple[str, tuple[float, float]]]:
        """Each budget with the highest alert that it has reached, and its share."""
        for budget, cap, spent in _budgets(seen):
            share = spent / cap
            level = max((level for level in self._alert_at() if share >= level), default=0.0)
            if level > 0:
                yield budget, (level, share)


def _budgets(seen: Snapshot) -> Iterator[tuple[str, int, int]]:
    """Name, cap and spent of what turns or is an allowance."""
    for window in seen.windows:
        if window.cap and window.window.kind is not WindowKind.TASK:
            yield str(window.window), window.cap, window.spent
    for quota in seen.quotas:
        if quota.cap:
            yield str(quota.quota), quota.cap, quota.spent


def _roomy(seen: Snapshot) -> Iterator[str]:
    """What counted as used up and has room for the call that did not fit."""
    for window in seen.windows:
        if window.short and (window.left is None or window.left >= window.short):
            yield str(window.window)
    for quota in seen.quotas:
        if quota.short and quota.left >= quota.short:
            yield str(quota.quota)

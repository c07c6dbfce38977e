"""The store's meter: the port that the providers' transport calls, over the ledger."""

from collections.abc import Callable, Sequence
from functools import partial

from watchbill.domain.calls import Bound, Purpose, Settlement
from watchbill.domain.errors import AtRest
from watchbill.domain.ids import CallId, ProviderName
from watchbill.domain.outcomes import WindowUse
from watchbill.domain.ports import Clock
from watchbill.domain.windows import Caps
from watchbill.state import allowances, holds, ledger, raises, tasks
from watchbill.state.database import Database
from watchbill.state.engine import Connection


class StoreMeter:
    """Implements the Meter port. Each step is durable when it returns. Caps are asked for anew each time, with what a person raised."""

    def __init__(self, *, database: Database, clock: Clock, caps: Callable[[], Caps]) -> None:
        self._database = database
        self._clock = clock
        self._caps = caps

    async def reserve(self, purpose: Purpose, bound: Bound) -> CallId:
        """Held and marked as sent in one transaction. Raises AtRest, OverBudget, StoppedModel or LeaseLost; nothing is held
        then."""
        return await self._database.submit(partial(self._reserve, purpose, bound), aside=True)

    async def hold(self, purpose: Purpose, bound: Bound) -> CallId:
        return await self._database.submit(partial(self._hold, purpose, bound), aside=True)

    async def named(self, call: CallId, request_id: str) -> None:
        await self._database.submit(lambda conn: ledger.name(conn, call, request_id), aside=True)

    async def release(self, call: CallId, why: str) -> None:
        await self._database.submit(lambda conn: ledger.release(conn, call, why, self._clock.now()), aside=True)

    async def settle_free(self, call: CallId, why: str) -> None:
        await self._database.submit(lambda conn: ledger.settle_free(conn, call, why, self._clock.now()), aside=True)

    async def settle(self, call: CallId, settlement: Settlement) -> None:
        await self._database.submit(lambda conn: ledger.settle(conn, call, settlement, self._clock.now()), aside=True)

    async def lose(self, call: CallId, why: str) -> None:
        await self._database.submit(lambda conn: ledger.lose(conn, call, why, self._clock.now()), aside=True)

    async def note(self, provider: ProviderName, uses: Sequence[WindowUse]) -> None:
        await self._database.submit(lambda conn: allowances.note(conn, provider, uses, self._clock.now()), aside=True)

    def _reserve(self, purpose: Purpose, bound: Bound, conn: Connection) -> CallId:
        call = self._hold(purpose, bound, conn)
        hold = holds.bar(conn, purpose)  # last: a run that tries an account does send
        if hold is not None:
            raise AtRest(hold.of, kind=hold.kind, why=hold.why, until=None if hold.probe else hold.until)
        ledger.sent(conn, call)
        return call

    def _hold(self, purpose: Purpose, bound: Bound, conn: Connection) -> CallId:
        task = tasks.get(conn, purpose.task)
        cap = None if task is None else task.max_cost
        now = self._clock.now()
        caps = raises.in_force(conn, self._caps(), now)
        return ledger.reserve(conn, purpose, bound, caps, now, task_cap=cap)

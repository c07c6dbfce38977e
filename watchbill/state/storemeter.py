"""The store's meter: the port that the providers' transport calls, over the ledger."""

from collections.abc import Callable
from functools import partial

from watchbill.domain.calls import Bound, Purpose
from watchbill.domain.errors import StoppedModel
from watchbill.domain.ids import CallId
from watchbill.domain.ports import Clock
from watchbill.domain.windows import Caps
from watchbill.state import ledger, raises, tasks
from watchbill.state.database import Database
from watchbill.state.engine import Connection


class StoreMeter:
    """Implements the Meter port. Each step is durable when it returns. Caps are asked for anew each time, with what a person raised."""

    def __init__(self, *, database: Database, clock: Clock, caps: Callable[[], Caps]) -> None:
        self._database = database
        self._clock = clock
        self._caps = caps

    async def reserve(self, purpose: Purpose, bound: Bound) -> CallId:
        """Raises OverBudget, StoppedModel or LeaseLost; nothing is held then."""
        return await self._database.submit(partial(self._reserve, purpose, bound))

    async def sent(self, call: CallId) -> None:
        """Raises IllegalMove on a second send; StoppedModel, with the money given back, when its model was stopped."""
        try:
            await self._database.submit(lambda conn: ledger.sent(conn, call))
        except StoppedModel as error:
            await self.release(call, str(error))
            raise

    async def release(self, call: CallId, why: str) -> None:
        await self._database.submit(lambda conn: ledger.release(conn, call, why, self._clock.now()))

    async def settle_free(self, call: CallId, why: str) -> None:
        await self._database.submit(lambda conn: ledger.settle_free(conn, call, why, self._clock.now()))

    async def lose(self, call: CallId, why: str) -> None:
        await self._database.submit(lambda conn: ledger.lose(conn, call, why, self._clock.now()))

    def _reserve(self, purpose: Purpose, bound: Bound, conn: Connection) -> CallId:
        task = tasks.get(conn, purpose.task)
        cap = None if task is None else task.max_cost
        now = self._clock.now()
        return ledger.reserve(conn, purpose, bound, raises.in_force(conn, self._caps(), now), now, task_cap=cap)

"""A meter in memory and a clock that stands still, for tests of whoever spends."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from watchbill.domain.calls import TRANSITIONS, Bound, Call, CallState, Purpose, Settlement
from watchbill.domain.errors import OverBudget
from watchbill.domain.ids import CallId, ProviderName, RepoName, RunId, TaskId, TaskType
from watchbill.domain.machine import check_move
from watchbill.domain.outcomes import WindowUse

NEVER = timedelta(days=1)
MIDNIGHT = datetime(2026, 11, 24, tzinfo=UTC)


class StillClock:
    """Moves only when somebody sleeps, and then at once; who sleeps for NEVER has to be cancelled."""

    def __init__(self, at: datetime = MIDNIGHT) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return (self.at - MIDNIGHT).total_seconds()

    async def sleep(self, span: timedelta) -> None:
        if span >= NEVER:
            await asyncio.Event().wait()
        self.at += span


class MemoryMeter:
    """Implements the Meter port with the real state machine; `left` is what may still be held."""

    def __init__(self, left: int = 1_000_000_000) -> None:
        self.left = left
        self.calls: dict[CallId, Call] = {}
        self.any_sent = asyncio.Event()
        self.name_by_call: dict[CallId, str] = {}
        self.uses: list[WindowUse] = []

    @property
    def states(self) -> list[CallState]:
        return [call.state for call in self.calls.values()]

    @property
    def notes(self) -> list[str]:
        return [call.note for call in self.calls.values()]

    async def reserve(self, purpose: Purpose, bound: Bound) -> CallId:
        call = await self.hold(purpose, bound)
        self._move(call, CallState.SENT)
        self.any_sent.set()
        return call

    async def hold(self, purpose: Purpose, bound: Bound) -> CallId:
        if bound.cost > self.left:
            raise OverBudget("day:2026-11-24", left=self.left, wanted=bound.cost)
        call = CallId(f"call-{len(self.calls) + 1}")
        self.calls[call] = Call(
            id=call,
            purpose=purpose,
            state=CallState.HELD,
            bound=bound,
            settlement=None,
            reserved_at=MIDNIGHT,
            ended_at=None,
        )
        return call

    async def named(self, call: CallId, request_id: str) -> None:
        assert self.calls[call].state is CallState.SENT
        self.name_by_call[call] = request_id

    async def release(self, call: CallId, why: str) -> None:
        self._move(call, CallState.RELEASED, why)

    async def settle_free(self, call: CallId, why: str) -> None:
        self._move(call, CallState.SETTLED, why)

    async def settle(self, call: CallId, settlement: Settlement) -> None:
        self._move(call, CallState.SETTLED)
        self.calls[call] = replace(self.calls[call], settlement=settlement)

    async def lose(self, call: CallId, why: str) -> None:
        self._move(call, CallState.UNKNOWN, why)

    async def note(self, provider: ProviderName, uses: Sequence[WindowUse]) -> None:
        self.uses += uses

    def _move(self, call: CallId, state: CallState, why: str = "") -> None:
        held = self.calls[call]
        self.calls[call] = replace(held, state=check_move(TRANSITIONS, held.state, state), note=why)


def purpose(*, task: str = "task-1", model: str = "claude-sonnet-5-5", provider: str = "claude") -> Purpose:
    return Purpose(
        run=RunId("run-1"),
        task=TaskId(task),
        repo=RepoName("novel"),
        type=TaskType("write"),
        provider=ProviderName(provider),
        model=model,
    )

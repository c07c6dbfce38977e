"""Pacing: a provider's requests and tokens of the last minute stay within the owner's limits; what is too soon waits."""

import asyncio
from collections import deque
from dataclasses import dataclass
from datetime import timedelta

from watchbill.domain.batches import BatchDesk, TakesBatches
from watchbill.domain.outcomes import Answered, TurnEnd
from watchbill.domain.ports import Clock, Events, ModelProvider, ProbeResult, TurnRequest

_WINDOW = 60.0  # seconds
_GRAIN = 0.001  # seconds; a wait that is cut off by rounding would be begun again at once


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Limits of one minute; None is none."""

    requests: int | None = None
    tokens: int | None = None


class Paced:
    """Implements ModelProvider by another one. Probes are not paced: they are few, and no work."""

    def __init__(self, provider: ModelProvider, pace: Pace, *, clock: Clock, events: Events) -> None:
        self.name = provider.name
        self._provider = provider
        self._pace = pace
        self._clock = clock
        self._events = events
        self._sent: deque[float] = deque()
        self._used: deque[tuple[float, int]] = deque()
        self._line = asyncio.Lock()  # who waits first is sent first

    async def turn(self, request: TurnRequest) -> TurnEnd:
        async with self._line:
            while (wait := self._wait(self._clock.monotonic())) > 0:
                self._events.emit("provider.paced", provider=self.name, seconds=round(wait, 1))
                await self._clock.sleep(timedelta(seconds=wait + _GRAIN))
            self._sent.append(self._clock.monotonic())
        end = await self._provider.turn(request)
        if isinstance(end, Answered):
            usage = end.settlement.usage
            self._used.append((self._clock.monotonic(), usage.tokens_in + usage.tokens_out))
        return end

    async def probe(self) -> ProbeResult:
        return await self._provider.probe()

    async def desk(self, model: str) -> BatchDesk | None:
        """Not paced: a batch has limits of its own at its vendor."""
        return await self._provider.desk(model) if isinstance(self._provider, TakesBatches) else None

    async def aclose(self) -> None:
        await self._provider.aclose()

    def _wait(self, now: float) -> float:
        """Seconds until the next request may go."""
        while self._sent and self._sent[0] <= now - _WINDOW:
            self._sent.popleft()
        while self._used and self._used[0][0] <= now - _WINDOW:
            self._used.popleft()
        return max(self._wait_for_requests(now), self._wait_for_tokens(now))

    def _wait_for_requests(self, now: float) -> float:
        if self._pace.requests is None or len(self._sent) < self._pace.requests:
            return 0
        return self._sent[-self._pace.requests] + _WINDOW - now

    def _wait_for_tokens(self, now: float) -> float:
        """Until so much has left the window that less than the limit is in it."""
        if self._pace.tokens is None:
            return 0
        excess = sum(tokens for _, tokens in self._used) - self._pace.tokens
        wait = 0.0
        for at, tokens in self._used:
            if excess < 0:
                break
            excess -= tokens
            wait = at + _WINDOW - now
        return wait

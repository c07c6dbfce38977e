"""Pacing: an account's requests and tokens of any minute stay within the owner's limits, over all runs; what is too soon waits."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from watchbill.domain import compaction, pace
from watchbill.domain.batches import BatchDesk, TakesBatches
from watchbill.domain.outcomes import Answered, TurnEnd
from watchbill.domain.pace import Bucket, Pace
from watchbill.domain.ports import Clock, Events, ModelProvider, ProbeResult, TurnRequest

_GRAIN = 0.001  # seconds; a wait that is cut off by rounding would be begun again at once


class Line:
    """One account's: what it was sent, and who waits. It outlasts the clients, so a reload does not begin a new minute."""

    def __init__(self) -> None:
        self.bucket = Bucket()
        self.turn = asyncio.Lock()  # who waits first is sent first
        self.waiting = 0
        self.until: datetime | None = None  # when the first of them goes

    @contextmanager
    def stood_in(self) -> Iterator[None]:
        self.waiting += 1
        try:
            yield
        finally:
            self.waiting -= 1
            if not self.waiting:
                self.until = None


class Paced:
    """Implements ModelProvider by another one. Probes are not paced: they are few, and no work."""

    def __init__(self, provider: ModelProvider, limits: Pace, *, line: Line, clock: Clock, events: Events) -> None:
        self.name = provider.name
        self.line = line
        self._provider = provider
        self._limits = limits
        self._clock = clock
        self._events = events

    async def turn(self, request: TurnRequest) -> TurnEnd:
        number = await self._stand_in_line(compaction.size(request.transcript))
        end = await self._provider.turn(request)
        self.line.bucket = pace.correct(self.line.bucket, number, _took(end))
        return end

    async def probe(self) -> ProbeResult:
        return await self._provider.probe()

    async def desk(self, model: str) -> BatchDesk | None:
        """Not paced: a batch has limits of its own at its vendor."""
        return await self._provider.desk(model) if isinstance(self._provider, TakesBatches) else None

    async def aclose(self) -> None:
        await self._provider.aclose()

    @property
    def waiting(self) -> str:
        """Who waits, in words; "" for nobody."""
        if self.line.until is None:
            return ""
        those = "a request waits" if self.line.waiting == 1 else f"{self.line.waiting} requests wait"
        return f"{those} for its limits of a minute until {self.line.until:%H:%M:%S} UTC"

    async def _stand_in_line(self, tokens: int) -> int:
        """Wait until it may go, and count it. Nobody fails for having to wait."""
        line = self.line
        with line.stood_in():
            async with line.turn:
                while (seconds := pace.wait(line.bucket, self._limits, tokens, self._clock.monotonic())) > 0:
                    self._events.emit("provider.paced", provider=self.name, seconds=round(seconds, 1))
                    line.until = self._clock.now() + timedelta(seconds=seconds)
                    await self._clock.sleep(timedelta(seconds=seconds + _GRAIN))
                line.until = None
                line.bucket = pace.take(line.bucket, tokens, self._clock.monotonic())
                return line.bucket.number


def _took(end: TurnEnd) -> int:
    """Tokens; what came to no answer took none that anybody knows of."""
    if not isinstance(end, Answered):
        return 0
    return end.settlement.usage.tokens_in + end.settlement.usage.tokens_out

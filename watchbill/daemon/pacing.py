"""Pacing: an account's requests and tokens of any minute stay within the owner's limits, over all runs; what is too soon waits."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from watchbill.domain import compaction, pace
from watchbill.domain.batches import BatchDesk, TakesBatches
from watchbill.domain.ids import ProviderName
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

    @property
    def words(self) -> str:
        """Who waits; "" for nobody."""
        if self.until is None:
            return ""
        those = "a request waits" if self.waiting == 1 else f"{self.waiting} requests wait"
        return f"{those} for its limits of a minute until {self.until:%H:%M:%S} UTC"


class Pacer:
    """One provider's limits in its account's line. Implements the Pacer of the providers' gateway too."""

    def __init__(self, name: ProviderName, limits: Pace, *, line: Line, clock: Clock, events: Events) -> None:
        self._name = name
        self._limits = limits
        self._line = line
        self._clock = clock
        self._events = events

    async def go(self, tokens: int) -> int:
        """Wait until a request of so many tokens may go, and count it; its number. Nobody fails for having to wait."""
        line = self._line
        with line.stood_in():
            async with line.turn:
                while (seconds := pace.wait(line.bucket, self._limits, tokens, self._clock.monotonic())) > 0:
                    self._events.emit("provider.paced", provider=self._name, seconds=round(seconds, 1))
                    line.until = self._clock.now() + timedelta(seconds=seconds)
                    await self._clock.sleep(timedelta(seconds=seconds + _GRAIN))
                line.until = None
                line.bucket = pace.take(line.bucket, tokens, self._clock.monotonic())
                return line.bucket.number

    def took(self, number: int, tokens: int) -> None:
        self._line.bucket = pace.correct(self._line.bucket, number, tokens)


class Paced:
    """Implements ModelProvider by another one. Probes are not paced: they are few, and no work."""

    def __init__(self, provider: ModelProvider, pacer: Pacer) -> None:
        self.name = provider.name
        self._provider = provider
        self._pacer = pacer

    async def turn(self, request: TurnRequest) -> TurnEnd:
        number = await self._pacer.go(compaction.size(request.transcript))
        end = await self._provider.turn(request)
        self._pacer.took(number, _took(end))
        return end

    async def probe(self) -> ProbeResult:
        return await self._provider.probe()

    async def desk(self, model: str) -> BatchDesk | None:
        """Not paced: a batch has limits of its own at its vendor."""
        return await self._provider.desk(model) if isinstance(self._provider, TakesBatches) else None

    async def aclose(self) -> None:
        await self._provider.aclose()


def _took(end: TurnEnd) -> int:
    """Tokens; what came to no answer took none that anybody knows of."""
    if not isinstance(end, Answered):
        return 0
    return end.settlement.usage.tokens_in + end.settlement.usage.tokens_out

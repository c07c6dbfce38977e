"""An agent as a provider: its program is started, watched, and judged by what it said at its end and what the gateway saw."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

from watchbill.domain import sound, stalling
from watchbill.domain.calls import Bound, Settlement, Usage
from watchbill.domain.errors import OverBudget, Unsafe
from watchbill.domain.ids import ProviderName
from watchbill.domain.money import MicroUsd
from watchbill.domain.outcomes import Scope, Setback, SetbackKind, StintDone, StintEnd, StintStopped
from watchbill.domain.ports import Clock, Meter, ProbeResult, StintRequest, Workbench
from watchbill.domain.whole import to_its_end
from watchbill.providers.agents import permits
from watchbill.providers.agents.vendor import (
    DID,
    Door,
    Ending,
    Event,
    Failed,
    Finished,
    Job,
    Patience,
    Unfinished,
    Vendor,
)
from watchbill.providers.oracle import judge
from watchbill.providers.oracle.host import host_zone
from watchbill.providers.oracle.signal import Context, Signal
from watchbill.providers.setbacks import classify, setback
from watchbill.providers.setup import Gate

if TYPE_CHECKING:
    from watchbill.providers.gateway.passes import House, Pass

KEPT_EVENTS = 200  # the last ones: an ending stands at the end
LOOK_EVERY = 1.0  # seconds between two looks at whether it shall go on
SUMMARY_CHARS = 4_000
MICROS_PER_CREDIT = 10_000  # an AI credit is worth a cent


@dataclass(slots=True, kw_only=True)
class _Watched:
    """What is seen of a program while it works."""

    heard_at: float
    trail: stalling.Trail
    events: deque[Event] = field(default_factory=lambda: deque(maxlen=KEPT_EVENTS))
    credits: float = 0.0
    why: str = ""  # it was stopped by us


class Agent:
    """Implements AgentProvider for any vendor's program."""

    def __init__(
        self,
        *,
        name: ProviderName,
        vendor: Vendor,
        clock: Clock,
        meter: Meter,
        patience: Patience,
        gate: Gate | None = None,
        house: "Callable[[], House] | None" = None,
        credits_per_run: int = 0,
    ) -> None:
        self.name = name
        self._vendor = vendor
        self._clock = clock
        self._meter = meter
        self._patience = patience
        self._gate = gate
        self._house_of = house
        self._house: House | None = None
        self._credits_per_run = credits_per_run

    async def stint(self, request: StintRequest, bench: Workbench) -> StintEnd:
        try:
            if self._gate is not None and self._house_of is not None:
                self._house = self._house or self._house_of()
                async with self._gate.admit(request.purpose, self._house) as door:
                    return await self._work(request, bench, door, self._watched())
            return await self._work_on_allowance(request, bench)
        except Unsafe as error:
            return setback(SetbackKind.BAD_REQUEST, str(error), scope=Scope.REQUEST)
        except OverBudget as error:
            ended = setback(SetbackKind.OVER_BUDGET, str(error))
            return replace(ended, window=error.window, wanted=error.wanted, never_fits=error.never_fits)

    async def probe(self) -> ProbeResult:
        """Whether its program is there; its vendor is not asked."""
        argv = self._vendor.program(None, "").argv
        return ProbeResult(well=True, message=f"{argv[0]} is there")

    async def aclose(self) -> None:
        if self._house is not None:
            await self._house.http.aclose()

    async def _work_on_allowance(self, request: StintRequest, bench: Workbench) -> StintEnd:
        """Its calls do not pass by us: the whole stint is one, bounded by what it is asked to keep to, which is no hard bound."""
        worth = MicroUsd(self._credits_per_run * MICROS_PER_CREDIT)
        bound = Bound(cost=worth, tokens_in=0, tokens_out=0, price_source="allowance, a run")
        call = await self._meter.reserve(request.purpose, bound)
        watched = self._watched()
        try:
            end = await self._work(request, bench, None, watched)
        except BaseException:
            await to_its_end(self._meter.lose(call, "its agent was broken off"))
            raise
        told = MicroUsd(round(watched.credits * MICROS_PER_CREDIT))
        source = "as its program told" if watched.credits else f"{bound.price_source}: nothing was told"
        settlement = Settlement(cost=told or worth, usage=Usage(), price_source=source)
        await self._meter.settle(call, settlement)
        return end

    async def _work(self, request: StintRequest, bench: Workbench, door: "Pass | None", watched: _Watched) -> StintEnd:
        way = None if door is None else Door(url=door.url, token=door.token)
        program = self._vendor.program(way, request.purpose.model)
        system, prompt = await request.brief()
        async with AsyncExitStack() as stack:
            confined = await stack.enter_async_context(request.confine(program))
            job = Job(
                program=confined.program,
                home=confined.home,
                worktree=request.worktree,
                model=request.purpose.model,
                system=system,
                prompt=prompt,
                door=way,
                is_sandboxed=confined.is_sandboxed,
                refusal=partial(permits.refusal, worktree=request.worktree, claimed=request.task.reach),
                bench=bench,
                effort=request.effort,
            )
            ended = await self._watch(self._vendor.play(job), request, door, watched)
        return self._judge(ended, request, door, watched)

    def _watched(self) -> _Watched:
        now = _time()
        return _Watched(heard_at=now, trail=stalling.Trail(since=now))

    async def _watch(
        self, events: AsyncIterator[Event], request: StintRequest, door: "Pass | None", watched: _Watched
    ) -> StintEnd | None:
        """Listen until it has ended, or must: an end of ours, or None when its own words decide."""
        listening = asyncio.create_task(self._listen(events, watched))
        began, refused_at = _time(), None
        look = min(LOOK_EVERY, self._patience.silence.total_seconds() / 4)
        try:
            while not (await asyncio.wait({listening}, timeout=look))[0]:
                now = _time()
                if request.stop():
                    return StintStopped()
                if door is not None and (door.stopped or door.fault):
                    refused_at = refused_at or now
                    if now - refused_at > self._patience.leaving.total_seconds():
                        return None
                if now - began > self._patience.whole.total_seconds():
                    return setback(SetbackKind.TRUNCATED, f"it was not done within {self._patience.whole}")
                if door is not None and door.is_busy:
                    watched.heard_at, watched.trail = now, watched.trail.asked(now)
                if (stuck := self._silent(now, watched) or await self._stalled(now, request, watched)) is not None:
                    return stuck
        finally:
            listening.cancel()
            await to_its_end(asyncio.wait({listening}))
        if not listening.cancelled() and (fault := listening.exception()) is not None:
            watched.why = f"{type(fault).__name__}: {fault}"
        return None

    def _silent(self, now: float, watched: _Watched) -> Setback | None:
        if now - watched.heard_at <= self._patience.silence.total_seconds():
            return None
        return setback(SetbackKind.UNUSABLE, f"it said and asked nothing for {self._patience.silence}")

    async def _stalled(self, now: float, request: StintRequest, watched: _Watched) -> Setback | None:
        """It goes on saying something, and gets nowhere."""
        why = watched.trail.doubt(now, self._patience.standstill)
        if not why:
            return None
        tree = await request.tree()
        trail = watched.trail.looked(tree, now)
        if trail is None:
            return setback(SetbackKind.UNUSABLE, f"no progress: {why}, and its files stay as they are")
        watched.trail = trail
        return None

    async def _listen(self, events: AsyncIterator[Event], watched: _Watched) -> None:
        async with aclosing(events) as spoken:  # type: ignore[type-var]
            async for event in spoken:
                watched.heard_at = _time()
                watched.events.append(event)
                for step in event.get(DID, ()):
                    watched.trail = watched.trail.after(step, watched.heard_at)
                watched.credits += self._vendor.credits(event)
                if uses := self._vendor.uses(event, self._clock.now()):
                    await self._meter.note(self.name, uses)

    def _judge(self, ended: StintEnd | None, request: StintRequest, door: "Pass | None", watched: _Watched) -> StintEnd:
        """What our own side refused goes first, then our end, then the vendor's typed answers, its words last."""
        if door is not None and door.fault is not None:
            raise door.fault
        ours = ended if door is None else door.stopped or ended
        return ours or self._read(request, None if door is None else door.setback, watched)

    def _read(self, request: StintRequest, answered: Setback | None, watched: _Watched) -> StintEnd:
        """How its program says that it ended. `answered`: what its vendor refused last, which says more than its words."""
        ending: Ending = self._vendor.ending(tuple(watched.events))
        match ending:
            case Finished():
                return answered or self._refused_in_words(ending, request) or _done(ending)
            case Failed(message=message, kind=SetbackKind() as kind):
                return setback(kind, message)
            case Failed():
                return answered or classify(self._signal(ending, request))
            case Unfinished(last_words=words):
                said = "; ".join(filter(None, (watched.why, words)))
                how = f"its program ended without a result{f': {said}' if said else ''}"
                return answered or setback(SetbackKind.UNUSABLE, how)

    def _refused_in_words(self, ending: Finished, request: StintRequest) -> Setback | None:
        """Some programs tell a limit as their answer and end well; one that did nothing else is read as if it had failed."""
        if ending.used_tools:
            return None
        context = Context(zone=host_zone(), model=request.purpose.model, stop_reason="end_turn")
        said = Signal(channel="cli", body=ending.summary, received_at=self._clock.now(), context=context)
        return None if judge.classify(said).kind is None else classify(said)

    def _signal(self, failed: Failed, request: StintRequest) -> Signal:
        return Signal(
            channel="sdk",
            status=failed.status,
            body=failed.message if failed.said is None else failed.said,
            received_at=self._clock.now(),
            context=Context(zone=host_zone(), model=request.purpose.model, exception="AgentError"),
        )


def _done(ending: Finished) -> StintDone:
    return StintDone(summary=sound.text(ending.summary)[:SUMMARY_CHARS] or "done", is_work=True)


def _time() -> float:
    """The loop's, not our Clock's: programs are as fast as they are."""
    return asyncio.get_running_loop().time()

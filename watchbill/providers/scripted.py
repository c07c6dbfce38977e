"""The scripted provider: a shipped double that plays a script through the real meter. Deterministic; needs no network.

A script is a function from a Scene to a Step; `table` makes one from a mapping. Where a script stands is read off the
transcript, so that it goes on at the right place after a restart and after a hand-off from another provider.
"""

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import assert_never

from watchbill.domain.calls import Bound, Purpose, Settlement, Usage
from watchbill.domain.errors import AtRest, OverBudget, StoppedModel, Unpriced
from watchbill.domain.ids import CallId, ProviderName
from watchbill.domain.outcomes import Answered, Scope, Setback, SetbackKind, TurnEnd, WindowUse
from watchbill.domain.ports import Clock, Meter, ProbeResult, TurnRequest
from watchbill.domain.tools import FINISH
from watchbill.domain.transcript import Reply, Told, ToolCall, ToolResult, Transcript, dump
from watchbill.domain.whole import to_its_end
from watchbill.providers.pricing import Pricing
from watchbill.providers.rates import Rates
from watchbill.providers.setbacks import resting, setback

VENDOR = "scripted"
BYTES_PER_TOKEN = 4  # what the double "counts"; its bound takes one token a byte, as for every vendor


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """One tool call."""

    tool: str
    args: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Say:
    """Answer with text and tool calls, after a while."""

    text: str = ""
    uses: tuple[Use, ...] = ()
    takes: timedelta = timedelta(0)
    told: tuple[WindowUse, ...] = ()  # what the answer tells of the account's allowances


@dataclass(frozen=True, slots=True, kw_only=True)
class Fail:
    """Refuse, as a complete HTTP error does: nothing is billed."""

    kind: SetbackKind
    message: str = "so says the script"
    until: timedelta | None = None  # stated, counted from now
    takes: timedelta = timedelta(0)
    scope: Scope | None = None  # None: as its kind has it


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """Break off in mid-stream: nobody knows what was billed."""

    takes: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Useless:
    """Answer in full and be billed for it, but with nothing to use: TRUNCATED or REFUSED."""

    kind: SetbackKind = SetbackKind.TRUNCATED


Step = Say | Fail | Cut | Useless


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Where a turn stands; everything but `asked` follows from the transcript, the purpose and the time."""

    purpose: Purpose
    brief: str  # the first that the model was told
    told: tuple[str, ...]  # everything that it was told, the brief included
    turn: int  # replies so far, other providers' included
    results: tuple[ToolResult, ...]  # of the last reply's tool calls
    asked: int  # how often this provider was asked at this very place before, since it was built
    now: datetime


Script = Callable[[Scene], Step]


def use(tool: str, **args: object) -> Use:
    return Use(tool=tool, args=args)


def say(text: str = "", *uses: Use, takes: timedelta = timedelta(0)) -> Say:
    return Say(text=text, uses=uses, takes=takes)


def finish(summary: str, *, done: bool = True, next_steps: Sequence[str] = ()) -> Say:
    """Say that the work is through, or hand the rest on."""
    return Say(uses=(Use(tool=FINISH, args={"done": done, "summary": summary, "next_steps": list(next_steps)}),))


def first(*steps: Step) -> Script:
    """Play one step each time the same place is asked for; the last one for ever. For failures that pass."""
    return lambda scene: steps[min(scene.asked, len(steps) - 1)]


def table(rows: Mapping[str, Sequence[Step | Script]]) -> Script:
    """A script from task → steps, one a turn. A row is found by the task's id, or by words in its brief, longest first.

    A task without a row, and a row that has run out, end the turn with BAD_REQUEST: counted, never a silent loop.
    """

    def play(scene: Scene) -> Step:
        row = _row(rows, scene)
        if row is None:
            return Fail(kind=SetbackKind.BAD_REQUEST, message=f"the script has no row for {scene.purpose.task}")
        if scene.turn >= len(row):
            return Fail(kind=SetbackKind.BAD_REQUEST, message=f"the script ends before turn {scene.turn}")
        step = row[scene.turn]
        return step(scene) if callable(step) else step

    return play


class ScriptedProvider:
    """Implements ModelProvider."""

    def __init__(
        self,
        *,
        name: ProviderName,
        script: Script,
        meter: Meter,
        clock: Clock,
        rates: Rates,
        probe: Callable[[], ProbeResult] | None = None,
    ) -> None:
        self.name = name
        self._script = script
        self._meter = meter
        self._clock = clock
        self._rates = rates
        self._probe = probe
        self._asked: dict[tuple[str, int, int], int] = {}

    async def turn(self, request: TurnRequest) -> TurnEnd:
        step = self._script(self._scene(request))
        pricing = Pricing(overrides={request.purpose.model: self._rates})
        said = _wire(request)
        bound = pricing.bound(
            request.purpose.model,
            tokens_in=len(said),
            tokens_out=request.max_tokens,
            terms={},
            at=self._clock.now(),
        )
        try:
            call = await self._pay(request.purpose, bound)
        except OverBudget as fault:
            return Setback(
                kind=SetbackKind.OVER_BUDGET,
                message=str(fault),
                scope=Scope.REQUEST,
                window=fault.window,
                wanted=fault.wanted,
                never_fits=fault.never_fits,
            )
        except StoppedModel as fault:
            return setback(SetbackKind.MODEL_STOPPED, str(fault))
        except AtRest as fault:
            return resting(fault)
        except Unpriced as fault:
            return setback(SetbackKind.UNPRICED, str(fault))
        return await self._end(request, step, call, len(said))

    async def probe(self) -> ProbeResult:
        return self._probe() if self._probe else ProbeResult(well=True, message="scripted")

    async def aclose(self) -> None:
        """Nothing is open."""

    async def _pay(self, purpose: Purpose, bound: Bound) -> CallId:
        held: list[CallId] = []

        async def hold() -> None:
            held.append(await self._meter.reserve(purpose, bound))

        try:
            await to_its_end(hold())
        except asyncio.CancelledError:
            if held:
                await self._meter.release(held[0], "cancelled before it was sent")
            raise
        return held[0]

    async def _end(self, request: TurnRequest, step: Step, call: CallId, size: int) -> TurnEnd:
        match step:
            case Say():
                return await self._say(request, step, call, size)
            case Useless(kind=kind):
                ended = setback(kind, f"the answer ended {kind}")
                settlement = self._settlement(request, size, request.max_tokens)
                return Setback(kind=kind, message=ended.message, scope=ended.scope, call=call, settlement=settlement)
            case Fail(kind=kind, message=message, until=span, takes=takes, scope=scope):
                await self._pause(call, takes)
                await self._meter.settle_free(call, message)
                return setback(kind, message, scope=scope, until=None if span is None else self._clock.now() + span)
            case Cut(takes=takes):
                await self._pause(call, takes)
                await self._meter.lose(call, "the stream was cut")
                return setback(SetbackKind.NETWORK, "the stream was cut")
            case _:
                assert_never(step)

    async def _say(self, request: TurnRequest, step: Say, call: CallId, size: int) -> Answered:
        await self._pause(call, step.takes)
        return self._said(request, step, call, size)

    def _said(self, request: TurnRequest, step: Say, call: CallId, size: int) -> Answered:
        place = f"{request.purpose.task}:{_replies(request.transcript)}:{len(request.transcript.entries)}"
        calls = tuple(
            ToolCall(id=f"s{sha256(f'{place}:{number}'.encode()).hexdigest()[:20]}", name=item.tool, args=item.args)
            for number, item in enumerate(step.uses)
        )
        reply = Reply(text=step.text, tool_calls=calls, vendor=VENDOR, model=request.purpose.model)
        spoken = len(step.text) + sum(len(json.dumps(dict(item.args))) for item in step.uses)
        settlement = self._settlement(request, size, spoken // BYTES_PER_TOKEN + 1)
        return Answered(reply=reply, call=call, settlement=settlement, uses=step.told)

    async def _pause(self, call: CallId, takes: timedelta) -> None:
        if not takes:
            return
        try:
            await self._clock.sleep(takes)
        except asyncio.CancelledError:
            await to_its_end(self._meter.lose(call, "cancelled"))
            raise

    def _settlement(self, request: TurnRequest, size: int, tokens_out: int) -> Settlement:
        usage = Usage(tokens_in=size // BYTES_PER_TOKEN, tokens_out=min(tokens_out, request.max_tokens))
        pricing = Pricing(overrides={request.purpose.model: self._rates})
        cost, source = pricing.price(request.purpose.model, usage, terms={}, at=self._clock.now())
        return Settlement(cost=cost, usage=usage, price_source=source)

    def _scene(self, request: TurnRequest) -> Scene:
        transcript = request.transcript
        told = tuple(entry.text for entry in transcript.entries if isinstance(entry, Told))
        place = (request.purpose.task, _replies(transcript), len(told))
        asked = self._asked.get(place, 0)
        self._asked[place] = asked + 1
        return Scene(
            purpose=request.purpose,
            brief=told[0] if told else "",
            told=told,
            turn=_replies(transcript),
            results=_last_results(transcript),
            asked=asked,
            now=self._clock.now(),
        )


def _row(rows: Mapping[str, Sequence[Step | Script]], scene: Scene) -> Sequence[Step | Script] | None:
    if scene.purpose.task in rows:
        return rows[scene.purpose.task]
    named = [words for words in sorted(rows, key=len, reverse=True) if words in scene.brief]
    return rows[named[0]] if named else None


def _replies(transcript: Transcript) -> int:
    return sum(isinstance(entry, Reply) for entry in transcript.entries)


def _last_results(transcript: Transcript) -> tuple[ToolResult, ...]:
    results: list[ToolResult] = []
    for entry in reversed(transcript.entries):
        if isinstance(entry, Reply):
            break
        if isinstance(entry, ToolResult):
            results.append(entry)
    return tuple(reversed(results))


def _wire(request: TurnRequest) -> bytes:
    return json.dumps(dump(request.transcript), default=dict).encode()

"""Spans: a run as OpenTelemetry sees it, one trace a run, its children the verbs of the task's way.

Who a run's root span is follows from the run, so that the next run of the task, whoever holds the state folder by then, can link
to it. Imports OpenTelemetry, which is an extra: only bootstrap imports this, and only where traces are configured.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.sdk.trace.id_generator import IdGenerator, RandomIdGenerator
from opentelemetry.trace import Link, Span, SpanContext, SpanKind, Status, StatusCode, TraceFlags, set_span_in_context

from watchbill.domain.calls import Call, CallState
from watchbill.domain.ids import RunId
from watchbill.domain.money import MICROS
from watchbill.domain.runs import Run, RunState, Stage
from watchbill.domain.tasks import Task
from watchbill.operator import genai

VERB_BY_STAGE: Mapping[Stage, str] = {Stage.WORK: "run", Stage.GATE: "gate", Stage.LAND: "land", Stage.SETTLE: "settle"}
_BAD = frozenset({RunState.FAILED, RunState.REJECTED, RunState.LOST})
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PATIENCE = 2  # seconds for a collector, tries included: as long as an end of the daemon may wait for it


@dataclass(slots=True)
class _Open:
    root: Span
    context: Context
    verb: Span  # the one under way
    settles: bool = False  # that one is the last
    runs: list[tuple[Span, datetime]] = field(default_factory=list)  # each stretch of work and its begin


class Spans:
    """What is under way, and what is handed to the exporter when it ends. Every moment comes in as an argument."""

    def __init__(self, exporter: SpanExporter, *, version: str, house: str) -> None:
        """`house` tells one installation's runs from another's."""
        self._ids = _Ids()
        self._house = house
        self._provider = TracerProvider(
            id_generator=self._ids,
            resource=Resource.create({"service.name": "watchbill", "service.version": version}),
            shutdown_on_exit=False,
        )
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer("watchbill", version)
        self._open: dict[RunId, _Open] = {}
        self._told: set[RunId] = set()

    def begin(self, run: Run, task: Task, *, waited_since: datetime, before: Run | None) -> None:
        """A run is dispatched. `before` is the run of the task before it."""
        if (
            before is not None and before.state is RunState.LOST and before.id not in self._told
        ):  # its holder was killed
            self._end_root(self._root(before, task, before.started_at, None), before, before.ended_at or run.started_at)
        root = self._root(run, task, waited_since, before)
        context = set_span_in_context(root, Context())
        if before is None:
            self._verb("intake", context, waited_since).end(_ns(waited_since))
        self._verb("plan", context, waited_since).end(_ns(run.started_at))
        self._open[run.id] = _Open(root, context, self._verb("dispatch", context, run.started_at))

    def stage(self, run: RunId, stage: Stage, at: datetime) -> None:
        """The run comes to another verb; BRIEF is still its dispatch."""
        found, verb = self._open.get(run), VERB_BY_STAGE.get(stage)
        if found is None or verb is None:
            return
        found.verb.end(_ns(at))
        found.verb = self._verb(verb, found.context, at)
        found.settles = stage is Stage.SETTLE
        if stage is Stage.WORK:
            found.runs.append((found.verb, at))

    def note(self, run: RunId, facts: Mapping[str, str | int | bool]) -> None:
        """Facts for the verb under way."""
        if found := self._open.get(run):
            found.verb.set_attributes({f"watchbill.{name}": value for name, value in facts.items()})

    def end(self, run: Run, at: datetime, *, calls: Sequence[Call], vendor: str) -> None:
        found = self._open.pop(run.id, None)
        if found is None:
            return  # it began before anybody listened
        for call in calls:
            self._call(found, call, vendor, at)
        self._settle(found, at)
        found.root.set_attribute("watchbill.cost_usd", sum(map(_cost, calls)) / MICROS)
        self._end_root(found.root, run, at)

    def close(self) -> None:
        """Hand over what ended; what did not is told by the next run's link."""
        self._provider.shutdown()

    def _settle(self, found: _Open, at: datetime) -> None:
        """The last verb is settle, however short."""
        if not found.settles:
            found.verb.end(_ns(at))
            found.verb = self._verb("settle", found.context, at)
        found.verb.end(_ns(at))

    def _root(self, run: Run, task: Task, begin: datetime, before: Run | None) -> Span:
        self._ids.next_trace, self._ids.next_span = self._name(run)
        return self._tracer.start_span(
            "task",
            context=Context(),
            links=[] if before is None else [Link(self._context_of(before), {"watchbill.run": before.id})],
            start_time=_ns(begin),
            attributes={
                "watchbill.task": task.id,
                "watchbill.title": task.title,
                "watchbill.type": task.type,
                "watchbill.repo": task.repo,
                "watchbill.run": run.id,
                "watchbill.attempt": run.attempt,
                "watchbill.session": run.session,
                "watchbill.provider": run.provider,
                "watchbill.model": run.model,
            },
        )

    def _end_root(self, root: Span, run: Run, at: datetime) -> None:
        root.set_attributes({"watchbill.outcome": run.state, "watchbill.why": run.reason})
        if run.state in _BAD:
            root.set_status(Status(StatusCode.ERROR, run.reason))
        root.end(_ns(at))
        self._told.add(run.id)

    def _verb(self, name: str, context: Context, at: datetime) -> Span:
        return self._tracer.start_span(name, context=context, start_time=_ns(at))

    def _call(self, found: _Open, call: Call, vendor: str, at: datetime) -> None:
        parents = [span for span, begin in found.runs if begin <= call.reserved_at]
        context = set_span_in_context(parents[-1], Context()) if parents else found.context
        span = self._tracer.start_span(
            genai.name_of(call),
            context=context,
            kind=SpanKind.CLIENT,
            start_time=_ns(call.reserved_at),
            attributes={**genai.attributes(call, vendor), "watchbill.call": call.id, "watchbill.outcome": call.state},
        )
        span.set_attribute("watchbill.cost_usd", _cost(call) / MICROS)
        if call.state is CallState.UNKNOWN:
            span.set_status(Status(StatusCode.ERROR, call.note))
        span.end(_ns(call.ended_at or at))

    def _name(self, run: Run) -> tuple[int, int]:
        """Trace and span of the run's root: the same whoever asks."""
        digest = hashlib.sha256(f"{self._house} {run.id} {run.started_at.isoformat()}".encode()).digest()
        return int.from_bytes(digest[:16]), int.from_bytes(digest[16:24])

    def _context_of(self, run: Run) -> SpanContext:
        trace, span = self._name(run)
        return SpanContext(trace, span, is_remote=True, trace_flags=TraceFlags(TraceFlags.SAMPLED))


class _Ids(IdGenerator):
    """Random ids, but for the one root that is asked for by name."""

    def __init__(self) -> None:
        self._random = RandomIdGenerator()
        self.next_trace: int | None = None
        self.next_span: int | None = None

    def generate_trace_id(self) -> int:
        asked, self.next_trace = self.next_trace, None
        return self._random.generate_trace_id() if asked is None else asked

    def generate_span_id(self) -> int:
        asked, self.next_span = self.next_span, None
        return self._random.generate_span_id() if asked is None else asked


def exporter(endpoint: str, headers: Mapping[str, str]) -> SpanExporter:
    """To a collector that speaks OTLP over HTTP, at its address without the /v1/traces."""
    return OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces", headers=dict(headers), timeout=_PATIENCE)


def _cost(call: Call) -> int:
    """What is booked of it, in micro-dollars: what is unknown at its bound."""
    if call.settlement is not None:
        return call.settlement.cost
    return call.bound.cost if call.state is CallState.UNKNOWN else 0


def _ns(moment: datetime) -> int:
    """Nanoseconds, exactly."""
    return (moment - _EPOCH) // timedelta(microseconds=1) * 1000

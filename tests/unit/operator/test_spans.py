"""Runs as spans: the verbs of a task's way, its calls in the words of the conventions, and links over restarts."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode
from operator_makers import BASE, CLAUDE, NOVEL, NOW, task

from watchbill.domain.calls import Bound, Call, CallState, Purpose, Settlement, Usage
from watchbill.domain.ids import CallId, RunId, SessionId, TaskId, TaskType, Token
from watchbill.domain.money import MicroUsd
from watchbill.domain.runs import Run, RunState, Stage
from watchbill.operator import genai
from watchbill.operator.spans import Spans

SECOND = timedelta(seconds=1)
KAEL = task("kael")


def at(seconds: float) -> datetime:
    return NOW + seconds * SECOND


def run(attempt: int = 1, state: RunState = RunState.RUNNING, *, begin: float = 10, end: float | None = None) -> Run:
    return Run(
        id=RunId(f"run-{attempt}"),
        task=KAEL.id,
        repo=NOVEL,
        session=SessionId("session-1"),
        provider=CLAUDE,
        model="claude-1",
        token=Token(attempt),
        state=state,
        stage=Stage.BRIEF,
        attempt=attempt,
        base=BASE,
        started_at=at(begin),
        ended_at=None if end is None else at(end),
        reason="" if end is None else "why not",
    )


def call(state: CallState = CallState.SETTLED, *, begin: float = 13, end: float = 14) -> Call:
    settled = Settlement(cost=MicroUsd(80_000), usage=Usage(tokens_in=1200, tokens_out=300), price_source="test")
    return Call(
        id=CallId("call-1"),
        purpose=Purpose(
            run=RunId("run-1"),
            task=TaskId("kael"),
            repo=NOVEL,
            type=TaskType("write"),
            provider=CLAUDE,
            model="claude-1",
        ),
        state=state,
        bound=Bound(cost=MicroUsd(160_000), tokens_in=2000, tokens_out=500, price_source="test"),
        settlement=settled if state is CallState.SETTLED else None,
        reserved_at=at(begin),
        ended_at=at(end),
        note="cut",
    )


class Heard:
    def __init__(self, house: str = "/state") -> None:
        self.memory = InMemorySpanExporter()
        self.spans = Spans(self.memory, version="1", house=house)

    @property
    def told(self) -> list[ReadableSpan]:
        self.spans._provider.force_flush()
        return sorted(self.memory.get_finished_spans(), key=lambda span: (span.start_time or 0, span.name))

    @property
    def times(self) -> list[tuple[str, float, float]]:
        return [(span.name, seconds(span.start_time), seconds(span.end_time)) for span in self.told]

    def one(self, name: str) -> ReadableSpan:
        return next(span for span in self.told if span.name == name)


def seconds(nanoseconds: int | None) -> float:
    assert nanoseconds is not None
    return nanoseconds / 1e9 - NOW.timestamp()


def a_landing(heard: Heard) -> None:
    heard.spans.begin(run(), KAEL, waited_since=at(0), before=None)
    heard.spans.stage(RunId("run-1"), Stage.WORK, at(12))
    heard.spans.stage(RunId("run-1"), Stage.GATE, at(20))
    heard.spans.note(RunId("run-1"), {"new": 0, "passes": True})
    heard.spans.stage(RunId("run-1"), Stage.LAND, at(22))
    heard.spans.stage(RunId("run-1"), Stage.SETTLE, at(23))
    heard.spans.end(run(state=RunState.LANDED, end=24), at(24), calls=[call()], vendor="anthropic")


def test_a_task_that_lands_is_seven_verbs_one_after_another_under_one_root() -> None:
    heard = Heard()
    a_landing(heard)

    assert heard.times == [
        ("intake", 0, 0),
        ("plan", 0, 10),
        ("task", 0, 24),
        ("dispatch", 10, 12),
        ("run", 12, 20),
        ("chat claude-1", 13, 14),
        ("gate", 20, 22),
        ("land", 22, 23),
        ("settle", 23, 24),
    ]
    root = heard.one("task")
    assert root.parent is None
    assert {span.context.trace_id for span in heard.told if span.context} == {
        root.context.trace_id if root.context else 0
    }
    assert {span.parent and span.parent.span_id for span in heard.told if span.name in ("plan", "gate", "settle")} == {
        root.context.span_id if root.context else 0
    }


def test_the_root_says_whose_work_it_is_how_it_ended_and_what_it_cost() -> None:
    heard = Heard()
    a_landing(heard)

    said = heard.one("task").attributes or {}
    assert {name.removeprefix("watchbill."): value for name, value in said.items()} == {
        "task": "kael",
        "title": "Write kael",
        "type": "write",
        "repo": "novel",
        "run": "run-1",
        "attempt": 1,
        "session": "session-1",
        "provider": "claude",
        "model": "claude-1",
        "outcome": "landed",
        "why": "why not",
        "cost_usd": 0.08,
    }
    assert dict(heard.one("gate").attributes or {}) == {"watchbill.new": 0, "watchbill.passes": True}


def test_a_call_is_a_clients_span_of_the_work_that_made_it_in_the_conventions_words() -> None:
    heard = Heard()
    a_landing(heard)
    made = heard.one("chat claude-1")
    work = heard.one("run")

    assert made.kind.name == "CLIENT"
    assert made.parent is not None
    assert work.context is not None
    assert made.parent.span_id == work.context.span_id
    assert dict(made.attributes or {}) == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "anthropic",
        "gen_ai.request.model": "claude-1",
        "gen_ai.usage.input_tokens": 1200,
        "gen_ai.usage.output_tokens": 300,
        "watchbill.call": "call-1",
        "watchbill.outcome": "settled",
        "watchbill.cost_usd": 0.08,
    }


def test_a_call_that_nobody_knows_the_cost_of_is_an_error_at_its_bound() -> None:
    heard = Heard()
    heard.spans.begin(run(), KAEL, waited_since=at(0), before=None)
    heard.spans.end(run(state=RunState.FAILED, end=24), at(24), calls=[call(CallState.UNKNOWN)], vendor="anthropic")
    made = heard.one("chat claude-1")

    assert (made.status.status_code, made.status.description) == (StatusCode.ERROR, "cut")
    assert (made.attributes or {})["watchbill.cost_usd"] == 0.16
    assert heard.one("task").status.status_code is StatusCode.ERROR
    assert made.parent == heard.one("task").context


def test_a_call_of_no_model_is_named_by_its_operation() -> None:
    nameless = replace(call(CallState.RELEASED), purpose=replace(call().purpose, model=""))

    assert genai.name_of(nameless) == "chat"
    assert "gen_ai.usage.input_tokens" not in genai.attributes(nameless, "local")


def test_the_next_run_links_to_the_one_before_whoever_tells_of_it() -> None:
    first, second = Heard(), Heard()  # two daemons, one after the other
    a_landing(first)
    second.spans.begin(run(2, begin=30), KAEL, waited_since=at(24), before=run(state=RunState.HANDED_OFF, end=24))
    second.spans.end(run(2, RunState.LANDED, begin=30, end=40), at(40), calls=[], vendor="anthropic")
    (link,) = second.one("task").links

    assert link.context == first.one("task").context or (
        first.one("task").context is not None
        and (link.context.trace_id, link.context.span_id)
        == (first.one("task").context.trace_id, first.one("task").context.span_id)
    )
    assert [name for name, _, _ in second.times] == ["plan", "task", "dispatch", "settle"]


def test_another_installations_runs_have_other_traces() -> None:
    here, there = Heard(), Heard(house="/other")
    a_landing(here)
    a_landing(there)

    assert here.one("task").context != there.one("task").context


def test_a_run_whose_holder_was_killed_is_told_by_the_next_one() -> None:
    heard = Heard()
    lost = run(state=RunState.LOST, begin=10, end=25)
    heard.spans.begin(run(2, begin=30), KAEL, waited_since=at(25), before=lost)
    heard.spans.end(run(2, RunState.LANDED, begin=30, end=40), at(40), calls=[], vendor="anthropic")

    told = [(name, begin, end) for name, begin, end in heard.times if name == "task"]
    assert told == [("task", 10, 25), ("task", 25, 40)]


@pytest.mark.parametrize("attempt", [1, 2])
def test_what_began_before_anybody_listened_is_not_told(attempt: int) -> None:
    heard = Heard()
    heard.spans.stage(RunId(f"run-{attempt}"), Stage.WORK, at(1))
    heard.spans.note(RunId(f"run-{attempt}"), {"new": 1})
    heard.spans.end(run(attempt, RunState.LANDED, end=2), at(2), calls=[call()], vendor="anthropic")

    assert heard.told == []

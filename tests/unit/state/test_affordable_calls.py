"""The plan and the ledger agree on first calls: what is known to fit begins, what the ledger would refuse does not."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from store_makers import CLAUDE, GPT, NOW, begin, end, purpose, put, task

from tests.examples import examples
from watchbill.domain.billing import Allowance, Billing, Limits, Overage, Period, Tariff
from watchbill.domain.calls import Bound
from watchbill.domain.errors import OverBudget
from watchbill.domain.ids import TaskId
from watchbill.domain.money import MicroUsd
from watchbill.domain.quotas import kind_of
from watchbill.domain.tasks import TaskState
from watchbill.domain.transcript import Told, Transcript
from watchbill.domain.windows import Caps, WindowKind
from watchbill.scheduling import codec
from watchbill.scheduling.affording import told_by_refusal
from watchbill.scheduling.bill import ModelTerms, ProviderTerms, SlotPolicy, WatchBill
from watchbill.scheduling.decisions import Decision, SetAside, Start, Wait
from watchbill.scheduling.planner import plan
from watchbill.scheduling.replay import replay
from watchbill.scheduling.snapshot import FirstCall
from watchbill.state import first_calls, ledger, sessions, shortage, snapshot, tasks
from watchbill.state.engine import Connection

seeds = st.integers(0, 2**32)
thorough = examples(200, part=40, suppress_health_check=[HealthCheck.function_scoped_fixture])


@dataclass(frozen=True, kw_only=True)
class Case:
    """Caps, a task with its own, what others and itself spent before, and what its next call takes."""

    bill: WatchBill
    task_cap: MicroUsd | None
    before: tuple[tuple[str, Bound], ...]
    bound: Bound


def case(seed: int) -> Case:
    chance = Random(seed)

    def cap() -> MicroUsd | None:
        return MicroUsd(chance.randint(0, 300)) if chance.random() < 0.3 else None

    def of(name: str) -> dict[str, MicroUsd]:
        found = cap()
        return {} if found is None else {name: found}

    billing = chance.choice([Billing.METERED, Billing.METERED, *Billing])
    allowance = Allowance(
        credits=cap() if billing is Billing.CREDITS else None,
        tokens=cap() if billing is Billing.SUBSCRIPTION else None,
        overage=chance.choice([*Overage]),
        period=chance.choice([*Period]),
    )
    caps = Caps(
        day=cap(),
        month=cap(),
        per_provider=of("claude"),
        per_provider_month=of("claude"),
        per_repo=of("site"),
        per_type=of("prose"),
        per_task=cap(),
        per_run=cap(),
        tokens=Limits(day=cap(), month=cap(), per_provider=of("claude"), per_task=cap(), per_run=cap()),
        tariffs={"claude": Tariff(billing=billing, allowance=allowance)},
    )
    terms = ProviderTerms(
        name=CLAUDE,
        kind="scripted",
        billing=billing,
        models=(ModelTerms(id="m", cost_per_run=MicroUsd(0)),),
    )
    before = [(chance.choice(["a", "b"]), bound(chance.randint(1, 200), 0)) for _ in range(chance.randrange(3))]
    before += [("b", bound(1, chance.randint(1, 200))) for _ in range(chance.randrange(2))]
    return Case(
        bill=WatchBill(providers=(terms,), caps=caps, policy=SlotPolicy.OFF),
        task_cap=cap(),
        before=tuple(before),
        bound=bound(chance.randint(1, 300), chance.randint(1, 300)),
    )


def bound(cost: int, tokens: int) -> Bound:
    return Bound(cost=MicroUsd(cost), tokens_in=tokens, tokens_out=0, price_source="test")


def lives_through(conn: Connection, given: Case) -> None:
    """What was spent before, as far as the caps let it."""
    put(conn, "a", max_cost=given.task_cap)
    for name, each in given.before:
        run = begin(conn, name)
        try:
            call = ledger.reserve(conn, purpose(run), each, given.bill.caps, NOW, task_cap=None)
            ledger.sent(conn, call)
        except OverBudget:
            pass
        end(conn, run)
    conn.execute("UPDATE tasks SET state = 'cancelled' WHERE id <> 'a'")


def decided(conn: Connection, given: Case, known: FirstCall) -> Decision:
    seen = replace(snapshot.load(conn, given.bill, NOW), first_calls=(known,))
    (decision,) = plan(seen, given.bill, NOW).decisions
    return decision


def refused(conn: Connection, given: Case) -> OverBudget | None:
    """What the ledger says to the call, in a run that begins now."""
    run = begin(conn, "a")
    try:
        ledger.reserve(conn, purpose(run), given.bound, given.bill.caps, NOW, task_cap=given.task_cap)
    except OverBudget as fault:
        return fault
    return None


@contextmanager
def undone(conn: Connection) -> Iterator[None]:
    conn.execute("SAVEPOINT example")
    try:
        yield
    finally:
        conn.execute("ROLLBACK TO example")
        conn.execute("RELEASE example")


def exactly(given: Case) -> FirstCall:
    return FirstCall(task=TaskId("a"), provider=CLAUDE, model="m", cost=given.bound.cost, tokens=given.bound.tokens_in)


@thorough
@given(seeds)
def test_a_call_that_is_known_begins_exactly_where_the_ledger_takes_it(conn: Connection, seed: int):
    given_ = case(seed)
    with undone(conn):
        lives_through(conn, given_)
        said = decided(conn, given_, exactly(given_))
        fault = refused(conn, given_)

    assert isinstance(said, Start) == (fault is None)
    if fault is not None:
        is_for_ever = fault.never_fits or kind_of(fault.window) is WindowKind.TASK
        # not the other way round: the ledger names a quota that turns before a window that never fits
        assert isinstance(said, SetAside) or not is_for_ever
        assert isinstance(said, SetAside) or (isinstance(said, Wait) and said.binding.until)


@thorough
@given(seeds, st.floats(0, 1))
def test_what_is_only_partly_known_never_keeps_back_what_the_ledger_would_take(
    conn: Connection, seed: int, share: float
):
    given_ = case(seed)
    known = exactly(given_)
    known = replace(known, cost=MicroUsd(int(known.cost * share)), tokens=int(known.tokens * share))
    with undone(conn):
        lives_through(conn, given_)
        said = decided(conn, given_, known)
        fault = refused(conn, given_)

    assert isinstance(said, Start) or fault is not None


@thorough
@given(seeds)
def test_what_a_refusal_told_is_seen_by_the_next_plan_and_replays(conn: Connection, seed: int):
    """Else the task would begin there again and again. What a plan cannot see goes to a person: see put_down."""
    given_ = case(seed)
    with undone(conn):
        lives_through(conn, given_)
        fault = refused(conn, given_)
        blank = FirstCall(task=TaskId("a"), provider=CLAUDE, model="m")
        told = fault and told_by_refusal(blank, fault.window, fault.wanted, never_fits=fault.never_fits)
        if told is None:
            return
        conn.execute("ROLLBACK TO example")
        lives_through(conn, given_)
        seen = replace(snapshot.load(conn, given_.bill, NOW), first_calls=(told,))
        again = plan(seen, given_.bill, NOW)

    if (
        given_.bill.caps.tariff_of("claude").billing is not Billing.CREDITS
    ):  # of their money, only what is beyond them is told
        assert not again.starts
    text = codec.encode_inputs(seen, given_.bill, NOW)
    assert replay(text) == again
    assert codec.decode_decisions(codec.encode_decisions(again.decisions)) == again.decisions


def call(provider: str = CLAUDE, **more: Any) -> FirstCall:
    return FirstCall(task=TaskId("a"), provider=provider, model="m", **more)  # type: ignore[arg-type]


def deferred(conn: Connection, *told: str) -> None:
    """A run was told this, and was refused."""
    run = begin(conn)
    session = sessions.get(conn, TaskId("a"))
    assert session is not None
    transcript = Transcript(entries=tuple(Told(text=text) for text in told))
    sessions.save(conn, run, replace(session, transcript=transcript), NOW)
    end(conn, run)


def test_a_refusal_is_known_while_its_task_is_queued_and_told_once(conn: Connection):
    deferred(conn, "long")

    assert first_calls.note(conn, call(cost=MicroUsd(100)))
    assert not first_calls.note(conn, call(cost=MicroUsd(100)))
    assert first_calls.note(conn, call(tokens=7))
    assert first_calls.note(conn, call(GPT, cost=MicroUsd(60)))
    assert first_calls.known(conn) == [call(cost=MicroUsd(100), tokens=7), call(GPT, cost=MicroUsd(60))]

    tasks.move(conn, TaskId("a"), TaskState.REVIEW, now=NOW)
    assert first_calls.known(conn) == []


def test_a_session_that_only_grows_leaves_it_known_and_one_that_shrinks_does_not(conn: Connection):
    deferred(conn, "long")
    first_calls.note(conn, call(cost=MicroUsd(100)))

    deferred(conn, "long", "and longer")
    assert first_calls.known(conn) == [call(cost=MicroUsd(100))]
    deferred(conn, "short")
    assert first_calls.known(conn) == []
    assert not first_calls.note(conn, call(cost=MicroUsd(100)))  # it begins in vain no second time
    assert first_calls.note(conn, call(cost=MicroUsd(101)))
    assert first_calls.known(conn) == [call(cost=MicroUsd(101))]


def test_work_that_begins_anew_is_told_anew(conn: Connection):
    deferred(conn, "long")
    first_calls.note(conn, call(cost=MicroUsd(100)))

    deferred(conn)

    assert first_calls.known(conn) == []
    assert first_calls.note(conn, call(cost=MicroUsd(90)))


@pytest.mark.parametrize("how", ["edited", "reopened", "cancelled"])
def test_what_people_do_with_the_task_makes_it_forgotten(conn: Connection, how: str):
    deferred(conn, "long")
    first_calls.note(conn, call(cost=MicroUsd(100)))

    if how == "edited":
        tasks.rewrite(conn, task("a", title="Do less"), NOW)
    elif how == "reopened":
        tasks.move(conn, TaskId("a"), TaskState.REVIEW, now=NOW)
        tasks.reopen(conn, TaskId("a"), now=NOW)
    else:
        tasks.move(conn, TaskId("a"), TaskState.CANCELLED, now=NOW)
        tasks.move(conn, TaskId("a"), TaskState.QUEUED, now=NOW)

    assert first_calls.known(conn) == []


def test_a_task_goes_on_once_any_of_its_caps_is_raised(conn: Connection):
    put(conn, "a")
    tasks.move(conn, TaskId("a"), TaskState.REVIEW, now=NOW)
    for budget in ("provider:claude:2026-11-24", "run:"):
        shortage.set_aside(conn, TaskId("a"), budget, wanted=100, until=None)

    assert shortage.go_on(conn, NOW, Caps(per_run=MicroUsd(99), per_provider={"claude": MicroUsd(99)})) == []
    assert shortage.go_on(conn, NOW, Caps(per_run=MicroUsd(100), per_provider={"claude": MicroUsd(99)})) == ["a"]

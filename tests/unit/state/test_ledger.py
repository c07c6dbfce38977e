"""The ledger: what is held and spent never exceeds a cap, every row stays, and no call is sent twice."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from store_makers import CLAUDE, GPT, NOW, begin, bound, end, purpose, reserve, savepoint, sent, settlement

from tests.examples import examples
from watchbill.domain.calls import TRANSITIONS, CallState
from watchbill.domain.errors import IllegalMove, LeaseLost, OverBudget, StoppedModel, Unpriced
from watchbill.domain.ids import CallId
from watchbill.domain.money import MicroUsd
from watchbill.domain.runs import Run
from watchbill.domain.windows import Caps, Window, WindowKind, windows_of
from watchbill.state import accounts, database, ledger
from watchbill.state.accounts import By
from watchbill.state.engine import Connection, connect

DAY = Window(WindowKind.DAY, "2026-11-24")
Step = Callable[[Connection, CallId], object]
STEP_BY_STATE: dict[CallState, Step] = {
    CallState.SENT: ledger.sent,
    CallState.RELEASED: lambda conn, call: ledger.release(conn, call, "not sent", NOW),
    CallState.SETTLED: lambda conn, call: ledger.settle(conn, call, settlement(), NOW),
    CallState.UNKNOWN: lambda conn, call: ledger.lose(conn, call, "cut off", NOW),
}


def day_cap(amount: int) -> Caps:
    return Caps(day=MicroUsd(amount))


def test_a_reservation_is_held_in_every_window(conn: Connection):
    run = begin(conn)

    reserve(conn, run, 100)

    windows = windows_of(purpose(run), Caps(), NOW, task_cap=None)
    assert {ledger.used(conn, window) for window in windows} == {(0, 100)}
    assert len(windows) == len(WindowKind)


def test_a_settlement_books_what_it_cost_and_frees_the_rest(conn: Connection):
    call = sent(conn, begin(conn), 100)

    assert ledger.settle(conn, call, settlement(40), NOW) is False

    assert ledger.used(conn, DAY) == (40, 0)


def test_a_release_gives_everything_back(conn: Connection):
    call = reserve(conn, begin(conn), 100)

    ledger.release(conn, call, "cancelled before sending", NOW)

    assert ledger.used(conn, DAY) == (0, 0)


def test_a_complete_error_is_booked_at_nothing(conn: Connection):
    call = sent(conn, begin(conn), 100)

    ledger.settle_free(conn, call, "529 overloaded", NOW)

    assert ledger.used(conn, DAY) == (0, 0)
    assert [(found.state, found.note) for found in accounts.calls(conn)] == [(CallState.SETTLED, "529 overloaded")]


def test_what_nobody_knows_stays_charged_at_its_bound(conn: Connection):
    call = sent(conn, begin(conn), 100)

    ledger.lose(conn, call, "cut stream", NOW)

    assert ledger.used(conn, DAY) == (100, 0)


@pytest.mark.parametrize("cost", [0, 40, 100])
def test_evidence_lowers_an_unknown_call(conn: Connection, cost: int):
    call = sent(conn, begin(conn), 100)
    ledger.lose(conn, call, "cut stream", NOW)

    assert ledger.lower(conn, call, settlement(cost), "the vendor's usage report", NOW) is False

    assert ledger.used(conn, DAY) == (cost, 0)


@pytest.mark.parametrize(
    ("caps", "task_cap", "window"),
    [
        (Caps(day=MicroUsd(99)), None, "day:2026-11-24"),
        (Caps(month=MicroUsd(99)), None, "month:2026-11"),
        (Caps(per_provider={"claude": MicroUsd(99)}), None, "provider:claude:2026-11-24"),
        (Caps(per_repo={"site": MicroUsd(99)}), None, "repo:site:2026-11-24"),
        (Caps(per_type={"prose": MicroUsd(99)}), None, "type:prose:2026-11-24"),
        (Caps(per_provider_month={"claude": MicroUsd(99)}), None, "provider-month:claude:2026-11"),
        (Caps(per_repo_month={"site": MicroUsd(99)}), None, "repo-month:site:2026-11"),
        (Caps(per_type_month={"prose": MicroUsd(99)}), None, "type-month:prose:2026-11"),
        (Caps(per_task=MicroUsd(99)), None, "task:a"),
        (Caps(), 99, "task:a"),
        (Caps(per_run=MicroUsd(99)), None, "run:run-1"),
    ],
)
def test_what_does_not_fit_names_its_window_and_holds_nothing(conn: Connection, caps: Caps, task_cap, window: str):
    run = begin(conn)

    with pytest.raises(OverBudget) as refused:
        reserve(conn, run, 100, caps, task_cap=task_cap)

    assert (refused.value.window, refused.value.left, refused.value.wanted) == (window, 99, 100)
    assert ledger.used(conn, DAY) == (0, 0)
    assert accounts.calls(conn) == []


def test_what_fits_exactly_fits(conn: Connection):
    run = begin(conn)

    reserve(conn, run, 60, day_cap(100))
    reserve(conn, run, 40, day_cap(100))

    with pytest.raises(OverBudget):
        reserve(conn, run, 1, day_cap(100))


def test_what_costs_nothing_fits_even_into_an_overrun_window(conn: Connection):
    run = begin(conn)
    ledger.settle(conn, sent(conn, run, 100, caps=day_cap(100)), settlement(150), NOW)

    with pytest.raises(OverBudget):
        reserve(conn, run, 1, day_cap(100), provider=GPT)
    reserve(conn, run, 0, day_cap(100), provider=GPT)


def test_a_call_counts_in_the_windows_of_its_reservation_for_ever(conn: Connection):
    call = sent(conn, begin(conn), 100, now=NOW)

    ledger.settle(conn, call, settlement(40), NOW + timedelta(days=1))

    assert ledger.used(conn, DAY) == (40, 0)
    assert ledger.used(conn, Window(WindowKind.DAY, "2026-11-25")) == (0, 0)


def test_a_run_that_does_not_live_makes_no_call(conn: Connection):
    run = begin(conn)
    end(conn, run)

    with pytest.raises(LeaseLost):
        reserve(conn, run)
    with pytest.raises(LeaseLost):
        reserve(conn, "run-9")


def test_a_call_that_a_dead_run_sent_is_still_booked(conn: Connection):
    run = begin(conn)
    call = sent(conn, run, 100)
    end(conn, run)

    ledger.settle(conn, call, settlement(40), NOW)

    assert ledger.used(conn, DAY) == (40, 0)


@pytest.mark.parametrize("target", STEP_BY_STATE)
@pytest.mark.parametrize("source", CallState)
def test_a_call_moves_exactly_as_the_table_says(conn: Connection, source: CallState, target: CallState):
    call = reserve(conn, begin(conn), 100)
    if source is not CallState.HELD:
        if source is not CallState.RELEASED:
            ledger.sent(conn, call)
        if source is not CallState.SENT:
            STEP_BY_STATE[source](conn, call)
    step = STEP_BY_STATE[target]
    if (source, target) == (CallState.UNKNOWN, CallState.SETTLED):
        step = lambda conn, call: ledger.lower(conn, call, settlement(), "evidence", NOW)  # noqa: E731 - the one other way

    if target in TRANSITIONS[source]:
        step(conn, call)
        assert [found.state for found in accounts.calls(conn)] == [target]
    else:
        with pytest.raises(IllegalMove, match=f"it is {source}"):
            step(conn, call)


def test_what_was_never_reserved_does_not_move(conn: Connection):
    with pytest.raises(IllegalMove, match="it is unknown here"):
        ledger.sent(conn, CallId("call-9"))


def test_a_call_over_its_bound_is_booked_in_full_and_stops_its_model(conn: Connection):
    run = begin(conn)
    call = sent(conn, run, 100)

    assert ledger.settle(conn, call, settlement(150), NOW) is True

    assert ledger.used(conn, DAY) == (150, 0)
    assert [(row.provider, row.model, row.call) for row in ledger.stopped(conn)] == [("claude", "m", call)]
    with pytest.raises(StoppedModel, match="call-1 cost more than its bound"):
        reserve(conn, run)
    reserve(conn, run, model="other")
    reserve(conn, run, provider=GPT)


def test_evidence_over_the_bound_stops_the_model_too(conn: Connection):
    call = sent(conn, begin(conn), 100)
    ledger.lose(conn, call, "cut stream", NOW)

    assert ledger.lower(conn, call, settlement(150), "the bill", NOW) is True

    assert ledger.used(conn, DAY) == (150, 0)
    assert len(ledger.stopped(conn)) == 1


def test_a_model_is_stopped_before_its_next_send(conn: Connection):
    run = begin(conn)
    waiting = reserve(conn, run)
    ledger.settle(conn, sent(conn, run, 100), settlement(150), NOW)

    with pytest.raises(StoppedModel), savepoint(conn):
        ledger.sent(conn, waiting)

    ledger.release(conn, waiting, "stopped", NOW)


def test_the_first_call_that_ran_over_stays_the_evidence(conn: Connection):
    run = begin(conn)
    first, second = sent(conn, run, 100), sent(conn, run, 100)

    ledger.settle(conn, first, settlement(150), NOW)
    ledger.settle(conn, second, settlement(160), NOW)

    assert [row.call for row in ledger.stopped(conn)] == [first]


def test_a_person_allows_a_stopped_model_again(conn: Connection):
    run = begin(conn)
    ledger.settle(conn, sent(conn, run, 100), settlement(150), NOW)

    ledger.allow_again(conn, "claude", "m")

    reserve(conn, run)


def test_a_stopped_model_is_not_routable():
    assert issubclass(StoppedModel, Unpriced)


def test_what_a_cut_call_was_named_by_its_vendor_stays_with_it(conn: Connection):
    run = begin(conn)
    cut, told, silent = sent(conn, run), sent(conn, run), sent(conn, run)
    for call in (cut, told, silent):
        ledger.name(conn, call, f"req-of-{call}")

    ledger.recover(conn, NOW)
    ledger.lower(conn, told, settlement(request_id="req-8"), "the bill", NOW)
    ledger.lower(conn, silent, settlement(), "the bill", NOW)

    rows = conn.execute("SELECT request_id FROM calls ORDER BY number").fetchall()
    assert [row["request_id"] for row in rows] == ["req-of-call-1", "req-8", "req-of-call-3"]
    with pytest.raises(IllegalMove, match="cannot name call-1: it is unknown"):
        ledger.name(conn, cut, "req-9")


def test_recovery_releases_what_was_not_sent_and_keeps_what_was(conn: Connection):
    run = begin(conn)
    held, under_way, done = reserve(conn, run, 1), sent(conn, run, 20), sent(conn, run, 300)
    ledger.settle(conn, done, settlement(300), NOW)

    assert ledger.recover(conn, NOW) == ([held], [under_way])

    assert ledger.used(conn, DAY) == (320, 0)
    assert ledger.recover(conn, NOW) == ([], [])


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE ledger SET spent = 0",
        "DELETE FROM ledger",
        "INSERT OR REPLACE INTO ledger SELECT number, call, kind, 0, 0, at_ms FROM ledger",
        "UPDATE call_windows SET name = 'x' WHERE kind = 'run'",
        "DELETE FROM call_windows",
        "DELETE FROM calls",
        "UPDATE calls SET cost = 0",
    ],
)
def test_the_store_itself_refuses_to_rewrite_what_was_booked(conn: Connection, sql: str):
    ledger.settle(conn, sent(conn, begin(conn), 100), settlement(40), NOW)

    with pytest.raises(Exception, match=r"append-only|reservation|FOREIGN KEY|never changes"):
        conn.execute(sql)


@dataclass
class Known:
    """What the test itself knows of a call."""

    windows: dict[Window, MicroUsd | None]
    bound: int
    state: CallState
    charged: int = 0

    @property
    def held(self) -> int:
        return self.bound if self.state in (CallState.HELD, CallState.SENT) else 0


caps_amounts = st.none() | st.integers(0, 500).map(MicroUsd)


class Ledger(RuleBasedStateMachine):
    """Two runs on two providers that spend over several days under any caps, with crashes, lost calls and overruns."""

    path: Path

    def __init__(self) -> None:
        super().__init__()
        self.conn = connect(self.path)
        self.conn.execute("BEGIN IMMEDIATE")
        self.runs: list[Run] = [begin(self.conn, "a"), begin(self.conn, "b", provider=GPT)]
        self.caps = Caps()
        self.task_cap: MicroUsd | None = None
        self.now = NOW
        self.calls: dict[CallId, Known] = {}
        self.stopped: set[str] = set()
        self.excess: defaultdict[Window, int] = defaultdict(int)
        self.rows = 0

    def teardown(self) -> None:
        self.conn.execute("ROLLBACK")
        self.conn.close()

    @initialize(
        day=caps_amounts,
        month=caps_amounts,
        per=caps_amounts,
        own_month=caps_amounts,
        task=caps_amounts,
        run=caps_amounts,
    )
    def cap(self, *, day, month, per, own_month, task, run) -> None:
        self.task_cap = task
        self.caps = Caps(
            day=day,
            month=month,
            per_provider={} if per is None else {"claude": per, "gpt": per},
            per_provider_month={} if own_month is None else {"claude": own_month},
            per_repo_month={} if own_month is None else {"site": MicroUsd(2 * own_month)},
            per_type_month={} if own_month is None else {"prose": MicroUsd(3 * own_month)},
            per_run=run,
        )

    def used(self, window: Window) -> int:
        return sum(call.charged + call.held for call in self.calls.values() if window in call.windows)

    @rule(which=st.integers(0, 1), cost=st.integers(0, 120), model=st.sampled_from("mn"))
    def reserve(self, which: int, cost: int, model: str) -> None:
        wanted = purpose(self.runs[which], provider=self.runs[which].provider, model=model)
        windows = windows_of(wanted, self.caps, self.now, task_cap=self.task_cap)
        fits = all(cap is None or cost == 0 or self.used(window) + cost <= cap for window, cap in windows.items())
        stopped = wanted.provider + model in self.stopped
        try:
            with savepoint(self.conn):
                call = ledger.reserve(self.conn, wanted, bound(cost), self.caps, self.now, task_cap=self.task_cap)
        except OverBudget:
            assert not fits
        except StoppedModel:
            assert stopped
        else:
            assert fits
            assert not stopped
            self.calls[call] = Known(windows, cost, CallState.HELD)

    def step(self, which: int, sources: set[CallState], act: Callable[[CallId], object]) -> Known | None:
        """Act on any call; it must be refused outside of `sources`. The call when it was done."""
        if not self.calls:
            return None
        call = list(self.calls)[which % len(self.calls)]
        known = self.calls[call]
        try:
            with savepoint(self.conn):
                act(call)
        except IllegalMove:
            assert known.state not in sources
            return None
        except StoppedModel:
            return None
        assert known.state in sources
        return known

    @rule(which=st.integers(0))
    def send(self, which: int) -> None:
        if known := self.step(which, {CallState.HELD}, lambda call: ledger.sent(self.conn, call)):
            known.state = CallState.SENT

    @rule(which=st.integers(0))
    def release(self, which: int) -> None:
        sources = {CallState.HELD, CallState.SENT}
        if known := self.step(which, sources, lambda call: ledger.release(self.conn, call, "", self.now)):
            known.state = CallState.RELEASED

    @rule(which=st.integers(0))
    def lose(self, which: int) -> None:
        if known := self.step(which, {CallState.SENT}, lambda call: ledger.lose(self.conn, call, "", self.now)):
            known.state, known.charged = CallState.UNKNOWN, known.bound

    @rule(which=st.integers(0), share=st.integers(0, 110), unknown=st.booleans())
    def settle(self, which: int, share: int, unknown: bool) -> None:
        """Anything up to the bound, and in one of ten cases more."""
        source = CallState.UNKNOWN if unknown else CallState.SENT
        cost = over = 0

        def act(call: CallId) -> None:
            nonlocal cost, over
            cost = self.calls[call].bound * share // 100
            over = max(0, cost - self.calls[call].bound)
            booked = settlement(cost)
            if unknown:
                flagged = ledger.lower(self.conn, call, booked, "", self.now)
            else:
                flagged = ledger.settle(self.conn, call, booked, self.now)
            assert flagged is (over > 0)

        if known := self.step(which, {source}, act):
            known.state, known.charged = CallState.SETTLED, cost
            for window in known.windows:
                self.excess[window] += over
            self.stopped = {row.provider + row.model for row in ledger.stopped(self.conn)}

    @rule()
    def crash(self) -> None:
        released, lost = ledger.recover(self.conn, self.now)
        assert released == [name for name, call in self.calls.items() if call.state is CallState.HELD]
        assert lost == [name for name, call in self.calls.items() if call.state is CallState.SENT]
        for name in released:
            self.calls[name].state = CallState.RELEASED
        for name in lost:
            self.calls[name].state, self.calls[name].charged = CallState.UNKNOWN, self.calls[name].bound

    @rule(hours=st.integers(0, 30))
    def wait(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    @invariant()
    def no_window_exceeds_its_cap(self) -> None:
        for call in self.calls.values():
            for window, cap in call.windows.items():
                taken = sum(ledger.used(self.conn, window))
                assert taken == self.used(window)
                assert cap is None or taken <= cap + self.excess[window]

    @invariant()
    def the_books_balance(self) -> None:
        moved = {
            row["call"]: (row["held"], row["spent"])
            for row in self.conn.execute(
                "SELECT call, sum(held) AS held, sum(spent) AS spent FROM ledger GROUP BY call"
            )
        }
        assert moved == {name: (call.held, call.charged) for name, call in self.calls.items()}

    @invariant()
    def every_way_of_summing_gives_the_same(self) -> None:
        cost = sum(call.charged for call in self.calls.values())
        held = sum(call.held for call in self.calls.values())
        for by in By:
            rows = accounts.totals(self.conn, by)
            assert (sum(row.cost for row in rows), sum(row.held for row in rows)) == (cost, held)

    @invariant()
    def rows_only_grow(self) -> None:
        rows = self.conn.execute("SELECT count(*) FROM ledger").fetchone()[0]
        assert rows >= self.rows
        self.rows = rows


def test_any_history_keeps_every_cap_and_balances(path: Path):
    with database.direct(path):
        pass
    machine = type("LedgerHere", (Ledger,), {"path": path})

    run_state_machine_as_test(machine, settings=examples(80, part=50, stateful_step_count=40))


def test_the_run_of_a_call_is_never_forgotten(conn: Connection):
    reserve(conn, begin(conn))

    assert [(call.purpose.run, call.purpose.task, call.purpose.provider) for call in accounts.calls(conn)] == [
        ("run-1", "a", CLAUDE)
    ]

"""Quotas: credits, tokens and runs are as exact as dollars, and money is only what is really paid."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from store_makers import NOW, begin, end, purpose, savepoint, settlement

from tests.examples import examples
from watchbill.domain.billing import Allowance, Billing, Limits, Overage, Period, Tariff
from watchbill.domain.calls import Bound, CallState, Usage
from watchbill.domain.errors import IllegalMove, OverBudget
from watchbill.domain.ids import CallId, ProviderName
from watchbill.domain.money import MicroUsd, usd
from watchbill.domain.quotas import Quota, QuotaKind, Unit, credits_of, quotas_of
from watchbill.domain.runs import Run
from watchbill.domain.windows import Caps, Window, WindowKind, windows_of
from watchbill.state import accounts, database, ledger, quotas
from watchbill.state.engine import Connection, connect

COPILOT = ProviderName("copilot")
DAY = Window(WindowKind.DAY, "2026-11-24")
MONTH_OF_CREDITS = Quota(Unit.CREDITS, QuotaKind.PLAN_MONTH, "copilot:2026-11")
TOKENS_TODAY = Quota(Unit.TOKENS, QuotaKind.DAY, "2026-11-24")
RUNS_TODAY = Quota(Unit.RUNS, QuotaKind.DAY, "2026-11-24")


def tariff(billing: Billing, **allowance: object) -> Tariff:
    return Tariff(billing=billing, allowance=Allowance(**allowance))  # type: ignore[arg-type]


def caps(of: Tariff | None = None, **more: object) -> Caps:
    return Caps(tariffs={} if of is None else {"copilot": of}, **more)  # type: ignore[arg-type]


def credit_caps(amount: str, overage: Overage = Overage.NEVER, **more: object) -> Caps:
    return caps(tariff(Billing.CREDITS, credits=usd(amount), overage=overage), **more)


def reserve(conn: Connection, run: Run, cost: int, of: Caps, tokens: tuple[int, int] = (10, 20)) -> CallId:
    wanted = Bound(cost=MicroUsd(cost), tokens_in=tokens[0], tokens_out=tokens[1], price_source="test")
    return ledger.reserve(conn, purpose(run, provider=run.provider), wanted, of, NOW, task_cap=None)


def pay(conn: Connection, run: Run, bound: int, cost: int, of: Caps) -> CallId:
    call = reserve(conn, run, bound, of)
    ledger.sent(conn, call)
    ledger.settle(conn, call, settlement(cost), NOW)
    return call


def test_copilot_credits_pay_at_one_cent_each_and_no_dollar_is_spent(conn: Connection):
    """1,500 credits are $15.00. 120,000 tokens in at $3 and 8,000 out at $15 a million are $0.36 + $0.12 = 48 credits."""
    run = begin(conn, provider=COPILOT)

    pay(conn, run, bound=600_000, cost=480_000, of=credit_caps("15.00", day=MicroUsd(0)))

    spent, held = quotas.used(conn, MONTH_OF_CREDITS)
    assert (spent // 10_000, held, ledger.used(conn, DAY)) == (48, 0, (0, 0))


def test_what_credits_do_not_cover_is_money_under_the_dollar_caps(conn: Connection):
    """40 credits are left ($0.40). A call bounded at $0.60 holds $0.20 in money; it cost $0.48, so $0.08 is paid."""
    run = begin(conn, provider=COPILOT)
    allowed = credit_caps("0.40", Overage.ALLOW, day=usd("0.20"))

    call = reserve(conn, run, 600_000, allowed)
    assert (quotas.used(conn, MONTH_OF_CREDITS), ledger.used(conn, DAY)) == ((0, 400_000), (0, 200_000))
    ledger.sent(conn, call)
    assert ledger.settle(conn, call, settlement(480_000), NOW) is False

    assert (quotas.used(conn, MONTH_OF_CREDITS), ledger.used(conn, DAY)) == ((400_000, 0), (80_000, 0))


def test_credits_that_a_call_gave_back_pay_for_another_that_held_money(conn: Connection):
    """Of $0.40 in credits the first call held all and cost $0.10; the second cost $0.25: $0.35 in credits, no money."""
    run = begin(conn, provider=COPILOT)
    allowed = credit_caps("0.40", Overage.ALLOW)
    first, second = reserve(conn, run, 400_000, allowed), reserve(conn, run, 300_000, allowed)
    for call, cost in ((first, 100_000), (second, 250_000)):
        ledger.sent(conn, call)
        ledger.settle(conn, call, settlement(cost), NOW)

    assert (quotas.used(conn, MONTH_OF_CREDITS), ledger.used(conn, DAY)) == ((350_000, 0), (0, 0))


@pytest.mark.parametrize("overage", [Overage.NEVER, Overage.ASK])
def test_without_leave_nothing_is_sent_beyond_the_credits(conn: Connection, overage: Overage):
    run = begin(conn, provider=COPILOT)

    with pytest.raises(OverBudget, match=r"has \$0\.40 left, the call may cost \$0\.400001") as refused:
        reserve(conn, run, 400_001, credit_caps("0.40", overage))

    assert (refused.value.window, refused.value.never_fits) == ("credits:plan-month:copilot:2026-11", True)


def test_a_subscription_costs_nothing_and_draws_on_its_tokens_and_runs(conn: Connection):
    run = begin(conn, provider=COPILOT)
    plan = caps(tariff(Billing.SUBSCRIPTION, tokens=45, runs=1, period=Period.WEEK), day=MicroUsd(0))

    pay(conn, run, bound=600_000, cost=480_000, of=plan)

    week = "copilot:2026-W48"
    assert quotas.used(conn, Quota(Unit.TOKENS, QuotaKind.PLAN_WEEK, week)) == (10, 0)
    assert quotas.used(conn, Quota(Unit.RUNS, QuotaKind.PLAN_WEEK, week)) == (1, 0)
    assert ledger.used(conn, DAY) == (0, 0)
    reserve(conn, run, 600_000, plan)  # the same run counts once
    end(conn, run)
    with pytest.raises(OverBudget, match="runs:plan-week"):
        reserve(conn, begin(conn, "b", provider=COPILOT), 1, plan, tokens=(0, 0))


def test_free_calls_are_counted_and_cost_nothing(conn: Connection):
    run = begin(conn, provider=COPILOT)
    free = caps(tariff(Billing.FREE), day=MicroUsd(0), tokens=Limits(day=0), runs=Limits(day=0))

    pay(conn, run, bound=600_000, cost=480_000, of=free)

    assert [total.calls for total in accounts.totals(conn, accounts.By.PROVIDER)] == [1]
    assert ledger.used(conn, DAY) == (0, 0)


@pytest.mark.parametrize("billing", [Billing.CREDITS, Billing.SUBSCRIPTION, Billing.FREE])
def test_a_call_worth_more_than_its_bound_stops_its_model_however_it_is_paid(conn: Connection, billing: Billing):
    run = begin(conn, provider=COPILOT)
    of = caps(tariff(billing, credits=usd(1)))

    call = reserve(conn, run, 100, of)
    ledger.sent(conn, call)

    assert ledger.settle(conn, call, settlement(101), NOW) is True


@pytest.mark.parametrize(
    ("limits", "quota"),
    [
        ({"tokens": Limits(day=29)}, "tokens:day:2026-11-24"),
        ({"tokens": Limits(month=29)}, "tokens:month:2026-11"),
        ({"tokens": Limits(per_provider={"copilot": 29})}, "tokens:provider:copilot:2026-11-24"),
        ({"tokens": Limits(per_task=29)}, "tokens:task:a"),
        ({"tokens": Limits(per_run=29)}, "tokens:run:run-1"),
        ({"runs": Limits(day=0)}, "runs:day:2026-11-24"),
        ({"runs": Limits(per_task=0)}, "runs:task:a"),
    ],
)
def test_tokens_and_runs_stand_beside_dollars(conn: Connection, limits: dict[str, Limits], quota: str):
    run = begin(conn, provider=COPILOT)

    with pytest.raises(OverBudget) as refused:
        reserve(conn, run, 1, caps(**limits))

    assert refused.value.window == quota
    assert accounts.calls(conn) == []


def test_billed_tokens_that_nobody_told_stay_taken_at_the_bound(conn: Connection):
    run = begin(conn, provider=COPILOT)
    call = reserve(conn, run, 100, caps(tokens=Limits(day=30)))
    ledger.sent(conn, call)

    ledger.settle(conn, call, settlement(100, usage=Usage()), NOW)

    assert quotas.used(conn, TOKENS_TODAY) == (30, 0)


def test_an_error_that_cost_nothing_gives_its_tokens_back(conn: Connection):
    run = begin(conn, provider=COPILOT)
    call = reserve(conn, run, 100, caps(tokens=Limits(day=30)))
    ledger.sent(conn, call)

    ledger.settle_free(conn, call, "529", NOW)

    assert quotas.used(conn, TOKENS_TODAY) == (0, 0)


def test_a_budget_that_can_never_pay_a_call_is_named_before_one_that_is_only_full(conn: Connection):
    run = begin(conn, provider=COPILOT)
    pay(conn, run, bound=80, cost=80, of=caps(day=MicroUsd(100)))

    with pytest.raises(OverBudget) as refused:
        reserve(conn, run, 50, caps(day=MicroUsd(100), per_run=MicroUsd(49)))

    assert (refused.value.window, refused.value.never_fits) == ("run:run-1", True)
    with pytest.raises(OverBudget) as full:
        reserve(conn, run, 50, caps(day=MicroUsd(100)))
    assert (full.value.window, full.value.never_fits) == ("day:2026-11-24", False)


@pytest.mark.parametrize("sql", ["DELETE FROM draws", "UPDATE draws SET name = 'x'"])
def test_the_store_itself_refuses_to_forget_what_was_drawn(conn: Connection, sql: str):
    reserve(conn, begin(conn, provider=COPILOT), 1, caps(tokens=Limits(day=30)))

    with pytest.raises(Exception, match="a call draws on the quotas of its reservation"):
        conn.execute(sql)


@dataclass
class Known:
    """What the test itself knows of a call."""

    run: Run
    windows: dict[Window, MicroUsd | None]
    draws: dict[Quota, int]
    caps: dict[Quota, int]
    worth: int
    money: int  # held or booked
    state: CallState = CallState.HELD


counts = st.none() | st.integers(0, 400)
amounts = counts.map(lambda count: None if count is None else MicroUsd(count))


class Budgets(RuleBasedStateMachine):
    """Runs of providers with every kind of billing beside each other, with crashes, lost calls, late evidence and turns."""

    path: Path

    def __init__(self) -> None:
        super().__init__()
        self.conn = connect(self.path)
        self.conn.execute("BEGIN IMMEDIATE")
        names = ("metered", "never", "allow", "plan", "free")
        self.runs = [begin(self.conn, name, provider=ProviderName(name)) for name in names]
        self.caps = Caps()
        self.now = NOW
        self.calls: dict[CallId, Known] = {}

    def teardown(self) -> None:
        self.conn.execute("ROLLBACK")
        self.conn.close()

    @initialize(day=amounts, run=amounts, credits=amounts, tokens=counts, runs=st.none() | st.integers(0, 3))
    def set_caps(self, day, run, credits, tokens, runs) -> None:  # noqa: A002 - the word of the settings
        self.caps = Caps(
            day=day,
            per_run=run,
            tokens=Limits(day=tokens),
            runs=Limits(day=runs),
            tariffs={
                "never": tariff(Billing.CREDITS, credits=credits),
                "allow": tariff(Billing.CREDITS, credits=credits, overage=Overage.ALLOW),
                "plan": tariff(Billing.SUBSCRIPTION, tokens=tokens, runs=runs, period=Period.DAY),
                "free": tariff(Billing.FREE),
            },
        )

    def taken(self, of: Window | Quota) -> int:
        if isinstance(of, Window):
            return sum(call.money for call in self.calls.values() if of in call.windows)
        return sum(call.draws.get(of, 0) for call in self.calls.values())

    def wanted(self, run: Run, worth: int, tokens: int) -> tuple[dict[Quota, int], dict[Quota, int], int]:
        """Caps, draws and money, by plain arithmetic."""
        of = purpose(run, provider=run.provider)
        limits = dict(quotas_of(of, self.caps, self.now))
        first = not any(call.run == run and call.state is not CallState.RELEASED for call in self.calls.values())
        draws = {quota: tokens if quota.unit is Unit.TOKENS else int(first) for quota in limits}
        billing = self.caps.tariff_of(run.provider)
        month = credits_of(of, self.caps, self.now)
        money = worth if billing.billing is Billing.METERED else 0
        if month is not None:
            quota, cap = month
            left = max(0, cap - self.taken(quota))
            draws[quota] = min(worth, left) if billing.allowance.overage is Overage.ALLOW else worth
            money, limits[quota] = worth - draws[quota], cap
        return limits, draws, money

    @rule(which=st.integers(0, 4), worth=st.integers(0, 150), tokens=st.integers(0, 150))
    def reserve(self, which: int, worth: int, tokens: int) -> None:
        run = self.runs[which]
        of = purpose(run, provider=run.provider)
        limits, draws, money = self.wanted(run, worth, tokens)
        windows = windows_of(of, self.caps, self.now, task_cap=None)
        fits = all(draws[quota] == 0 or self.taken(quota) + draws[quota] <= cap for quota, cap in limits.items())
        fits &= all(cap is None or money == 0 or self.taken(window) + money <= cap for window, cap in windows.items())
        bound = Bound(cost=MicroUsd(worth), tokens_in=tokens, tokens_out=0, price_source="test")
        try:
            with savepoint(self.conn):
                call = ledger.reserve(self.conn, of, bound, self.caps, self.now, task_cap=None)
        except OverBudget:
            assert not fits
        else:
            assert fits
            self.calls[call] = Known(run, windows, draws, limits, worth, money)

    def step(self, which: int, sources: set[CallState], act: Callable[[CallId], object]) -> tuple[CallId, Known] | None:
        if not self.calls:
            return None
        name = list(self.calls)[which % len(self.calls)]
        try:
            with savepoint(self.conn):
                act(name)
        except IllegalMove:
            assert self.calls[name].state not in sources
            return None
        assert self.calls[name].state in sources
        return name, self.calls[name]

    @rule(which=st.integers(0))
    def send(self, which: int) -> None:
        if found := self.step(which, {CallState.HELD}, lambda call: ledger.sent(self.conn, call)):
            found[1].state = CallState.SENT

    @rule(which=st.integers(0))
    def release(self, which: int) -> None:
        sources = {CallState.HELD, CallState.SENT}
        if found := self.step(which, sources, lambda call: ledger.release(self.conn, call, "", self.now)):
            self.released(found[1])

    def released(self, call: Known) -> None:
        call.state, call.money, call.draws = CallState.RELEASED, 0, dict.fromkeys(call.draws, 0)

    @rule(which=st.integers(0))
    def lose(self, which: int) -> None:
        if found := self.step(which, {CallState.SENT}, lambda call: ledger.lose(self.conn, call, "", self.now)):
            found[1].state = CallState.UNKNOWN

    @rule(which=st.integers(0), share=st.integers(0, 100), unknown=st.booleans())
    def settle(self, which: int, share: int, unknown: bool) -> None:
        book = ledger.lower if unknown else None

        def act(name: CallId) -> None:
            call = self.calls[name]
            said = settlement(call.worth * share // 100, usage=Usage(tokens_in=self.tokens(call) * share // 100))
            if book:
                book(self.conn, name, said, "", self.now)
            else:
                ledger.settle(self.conn, name, said, self.now)

        if found := self.step(which, {CallState.UNKNOWN if unknown else CallState.SENT}, act):
            self.settled(found[1], share)

    def tokens(self, call: Known) -> int:
        return max((count for quota, count in call.draws.items() if quota.unit is Unit.TOKENS), default=0)

    def settled(self, call: Known, share: int) -> None:
        cost, tokens = call.worth * share // 100, self.tokens(call)
        used = tokens * share // 100
        for quota in call.draws:
            if quota.unit is Unit.TOKENS and (used or not cost):
                call.draws[quota] = used
            elif quota.unit is Unit.CREDITS:
                free = max(0, call.caps[quota] - self.taken(quota))
                covered = min(cost, call.draws[quota] + free)
                call.draws[quota], call.money = covered, cost - covered
        if self.caps.tariff_of(call.run.provider).billing is Billing.METERED:
            call.money = cost
        call.state = CallState.SETTLED

    @rule()
    def crash(self) -> None:
        ledger.recover(self.conn, self.now)
        for call in self.calls.values():
            if call.state is CallState.HELD:
                self.released(call)
            elif call.state is CallState.SENT:
                call.state = CallState.UNKNOWN

    @rule(hours=st.integers(0, 30))
    def wait(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    @invariant()
    def nothing_exceeds_its_cap(self) -> None:
        for call in self.calls.values():
            for window, cap in call.windows.items():
                taken = sum(ledger.used(self.conn, window))
                assert taken == self.taken(window)
                assert cap is None or taken <= cap
            for quota, cap in call.caps.items():
                taken = sum(quotas.used(self.conn, quota))
                assert taken == self.taken(quota)
                assert taken <= cap

    @invariant()
    def only_money_is_summed_as_money(self) -> None:
        for by in accounts.By:
            rows = accounts.totals(self.conn, by)
            assert sum(row.cost + row.held for row in rows) == sum(call.money for call in self.calls.values())
        rows = accounts.totals(self.conn, accounts.By.PROVIDER)
        assert all(row.cost == row.held == 0 for row in rows if row.name in ("plan", "free", "never"))


def test_any_history_of_any_billing_keeps_every_cap(path: Path):
    with database.direct(path):
        pass
    machine = type("BudgetsHere", (Budgets,), {"path": path})

    run_state_machine_as_test(machine, settings=examples(80, part=40, stateful_step_count=40))

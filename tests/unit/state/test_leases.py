"""Leases: at most one live holder of a task, and every holder's token is higher than all before it."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from store_makers import CLAUDE, NOW, SITE, TTL, begin, end, put, savepoint

from tests.examples import examples
from watchbill.domain.errors import LeaseLost
from watchbill.domain.ids import RunId, SessionId, TaskId, Token
from watchbill.domain.runs import Run, RunState, Stage
from watchbill.state import database, leases, sessions
from watchbill.state.engine import Connection, connect

A = TaskId("a")
NAMES = ("a", "b")


def ended_run(conn: Connection, name: str) -> RunId:
    """A run that is no longer in the way, as the name of a holder."""
    session = sessions.get_or_open(conn, TaskId(name), SITE, NOW)
    sql = """INSERT INTO runs (task, repo, type, session, provider, model, state, stage, attempt, started_ms, ended_ms)
             SELECT id, repo, type, ?, ?, '', 'lost', 'brief', 1 + (SELECT count(*) FROM runs WHERE task = ?), 0, 0
             FROM tasks WHERE id = ? RETURNING id"""
    return RunId(conn.execute(sql, (session.id, CLAUDE, name, name)).fetchone()[0])


def holder(name: str, run: RunId, token: Token) -> Run:
    return Run(
        id=run,
        task=TaskId(name),
        repo=SITE,
        session=SessionId(""),
        provider=CLAUDE,
        model="",
        token=token,
        state=RunState.RUNNING,
        stage=Stage.WORK,
        attempt=1,
        base=None,
        started_at=NOW,
    )


def take(conn: Connection, name: str, now: datetime) -> Run:
    run = ended_run(conn, name)
    return holder(name, run, leases.acquire(conn, TaskId(name), run, now, TTL))


def test_the_second_does_not_get_what_the_first_holds(conn: Connection):
    put(conn, "a")
    take(conn, "a", NOW)

    with pytest.raises(LeaseLost, match="another run holds it"):
        take(conn, "a", NOW + TTL - timedelta(milliseconds=1))


def test_a_task_that_is_not_there_is_not_held(conn: Connection):
    with pytest.raises(LeaseLost, match="no such task"):
        leases.acquire(conn, A, RunId("run-1"), NOW, TTL)


def test_a_lapsed_lease_is_taken_over_with_a_higher_token(conn: Connection):
    put(conn, "a")
    first = take(conn, "a", NOW)

    second = take(conn, "a", NOW + TTL)

    assert second.token > first.token
    leases.check(conn, second)


@pytest.mark.parametrize(
    "write",
    [
        leases.check,
        leases.release,
        lambda conn, run: leases.renew(conn, run, NOW, TTL),
        lambda conn, run: sessions.save(conn, run, sessions.get_or_open(conn, A, SITE, NOW), NOW),
    ],
)
def test_who_lost_its_lease_writes_nothing(conn: Connection, write):
    put(conn, "a")
    first = take(conn, "a", NOW)
    second = take(conn, "a", NOW + TTL)

    with pytest.raises(LeaseLost, match="no longer holds"):
        write(conn, first)
    leases.check(conn, second)


def test_a_lapsed_lease_that_nobody_took_is_still_its_holders(conn: Connection):
    put(conn, "a")
    run = take(conn, "a", NOW)

    leases.renew(conn, run, NOW + 3 * TTL, TTL)

    with pytest.raises(LeaseLost):
        take(conn, "a", NOW + 3 * TTL)


def test_tokens_rise_even_when_nobody_holds_the_task_in_between(conn: Connection):
    first = begin(conn)
    end(conn, first)

    assert begin(conn).token > first.token


def test_the_store_itself_refuses_a_lower_token(conn: Connection):
    put(conn, "a")
    take(conn, "a", NOW)

    with pytest.raises(Exception, match="a fencing token only rises"):
        conn.execute("UPDATE tasks SET token = 0")


class Leases(RuleBasedStateMachine):
    """Two tasks, any number of holders that come, renew, leave, or come back from the dead."""

    path: Path

    def __init__(self) -> None:
        super().__init__()
        self.conn = connect(self.path)
        self.conn.execute("BEGIN IMMEDIATE")
        put(self.conn, *NAMES)
        self.now = NOW
        self.held: dict[str, tuple[Run, datetime]] = {}
        self.everyone: list[Run] = []

    def teardown(self) -> None:
        self.conn.execute("ROLLBACK")
        self.conn.close()

    @rule(name=st.sampled_from(NAMES))
    def acquire(self, name: str) -> None:
        free = name not in self.held or self.held[name][1] <= self.now
        try:
            with savepoint(self.conn):
                run = take(self.conn, name, self.now)
        except LeaseLost:
            assert not free
            return
        assert free
        assert all(run.token > other.token for other in self.everyone if other.task == name)
        self.everyone.append(run)
        self.held[name] = (run, self.now + TTL)

    @rule(which=st.integers(min_value=0))
    def renew(self, which: int) -> None:
        run = self.some(which)
        if run is None:
            return
        try:
            leases.renew(self.conn, run, self.now, TTL)
        except LeaseLost:
            assert not self.is_holder(run)
            return
        assert self.is_holder(run)
        self.held[run.task] = (run, self.now + TTL)

    @rule(which=st.integers(min_value=0))
    def release(self, which: int) -> None:
        run = self.some(which)
        if run is None:
            return
        try:
            leases.release(self.conn, run)
        except LeaseLost:
            assert not self.is_holder(run)
            return
        assert self.is_holder(run)
        del self.held[run.task]

    @rule(seconds=st.integers(0, 400))
    def wait(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @invariant()
    def only_the_holder_passes(self) -> None:
        for run in self.everyone:
            try:
                leases.check(self.conn, run)
            except LeaseLost:
                assert not self.is_holder(run)
            else:
                assert self.is_holder(run)

    def some(self, which: int) -> Run | None:
        return self.everyone[which % len(self.everyone)] if self.everyone else None

    def is_holder(self, run: Run) -> bool:
        return run.task in self.held and self.held[run.task][0] == run


def test_any_history_has_one_holder_at_a_time_and_rising_tokens(path: Path):
    with database.direct(path):
        pass
    machine = type("LeasesHere", (Leases,), {"path": path})

    run_state_machine_as_test(machine, settings=examples(60, part=30, stateful_step_count=30))

"""Runs in the store: a stint begins and ends whole, and only its holder writes."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from store_makers import CLAUDE, COMMIT, GPT, NOW, SITE, TTL, begin, end, put, savepoint

from tests.examples import examples
from watchbill.domain.errors import IllegalMove, LeaseLost
from watchbill.domain.ids import RunId, TaskId
from watchbill.domain.runs import COUNTED, Run, RunState, Stage
from watchbill.domain.tasks import Delivery, Task, TaskState
from watchbill.state import claims, database, intents, leases, runs, sessions, tasks
from watchbill.state.engine import Connection, connect
from watchbill.state.intents import Intent

A = TaskId("a")
ENDS = tuple(state for state in RunState if state is not RunState.RUNNING)


def task_of(conn: Connection, name: str = "a") -> Task:
    found = tasks.get(conn, TaskId(name))
    assert found is not None
    return found


def intent_of(run: Run) -> Intent:
    return Intent(
        run=run.id,
        task=run.task,
        repo=SITE,
        commit=COMMIT,
        tree="tree",
        target_ref="refs/heads/main",
        old=None,
        delivery=Delivery.LAND,
    )


def test_a_run_begins_with_everything_that_it_needs(conn: Connection):
    run = begin(conn)

    assert (run.id, run.task, run.repo, run.provider, run.attempt) == ("run-1", A, SITE, CLAUDE, 1)
    assert (run.state, run.stage, run.base, run.started_at) == (RunState.RUNNING, Stage.BRIEF, COMMIT, NOW)
    assert runs.get(conn, run.id) == run
    assert task_of(conn).state is TaskState.RUNNING
    assert [(claim.pattern, claim.run) for claim in claims.live(conn)] == [("a.md", run.id)]
    session = sessions.get(conn, A)
    assert session is not None
    assert session.id == run.session
    leases.check(conn, run)


def test_there_is_no_run_of_an_unknown_id(conn: Connection):
    assert runs.get(conn, RunId("run-9")) is None


def test_a_task_that_already_runs_does_not_begin_again(conn: Connection):
    begin(conn)

    with pytest.raises(IllegalMove):
        begin(conn)


def test_runs_are_numbered_over_all_tasks_and_attempts_within_one(conn: Connection):
    end(conn, begin(conn))
    begin(conn, "b")
    begin(conn)

    assert [(run.id, run.attempt) for run in runs.of_task(conn, A)] == [("run-1", 1), ("run-3", 2)]
    assert [run.id for run in runs.live(conn)] == ["run-2", "run-3"]


def test_the_next_run_continues_the_session(conn: Connection):
    first = begin(conn)
    end(conn, first, RunState.HANDED_OFF)

    assert begin(conn, provider=GPT).session == first.session


def test_a_run_ends_whole(conn: Connection):
    run = begin(conn)
    later = NOW + timedelta(hours=1)

    ended = end(conn, run, RunState.DEFERRED, reason="throttled", not_before=later)

    assert (ended.state, ended.reason, ended.ended_at) == (RunState.DEFERRED, "throttled", NOW + timedelta(minutes=1))
    assert runs.get(conn, run.id) == ended
    found = task_of(conn)
    assert (found.state, found.note, found.not_before) == (TaskState.QUEUED, "throttled", later)
    assert (claims.live(conn), runs.live(conn)) == ([], [])


@pytest.mark.parametrize("state", ENDS)
def test_only_counted_ends_use_up_an_attempt(conn: Connection, state: RunState):
    end(conn, begin(conn), state)

    counted = state in COUNTED
    found = task_of(conn)
    assert (found.attempts, found.tried) == ((1, (CLAUDE,)) if counted else (0, ()))


def test_tried_names_the_latest_last(conn: Connection):
    for provider in (CLAUDE, GPT, CLAUDE):
        end(conn, begin(conn, provider=provider), RunState.REJECTED)

    assert task_of(conn).tried == (CLAUDE, GPT, CLAUDE)


def test_a_run_ends_once(conn: Connection):
    run = begin(conn)
    end(conn, run)

    with pytest.raises(LeaseLost):
        end(conn, run)


def test_a_run_whose_row_has_ended_does_not_end_again_though_a_lease_is_there(conn: Connection):
    run = begin(conn)
    conn.execute("UPDATE runs SET state = 'lost', ended_ms = 0")

    with pytest.raises(LeaseLost, match="has ended"):
        runs.set_stage(conn, run, Stage.GATE)
    with pytest.raises(LeaseLost, match="has ended already"):
        end(conn, run)


def test_a_rescued_run_cannot_end_itself(conn: Connection):
    dead = begin(conn)
    runs.rescue(conn, dead, NOW, "its holder died")
    alive = begin(conn)

    with pytest.raises(LeaseLost):
        end(conn, dead, RunState.LANDED, task_state=TaskState.LANDED)

    leases.check(conn, alive)


def test_a_task_that_was_cancelled_meanwhile_stays_cancelled(conn: Connection):
    run = begin(conn)
    tasks.move(conn, A, TaskState.CANCELLED, now=NOW, note="not wanted")

    ended = end(conn, run, RunState.HANDED_OFF)

    assert (ended.state, task_of(conn).state) == (RunState.HANDED_OFF, TaskState.CANCELLED)
    assert claims.live(conn) == []


def test_a_task_that_was_cancelled_and_reopened_meanwhile_stays_queued_and_waits_for_the_old_run(conn: Connection):
    run = begin(conn)
    tasks.move(conn, A, TaskState.CANCELLED, now=NOW)
    tasks.reopen(conn, A, now=NOW)
    with pytest.raises(IllegalMove, match="has not ended yet"), savepoint(conn):
        begin(conn)

    end(conn, run, RunState.CANCELLED, task_state=TaskState.CANCELLED)

    assert task_of(conn).state is TaskState.QUEUED
    begin(conn)


def test_what_was_cancelled_does_not_land(conn: Connection):
    run = begin(conn)
    tasks.move(conn, A, TaskState.CANCELLED, now=NOW)

    with pytest.raises(IllegalMove, match="no longer running"):
        end(conn, run, RunState.LANDED, task_state=TaskState.LANDED)


def test_a_stage_is_told_by_its_holder(conn: Connection):
    run = begin(conn)

    runs.set_stage(conn, run, Stage.GATE)

    found = runs.get(conn, run.id)
    assert found is not None
    assert found.stage is Stage.GATE


def test_who_lost_the_task_tells_no_stage(conn: Connection):
    run = begin(conn)
    runs.rescue(conn, run, NOW, "died")

    with pytest.raises(LeaseLost):
        runs.set_stage(conn, run, Stage.GATE)


def test_a_run_is_lapsed_when_it_did_not_renew_in_time(conn: Connection):
    first, second = begin(conn, "a"), begin(conn, "b")
    leases.renew(conn, second, NOW + TTL, TTL)

    assert runs.lapsed(conn, NOW + TTL - timedelta(milliseconds=1)) == []
    assert [run.id for run in runs.lapsed(conn, NOW + TTL)] == [first.id]


def test_a_running_run_without_a_lease_is_lapsed(conn: Connection):
    run = begin(conn)
    leases.release(conn, run)

    assert runs.lapsed(conn, NOW) == [run]


def test_a_rescue_frees_what_the_dead_held(conn: Connection):
    run = begin(conn)

    assert runs.rescue(conn, run, NOW, "its holder died")

    found = runs.get(conn, run.id)
    assert found is not None
    assert (found.state, found.reason) == (RunState.LOST, "its holder died")
    assert (task_of(conn).state, task_of(conn).attempts) == (TaskState.QUEUED, 0)
    assert claims.live(conn) == []
    begin(conn)


def test_what_has_ended_is_not_rescued(conn: Connection):
    run = begin(conn)
    end(conn, run)

    assert not runs.rescue(conn, run, NOW, "died")


def test_what_may_have_landed_is_not_rescued_before_that_is_known(conn: Connection):
    run = begin(conn)
    intents.store(conn, run, intent_of(run), NOW)

    assert not runs.rescue(conn, run, NOW, "died")

    intents.finish(conn, intent_of(run), landed=False, now=NOW)
    assert runs.rescue(conn, run, NOW, "died")


def test_a_rescued_run_of_a_cancelled_task_leaves_it_cancelled(conn: Connection):
    run = begin(conn)
    tasks.move(conn, A, TaskState.CANCELLED, now=NOW)

    assert runs.rescue(conn, run, NOW, "died")
    assert task_of(conn).state is TaskState.CANCELLED


def lose(conn: Connection, times: int) -> None:
    for _ in range(times):
        runs.rescue(conn, begin(conn), NOW, "its holder died")


def test_a_task_that_kills_its_holders_fails_with_the_evidence(conn: Connection):
    lose(conn, runs.MAX_LOSSES - 1)
    assert task_of(conn).state is TaskState.QUEUED

    lose(conn, 1)

    assert task_of(conn).state is TaskState.FAILED
    assert task_of(conn).note == "5 runs in a row died at it, the last: its holder died"


def test_runs_that_were_killed_for_taking_too_long_count_as_losses_too(conn: Connection):
    lose(conn, runs.MAX_LOSSES - 1)

    end(conn, begin(conn), RunState.LOST, reason="killed after 120 minutes")

    assert task_of(conn).state is TaskState.FAILED


@pytest.mark.parametrize(
    ("state", "fails"), [(RunState.REJECTED, False), (RunState.REVIEW, False), (RunState.DEFERRED, True)]
)
def test_only_an_end_that_says_something_breaks_the_row_of_losses(conn: Connection, state: RunState, fails: bool):
    lose(conn, runs.MAX_LOSSES - 1)
    end(conn, begin(conn), state)

    lose(conn, 1)

    assert (task_of(conn).state is TaskState.FAILED) is fails


def test_who_retries_a_task_that_kills_gives_it_all_its_lives(conn: Connection):
    lose(conn, runs.MAX_LOSSES)
    tasks.reopen(conn, A, now=NOW)

    lose(conn, 1)

    assert task_of(conn).state is TaskState.QUEUED


def test_an_ended_run_never_changes(conn: Connection):
    end(conn, begin(conn))

    with pytest.raises(Exception, match="an ended run never changes"):
        conn.execute("UPDATE runs SET reason = 'other'")


class Stints(RuleBasedStateMachine):
    """One task's whole life: runs that begin, end, die and come back, a human who cancels and reopens."""

    path: Path

    def __init__(self) -> None:
        super().__init__()
        self.conn = connect(self.path)
        self.conn.execute("BEGIN IMMEDIATE")
        put(self.conn, "a")
        self.now: datetime = NOW
        self.live: Run | None = None
        self.dead: list[Run] = []
        self.counted: list[str] = []

    def teardown(self) -> None:
        self.conn.execute("ROLLBACK")
        self.conn.close()

    @rule(provider=st.sampled_from([CLAUDE, GPT]))
    def begin(self, provider) -> None:
        queued = task_of(self.conn).state is TaskState.QUEUED
        try:
            with savepoint(self.conn):
                run = begin(self.conn, provider=provider, now=self.now)
        except IllegalMove:
            assert not queued or self.live is not None  # cancelled and reopened while its run still works
        else:
            assert queued
            assert self.live is None
            self.live = run

    @rule(state=st.sampled_from([state for state in ENDS if state is not RunState.LANDED]))
    def end(self, state: RunState) -> None:
        if self.live is None:
            return
        end(self.conn, self.live, state, now=self.now)
        if state in COUNTED:
            self.counted.append(self.live.provider)
        self.dead.append(self.live)
        self.live = None

    @rule()
    def rescue_lapsed(self) -> None:
        for run in runs.lapsed(self.conn, self.now):
            assert runs.rescue(self.conn, run, self.now, "lapsed")
            self.dead.append(run)
            self.live = None

    @rule()
    def renew(self) -> None:
        if self.live is not None:
            leases.renew(self.conn, self.live, self.now, TTL)

    @rule()
    def cancel(self) -> None:
        if task_of(self.conn).state in (TaskState.QUEUED, TaskState.RUNNING, TaskState.FAILED):
            tasks.move(self.conn, A, TaskState.CANCELLED, now=self.now)

    @rule()
    def reopen(self) -> None:
        if task_of(self.conn).state in (TaskState.CANCELLED, TaskState.FAILED):
            tasks.reopen(self.conn, A, now=self.now)
            self.counted.clear()

    @rule(minutes=st.integers(0, 8))
    def wait(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @invariant()
    def the_dead_write_nothing(self) -> None:
        for run in self.dead:
            with pytest.raises(LeaseLost), savepoint(self.conn):
                end(self.conn, run)

    @invariant()
    def tokens_rise(self) -> None:
        tokens = [run.token for run in runs.of_task(self.conn, A)]
        assert tokens == sorted(set(tokens))

    @invariant()
    def rows_agree(self) -> None:
        live = runs.live(self.conn)
        assert live == ([self.live] if self.live else [])
        assert {claim.run for claim in claims.live(self.conn)} == {run.id for run in live}
        found = task_of(self.conn)
        assert found.state is not TaskState.RUNNING or live
        assert (found.attempts, list(found.tried)) == (len(self.counted), self.counted)


def test_any_history_keeps_runs_tasks_and_claims_in_step(path: Path):
    with database.direct(path):
        pass
    machine = type("StintsHere", (Stints,), {"path": path})

    run_state_machine_as_test(machine, settings=examples(60, part=25, stateful_step_count=30))

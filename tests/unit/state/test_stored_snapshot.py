"""The snapshot's loader: everything that plan() looks at, from rows."""

from dataclasses import replace
from datetime import timedelta

import pytest
from store_makers import CLAUDE, GPT, NOW, SITE, begin, end, put, reserve, task

from watchbill.domain.ids import RepoName, TaskId
from watchbill.domain.money import MicroUsd
from watchbill.domain.runs import RunState
from watchbill.domain.tasks import TaskState
from watchbill.domain.windows import Caps, WindowKind
from watchbill.scheduling.bill import ProviderTerms, WatchBill
from watchbill.scheduling.snapshot import HeldClaim, LiveRun, ProviderState
from watchbill.state import holds, pauses, runs, sessions, snapshot
from watchbill.state.engine import Connection
from watchbill.state.pauses import Scope

BILL = WatchBill(providers=(ProviderTerms(name=CLAUDE, kind="anthropic"), ProviderTerms(name=GPT, kind="openai")))
HOUR = timedelta(hours=1)
A = TaskId("a")


def provider(conn: Connection, name: str = "claude") -> ProviderState:
    return next(state for state in snapshot.load(conn, BILL, NOW).providers if state.name == name)


def test_an_empty_store_shows_well_providers_and_nothing_to_do(conn: Connection):
    seen = snapshot.load(conn, BILL, NOW)

    assert seen.providers == (ProviderState(name=CLAUDE), ProviderState(name=GPT))
    assert (seen.tasks, seen.live, seen.done, seen.records, seen.paused) == ((), (), frozenset(), {}, False)


def test_open_tasks_and_what_is_done_are_shown(conn: Connection):
    put(conn, "queued")
    put(conn, "failed", state=TaskState.FAILED)
    put(conn, "landed", state=TaskState.LANDED)

    seen = snapshot.load(conn, BILL, NOW)

    assert {found.id for found in seen.tasks} == {"queued", "failed"}
    assert seen.done == {"landed"}


def test_live_runs_are_shown_with_their_claims(conn: Connection):
    run = begin(conn, claims=("a.md", "b.md"))
    begin(conn, "c")
    runs.relieve(conn, run.id)

    first, second = snapshot.load(conn, BILL, NOW).live

    assert first == LiveRun(
        run=run.id,
        task=A,
        repo=SITE,
        provider=CLAUDE,
        started_at=NOW,
        claims=("a.md", "b.md"),
        handing_over=True,
    )
    assert (second.claims, second.handing_over) == (("c.md",), False)


def test_claims_of_delivered_branches_are_shown_apart(conn: Connection):
    end(conn, begin(conn), RunState.LANDED, task_state=TaskState.LANDED, keep_claims=True)

    assert snapshot.load(conn, BILL, NOW).held_claims == (HeldClaim(repo=SITE, task=A, pattern="a.md"),)


@pytest.mark.parametrize(("until", "shown"), [(NOW + HOUR, NOW + HOUR), (None, snapshot.FOREVER)])
def test_a_held_account_is_shown_with_its_end(conn: Connection, until, shown):
    holds.put(conn, CLAUDE, until=until, kind="exhausted", why="weekly limit", now=NOW)

    assert (provider(conn).held_until, provider(conn).held_why) == (shown, "weekly limit")
    assert provider(conn, "gpt").held_until is None


def test_an_open_breaker_is_shown(conn: Connection):
    for _ in range(3):
        holds.note_result(conn, CLAUDE, False, NOW)

    assert (provider(conn).broken, provider(conn).score) == (True, 25)
    assert not provider(conn, "gpt").broken


def test_a_provider_is_idle_since_its_last_run_ended(conn: Connection):
    end(conn, begin(conn), now=NOW + HOUR)
    begin(conn)

    assert provider(conn).idle_since == NOW + HOUR
    assert provider(conn, "gpt").idle_since is None


def test_every_window_that_a_run_could_count_in_is_shown(conn: Connection):
    bill = replace(BILL, caps=Caps(day=MicroUsd(500), per_task=MicroUsd(80)))
    reserve(conn, begin(conn), 30)
    put(conn, "b", max_cost=MicroUsd(50))

    windows = {str(state.window): state for state in snapshot.load(conn, bill, NOW).windows}

    assert {name.partition(":")[0] for name in windows} == set(WindowKind) - {WindowKind.RUN}
    assert (windows["day:2026-11-24"].cap, windows["day:2026-11-24"].held) == (500, 30)
    assert windows["provider:gpt:2026-11-24"].held == 0
    assert (windows["task:a"].cap, windows["task:a"].held) == (80, 30)
    assert windows["task:b"].cap == 50


def test_pauses_are_shown_where_they_bind(conn: Connection):
    pauses.put(conn, Scope.PROVIDER, "claude", until=None, why="", now=NOW)
    pauses.put(conn, Scope.REPO, "site", until=None, why="", now=NOW)

    seen = snapshot.load(conn, BILL, NOW)

    assert [state.paused for state in seen.providers] == [True, False]
    assert (seen.paused_repos, seen.paused) == ({RepoName("site")}, False)


def test_a_pause_of_everything_is_shown(conn: Connection):
    pauses.put(conn, Scope.ALL, "", until=NOW + HOUR, why="", now=NOW)

    assert snapshot.load(conn, BILL, NOW).paused
    assert not snapshot.load(conn, BILL, NOW + HOUR).paused


@pytest.mark.parametrize(("scope", "name"), [(Scope.TASK, "a"), (Scope.TYPE, "prose")])
def test_a_paused_task_is_not_before_the_pause_ends(conn: Connection, scope: Scope, name: str):
    put(conn, "a", not_before=NOW)
    put(conn, "b", type="code")
    pauses.put(conn, scope, name, until=NOW + HOUR, why="let me look", now=NOW)

    a, b = snapshot.load(conn, BILL, NOW).tasks

    assert (a.not_before, a.note) == (NOW + HOUR, "paused: let me look")
    assert b == task("b", type="code", created_at=NOW)


def test_a_pause_without_an_end_binds_for_ever_and_a_later_not_before_stays(conn: Connection):
    put(conn, "a")
    put(conn, "b", not_before=NOW + 2 * HOUR)
    pauses.put(conn, Scope.TASK, "a", until=None, why="", now=NOW)
    pauses.put(conn, Scope.TASK, "b", until=NOW + HOUR, why="", now=NOW)

    assert [found.not_before for found in snapshot.load(conn, BILL, NOW).tasks] == [snapshot.FOREVER, NOW + 2 * HOUR]


@pytest.mark.parametrize(
    ("state", "warm"), [(RunState.HANDED_OFF, True), (RunState.DEFERRED, True), (RunState.REJECTED, False)]
)
def test_unfinished_work_is_warm_on_whoever_did_it(conn: Connection, state: RunState, warm: bool):
    run = begin(conn)
    session = sessions.get(conn, A)
    assert session is not None
    sessions.save(conn, run, session, NOW)
    end(conn, run, state)

    assert snapshot.load(conn, BILL, NOW).warm == ({A: CLAUDE} if warm else {})


def test_a_task_on_which_nothing_was_said_yet_is_warm_on_nobody(conn: Connection):
    end(conn, begin(conn), RunState.DEFERRED)

    assert snapshot.load(conn, BILL, NOW).warm == {}

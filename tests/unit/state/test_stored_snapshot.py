"""The snapshot's loader: everything that plan() looks at, from rows."""

from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from store_makers import CLAUDE, GPT, NOW, SITE, begin, end, put, reserve

from watchbill.domain.breakers import RETURNS, Sign
from watchbill.domain.ids import TaskId
from watchbill.domain.money import MicroUsd
from watchbill.domain.runs import RunState
from watchbill.domain.tasks import TaskState
from watchbill.domain.windows import Caps, WindowKind
from watchbill.scheduling.bill import Mode, ProviderTerms, RepoTerms, WatchBill
from watchbill.scheduling.snapshot import Begun, HeldClaim, LiveRun, ModelState, ProviderState
from watchbill.state import breakers, holds, pauses, runs, sessions, snapshot
from watchbill.state.engine import Connection
from watchbill.state.pauses import Scope
from watchbill.state.snapshot import PROBE_TAKES

BILL = WatchBill(providers=(ProviderTerms(name=CLAUDE, kind="anthropic"), ProviderTerms(name=GPT, kind="openai")))
HOUR = timedelta(hours=1)
A = TaskId("a")


def provider(conn: Connection, name: str = "claude") -> ProviderState:
    return next(state for state in snapshot.load(conn, BILL, NOW).providers if state.name == name)


def test_an_empty_store_shows_well_providers_and_nothing_to_do(conn: Connection):
    seen = snapshot.load(conn, BILL, NOW)

    assert seen.providers == (ProviderState(name=CLAUDE), ProviderState(name=GPT))
    assert (seen.tasks, seen.live, seen.done, seen.records, seen.pauses) == ((), (), frozenset(), {}, ())


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
        model="m",
        handing_over=True,
    )
    assert (second.claims, second.handing_over) == (("c.md",), False)


def test_claims_of_delivered_branches_are_shown_apart(conn: Connection):
    end(conn, begin(conn), RunState.LANDED, task_state=TaskState.LANDED, keep_claims=True)

    assert snapshot.load(conn, BILL, NOW).held_claims == (HeldClaim(repo=SITE, task=A, pattern="a.md"),)


@pytest.mark.parametrize(("until", "shown"), [(NOW + HOUR, NOW + HOUR), (None, snapshot.FOREVER)])
def test_a_held_account_is_shown_with_its_end(conn: Connection, until, shown):
    holds.put(conn, CLAUDE, until=until, kind="exhausted", why="weekly limit", now=NOW)

    assert (provider(conn).held_until, provider(conn).held_why) == (
        shown,
        "exhausted since 2026-11-24 12:00 UTC: weekly limit",
    )
    assert provider(conn, "gpt").held_until is None


def test_an_open_breaker_is_shown(conn: Connection):
    for _ in range(3):
        breakers.note(conn, CLAUDE, Sign.FAILED, NOW, why="529")

    seen = provider(conn)
    assert (seen.broken, seen.broken_until, seen.score) == (True, NOW + RETURNS[0], 40)
    assert seen.broken_why == "it failed 3 times in a row by 2026-11-24 12:00 UTC: 529"
    assert not provider(conn, "gpt").broken


def test_one_that_is_probed_now_returns_at_the_probes_end_at_the_earliest(conn: Connection):
    for _ in range(3):
        breakers.note(conn, CLAUDE, Sign.FAILED, NOW - HOUR)

    assert provider(conn).broken_until == NOW + PROBE_TAKES


def test_a_model_that_failed_is_shown_beside_its_provider(conn: Connection):
    for _ in range(3):
        breakers.note(conn, CLAUDE, Sign.FAILED, NOW, model="big", why="full")
    breakers.note(conn, CLAUDE, Sign.FAILED, NOW, model="small")

    assert not provider(conn).broken
    assert provider(conn).sick_models == (ModelState(model="big", broken_until=NOW + RETURNS[0], why="full"),)
    breakers.note(conn, CLAUDE, Sign.PROBED_WELL, NOW, model="big")
    assert provider(conn).sick_models == (ModelState(model="big", broken_until=None, why="full"),)


def test_a_provider_on_trial_is_shown(conn: Connection):
    for _ in range(3):
        breakers.note(conn, CLAUDE, Sign.FAILED, NOW)
    breakers.note(conn, CLAUDE, Sign.PROBED_WELL, NOW)

    assert (provider(conn).broken, provider(conn).on_trial) == (False, True)


def test_a_provider_is_idle_since_its_last_run_ended(conn: Connection):
    end(conn, begin(conn), now=NOW - HOUR)
    begin(conn)

    assert provider(conn).idle_since == NOW - HOUR
    assert provider(conn, "gpt").idle_since is None


def test_a_run_that_ended_by_a_clock_ahead_says_nothing_of_idleness(conn: Connection):
    end(conn, begin(conn), now=NOW + HOUR)

    assert provider(conn).idle_since is None


def test_every_window_that_a_run_could_count_in_is_shown_but_for_those_of_tasks_that_cost_nothing_yet(conn: Connection):
    bill = replace(BILL, caps=Caps(day=MicroUsd(500), per_task=MicroUsd(80)))
    reserve(conn, begin(conn), 30)
    put(conn, "b", max_cost=MicroUsd(50))

    windows = {str(state.window): state for state in snapshot.load(conn, bill, NOW).windows}

    assert {name.partition(":")[0] for name in windows} == set(WindowKind) - {WindowKind.RUN}
    assert (windows["day:2026-11-24"].cap, windows["day:2026-11-24"].held) == (500, 30)
    assert windows["provider:gpt:2026-11-24"].held == 0
    assert (windows["task:a"].cap, windows["task:a"].held) == (80, 30)
    assert "task:b" not in windows


def test_every_pause_that_is_on_is_shown_and_providers_at_their_states_too(conn: Connection):
    pauses.put(conn, Scope.PROVIDER, "claude", until=None, why="", now=NOW)
    pauses.put(conn, Scope.TASK, "a", until=NOW + HOUR, why="let me look", who="jo", now=NOW)
    pauses.put(conn, Scope.REPO, "site", until=NOW, why="", now=NOW)

    seen = snapshot.load(conn, BILL, NOW)

    assert [bool(state.pause) for state in seen.providers] == [True, False]
    assert [(pause.scope, pause.name, pause.who) for pause in seen.pauses] == [
        ("provider", "claude", ""),
        ("task", "a", "jo"),
    ]


def test_what_began_today_is_counted_where_a_mode_asks(conn: Connection):
    bill = replace(BILL, zone=ZoneInfo("Pacific/Auckland"), mode=Mode.GRADUAL)  # its day began at 11:00 UTC
    end(conn, begin(conn, "a", now=NOW - 2 * HOUR), now=NOW - 2 * HOUR)
    end(conn, begin(conn, "b", now=NOW - HOUR), now=NOW - HOUR)
    begin(conn, "b", now=NOW)

    assert snapshot.load(conn, bill, NOW).begun == (Begun(task=TaskId("b"), repo=SITE, at=NOW),)
    assert snapshot.load(conn, BILL, NOW).begun == ()
    own = RepoTerms(name=SITE, mode=Mode.GRADUAL)
    assert len(snapshot.load(conn, replace(BILL, repos=(own,)), NOW).begun) == 2


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

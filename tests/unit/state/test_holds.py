"""Holds: a learned limit is never shortened, and lifts itself."""

from datetime import datetime, timedelta

import pytest
from store_makers import CLAUDE, GPT, NOW, begin, end

from watchbill.domain.calls import Purpose
from watchbill.domain.ids import RepoName, RunId, TaskId, TaskType
from watchbill.domain.outcomes import UNWELL
from watchbill.domain.runs import RunState
from watchbill.state import holds
from watchbill.state.engine import Connection

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


def hold(conn: Connection, until: datetime | None, *, now: datetime = NOW, why: str = "") -> None:
    holds.put(conn, CLAUDE, until=until, kind="exhausted", why=why, now=now)


def until(conn: Connection) -> datetime | None:
    (only,) = holds.all(conn)
    return only.until


def test_a_hold_is_told_as_it_was_put(conn: Connection):
    hold(conn, NOW + HOUR, why="weekly limit")

    assert holds.all(conn) == [
        holds.Hold(provider=CLAUDE, kind="exhausted", until=NOW + HOUR, why="weekly limit", put_at=NOW)
    ]


@pytest.mark.parametrize(
    ("first", "second", "kept"),
    [
        (NOW + 2 * HOUR, NOW + HOUR, NOW + 2 * HOUR),
        (NOW + HOUR, NOW + 2 * HOUR, NOW + 2 * HOUR),
        (None, NOW + HOUR, None),
        (NOW + HOUR, None, None),
    ],
)
def test_a_hold_that_still_runs_is_only_made_longer(conn: Connection, first, second, kept):
    hold(conn, first, why="learned")
    hold(conn, second, now=NOW + MINUTE, why="refreshed")

    assert until(conn) == kept


def test_a_shorter_refresh_does_not_even_change_the_words(conn: Connection):
    hold(conn, NOW + 2 * HOUR, why="learned")

    hold(conn, NOW + HOUR, why="refreshed")

    assert [found.why for found in holds.all(conn)] == ["learned"]


def test_a_hold_that_is_over_is_replaced(conn: Connection):
    hold(conn, NOW + HOUR, why="old")

    hold(conn, NOW + HOUR + MINUTE, now=NOW + HOUR, why="new")

    assert [(found.why, found.until) for found in holds.all(conn)] == [("new", NOW + HOUR + MINUTE)]


def test_holds_lift_themselves_after_their_grace_and_once(conn: Connection):
    hold(conn, NOW + HOUR)
    holds.put(conn, GPT, until=None, kind="auth_failed", why="", now=NOW)

    assert holds.lift_due(conn, NOW + HOUR - MINUTE, auto_resume=True) == []
    assert holds.lift_due(conn, NOW + HOUR, auto_resume=True) == [CLAUDE]
    assert holds.lift_due(conn, NOW + HOUR, auto_resume=True) == []
    assert [found.provider for found in holds.all(conn)] == [GPT]


def test_trouble_passes_by_itself_where_limits_wait_for_a_person(conn: Connection):
    hold(conn, NOW + HOUR)
    holds.put(conn, GPT, until=NOW + HOUR, kind="overloaded", why="529", now=NOW)

    assert {found.provider: found.ends(auto_resume=False) for found in holds.all(conn)} == {
        CLAUDE: None,
        GPT: NOW + HOUR,
    }
    assert holds.lift_due(conn, NOW + HOUR, auto_resume=False) == [GPT]


def test_a_person_lifts_a_hold(conn: Connection):
    hold(conn, None)

    assert holds.lift(conn, CLAUDE)
    assert not holds.lift(conn, CLAUDE)
    assert holds.all(conn) == []


# --- models, and what is tried


def bar(conn: Connection, run: str, model: str = "m") -> holds.Hold | None:
    return holds.bar(
        conn,
        Purpose(run=RunId(run), task=TaskId("a"), repo=RepoName("s"), type=TaskType("t"), provider=CLAUDE, model=model),
    )


def test_a_hold_of_the_account_keeps_every_model_from_sending_and_a_models_only_that_one(conn: Connection):
    holds.put(conn, CLAUDE, model="opus", until=NOW + HOUR, kind="exhausted", why="weekly", now=NOW)

    assert bar(conn, "r", "sonnet") is None
    held = bar(conn, "r", "opus")
    assert held is not None
    assert held.of == "opus of claude"

    hold(conn, NOW + HOUR)
    barred = bar(conn, "r", "sonnet")
    assert barred is not None
    assert barred.of == "claude"


def test_a_providers_trouble_keeps_nobody_at_work_from_asking(conn: Connection):
    assert {str(kind) for kind in UNWELL} == {"network", "overloaded"}
    for kind in UNWELL:
        holds.put(conn, CLAUDE, model=kind, until=NOW + HOUR, kind=kind, why="", now=NOW)

        assert bar(conn, "r", kind) is None


def test_when_its_time_is_over_one_run_tries_and_the_others_wait_for_its_answer(conn: Connection):
    first, second = begin(conn, "a"), begin(conn, "b")
    hold(conn, NOW + HOUR)
    assert holds.lift_due(conn, NOW + HOUR, auto_resume=True) == [CLAUDE]

    assert bar(conn, first.id) is None
    assert bar(conn, first.id) is None  # its next turn is the same probe
    waiting = bar(conn, second.id)
    assert waiting is not None
    assert waiting.probe == first.id

    holds.prove_well(conn, CLAUDE, "m")
    assert bar(conn, second.id) is None
    assert holds.tried(conn) == []


def test_who_tried_and_ended_without_an_answer_lets_another_try(conn: Connection):
    first, second = begin(conn, "a"), begin(conn, "b")
    hold(conn, NOW + HOUR)
    holds.lift_due(conn, NOW + HOUR, auto_resume=True)
    bar(conn, first.id)

    end(conn, first, RunState.HANDED_OFF)

    assert bar(conn, second.id) is None


def test_a_limit_met_again_while_it_is_tried_is_a_hold_again_however_short(conn: Connection):
    hold(conn, NOW + HOUR)
    holds.lift_due(conn, NOW + HOUR, auto_resume=True)

    hold(conn, NOW + HOUR + MINUTE, now=NOW + HOUR)

    assert until(conn) == NOW + HOUR + MINUTE
    assert holds.tried(conn) == []


def test_a_good_answer_ends_nothing_that_still_runs(conn: Connection):
    hold(conn, NOW + HOUR)

    holds.prove_well(conn, CLAUDE, "m")

    assert until(conn) == NOW + HOUR

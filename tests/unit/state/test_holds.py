"""Holds: a learned limit is never shortened, and lifts itself."""

from datetime import datetime, timedelta

import pytest
from store_makers import CLAUDE, GPT, NOW

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

    assert holds.lift_due(conn, NOW + HOUR, MINUTE) == []
    assert holds.lift_due(conn, NOW + HOUR + MINUTE, MINUTE) == [CLAUDE]
    assert holds.lift_due(conn, NOW + HOUR + MINUTE, MINUTE) == []
    assert [found.provider for found in holds.all(conn)] == [GPT]


def test_a_person_lifts_a_hold(conn: Connection):
    hold(conn, None)

    assert holds.lift(conn, CLAUDE)
    assert not holds.lift(conn, CLAUDE)
    assert holds.all(conn) == []

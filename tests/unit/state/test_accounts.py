"""Accounts: the same sum however it is asked for."""

from datetime import timedelta

import pytest
from store_makers import CLAUDE, COMMIT, GPT, NOW, begin, put, reserve, sent, settlement

from watchbill.domain.calls import CallState
from watchbill.domain.ids import RepoName, RunId
from watchbill.domain.money import MicroUsd
from watchbill.domain.windows import Caps, Window, WindowKind
from watchbill.scheduling.snapshot import WindowState
from watchbill.state import accounts, ledger
from watchbill.state.accounts import By, Key
from watchbill.state.engine import Connection


def spend(conn: Connection) -> None:
    """40 of claude on a, 100 unknown and 7 held of gpt on b, 5 released."""
    put(conn, "b", repo=RepoName("book"), type="code")
    a, b = begin(conn, "a"), begin(conn, "b", provider=GPT, base=COMMIT)
    ledger.settle(conn, sent(conn, a, 100), settlement(40), NOW)
    gpt = {"provider": GPT, "repo": RepoName("book"), "type": "code", "model": "n"}
    ledger.lose(conn, sent(conn, b, 100, now=NOW + timedelta(days=1), **gpt), "cut", NOW)
    reserve(conn, b, 7, **gpt)
    ledger.release(conn, reserve(conn, b, 5, **gpt), "never mind", NOW)


@pytest.mark.parametrize(
    ("by", "names"),
    [
        (By.PROVIDER, ["gpt", "claude"]),
        (By.TYPE, ["code", "prose"]),
        (By.MODEL, ["n", "m"]),
        (By.REPO, ["book", "site"]),
        (By.TASK, ["b", "a"]),
        (By.RUN, ["run-2", "run-1"]),
    ],
)
def test_totals_are_the_same_by_whatever(conn: Connection, by: By, names: list[str]):
    spend(conn)

    rows = accounts.totals(conn, by)

    assert [row.name for row in rows] == names
    assert [(row.calls, row.cost, row.unknown, row.held) for row in rows] == [(2, 100, 100, 7), (1, 40, 0, 0)]
    assert [(row.tokens_in, row.tokens_out) for row in rows] == [(0, 0), (7, 3)]


def test_totals_count_a_call_where_it_was_reserved(conn: Connection):
    spend(conn)

    first = accounts.totals(conn, By.PROVIDER, since=NOW, until=NOW + timedelta(days=1))
    second = accounts.totals(conn, By.PROVIDER, since=NOW + timedelta(days=1))

    assert {row.name: row.cost for row in first} == {"claude": 40, "gpt": 0}
    assert {row.name: row.cost for row in second} == {"gpt": 100}


def test_nothing_spent_has_no_rows(conn: Connection):
    assert accounts.totals(conn, By.TASK) == []


def test_windows_of_now_are_told_even_when_untouched(conn: Connection):
    caps = Caps(day=MicroUsd(500), per_provider={"claude": MicroUsd(200)}, per_task=MicroUsd(90))
    spend(conn)
    keys = [
        Key(kind=WindowKind.DAY),
        Key(kind=WindowKind.PROVIDER, name="claude"),
        Key(kind=WindowKind.TASK, name="a", task_cap=MicroUsd(50)),
        Key(kind=WindowKind.TYPE, name="test"),
    ]

    assert accounts.window_states(conn, caps, NOW, keys) == [
        _state(Window(WindowKind.DAY, "2026-11-24"), 500, 40, 7),
        _state(Window(WindowKind.PROVIDER, "claude:2026-11-24"), 200, 40, 0),
        _state(Window(WindowKind.TASK, "a"), 50, 40, 0),
        _state(Window(WindowKind.TYPE, "test:2026-11-24"), None, 0, 0),
    ]


def _state(window: Window, cap: int | None, spent: int, held: int) -> WindowState:
    return WindowState(
        window=window, cap=None if cap is None else MicroUsd(cap), spent=MicroUsd(spent), held=MicroUsd(held)
    )


def test_calls_come_back_whole(conn: Connection):
    run = begin(conn)
    booked = settlement(40, request_id="req_1")
    ledger.settle(conn, sent(conn, run, 100), booked, NOW + timedelta(seconds=9), why="done")

    (call,) = accounts.calls(conn)

    assert (call.id, call.state, call.settlement, call.note) == ("call-1", CallState.SETTLED, booked, "done")
    assert (call.bound.cost, call.bound.tokens_in, call.bound.tokens_out) == (100, 10, 20)
    assert (call.reserved_at, call.ended_at) == (NOW, NOW + timedelta(seconds=9))
    assert (call.purpose.provider, call.purpose.model, call.purpose.type) == (CLAUDE, "m", "prose")


def test_calls_of_one_run_can_be_asked_for(conn: Connection):
    spend(conn)

    assert [call.id for call in accounts.calls(conn, RunId("run-1"))] == ["call-1"]
    assert [call.settlement for call in accounts.calls(conn, RunId("run-2"))] == [None, None, None]

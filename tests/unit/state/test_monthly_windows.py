"""The months of providers, repositories and types in a store that is older than they are: what was spent counts in them."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from store_makers import NOW, bound, purpose

from watchbill.domain.errors import OverBudget
from watchbill.domain.ids import CallId
from watchbill.domain.money import MicroUsd
from watchbill.domain.windows import Caps, Window, WindowKind
from watchbill.state import ledger, schema
from watchbill.state.engine import Connection, connect

BEFORE = 11  # the file that brings them

# Two calls of one run on two days of a month, the second of them still held.
OLDER = """
INSERT INTO tasks (id, repo, title, type, state, priority, place, claims, needs, requirements, success, body, extra, attempts,
                   tried, note, created_ms, changed_ms)
VALUES ('a', 'site', 'A', 'prose', 'queued', 0, 0, '[]', '[]', '', '', '', '{}', 0, '[]', '', 0, 0);
INSERT INTO sessions (task, repo, transcript, handoff, repairs, version, saved_ms) VALUES ('a', 'site', '{}', '{}', 0, 0, 0);
INSERT INTO runs (task, repo, type, session, provider, model, state, stage, attempt, started_ms, ended_ms)
VALUES ('a', 'site', 'prose', 'session-1', 'claude', 'm', 'running', 'work', 1, 0, NULL);
INSERT INTO calls (run, task, repo, type, provider, model, state, bound, bound_in, bound_out, bound_source, reserved_ms)
VALUES ('run-1', 'a', 'site', 'prose', 'claude', 'm', 'held', 60, 1, 1, 'test', 0),
       ('run-1', 'a', 'site', 'prose', 'claude', 'm', 'held', 30, 1, 1, 'test', 0);
INSERT INTO windows (kind, name) VALUES ('provider', 'claude:2026-11-23'), ('provider', 'claude:2026-11-24');
INSERT INTO call_windows VALUES ('call-1', 'provider', 'claude:2026-11-23'), ('call-2', 'provider', 'claude:2026-11-24');
INSERT INTO ledger (call, kind, held, spent, at_ms)
VALUES ('call-1', 'reserve', 60, 0, 0), ('call-1', 'settle', -60, 40, 1), ('call-2', 'reserve', 30, 0, 2);
"""


@pytest.fixture
def older(path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Connection]:
    conn = connect(path)
    with monkeypatch.context() as patched:
        early = [(number, script) for number, script in schema.scripts() if number < BEFORE]
        patched.setattr(schema, "scripts", lambda: iter(early))
        schema.migrate(conn)
    conn.executescript(OLDER)
    schema.migrate(conn)
    yield conn
    conn.close()


def test_what_was_spent_and_held_before_counts_in_the_month(older: Connection):
    month = Window(WindowKind.PROVIDER_MONTH, "claude:2026-11")

    assert ledger.used(older, month) == (40, 30)
    ledger.release(older, CallId("call-2"), "not sent", NOW)
    assert ledger.used(older, month) == (40, 0)


def test_a_months_cap_binds_what_comes_after_it(older: Connection):
    caps = Caps(per_provider_month={"claude": MicroUsd(100)})

    with pytest.raises(OverBudget, match=r"provider-month:claude:2026-11 has \$0\.00003 left"):
        ledger.reserve(older, purpose(), bound(31), caps, NOW, task_cap=None)
    ledger.reserve(older, purpose(), bound(30), caps, NOW, task_cap=None)


@pytest.mark.parametrize("sql", ["DELETE FROM call_windows", "UPDATE call_windows SET name = 'x'"])
def test_the_windows_of_a_call_stay_what_they_were(older: Connection, sql: str):
    with pytest.raises(Exception, match="a call counts in the windows of its reservation"):
        older.execute(sql)
    assert older.execute("PRAGMA foreign_key_check").fetchall() == []

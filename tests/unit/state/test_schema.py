"""The schema: numbered files, all or nothing, and never an older program on newer state."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from watchbill.domain.calls import CallState
from watchbill.domain.errors import StateError, StateNewer
from watchbill.domain.runs import RunState, Stage
from watchbill.domain.tasks import Autonomy, Delivery, TaskState
from watchbill.domain.windows import WindowKind
from watchbill.state import schema
from watchbill.state.engine import Connection, connect
from watchbill.state.pauses import Scope


@pytest.fixture
def blank(path: Path) -> Iterator[Connection]:
    conn = connect(path)
    yield conn
    conn.close()


def test_a_new_database_gets_every_file(blank: Connection):
    schema.migrate(blank)

    assert schema.version(blank) == max(number for number, _ in schema.scripts())
    assert blank.execute("PRAGMA integrity_check").fetchone()[0] == "ok"


def test_migrating_again_changes_nothing(blank: Connection):
    schema.migrate(blank)
    before = blank.execute("SELECT sql FROM sqlite_schema").fetchall()

    schema.migrate(blank)

    assert blank.execute("SELECT sql FROM sqlite_schema").fetchall() == before


def test_no_number_is_there_twice():
    numbers = [number for number, _ in schema.scripts()]

    assert numbers == sorted(set(numbers))


def test_a_newer_schema_is_refused(blank: Connection):
    blank.execute("PRAGMA user_version = 99")

    with pytest.raises(StateNewer, match="newer watchbill"):
        schema.migrate(blank)


@pytest.mark.parametrize("broken", ["CREATE TABLE half (x) STRICT; nonsense", "ROLLBACK; nonsense"])
def test_a_file_that_fails_leaves_nothing(blank: Connection, monkeypatch: pytest.MonkeyPatch, broken: str):
    monkeypatch.setattr(schema, "scripts", lambda: iter([(1, broken)]))

    with pytest.raises(StateError, match="cannot bring the state to schema 1"):
        schema.migrate(blank)

    assert (schema.version(blank), blank.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]) == (0, 0)


def test_every_table_is_strict(blank: Connection):
    schema.migrate(blank)

    tables = blank.execute("SELECT name, strict FROM pragma_table_list WHERE schema = 'main' AND type = 'table'")
    loose = [row["name"] for row in tables if not row["strict"]]
    assert [name for name in loose if not name.startswith("sqlite_")] == []


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ("tasks", TaskState),
        ("tasks", Autonomy),
        ("tasks", Delivery),
        ("runs", RunState),
        ("runs", Stage),
        ("calls", CallState),
        ("windows", WindowKind),
        ("intents", Delivery),
        ("pauses", Scope),
    ],
)
def test_the_checks_know_every_word_of_the_domain(blank: Connection, table: str, words: type):
    schema.migrate(blank)

    sql = blank.execute("SELECT sql FROM sqlite_schema WHERE name = ?", (table,)).fetchone()[0]
    assert [word for word in words if f"'{word}'" not in sql] == []


def test_holds_of_before_there_were_models_are_the_accounts(blank: Connection, monkeypatch: pytest.MonkeyPatch):
    every = list(schema.scripts())
    monkeypatch.setattr(schema, "scripts", lambda: iter([step for step in every if step[0] < 12]))
    schema.migrate(blank)
    blank.execute("INSERT INTO holds VALUES ('claude', 'exhausted', 7, 'weekly limit', 5)")
    monkeypatch.setattr(schema, "scripts", lambda: iter(every))

    schema.migrate(blank)

    (row,) = blank.execute("SELECT * FROM holds").fetchall()
    assert (row["provider"], row["model"], row["until_ms"], row["why"]) == ("claude", "", 7, "weekly limit")
    assert (row["trying"], row["probe"]) == (0, None)


def test_what_is_told_of_an_entry_is_read_off_it_where_it_is_older(
    blank: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    every = list(schema.scripts())
    monkeypatch.setattr(schema, "scripts", lambda: iter([step for step in every if step[0] < 29]))
    schema.migrate(blank)
    for task, gone in (("a", "true"), ("b", "false")):
        key = f'{{"title": "Write \\u201c{task}\\u201d", "gone": {gone}}}'
        blank.execute("INSERT INTO queue_views VALUES ('novel', 'q.md', ?, 'open', ?, 1)", (task, key))
    monkeypatch.setattr(schema, "scripts", lambda: iter(every))

    schema.migrate(blank)

    rows = blank.execute("SELECT title, gone FROM queue_views ORDER BY task").fetchall()
    assert [tuple(row) for row in rows] == [("Write “a”", 1), ("Write “b”", 0)]

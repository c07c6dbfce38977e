"""The database's own commands: check, copy, put back, shrink, export; beside a writer and alone."""

import json
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from operator_makers import put, state_in, watchbill

from watchbill.state import engine, upkeep
from watchbill.state.database import direct
from watchbill.state.folder import StateFolder

BASE = '[daemon]\nstate_dir = "state"\n[[repo]]\nname = "novel"\npath = "."\n[provider.local]\nkind = "local"\n'


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StateFolder:
    made = state_in(tmp_path, monkeypatch, BASE)
    with direct(made.db) as conn:
        put(conn, "kael")
    return made


def test_a_sound_database_says_so_and_its_schema(folder: StateFolder) -> None:
    assert watchbill("db", "check").output.startswith("sound, schema ")
    assert json.loads(watchbill("db", "check", "--json").output)["sound"] is True


def test_a_damaged_one_is_told_and_not_copied(folder: StateFolder, tmp_path: Path) -> None:
    with direct(folder.db) as conn:
        conn.execute("CREATE TABLE a (x REFERENCES tasks (id))")
    plain = sqlite3.connect(folder.db)
    plain.execute("INSERT INTO a VALUES ('nobody')")
    plain.commit()
    plain.close()

    assert "a row of a names one of tasks that is not there" in watchbill("db", "check", code=3).output
    assert "is damaged" in watchbill("db", "backup", str(tmp_path / "copy.db"), code=1).output
    assert not list(tmp_path.glob("*copy.db*"))


def test_a_copy_is_made_beside_a_daemon_and_put_back_without_one(folder: StateFolder, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    code = (
        "import sys, time; from pathlib import Path; from watchbill.state.folder import StateFolder\n"
        "with StateFolder(Path(sys.argv[1])).lock():\n    print('held', flush=True); time.sleep(600)"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(folder.root)], stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        try:
            if engine.journal_mode() == "wal":
                assert "sound" in watchbill("db", "backup", str(copy)).output
            watchbill("db", "vacuum", code=75)
        finally:
            holder.kill()
    if not copy.exists():
        watchbill("db", "backup", str(copy))
    with direct(folder.db) as conn:
        put(conn, "anna")

    said = json.loads(watchbill("db", "restore", str(copy), "--yes", "--json").output)

    with direct(folder.db) as conn:
        assert [row["id"] for row in conn.execute("SELECT id FROM tasks")] == ["kael"]
    with direct(Path(said["kept"])) as conn:
        assert len(conn.execute("SELECT id FROM tasks").fetchall()) == 2
    assert copy.stat().st_mode & 0o777 == 0o600


def test_a_copy_is_put_back_where_there_was_none(folder: StateFolder, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    watchbill("db", "backup", str(copy))
    folder.db.unlink()

    assert watchbill("db", "restore", str(copy), "--yes").output == f"{folder.db} is what {copy} holds\n"


def test_a_copy_never_replaces_a_file(folder: StateFolder, tmp_path: Path) -> None:
    (tmp_path / "copy.db").write_text("precious")

    assert "is there already" in watchbill("db", "backup", str(tmp_path / "copy.db"), code=1).output
    assert "there is no folder /nowhere: make it" in watchbill("db", "backup", "/nowhere/copy.db", code=1).output
    assert "cannot copy" in watchbill("db", "backup", "/proc/copy.db", code=1).output


@pytest.mark.parametrize(
    ("version", "why"), [(0, "has schema 0"), (9999, "has schema 9999"), (None, "cannot be read as a database")]
)
def test_what_is_no_copy_of_ours_changes_nothing(
    folder: StateFolder, tmp_path: Path, version: int | None, why: str
) -> None:
    wrong = tmp_path / "wrong.db"
    if version is None:
        wrong.write_text("no database at all" * 100)
    else:
        made = sqlite3.connect(wrong)
        made.execute(f"PRAGMA user_version = {version}")
        made.execute("CREATE TABLE a (b)")
        made.close()

    said = watchbill("db", "restore", str(wrong), code=1).output
    assert why in said
    assert "Go on?" not in said
    assert watchbill("db", "check").output.startswith("sound")
    assert not list(folder.root.glob("*before*"))
    assert not list(folder.root.glob("*incoming*"))


def test_nothing_is_put_back_unless_somebody_says_yes(folder: StateFolder, tmp_path: Path) -> None:
    watchbill("db", "backup", str(tmp_path / "copy.db"))

    watchbill("db", "restore", str(tmp_path / "copy.db"), code=1)
    assert not list(folder.root.glob("*before*"))


def test_room_is_given_back(folder: StateFolder) -> None:
    assert "bytes, now" in watchbill("db", "vacuum").output
    assert set(json.loads(watchbill("db", "vacuum", "--json").output)) == {"before_bytes", "after_bytes"}


def test_every_row_is_a_line_of_json(folder: StateFolder) -> None:
    rows = [json.loads(line) for line in watchbill("db", "export").output.splitlines()]

    assert [row["title"] for row in rows if row["table"] == "tasks"] == ["Write kael"]


def test_bytes_are_exported_as_hex(folder: StateFolder) -> None:
    with direct(folder.db) as conn:
        conn.execute("CREATE TABLE raw (b BLOB)")
        conn.execute("INSERT INTO raw VALUES (x'00ff')")
        assert '"b": "00ff"' in next(line for line in upkeep.export(conn) if '"raw"' in line)


def test_without_a_database_there_is_nothing_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state_in(tmp_path, monkeypatch, BASE)

    assert "there is no database" in watchbill("db", "check", code=1).output

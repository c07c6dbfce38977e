"""The engine: the right SQLite, the right journal, the right pragmas."""

import os
from pathlib import Path

import pytest

from watchbill.domain.errors import StateError
from watchbill.state import engine


@pytest.mark.parametrize(
    ("version", "safe"),
    [
        ((3, 40, 1), False),
        ((3, 44, 5), False),
        ((3, 44, 6), True),
        ((3, 50, 6), False),
        ((3, 50, 7), True),
        ((3, 51, 2), False),
        ((3, 51, 3), True),
        ((3, 53, 4), True),
        ((4, 0, 0), True),
    ],
)
def test_wal_is_used_only_where_its_bug_is_fixed(version: tuple[int, int, int], safe: bool):
    assert engine.has_safe_wal(version) is safe
    assert engine.journal_mode(version) == ("wal" if safe else "truncate")


def test_a_module_that_cannot_be_imported_or_is_not_fixed_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "oldsqlite.py").write_text("sqlite_version_info = (3, 40, 1)\n")
    (tmp_path / "newsqlite.py").write_text("sqlite_version_info = (3, 53, 4)\n")
    monkeypatch.syspath_prepend(str(tmp_path))

    assert engine.choose(("nosqlite", "oldsqlite", "newsqlite")).__name__ == "newsqlite"
    assert engine.choose(("nosqlite", "oldsqlite")).__name__ == "sqlite3"


@pytest.mark.parametrize("journal", ["wal", "truncate"])
def test_a_connection_is_durable_and_checks_its_references(path: Path, journal: str):
    conn = engine.connect(path, journal)

    pragmas = {
        name: conn.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("journal_mode", "synchronous", "foreign_keys", "recursive_triggers")
    }
    conn.close()
    assert pragmas == {"journal_mode": journal, "synchronous": 2, "foreign_keys": 1, "recursive_triggers": 1}


def test_all_files_of_a_new_database_are_its_owners_only_whatever_the_umask(path: Path):
    before = os.umask(0)
    try:
        conn = engine.connect(path, "wal")
        conn.execute("CREATE TABLE a (b)")
    finally:
        os.umask(before)

    modes = {place.name.removeprefix(path.name): place.stat().st_mode & 0o777 for place in path.parent.iterdir()}
    conn.close()
    assert modes == {"": 0o600, "-wal": 0o600, "-shm": 0o600}


def test_the_modes_of_a_database_that_is_there_stay_its_owners_choice(path: Path):
    path.touch()
    path.chmod(0o640)

    engine.connect(path).close()

    assert path.stat().st_mode & 0o777 == 0o640


def test_a_folder_that_is_not_there_is_worded_for_people(tmp_path: Path):
    with pytest.raises(StateError, match=r"cannot open .* check that its folder is there"):
        engine.connect(tmp_path / "nowhere" / "watchbill.db")


def test_a_file_that_is_no_database_is_worded_for_people(path: Path):
    path.write_text("to be or not to be, that is the question\n" * 100)

    with pytest.raises(StateError, match="file is not a database; restore it"):
        engine.connect(path)


def test_a_journal_that_cannot_be_had_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)

    with pytest.raises(StateError, match="journal mode wal cannot be had there, only memory"):
        engine.connect(Path(":memory:"), "wal")


def test_without_wal_nobody_reads_beside_the_writer(path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(engine, "journal_mode", lambda: "truncate")

    with pytest.raises(StateError, match="ask the daemon"):
        engine.connect_for_reading(path)


def test_a_missing_database_cannot_be_read(path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(engine, "journal_mode", lambda: "wal")

    with pytest.raises(StateError, match="has the daemon run here"):
        engine.connect_for_reading(path)

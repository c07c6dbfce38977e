"""The engine: which SQLite is linked, which journal it may use, and how a connection is opened."""

import importlib
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from watchbill.domain.errors import StateError

if TYPE_CHECKING:
    from watchbill.state.kept import Kept

STDLIB = "sqlite3"
PREFERRED = ("pysqlite3", STDLIB)
BUSY = timedelta(seconds=5)  # how long an opening waits for whoever is just closing


_BACKPORTS: Mapping[tuple[int, ...], tuple[int, ...]] = {(3, 44): (3, 44, 6), (3, 50): (3, 50, 7)}


def has_safe_wal(version: tuple[int, ...]) -> bool:
    """Whether this SQLite is free of the WAL-reset bug of 3.7.0 to 3.51.2 (https://sqlite.org/wal.html#walresetbug).

    >>> has_safe_wal((3, 40, 1)), has_safe_wal((3, 44, 6)), has_safe_wal((3, 50, 7)), has_safe_wal((3, 53, 4))
    (False, True, True, True)
    """
    return version >= _BACKPORTS.get(version[:2], (3, 51, 3))


def choose(names: Sequence[str] = PREFERRED) -> ModuleType:
    """The first importable module whose linked SQLite is fixed, else the standard library's."""
    for name in names:
        try:
            module = importlib.import_module(name)
        except ImportError:
            continue
        if has_safe_wal(module.sqlite_version_info):
            return module
    return importlib.import_module(STDLIB)


if TYPE_CHECKING:
    import sqlite3 as dbapi  # pysqlite3 has the same types and ships no stubs
else:
    dbapi = choose()

Row = dbapi.Row
Error = dbapi.Error
IntegrityError = dbapi.IntegrityError


class Connection(dbapi.Connection):
    """SQLite's own, with a place for what is kept of rows that were read; None: nothing is."""

    kept: "Kept | None" = None


def journal_mode(version: tuple[int, ...] = dbapi.sqlite_version_info) -> str:
    """WAL where it is safe. TRUNCATE elsewhere: there the writer has to be the only reader too."""
    return "wal" if has_safe_wal(version) else "truncate"


def connect(path: Path, journal: str | None = None) -> Connection:
    """Open for writing: transactions are begun by hand, rows are read by name. Raises StateError.

    A new file is its owner's only, whoever may look into its folder; what SQLite puts beside it follows it.
    """
    try:
        with suppress(
            FileExistsError
        ):  # then it stays closed here: closing it would end all locks of this process on it
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        conn = dbapi.connect(path, isolation_level=None, timeout=BUSY.total_seconds(), factory=Connection)
    except (Error, OSError) as error:
        raise StateError(f"cannot open {path}: {error}; check that its folder is there and yours") from error
    try:
        _configure(conn, path, journal or journal_mode())
    except Error as error:
        conn.close()
        raise StateError(
            f"cannot use {path}: {error}; restore it from a copy (watchbill db restore FILE) or choose another folder"
        ) from error
    except BaseException:
        conn.close()
        raise
    return conn


def connect_for_reading(path: Path) -> Connection:
    """Open for reading beside a running writer. Raises StateError where the journal does not allow that."""
    if journal_mode() != "wal":
        raise StateError(f"cannot read {path} beside its writer with SQLite {dbapi.sqlite_version}: ask the daemon")
    try:
        conn = dbapi.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None, factory=Connection)
    except Error as error:
        raise StateError(f"cannot read {path}: {error}; has the daemon run here?") from error
    conn.row_factory = Row
    return conn


def _configure(conn: Connection, path: Path, journal: str) -> None:
    # of a new file, before its first page: the room of deleted rows can be given back, a part at a time
    conn.execute("PRAGMA auto_vacuum = INCREMENTAL")
    got = conn.execute(f"PRAGMA journal_mode = {journal}").fetchone()[0]
    if got != journal:
        raise StateError(f"cannot use {path}: journal mode {journal} cannot be had there, only {got}")
    conn.execute("PRAGMA synchronous = FULL")  # NORMAL under WAL lost acknowledged rows in power cuts
    conn.execute("PRAGMA foreign_keys = ON")
    conn.execute("PRAGMA recursive_triggers = ON")  # else INSERT OR REPLACE would slip past the append-only triggers
    conn.row_factory = Row

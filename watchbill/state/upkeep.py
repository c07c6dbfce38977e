"""Upkeep of the database file: whether it is sound, a copy of it beside its writer, putting one back, shrinking, and all rows as JSON."""

import json
import os
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path

from watchbill.domain.errors import StateError
from watchbill.state import engine, schema
from watchbill.state.engine import Connection, connect

_SHOWN = 5  # complaints
_BESIDE = ("-wal", "-shm", "-journal")  # what SQLite keeps next to a database


def complaints(conn: Connection) -> list[str]:
    """What SQLite finds wrong with the file and between its tables; empty when it is sound."""
    said = [str(row[0]) for row in conn.execute("PRAGMA integrity_check")]
    found = [] if said == ["ok"] else said
    found += [
        f"a row of {row[0]} names one of {row[2]} that is not there" for row in conn.execute("PRAGMA foreign_key_check")
    ]
    return found[:_SHOWN]


def backup(source: Connection, to: Path) -> int:
    """A sound copy as of one moment, whoever writes meanwhile; its bytes. Raises StateError, and leaves nothing half-made."""
    if to.exists():
        raise StateError(f"{to} is there already; name a new file")
    if not to.parent.is_dir():
        raise StateError(f"there is no folder {to.parent}: make it, or name a file elsewhere")
    made = to.with_name(f".{to.name}.part")
    try:
        made.touch(mode=0o600)
        with closing(engine.choose().connect(made)) as copy:
            source.backup(copy)
            copy.execute("PRAGMA journal_mode = DELETE")
            _must_be_sound(copy, made)
        _sync(made)
        made.rename(to)
        _sync(to.parent)
    except (OSError, engine.Error) as error:
        raise StateError(f"cannot copy the database to {to}: {error}") from error
    finally:
        made.unlink(missing_ok=True)
    return to.stat().st_size


def sound(source: Path) -> None:
    """Look whether a file is a database of ours. Raises StateError where it is none, or of a newer version."""
    newest = max(number for number, _ in schema.scripts())
    try:
        with closing(_to_look(source)) as conn:
            found = schema.version(conn)
    except engine.Error as error:
        raise StateError(f"{source} cannot be read as a database: {error}") from error
    if not 0 < found <= newest:
        raise StateError(f"{source} has schema {found}; this program knows 1 to {newest}")


def restore(place: Path, source: Path, now: datetime) -> Path | None:
    """Put a copy in the database's place; where the old one is kept, None when there was none. The caller holds the state folder.

    Raises StateError for what is no sound database of ours, or of a newer version: nothing is changed then.
    """
    sound(source)
    incoming = place.with_name(f".{place.name}.incoming")
    incoming.unlink(missing_ok=True)
    with closing(_to_look(source)) as conn:
        backup(conn, incoming)
    kept = place.with_name(f"{place.name}.before-{now:%Y%m%dT%H%M%SZ}") if place.exists() else None
    if kept is not None:
        for ending in ("", *_BESIDE):
            beside = place.with_name(place.name + ending)
            if beside.exists():
                beside.rename(kept.with_name(kept.name + ending))
    incoming.rename(place)
    _sync(place.parent)
    return kept


def vacuum(place: Path) -> tuple[int, int]:
    """Give back what deleted rows left; bytes before and after. The caller holds the state folder."""
    before = place.stat().st_size
    with closing(connect(place)) as conn:
        conn.execute("PRAGMA auto_vacuum = INCREMENTAL")  # in force from the VACUUM on, for files of earlier versions
        conn.execute("VACUUM")
        conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return before, place.stat().st_size


def export(conn: Connection) -> Iterator[str]:
    """Every row as a line of JSON: its table, and its columns by name. What is no text is hex."""
    tables = [
        row[0]
        for row in conn.execute(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY 1"
        )
    ]
    for table in tables:
        for row in conn.execute(f'SELECT * FROM "{table}"'):  # noqa: S608 - names of our own schema
            yield json.dumps({"table": table, **dict(row)}, ensure_ascii=False, default=_hex)


def _hex(value: object) -> str:
    assert isinstance(value, bytes), "SQLite has no other type that JSON lacks"
    return value.hex()


def _to_look(place: Path) -> Connection:
    """A copy that nobody writes to, opened without a change."""
    conn: Connection = engine.choose().connect(f"{place.absolute().as_uri()}?mode=ro", uri=True)
    conn.row_factory = engine.Row
    return conn


def _must_be_sound(conn: Connection, place: Path) -> None:
    if found := complaints(conn):
        raise StateError(f"{place} is damaged: {'; '.join(found)}")


def _sync(place: Path) -> None:
    descriptor = os.open(place, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

"""The schema: numbered files, applied in order, each in one transaction with the number that it brings."""

from collections.abc import Iterator
from importlib import resources

from watchbill.domain.errors import StateError, StateNewer
from watchbill.state.engine import Connection, Error


def migrate(conn: Connection) -> None:
    """Bring the database to this program's schema. Raises StateNewer, and StateError when it cannot be brought there."""
    found = version(conn)
    steps, newest = list(scripts()), known()
    if found > newest:
        raise StateNewer(
            f"the state was written by a newer watchbill (schema {found}, this one knows {newest}); "
            "install that version or choose another state folder"
        )
    for number, script in steps:
        if number > found:
            _apply(conn, number, script)


def is_current(conn: Connection) -> bool:
    """Whether the store is as this program knows it; not while another process still brings it there."""
    return version(conn) == max(number for number, _ in scripts())


def version(conn: Connection) -> int:
    number: int = conn.execute("PRAGMA user_version").fetchone()[0]
    return number


def known() -> int:
    """The newest that this program knows."""
    return max(number for number, _ in scripts())


def scripts() -> Iterator[tuple[int, str]]:
    """Every numbered file with its text, in order: 0001_spine.sql is number 1."""
    folder = resources.files("watchbill.state") / "sql"
    for name in sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".sql")):
        yield int(name[:4]), (folder / name).read_text(encoding="utf-8")


def _apply(conn: Connection, number: int, script: str) -> None:
    try:
        conn.executescript(f"BEGIN IMMEDIATE;\n{script}\nPRAGMA user_version = {number};\nCOMMIT;")
    except Error as error:
        if conn.in_transaction:
            conn.execute("ROLLBACK")
        raise StateError(f"cannot bring the state to schema {number}: {error}; nothing was changed") from error

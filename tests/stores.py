"""Stores that are migrated already, as copies of one: the migrations take 40 ms, and have tests of their own."""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from watchbill.state import database


def migrated(path: Path) -> Path:
    """Make a store there; its folder is there or is made as the daemon would. Returns the path."""
    path.parent.mkdir(mode=0o700, exist_ok=True)
    path.write_bytes(_migrated())
    return path


@cache
def _migrated() -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "watchbill.db"
        with database.direct(path):
            pass
        return path.read_bytes()

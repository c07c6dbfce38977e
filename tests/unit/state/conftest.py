"""A migrated store in one open transaction."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.stores import migrated
from watchbill.state import database
from watchbill.state.engine import Connection


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "watchbill.db"


@pytest.fixture
def conn(path: Path) -> Iterator[Connection]:
    with database.direct(migrated(path)) as conn:
        yield conn

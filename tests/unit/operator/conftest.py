"""A migrated store in one open transaction, and a machine in Berlin."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.stores import migrated
from watchbill.state import database
from watchbill.state.engine import Connection


@pytest.fixture
def conn(tmp_path: Path) -> Iterator[Connection]:
    with database.direct(migrated(tmp_path / "watchbill.db")) as conn:
        yield conn


@pytest.fixture
def berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()

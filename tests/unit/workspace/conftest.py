"""A real repository of an owner's, and watchbill's side of it."""

from collections.abc import Callable
from pathlib import Path

import pytest
from owners import FakeClock, OwnerRepository

from watchbill.workspace.proc import OsProc
from watchbill.workspace.repository import Repository


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def owner(tmp_path: Path) -> OwnerRepository:
    root = tmp_path / "novel"
    root.mkdir()
    made = OwnerRepository(root)
    made.git("init", "-q", "-b", "main")
    return made


@pytest.fixture
def make_repository(tmp_path: Path, clock: FakeClock) -> Callable[[Path], Repository]:
    def make(source: Path) -> Repository:
        return Repository(
            proc=OsProc(),
            source=source,
            bare=tmp_path / "state" / "novel.git",
            worktrees=tmp_path / "state" / "worktrees",
            target="main",
            integration="watchbill/main",
            clock=clock,
        )

    return make


@pytest.fixture
def repository(owner: OwnerRepository, make_repository: Callable[[Path], Repository]) -> Repository:
    return make_repository(owner.root)

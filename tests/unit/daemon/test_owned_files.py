"""Rules of the owner's files: a repository's links lead nowhere else."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from watchbill.daemon.repositories import ManagedRepo


@pytest.fixture
def repo(tmp_path: Path) -> Any:
    (tmp_path / "repo/docs").mkdir(parents=True)
    (tmp_path / "outside").mkdir()
    return SimpleNamespace(path=tmp_path / "repo")


def test_a_link_within_the_repository_is_followed(repo: Any) -> None:
    (repo.path / "docs/queue.md").symlink_to("../QUEUE.md")

    assert ManagedRepo.find(repo, "docs/queue.md") == repo.path / "docs/queue.md"
    assert ManagedRepo.find(repo, "not/there.md") == repo.path / "not/there.md"


@pytest.mark.parametrize(("link", "to"), [("queue.md", "../outside/a.md"), ("docs/up", "/etc"), ("loop", "loop")])
def test_a_link_that_leads_out_is_refused(repo: Any, link: str, to: str) -> None:
    (repo.path / link).symlink_to(to)

    with pytest.raises(OSError, match=r"leads out of the repository|Too many levels"):
        ManagedRepo.find(repo, link if link != "docs/up" else "docs/up/passwd")

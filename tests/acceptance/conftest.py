"""What the acceptance tests share: a town with one vendor, which says what the test makes it say."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.forked import Forked
from tests.acceptance.harness import Town
from tests.acceptance.player import Player
from tests.programs import home, program  # noqa: F401 - fixtures
from tests.vendors import FakeVendor


@pytest.fixture(autouse=True)
def _quick_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Town, "begin", Forked)


@pytest.fixture
def player() -> Player:
    return Player()


@pytest.fixture
def vendor(player: Player) -> Iterator[FakeVendor]:
    with FakeVendor(player) as fake:
        yield fake
        player.release()


@pytest.fixture
def town(tmp_path: Path, vendor: FakeVendor) -> Town:
    """One file, no task, one vendor; the owner is on main."""
    made = Town(tmp_path)
    made.write("README.md", "# A town\n")
    made.commit("The beginning")
    made.configure(made.provider("claude", "anthropic", vendor.anthropic_url, "fake-1"))
    return made

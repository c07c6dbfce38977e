"""Entry points of what is installed."""

import os
from pathlib import Path

import pytest

from watchbill.domain import installed

WORDS = "[watchbill.gates]\n{name} = mine:GATE\n"


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of distributions that comes before the others."""
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


def install(site: Path, distribution: str, name: str) -> None:
    info = site / f"{distribution}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Name: {distribution}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(WORDS.format(name=name))
    os.utime(site, ns=(0, len(list(site.iterdir()))))  # a clock may tick too slowly for two of them


def test_ours_are_there_by_group() -> None:
    assert "openai" in installed.points(installed.PROVIDERS)
    assert "markdown" in installed.points(installed.GATES)


def test_they_are_read_once() -> None:
    assert installed.points(installed.GATES) is installed.points(installed.GATES)


def test_what_is_installed_meanwhile_is_seen(site: Path) -> None:
    install(site, "one", "first-gate")
    before = installed.points(installed.GATES)

    install(site, "two", "second-gate")

    assert "first-gate" in before
    assert "second-gate" not in before
    assert {"first-gate", "second-gate"} <= installed.points(installed.GATES).keys()


def test_of_one_name_the_first_on_the_path_counts(site: Path) -> None:
    install(site, "mine", "markdown")

    assert installed.points(installed.GATES)["markdown"].value == "mine:GATE"


def test_a_folder_that_is_not_there_brings_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(tmp_path / "nowhere")

    assert "markdown" in installed.points(installed.GATES)

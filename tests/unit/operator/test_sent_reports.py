"""watchbill report --send: a report goes to the targets of [notify], and counts as told once all took it."""

import json
from pathlib import Path

import pytest
from operator_makers import earlier_today, land, put, state_in, watchbill
from test_messenger import BASE, web_hook

from tests.stores import migrated
from watchbill.operator.faults import Exit
from watchbill.state import database


@pytest.fixture
def targets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file with the addresses, not there yet; in the store a task landed half an hour ago."""
    named = tmp_path / "urls"
    folder = state_in(tmp_path, monkeypatch, BASE.replace('"r"', '"novel"') + f'[notify]\ntargets = ["file:{named}"]\n')
    with database.direct(migrated(folder.db)) as conn:
        put(conn, "a")
        land(conn, "a", at=earlier_today())
    return named


def test_a_report_is_sent_as_markdown_and_is_told_then(targets: Path) -> None:
    with web_hook() as (port, got):
        targets.write_text(f"json://127.0.0.1:{port}/hook\n")
        said = watchbill("report", "--send").stdout

    assert said == f"file:{targets}: it was taken\n"
    assert got[0]["title"].startswith("watchbill: ")
    assert "Write a" in got[0]["message"]
    assert json.loads(watchbill("report", "--json").stdout)["landed"] == []


def test_what_a_target_did_not_take_is_told_by_the_next_report_again(targets: Path) -> None:
    targets.write_text("nonsense://secret-token/\n")

    said = json.loads(watchbill("report", "--send", "--json", code=Exit.FAILED).stdout)

    assert said["report"] == "since-last"
    assert "Apprise knows no service" in said["targets"][0]["why"]
    assert "secret-token" not in str(said)
    assert len(json.loads(watchbill("report", "--json").stdout)["landed"]) == 1


@pytest.mark.usefixtures("targets")
def test_without_an_address_it_is_a_matter_of_credentials() -> None:
    assert "does not exist" in watchbill("report", "daily", "--send", code=Exit.CREDENTIALS).stderr


@pytest.mark.usefixtures("targets")
@pytest.mark.parametrize("words", [("list", "--send"), ("daily", "--send", "--format", "html")])
def test_only_a_report_is_sent_and_only_as_markdown(words: tuple[str, ...]) -> None:
    assert "--send sends a report as Markdown" in watchbill("report", *words, code=Exit.USAGE).stderr

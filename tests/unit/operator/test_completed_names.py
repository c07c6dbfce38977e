"""Completion of names: a shell is told the tasks, runs, providers and repositories of the daemon that runs."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.shell_completion import ShellComplete
from operator_makers import state_in

from watchbill.daemon.main import main
from watchbill.operator.cli.root import group
from watchbill.operator.doors import Answer, SocketDoor

assert main, "it hangs the daemon's own commands on the group"
CONFIG = '[daemon]\nstate_dir = "state"\n[[repo]]\nname = "novel"\npath = "."\n[provider.local]\nkind = "local"\n'
ANSWERS = {
    "/tasks": {"tasks": [{"id": "dune", "title": "Write dune"}, {"id": "dusk", "title": "Write dusk"}]},
    "/runs": {"runs": [{"id": "run-1", "title": "Write dune"}]},
    "/providers": {"providers": [{"name": "claude", "state": "ready"}, {"name": "gpt", "state": "busy"}]},
    "/repos": {"repos": [{"name": "novel"}]},
    "/questions": {"questions": [{"id": "Q-1", "title": "Shall Kael live?"}]},
}


def completed(*words: str, incomplete: str = "") -> list[tuple[str, str | None]]:
    """What a shell is offered after these words."""
    found = ShellComplete(group, {}, "watchbill", "_WATCHBILL_COMPLETE").get_completions(list(words), incomplete)
    return [(item.value, item.help) for item in found]


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """A daemon that answers; the parameters of every question."""
    state_in(tmp_path, monkeypatch, CONFIG)
    heard: list[dict[str, Any]] = []

    def read(_: SocketDoor, path: str, params: dict[str, Any]) -> Answer:
        heard.append(params)
        return Answer(status=200, text=json.dumps(ANSWERS[path.removeprefix("/api/v1")]))

    monkeypatch.setattr(SocketDoor, "answers", lambda _: True)
    monkeypatch.setattr(SocketDoor, "read", read)
    return heard


def test_a_task_is_completed_by_its_beginning_and_told_by_its_title(asked: list[dict[str, Any]]) -> None:
    assert completed("task", "hold", incomplete="du") == [("dune", "Write dune"), ("dusk", "Write dusk")]
    assert completed("task", "hold", "dune", incomplete="dus") == [("dusk", "Write dusk")]
    assert completed("review", "show", incomplete="x") == []
    assert asked[0]["filter"] == "state:all"  # what is done too, once it is said how it begins


@pytest.mark.usefixtures("asked")
@pytest.mark.parametrize(
    ("words", "first"),
    [
        (("task", "retry"), "dune"),
        (("task", "add", "A title", "--after"), "dune"),
        (("session", "handoff", "dune", "--to"), "claude"),
        (("run", "diff"), "run-1"),
        (("provider", "show"), "claude"),
        (("pause", "--provider"), "claude"),
        (("schedule", "override", "14-16"), "claude"),
        (("repo", "remove"), "novel"),
        (("task", "list", "--repo"), "novel"),
        (("answer",), "Q-1"),
        (("once", "--task"), "dune"),
    ],
)
def test_each_name_is_completed_by_its_own_kind(words: tuple[str, ...], first: str) -> None:
    assert completed(*words)[0][0] == first


@pytest.mark.usefixtures("asked")
def test_why_is_asked_about_providers_tasks_and_runs() -> None:
    assert [name for name, _ in completed("why")] == ["claude", "gpt", "dune", "dusk", "run-1"]


def test_another_folder_and_another_file_are_looked_into(
    asked: list[dict[str, Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "watchbill.toml").rename(tmp_path / "mine.toml")
    monkeypatch.chdir("/")

    assert completed("-C", str(tmp_path), "--config", "mine.toml", "repo", "show") == [("novel", None)]
    assert len(asked) == 1


def test_nothing_is_offered_where_no_daemon_answers_or_nothing_is_configured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state_in(tmp_path, monkeypatch, CONFIG)
    assert completed("task", "hold", incomplete="d") == []

    (tmp_path / "watchbill.toml").unlink()
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home"))
    assert completed("task", "hold", incomplete="d") == []

"""The daemon's own commands as a shell sees them."""

import asyncio
import json
import threading
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.worlds import World
from watchbill.daemon import commands, main
from watchbill.daemon.service import Service
from watchbill.domain.errors import StateError, StateFull, StateHeld, StateLost
from watchbill.domain.pauses import Pause
from watchbill.operator.cli import root, until
from watchbill.operator.faults import Exit

CONFIG = '[daemon]\nstate_dir = "state"\n[[repo]]\nname = "repo"\npath = "repo"\n[provider.local]\nkind = "local"\n'


def once(tmp_path: Path, *words: str) -> Result:
    assert main.once in root.group.commands.values()
    World(root=tmp_path, scripts={}).make()
    (tmp_path / "watchbill.toml").write_text(CONFIG)
    return CliRunner().invoke(root.group, ["--config", str(tmp_path / "watchbill.toml"), "once", *words])


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ((), Exit.OK, "nothing was due"),
        (("--task", "one"), Exit.FAILED, "one does not start: local does"),
        (("--task", "nobody"), Exit.FAILED, "there is no open task of that id"),
        (("--provider", "nobody"), Exit.USAGE, "there is no provider 'nobody'; there are local"),
    ],
)
def test_once_says_when_what_was_asked_for_did_not_happen(
    tmp_path: Path, words: tuple[str, ...], code: Exit, said: str
) -> None:
    result = once(tmp_path, *words)

    assert said in result.output
    assert result.exit_code == code


@pytest.mark.parametrize(
    ("fault", "code"), [(StateFull("no room"), 75), (StateHeld("another's"), 75), (StateLost("taken away"), 74)]
)
def test_what_became_of_the_state_folder_is_told_by_the_exit_code(
    fault: StateError, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def cannot(_: object, *, paused: bool) -> int:
        raise fault

    monkeypatch.setattr(commands, "serve", cannot)

    assert CliRunner().invoke(root.group, ["serve"]).exit_code == code


@pytest.mark.parametrize("paused", [True, False])
def test_serve_begins_paused_where_that_is_said(tmp_path: Path, paused: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    World(root=tmp_path, scripts={}).make()
    (tmp_path / "watchbill.toml").write_text(CONFIG)
    set_: list[Pause | None] = []

    async def begin(_service: Service, _stop: asyncio.Event, *, pause: Pause | None) -> None:
        set_.append(pause)

    monkeypatch.setattr(Service, "serve", begin)
    words = ["--config", str(tmp_path / "watchbill.toml"), "serve", *(["--paused"] if paused else [])]

    assert CliRunner().invoke(root.group, words).exit_code == Exit.OK
    said = [pause.said.replace(until.who(), "jo") for pause in set_ if pause is not None]
    assert said == (["everything is paused by jo: it was started with --paused"] if paused else [])


def test_what_once_cannot_do_is_json_too_where_that_is_asked_for(tmp_path: Path) -> None:
    result = once(tmp_path, "--provider", "nobody", "--json")

    assert json.loads(result.stderr)["error"]["code"] == "config.invalid"
    assert result.stdout == ""


def test_a_fault_of_the_daemon_ends_nobody_but_its_command(monkeypatch: pytest.MonkeyPatch) -> None:
    async def breaks(_: object) -> int:
        raise RuntimeError("nobody thought of it")

    before = set(threading.enumerate())
    monkeypatch.setattr(commands, "serve", breaks)

    assert CliRunner().invoke(root.group, ["serve"]).exit_code == 1

    begun = set(threading.enumerate()) - before
    for thread in begun:
        thread.join(4)  # it would end the process after five
    assert not any(thread.is_alive() for thread in begun)

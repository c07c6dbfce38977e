"""The terminal's comforts: the manual page, completion in the real shells, and progress on what takes long."""

import io
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from operator_makers import watchbill

from watchbill.daemon.main import main
from watchbill.operator.cli import man, progress
from watchbill.operator.cli.progress import Progress
from watchbill.operator.cli.root import Options, group

assert main, "it hangs the daemon's own commands on the group"
PROGRAM = Path(sys.executable).parent


def test_the_manual_has_every_command_and_exit_code() -> None:
    page = watchbill("man").output

    for name in ("serve", "doctor", "pause", "notify test", "db restore", "status"):
        assert f'.SS "watchbill {name} ' in page
    assert ".B 78" in page
    assert "watchbill docs" not in page


@pytest.mark.parametrize(
    "lint",
    [("mandoc", "-T", "lint", "-W", "warning"), ("man", "--warnings=w", "-l", "-P", "cat")],
    ids=("mandoc", "man"),
)
def test_the_manual_is_one_that_its_readers_find_nothing_wrong_with(tmp_path: Path, lint: tuple[str, ...]) -> None:
    if shutil.which(lint[0]) is None:
        pytest.skip(f"{lint[0]} is not installed: apt install mandoc man-db")
    place = tmp_path / "watchbill.1"
    place.write_text(watchbill("man").output)

    done = subprocess.run(
        [*lint, place], capture_output=True, text=True, check=False, env={**os.environ, "MANWIDTH": "80"}
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert lint[0] != "mandoc" or not done.stdout


def test_on_a_terminal_the_manual_is_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[object] = []
    monkeypatch.setattr(man.sys, "stdout", type("Terminal", (io.StringIO,), {"isatty": lambda _: True})())
    monkeypatch.setattr(man.shutil, "which", lambda _: "/usr/bin/man")
    monkeypatch.setattr(man.subprocess, "run", lambda argv, **_: opened.append(argv))

    group.main(["man"], prog_name="watchbill", standalone_mode=False)

    assert opened == [["man", "-l", "-"]]


# What a person types in each shell, and how that shell is asked what it would complete.
_SHELLS = {
    "bash": (
        'eval "$(watchbill completion bash)"\n'
        "COMP_WORDS=(watchbill doc); COMP_CWORD=1; COMPREPLY=()\n"
        '_watchbill_completion watchbill; printf "%s\\n" "${COMPREPLY[@]}"'
    ),
    "zsh": (
        "compdef() { :; }; compadd() { :; }\n"
        "_describe() { print -l -- ${(P)3} ${(P)2}; }\n"
        'eval "$(watchbill completion zsh)"\n'
        "words=(watchbill doc); CURRENT=2\n"
        "_watchbill_completion"
    ),
    "fish": 'watchbill completion fish | source; complete -C "watchbill doc"',
}


@pytest.mark.parametrize("shell", _SHELLS)
def test_the_real_shell_completes_commands(tmp_path: Path, shell: str) -> None:
    found = shutil.which(shell)
    if found is None:
        pytest.skip(f"{shell} is not installed: apt install {shell}")
    env = {"PATH": f"{PROGRAM}:{os.environ['PATH']}", "HOME": str(tmp_path), "LANG": "C.UTF-8"}

    done = subprocess.run([found, "-c", _SHELLS[shell]], capture_output=True, text=True, check=False, env=env)

    assert "doctor" in done.stdout, done.stderr
    assert "status" not in done.stdout


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_what_takes_long_says_what_it_is_at_and_is_gone_when_it_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    out = Terminal()
    monkeypatch.setattr(progress.sys, "stderr", out)
    monkeypatch.setattr(progress, "AFTER", 0.02)
    monkeypatch.setattr(progress, "_AGAIN", 0.02)
    monkeypatch.setattr(progress, "time", SimpleNamespace(monotonic=lambda: 0.0))

    with progress.progress(Options(), "beginning") as going:
        going.at("looking at git")
        deadline = time.monotonic() + 60
        while "looking at git" not in out.getvalue() and time.monotonic() < deadline:
            time.sleep(0.01)

    assert "… looking at git (0 s)" in out.getvalue()
    assert out.getvalue().endswith("\r\x1b[K")


@pytest.mark.parametrize(("out", "quiet"), [(Terminal(), True), (io.StringIO(), False)])
def test_nobody_is_shown_progress_who_does_not_want_it_or_is_no_terminal(
    monkeypatch: pytest.MonkeyPatch, out: io.StringIO, quiet: bool
) -> None:
    monkeypatch.setattr(progress.sys, "stderr", out)
    monkeypatch.setattr(progress, "AFTER", 0.0)

    with progress.progress(Options(quiet=quiet), "looking"):
        time.sleep(0.05)

    assert out.getvalue() == ""


def test_what_is_quick_shows_nothing() -> None:
    out = Terminal()
    Progress(out, "looking").done()

    assert out.getvalue() == ""

"""Rules of homes: $HOME, else the system's list of users; and words for who has neither."""

import os
import pwd
from pathlib import Path

import pytest

from watchbill.domain import homes
from watchbill.domain.errors import ConfigError

OWN = Path(pwd.getpwuid(os.getuid()).pw_dir)


def nobody(*_: object) -> None:
    raise KeyError


@pytest.mark.parametrize(
    ("environ", "found"),
    [
        ({"XDG_STATE_HOME": "/s", "HOME": "/h"}, Path("/s")),
        ({"XDG_STATE_HOME": "s", "HOME": "/h"}, Path("/h/.local/state")),
        ({"HOME": "/h"}, Path("/h/.local/state")),
        ({"HOME": "h"}, OWN / ".local/state"),
        ({"HOME": ""}, OWN / ".local/state"),
        ({}, OWN / ".local/state"),
    ],
)
def test_only_an_absolute_path_says_where_a_folder_is(environ: dict[str, str], found: Path) -> None:
    assert homes.folder(environ, "XDG_STATE_HOME", ".local/state") == found


def test_who_has_no_home_has_no_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pwd, "getpwuid", nobody)

    assert homes.folder({}, "XDG_STATE_HOME", ".local/state") is None


def test_who_is_listed_without_a_folder_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pwd, "getpwuid", lambda _: pwd.struct_passwd(("x", "x", 1, 1, "", "", "")))

    assert homes.folder({}, "XDG_STATE_HOME", ".local/state") is None


@pytest.mark.parametrize(
    ("path", "found"),
    [("~/a", "/h/a"), ("~", "/h"), ("~root/a", f"{pwd.getpwnam('root').pw_dir}/a"), ("a/~", "a/~"), ("", "")],
)
def test_a_tilde_is_written_out(monkeypatch: pytest.MonkeyPatch, path: str, found: str) -> None:
    monkeypatch.setenv("HOME", "/h")

    assert homes.expanded(Path(path)) == Path(found)


@pytest.mark.parametrize(("path", "why"), [("~/a", "has no home"), ("~no-such-user/a", "there is no such user")])
def test_a_tilde_without_a_home_is_told_with_its_path(monkeypatch: pytest.MonkeyPatch, path: str, why: str) -> None:
    monkeypatch.delenv("HOME", raising=False)
    monkeypatch.setattr(pwd, "getpwuid", nobody)

    with pytest.raises(ConfigError, match=f"{path}: .*{why}.*; write the path out"):
        homes.expanded(Path(path))

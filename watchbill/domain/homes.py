"""Homes: a user's folders, as $HOME, the XDG variables and `~` name them; not everybody who runs a daemon has any."""

import os
import pwd
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from watchbill.domain.errors import ConfigError


def expanded(path: Path) -> Path:
    """The path with a `~` or `~NAME` at its beginning written out. Raises ConfigError where that user has no home."""
    first, *rest = path.parts or (".",)
    if not first.startswith("~"):
        return path
    home = _home(os.environ) if first == "~" else _home_of(first[1:])
    if home is None:
        who = f"uid {os.getuid()} has no home, and $HOME names none" if first == "~" else "there is no such user"
        raise ConfigError(f"cannot tell which folder {first} is in {path}: {who}; write the path out")
    return home.joinpath(*rest)


def folder(environ: Mapping[str, str], variable: str, usual: str) -> Path | None:
    """What the XDG variable says, else the usual place in the home; None where there is no home.

    What is no absolute path counts as not said, as the XDG specification has it.
    """
    said = Path(environ.get(variable, ""))
    if said.is_absolute():
        return said
    home = _home(environ)
    return None if home is None else home / usual


def _home(environ: Mapping[str, str]) -> Path | None:
    """The same for $HOME, without which the system's list of users says it."""
    said = Path(environ.get("HOME", ""))
    if said.is_absolute():
        return said
    return _listed(lambda: pwd.getpwuid(os.getuid()))


def _home_of(name: str) -> Path | None:
    return _listed(lambda: pwd.getpwnam(name))


def _listed(find: Callable[[], pwd.struct_passwd]) -> Path | None:
    """None where the list does not have the user, or has no folder for it."""
    with suppress(KeyError):
        home = Path(find().pw_dir)
        return home if home.is_absolute() else None
    return None

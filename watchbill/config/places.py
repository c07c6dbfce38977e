"""Places: where a configuration lies and where it keeps its things. Light, so that a command finds the daemon without the rest."""

import hashlib
import os
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from watchbill.domain import homes, regular
from watchbill.domain.errors import ConfigError

FILE_NAME = "watchbill.toml"
CONFIG_VARIABLE = "WATCHBILL_CONFIG"
SOCKET_VARIABLE = "WATCHBILL_SOCKET"
STATE_DIR_VARIABLE = "WATCHBILL_STATE_DIR"
VARIABLES = (CONFIG_VARIABLE, SOCKET_VARIABLE, STATE_DIR_VARIABLE)
PREFIX = "WATCHBILL_"
_SYSTEMD_STATE = "STATE_DIRECTORY"


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where this configuration lives and keeps its things, absolute."""

    config: Path
    state_dir: Path
    socket: Path


def places_at(config: Path, named: Path | None, environ: Mapping[str, str]) -> Places:
    """The places of the file `config`, which names a state folder or None. Raises ConfigError where there is no home for one."""
    state_dir = _state_dir(config, named, environ)
    socket = homes.expanded(Path(environ.get(SOCKET_VARIABLE) or state_dir / "control.sock")).absolute()
    return Places(config=config, state_dir=state_dir, socket=socket)


def glance(path: Path | None, environ: Mapping[str, str], *, cwd: Path) -> Places | None:
    """The places, read off the file without checking it; None where load() has something to say about them.

    So a running daemon is found although its file has become wrong since it was read.
    """
    found = locate(path, environ, cwd=cwd)
    if found is None or any(stray(environ)):
        return None
    try:
        daemon = _daemon_of(regular.read(found).decode("utf-8-sig"))
        named = daemon.get("state_dir")
        return places_at(found, None if named is None else Path(named), environ)
    except (
        ConfigError,
        OSError,
        ValueError,
        AttributeError,
        TypeError,
    ):  # unreadable, no TOML, or of other kinds than it should be
        return None


def _daemon_of(text: str) -> Any:
    """The table [daemon]; of a text that is no TOML, as many of that table's lines as are."""
    try:
        return tomllib.loads(text).get("daemon", {})
    except tomllib.TOMLDecodeError:
        tables = re.split(r"^(?=\[)", text, flags=re.MULTILINE)
        lines = next((table.splitlines() for table in tables if table.startswith("[daemon]")), [])
        return next(filter(None, (_alone(lines[:end]) for end in range(len(lines), 0, -1))), {})


def _alone(lines: Sequence[str]) -> Any:
    try:
        return tomllib.loads("\n".join(lines)).get("daemon")
    except tomllib.TOMLDecodeError:
        return None


def locate(path: Path | None, environ: Mapping[str, str], *, cwd: Path) -> Path | None:
    """The file at `path`, else the one that find() finds, absolute if `cwd` is."""
    found = path or find(environ, cwd=cwd)
    return None if found is None else cwd / homes.expanded(found)


def find(environ: Mapping[str, str], *, cwd: Path) -> Path | None:
    """$WATCHBILL_CONFIG, else watchbill.toml here or upwards to the root of the git repository, else the user's own."""
    named = environ.get(CONFIG_VARIABLE)
    if named:
        return Path(named)
    return next((path for path in candidates(environ, cwd=cwd) if path.is_file()), None)


def candidates(environ: Mapping[str, str], *, cwd: Path) -> Iterator[Path]:
    """Where a configuration is looked for, in order. Without a git repository around, only here and at home."""
    folders = [cwd, *cwd.parents]
    root = next((index for index, folder in enumerate(folders) if (folder / ".git").exists()), 0)
    yield from (folder / FILE_NAME for folder in folders[: root + 1])
    if (home := homes.folder(environ, "XDG_CONFIG_HOME", ".config")) is not None:
        yield home / "watchbill" / FILE_NAME


def stray(environ: Mapping[str, str]) -> Iterator[str]:
    """WATCHBILL_ variables that nothing reads: each is a mistake that would stay silent."""
    return (name for name in sorted(environ) if name.upper().startswith(PREFIX) and name not in VARIABLES)


def _state_dir(config: Path, named: Path | None, environ: Mapping[str, str]) -> Path:
    home = config.parent
    stated = environ.get(STATE_DIR_VARIABLE) or named or environ.get(_SYSTEMD_STATE)
    if stated:
        return (home / homes.expanded(Path(stated))).absolute()
    state = homes.folder(environ, "XDG_STATE_HOME", ".local/state")
    if state is None:
        raise ConfigError(
            f"there is no place for the state of {config}: uid {os.getuid()} has no home, and $HOME names none; "
            f"set daemon.state_dir, or ${STATE_DIR_VARIABLE}"
        )
    mark = hashlib.sha256(str(config.resolve()).encode()).hexdigest()[:8]
    return state / "watchbill" / f"{home.name}-{mark}"

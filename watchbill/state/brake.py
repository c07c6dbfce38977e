"""The brake: a file WATCHBILL_STOP in the state folder pauses everything. It needs no daemon, no socket and no database."""

import os
import shlex
from datetime import UTC, datetime
from pathlib import Path

from watchbill.domain.pauses import Pause, Scope

_LONGEST = 200  # characters of its first line that are shown as the reason


def is_pulled(stop_file: Path) -> bool:
    return os.path.lexists(stop_file)  # a link that leads nowhere counts too


def pause_of(stop_file: Path) -> Pause | None:
    """The pause that the file stands for, None where there is none. What is written in it is its reason."""
    if not is_pulled(stop_file):
        return None
    why, since = _look(stop_file)
    return Pause(
        scope=Scope.ALL,
        name="",
        until=None,
        why=why,
        who=f"the file {stop_file}",
        since=since,
        lift=f"rm {shlex.quote(str(stop_file))}",
    )


def _look(stop_file: Path) -> tuple[str, datetime | None]:
    """What can be had of it; that it is there suffices to stop."""
    try:
        since = datetime.fromtimestamp(stop_file.lstat().st_mtime, UTC)
        if not stop_file.is_file():
            return "", since  # reading a pipe would wait for ever
        with stop_file.open(encoding="utf-8", errors="replace") as file:
            words = file.read(_LONGEST).split("\n", 1)[0]
    except (OSError, OverflowError):
        return "", None
    return "".join(mark for mark in words if mark.isprintable()).strip(), since

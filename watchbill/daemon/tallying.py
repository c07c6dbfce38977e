"""Asking the tally worker: patterns are matched in a program that a pattern without end cannot take the daemon with."""

import json
import sys
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from watchbill.domain.errors import WatchbillError
from watchbill.domain.ports import Proc
from watchbill.scheduling import tally

COUNTING = timedelta(seconds=30)
_COMMAND = (sys.executable, "-I", "-S", tally.__file__)


class NotCounted(WatchbillError):
    """A pattern's matches could not be found; the text says why, and what would help."""


async def count(proc: Proc, pattern: str, texts: Sequence[str]) -> list[int]:
    """The matches in each text. Raises NotCounted."""
    counts: list[int] = json.loads(await _ask(proc, "count", pattern, texts))
    return counts


async def places(proc: Proc, pattern: str, texts: Sequence[str]) -> list[list[tuple[int, str]]]:
    """Line and text of each match in each text. Raises NotCounted."""
    found: list[list[tuple[int, str]]] | None = json.loads(await _ask(proc, "places", pattern, texts))
    if found is None:
        raise NotCounted(f"{pattern!r} matches too often: make the pattern or its paths narrower")
    return found


async def _ask(proc: Proc, ask: str, pattern: str, texts: Sequence[str]) -> str:
    asked = json.dumps({"ask": ask, "pattern": pattern, "texts": texts}).encode()
    done = await proc.run(_COMMAND, cwd=Path("/"), env={}, timeout=COUNTING, stdin=asked)
    if done.code != 0:
        how = f"took more than {COUNTING.seconds} s" if done.timed_out else "failed"
        raise NotCounted(f"counting the matches of {pattern!r} {how}: make the pattern simpler or the glob narrower")
    return done.stdout

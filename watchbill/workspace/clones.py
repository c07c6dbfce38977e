"""Clones: our clone of a repository, for commands that look into it while no daemon works there."""

import asyncio
import time
from datetime import datetime, timedelta
from pathlib import Path

from watchbill.workspace.proc import OsProc
from watchbill.workspace.repository import Repository


class _Moment:
    """A clock for commands: commits bear the moment of the command."""

    def __init__(self, now: datetime) -> None:
        self._now = now

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, span: timedelta) -> None:
        await asyncio.sleep(span.total_seconds())


def clone_of(
    *, name: str, source: Path, bare: Path, worktrees: Path, target: str, integration: str, now: datetime
) -> Repository:
    """`bare` and `worktrees` are the folders that hold every repository's."""
    return Repository(
        proc=OsProc(),
        source=source,
        bare=bare / f"{name}.git",
        worktrees=worktrees / name,
        target=target,
        integration=integration,
        clock=_Moment(now),
    )

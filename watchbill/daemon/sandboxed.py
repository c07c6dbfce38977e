"""Repository code, started in its sandbox and with its environment, through the one port that starts programs."""

import asyncio
from collections.abc import Sequence
from contextlib import nullcontext
from datetime import timedelta
from pathlib import Path

from watchbill.daemon.repositories import ManagedRepo
from watchbill.domain.ports import Proc, ProcResult
from watchbill.workspace import room


async def run(proc: Proc, repo: ManagedRepo, argv: Sequence[str], *, worktree: Path, timeout: timedelta) -> ProcResult:
    """Run it in the worktree, with a clean environment. Raises Unsafe where there is no sandbox, or set-up failed."""
    async with repo.environment() as environment:
        sandbox = repo.sandbox if environment is None else environment.furnish(repo.sandbox)
        with nullcontext() if environment is None else environment.linked(worktree):
            wrapped = await asyncio.to_thread(sandbox.wrap, argv, worktree)
            running = proc.run(wrapped, cwd=worktree, env=sandbox.env(), timeout=timeout)
            return await room.kept(running, worktree)

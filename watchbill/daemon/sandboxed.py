"""Repository code, started in its sandbox through the one port that starts programs."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from watchbill.domain.ports import Proc, ProcResult
from watchbill.workspace.sandbox import Sandbox


async def run(proc: Proc, sandbox: Sandbox, argv: Sequence[str], *, worktree: Path, timeout: timedelta) -> ProcResult:
    """Run it in the worktree, with a clean environment. Raises Unsafe where there is no sandbox."""
    wrapped = await asyncio.to_thread(sandbox.wrap, argv, worktree)
    return await proc.run(wrapped, cwd=worktree, env=sandbox.env(), timeout=timeout)

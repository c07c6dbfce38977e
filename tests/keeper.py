"""Stands for a daemon that has one agent: keeps it confined until it is told to stop.

python -m tests.keeper ROOT WORKTREE RUN SANDBOX SCRIPT
"""

import asyncio
import signal
import sys
from pathlib import Path

from watchbill.domain.ids import RunId
from watchbill.domain.ports import AgentProgram
from watchbill.workspace.confinement import Quarters
from watchbill.workspace.sandbox import Sandbox, SandboxMode


async def keep(root: Path, worktree: Path, run: str, mode: str, script: str) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    program = AgentProgram(argv=("/bin/sh", "-c", script), env={}, port=9)
    sandbox = Sandbox(mode=SandboxMode(mode))
    async with Quarters(root=root).confined(program, run=RunId(run), worktree=worktree, sandbox=sandbox) as confined:
        agent = await asyncio.create_subprocess_exec(confined.program)
        ended = asyncio.create_task(agent.wait())
        await asyncio.wait({ended, asyncio.create_task(stop.wait())}, return_when=asyncio.FIRST_COMPLETED)


if __name__ == "__main__":
    asyncio.run(keep(Path(sys.argv[1]), Path(sys.argv[2]), *sys.argv[3:]))

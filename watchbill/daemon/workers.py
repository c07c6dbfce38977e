"""Workers: what the processes of local models are started with. Like an agent's program each lives in confinement, so none is left."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path

from watchbill.config.local_model import WorkerSettings, wrong_file
from watchbill.config.provider_values import ProviderSetup
from watchbill.domain.errors import Unsafe
from watchbill.domain.ids import RunId
from watchbill.domain.ports import AgentProgram, Confine, Confined, Events
from watchbill.providers.setup import WorkerSetup
from watchbill.workspace.confinement import Quarters
from watchbill.workspace.limits import Limits
from watchbill.workspace.sandbox import Means, Sandbox, SandboxMode

_ANY_CPU = timedelta(days=3650)  # it works as long as it is asked
_FILE_BYTES = 1 << 20  # it writes none


def setup_of(
    setup: ProviderSetup, worker: WorkerSettings, *, quarters: Path | None, events: Events | None
) -> WorkerSetup:
    """`quarters`: the folder in which agents have their homes; None where nobody works."""
    (model,) = setup.models
    return WorkerSetup(
        model=model,
        weights=worker.weights,
        wrong_file=partial(wrong_file, worker.weights, is_own=worker.is_own),
        threads=worker.threads,
        context=worker.context,
        slots=setup.concurrent,
        idle_after=worker.idle_after,
        confine=None if quarters is None else _confine(quarters, setup.name, worker.memory_bytes),
        events=events,
    )


def _confine(root: Path, name: str, memory_bytes: int) -> Confine:
    """Each start has a home of its own: where a reload changed the provider, its old worker may be at work still."""
    limits = Limits(cpu=_ANY_CPU, memory_bytes=memory_bytes, file_bytes=_FILE_BYTES)
    quarters = Quarters(root=root, limits=limits)

    @asynccontextmanager
    async def confine(program: AgentProgram) -> AsyncIterator[Confined]:
        run = RunId(f"model-{name}-{secrets.token_hex(4)}")
        sandbox = await asyncio.to_thread(_sandbox)
        async with quarters.confined(program, run=run, worktree=None, sandbox=sandbox) as confined:
            yield confined

    return confine


def _sandbox() -> Sandbox:
    """The machine's, where it has one: a file from anywhere is read by a large library. Where it has none, the worker runs all the
    same, as its event tells: the program is ours, has no tools and no keys, and the file is the owner's choice.
    """
    best = Sandbox()
    try:
        holds = best.check() is Means.BUBBLEWRAP  # a cell holds no program that listens
    except Unsafe:
        holds = False
    return best if holds else Sandbox(mode=SandboxMode.NONE)

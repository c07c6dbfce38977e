"""The daemon's own commands: serve, and once."""

import asyncio
import json
import os
from pathlib import Path

import click

from watchbill.config.load import load
from watchbill.daemon.bootstrap import Wishes, build
from watchbill.daemon.clocks import SystemClock
from watchbill.daemon.service import Once, stop_on_signals
from watchbill.domain.errors import ConfigError
from watchbill.domain.ids import ProviderName, TaskId
from watchbill.operator.cli.root import Options
from watchbill.operator.faults import Exit
from watchbill.scheduling.decisions import Wait


async def serve(options: Options) -> int:
    """Run until a signal asks for the end. Raises ConfigError and StateError."""
    loaded = load(options.config, os.environ, cwd=Path.cwd())
    wishes = Wishes(clock=SystemClock(), with_api=True, log_level=_level(options))
    stop = asyncio.Event()
    async with build(loaded, os.environ, wishes) as service:
        stop_on_signals(stop)
        await service.serve(stop)
    return Exit.OK


async def once(options: Options, *, task: str | None, provider: str | None, as_json: bool) -> int:
    """One tick to its end. Raises ConfigError and StateError."""
    loaded = load(options.config, os.environ, cwd=Path.cwd())
    if provider is not None and provider not in loaded.settings.provider:
        raise ConfigError(f"there is no provider {provider!r}; there are {', '.join(loaded.settings.provider)}")
    wishes = Wishes(
        clock=SystemClock(),
        only_provider=None if provider is None else ProviderName(provider),
        any_hour=task is not None or provider is not None,
        log_level=_level(options),
    )
    async with build(loaded, os.environ, wishes) as service:
        done = await service.once(task=None if task is None else TaskId(task))
    click.echo(json.dumps(_plain(done)) if as_json else _said(done, task))
    is_done = len(done.done) == len(done.started) and (task is None or task in done.done)
    return Exit.OK if is_done else Exit.FAILED


def _plain(once: Once) -> dict[str, object]:
    return {"started": list(once.started), "done": list(once.done)}


def _said(once: Once, task: str | None) -> str:
    if once.started:
        left = [name for name in once.started if name not in once.done]
        return "\n".join([*(f"done: {name}" for name in once.done), *(f"not done: {name}" for name in left)])
    for decision in once.plan.decisions:
        if isinstance(decision, Wait) and decision.task == task:
            return f"{task} does not start: {decision.binding.detail}"
    if task is not None:
        return f"{task} does not start: there is no open task of that id"
    return "nothing was due: no call, no cost"


def _level(options: Options) -> str:
    return "debug" if options.verbose else "warning" if options.quiet else "info"

"""The daemon's own commands: serve, and once."""

import gc
import json
import os
from pathlib import Path

import click

from watchbill.config.load import load
from watchbill.daemon import heap, restored, signals
from watchbill.daemon.bootstrap import build
from watchbill.daemon.clocks import SystemClock
from watchbill.daemon.notify import Manager
from watchbill.daemon.service import Once
from watchbill.daemon.site import Wishes
from watchbill.domain.errors import ConfigError
from watchbill.domain.ids import ProviderName, TaskId
from watchbill.domain.pauses import Pause, Scope
from watchbill.domain.undoings import FAILED
from watchbill.operator import plain
from watchbill.operator.cli import until
from watchbill.operator.cli.root import Options
from watchbill.operator.faults import Exit
from watchbill.scheduling.decisions import Reason, Wait
from watchbill.state.folder import StateFolder

_COLLECTED_AFTER = (
    700,
    10,
    1000,
)  # Python's own, but for the oldest: with ten thousand tasks all stands still for 0.4 s


async def serve(options: Options, *, paused: bool = False) -> int:
    """Run until a signal asks for the end. Raises ConfigError and StateError."""
    gc.set_threshold(*_COLLECTED_AFTER)
    heap.keep_small()
    with signals.heard() as asked:  # from the start: an early SIGHUP would end the process
        loaded = load(options.config, os.environ, cwd=Path.cwd())
        manager = Manager.of(os.environ)
        wishes = Wishes(clock=SystemClock(), with_api=True, log_level=_level(options), manager=manager)
        async with build(loaded, os.environ, wishes) as service:
            asked.tell(service.reloader.ask)
            await service.serve(asked.stop, pause=_everything() if paused else None)
    return Exit.OK


def _everything() -> Pause:
    return Pause(scope=Scope.ALL, name="", until=None, who=until.who(), why="it was started with --paused")


async def once(options: Options, *, task: str | None, provider: str | None, begins: bool, as_json: bool) -> int:
    """One tick to its end. Raises ConfigError and StateError."""
    loaded = load(options.config, os.environ, cwd=Path.cwd())
    if provider is not None and provider not in loaded.settings.provider:
        raise ConfigError(f"there is no provider {provider!r}; there are {', '.join(loaded.settings.provider)}")
    folder = StateFolder(loaded.places(os.environ).state_dir)
    wishes = Wishes(
        clock=SystemClock(),
        only_free="" if restored.knows_spend(folder, os.environ, begins=begins) else restored.WHY,
        only_provider=None if provider is None else ProviderName(provider),
        any_hour=task is not None or provider is not None,
        log_level=_level(options),
    )
    async with build(loaded, os.environ, wishes) as service:
        done = await service.once(task=None if task is None else TaskId(task))
    if wishes.only_free:
        click.echo(wishes.only_free, err=True)
    click.echo(json.dumps(_plain(done)) if as_json else _said(done, task))
    is_done = (
        len(done.done) == len(done.started)
        and (task is None or task in done.done)
        and FAILED.isdisjoint(one.state for one in done.undone)
    )
    return Exit.OK if is_done else Exit.FAILED


def _plain(once: Once) -> dict[str, object]:
    undone = [plain.undoing(one) for one in once.undone]
    return {"started": list(once.started), "done": list(once.done), "undone": undone}


def _said(once: Once, task: str | None) -> str:
    if once.started or once.undone:
        left = [name for name in once.started if name not in once.done]
        undone = [f"{one.wish.run} ({one.wish.task}): {one.said}" for one in once.undone]
        return "\n".join([*(f"done: {name}" for name in once.done), *(f"not done: {name}" for name in left), *undone])
    waits = [decision for decision in once.plan.decisions if isinstance(decision, Wait)]
    named = next((wait.binding.detail for wait in waits if wait.task == task), "")
    if named:
        return f"{task} does not start: {named}"
    paused = next((wait.binding.detail for wait in waits if wait.binding.reason is Reason.PAUSED), "")
    if paused:
        return f"nothing starts: {paused}"
    if task is not None:
        return f"{task} does not start: there is no open task of that id"
    return "nothing was due: no call, no cost"


def _level(options: Options) -> str:
    return "debug" if options.verbose else "warning" if options.quiet else "info"

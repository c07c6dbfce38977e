"""The entry point: the operator's commands, and those that run the daemon itself."""

import asyncio
import os
import sys
from contextlib import suppress
from pathlib import Path

import click

from watchbill.config.load import load
from watchbill.domain.errors import ConfigError, StateError
from watchbill.domain.ids import ProviderName, TaskId
from watchbill.operator.cli import root

BAD_CONFIG = 78  # systemd: RestartPreventExitStatus=78
TEMPORARY = 75  # the state folder is held by another daemon
NOT_DONE = 1


@root.group.command()
@click.pass_obj
def serve(options: root.Options) -> None:
    """Run the daemon in the foreground until SIGTERM."""
    sys.exit(_guarded(_serve(options.config)))


@root.group.command()
@click.option("--task", metavar="ID", help="Only this task.")
@click.option("--provider", metavar="NAME", help="Only this provider, whatever the hour.")
@click.pass_obj
def once(options: root.Options, task: str | None, provider: str | None) -> None:
    """One tick to its end: start what is due, wait for it, and leave. Exit code 1 when something started and did not land."""
    sys.exit(_guarded(_once(options, task, provider)))


@root.group.command()
@click.option("--keep", type=click.Path(path_type=Path), help="Keep the demo's folder here.")
@click.option("--seconds", type=click.IntRange(10, 600), default=60, show_default=True, help="How long a day takes.")
def demo(keep: Path | None, seconds: int) -> None:
    """A day of the real daemon on a small repository, without any key. Says what in it is scripted."""
    from watchbill.daemon.demo.show import run_demo  # noqa: PLC0415 - the demo's world is not loaded with the daemon

    sys.exit(asyncio.run(run_demo(keep=keep, day_seconds=seconds)))

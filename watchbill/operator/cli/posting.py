"""Posting: one message to the targets of [notify], at once, and what became of it at each."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace

import click

from watchbill.config import notifying
from watchbill.operator import messenger
from watchbill.operator.cli.ask import loaded
from watchbill.operator.cli.root import Options
from watchbill.operator.doors import Plain
from watchbill.operator.faults import Exit, NotFound
from watchbill.workspace.proc import OsProc


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    why_by_target: Mapping[str, str]  # "" where it was taken
    missing: Mapping[str, str]  # references without an address, and why

    @property
    def exit(self) -> Exit:
        if self.missing:
            return Exit.CREDENTIALS
        return Exit.FAILED if any(self.why_by_target.values()) else Exit.OK

    @property
    def plain(self) -> list[Plain]:
        return [{"target": name, "why": why} for name, why in {**self.why_by_target, **self.missing}.items()]


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """Whom a message goes to. Made by of()."""

    setup: notifying.NotifySetup
    options: Options

    def send(self, title: str, body: str) -> Posted:
        carrier = messenger.Messenger(proc=OsProc(), environ=self.options.environ)
        return Posted(
            why_by_target={
                target.name: asyncio.run(carrier.send(target.url.get_secret_value(), title, body))
                for target in self.setup.targets
            },
            missing=self.setup.missing,
        )


def of(options: Options, *, only: str | None = None) -> Post:
    """To every target of the configuration, or to the one of that name. Raises NotFound where there is none."""
    setup = notifying.setup_of(loaded(options).settings, options.environ)
    targets = tuple(each for each in setup.targets if only in (None, each.name, each.name.partition("#")[0]))
    missing = {name: why for name, why in setup.missing.items() if only in (None, name)}
    if not targets and not missing:
        raise NotFound(
            f"no target {only!r} is configured" if only else "no target is configured",
            hint="add it to [notify] targets in watchbill.toml",
        )
    return Post(setup=replace(setup, targets=targets, missing=missing), options=options)


def show(posted: Posted) -> None:
    """What became of it: at each target a line, what has no address on stderr."""
    for name, why in posted.why_by_target.items():
        click.echo(f"{name}: {why or 'it was taken'}")
    for why in posted.missing.values():
        click.echo(why, err=True)

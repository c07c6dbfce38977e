"""The root of the command line: options of all commands, commands loaded when they are called, errors with exit codes."""

import json
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, TypeVar

import click

from watchbill import __version__
from watchbill.domain.errors import WatchbillError
from watchbill.operator.faults import Exit, Refused, envelope, fault_of, hint_of
from watchbill.operator.visible import visible

F = TypeVar("F", bound=Callable[..., Any])

_AS_JSON = "watchbill.as_json"  # where a command's --json is remembered, for its errors too


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What is said before the command."""

    config: Path | None = None
    quiet: bool = False
    verbose: bool = False
    color: bool = True

    @property
    def environ(self) -> Mapping[str, str]:
        return os.environ


class Group(click.Group):
    """A group whose commands are imported when they are called, so that none pays for the others' imports."""

    def __init__(self, *args: Any, lazy: Mapping[str, tuple[str, str]] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._lazy = lazy or {}

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*self._lazy, *super().list_commands(ctx)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self._lazy:
            return super().get_command(ctx, cmd_name)
        module, _ = self._lazy[cmd_name]
        command: click.Command = import_module(f"watchbill.operator.cli.{module}").command
        return command

    def format_commands(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's own signature
        formatter: click.HelpFormatter,
    ) -> None:
        shown = [(name, help_) for name, (_, help_) in self._lazy.items() if help_]
        own = [(name, command) for name, command in self.commands.items() if not command.hidden]
        rows = [*shown, *((name, command.get_short_help_str(formatter.width)) for name, command in own)]
        with formatter.section("Commands"):
            formatter.write_dl(rows)

    def invoke(self, ctx: click.Context) -> Any:
        said = tuple(ctx.args)
        try:
            return super().invoke(ctx)
        except WatchbillError as error:
            ctx.exit(report(error, as_json=ctx.meta.get(_AS_JSON, False)))
        except click.UsageError as error:
            if not (ctx.meta.get(_AS_JSON) or "--json" in said):
                raise
            _print(
                "usage", error.format_message(), f"{error.ctx.command_path} --help" if error.ctx else "", as_json=True
            )
            ctx.exit(Exit.USAGE)
        except click.Abort:  # the answer to a question: Ctrl-C on a terminal; elsewhere there is nobody to give one
            if sys.stdin.isatty():
                ctx.exit(Exit.INTERRUPTED)
            click.echo("nobody answers here, so nothing is done\n→ --yes takes the answer for granted", err=True)
            ctx.exit(Exit.FAILED)
        except KeyboardInterrupt:
            ctx.exit(Exit.INTERRUPTED)


def report(error: WatchbillError, *, as_json: bool) -> int:
    """Print the error with its mend to stderr; the exit code that tells scripts what it was."""
    code, hint, exit_code = _words(error)
    _print(code, str(error), hint, as_json=as_json)
    return exit_code


def _print(code: str, message: str, hint: str, *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(envelope(code, message, hint), ensure_ascii=False), err=True)
        return
    click.echo(visible(message), err=True)
    if hint:
        click.echo(visible(f"→ {hint}"), err=True)


def _words(error: WatchbillError) -> tuple[str, str, int]:
    if isinstance(error, Refused):
        return error.code, error.hint, error.exit
    fault = fault_of(error)
    return fault.code, hint_of(error, {}), fault.exit


_COMMANDS = {
    "init": ("init", "Look at a repository and write its watchbill.toml."),
    "status": ("status", "What runs, what waits and why, who is on watch, what needs you."),
    "plan": ("plan", "What will happen when. Writes nothing."),
    "schedule": ("schedule", "Who worked when and who is planned to; give hours to another provider for a while."),
    "why": ("why", "Why a task does not run now, and when it will; why a provider idles."),
    "task": ("task", "List, add, edit, hold, release, bump, cancel, retry and accept tasks."),
    "question": ("question", "What models ask, and what was said."),
    "answer": ("answer", "Answer a question; the work that waits for it goes on."),
    "pause": ("pause", "Let nothing new begin: of everything, a provider, repository, type or task."),
    "resume": ("resume", "Lift a pause."),
    "recurring": ("recurring", "What comes again and again, when next, and what it found."),
    "run": ("run", "List and show runs, their prompts and diffs; cancel, retry, or take back what one landed."),
    "review": ("review", "Decide about work that waits for a person: approve, reject or edit it."),
    "session": ("session", "The memory of the work on each task; hand one over."),
    "cost": ("cost", "What was spent on what; forecast, check, reconcile."),
    "prices": ("prices", "What would be paid for each model, and by which row."),
    "budget": ("budget", "Every cap and what is left of it; raise one for a while."),
    "provider": ("provider", "List, show, probe and reset providers; their models; what a signal means."),
    "model": ("model", "Local models: get the default weights, see what is here."),
    "report": ("report", "What was done, what it cost, what needs you, whether all is well."),
    "recommend": ("recommend", "What is worth changing: by which numbers, and what to run."),
    "events": ("events", "What happened, in order."),
    "logs": ("logs", "What happened to a task, in a run or with a provider."),
    "notify": ("notify", "Who is told what needs a person: try a target, list what was told."),
    "lore": ("lore", "A world's canon: draft it, hold texts against it, waive."),
    "lock": ("lock", "Who holds which files, and who waits for them; break a hold."),
    "repo": ("repo", "The repositories: what is open, what they cost, what is wrong."),
    "web": ("web", "Sign a browser in to the page, by a link that works once."),
    "reload": ("reload", "Have the daemon read its configuration anew."),
    "drain": ("drain", "Have the daemon bring its work to checkpoints and leave."),
    "stop": ("stop", "End the daemon, and say what became of its runs."),
    "promote": ("promote", "Bring a repository's integration branch onto its target."),
    "gate": ("gate", "List the checks; try them on files; play-test ChoiceScript games."),
    "config": ("config", "Check, show and explain the configuration."),
    "db": ("db", "The database: check, copy, put back, shrink and export it."),
    "man": ("man", "The manual page."),
    "completion": ("completion", "Shell completion for bash, zsh and fish."),
    "version": ("version", "The version, and that of the database's schema."),
    "docs": ("docs", ""),
}


@click.group(cls=Group, lazy=_COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("-C", "folder", type=click.Path(exists=True, file_okay=False), help="Work as if started in this folder.")
@click.option("--config", type=click.Path(path_type=Path), help="The configuration file.")
@click.option("--no-color", is_flag=True, help="No colours, as with $NO_COLOR.")
@click.option("-q", "--quiet", is_flag=True, help="Print less.")
@click.option("-v", "--verbose", is_flag=True, help="Print more.")
@click.version_option(__version__, prog_name="watchbill")
@click.pass_context
def group(
    ctx: click.Context, *, folder: str | None, config: Path | None, no_color: bool, quiet: bool, verbose: bool
) -> None:
    """watchbill: several AI providers stand watch over your git repositories, around the clock.

    Start with `watchbill init`, then `watchbill plan`, then `watchbill serve`.
    """
    if folder:
        os.chdir(folder)
    color = not no_color and not os.environ.get("NO_COLOR")
    ctx.obj = Options(config=config, quiet=quiet, verbose=verbose, color=color)


def wants_json() -> bool:
    """Whether the command that runs now was called with --json."""
    ctx = click.get_current_context(silent=True)
    return bool(ctx is not None and ctx.meta.get(_AS_JSON))


def json_option(command: F) -> F:
    """Adds --json, which the command gets as `as_json`, said of itself or of its group; its errors then are JSON too."""

    def remember(ctx: click.Context, _param: click.Parameter, value: bool) -> bool:
        said: bool = value or ctx.meta.get(_AS_JSON, False)
        ctx.meta[_AS_JSON] = said
        return said

    option = click.option(
        "--json", "as_json", is_flag=True, is_eager=True, callback=remember, help="Print JSON, times in UTC."
    )
    return option(command)

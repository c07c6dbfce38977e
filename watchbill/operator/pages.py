"""Pages of the documentation that are made from the program itself: configuration, commands, events and lifecycles."""

import json
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any

import click

from watchbill.config import reference
from watchbill.domain import breakers, calls, runs, tasks, undoings
from watchbill.domain.events import EVENTS
from watchbill.domain.machine import Transitions
from watchbill.operator.api import create_app
from watchbill.operator.drawing.lifecycle import moves, picture
from watchbill.operator.faults import Exit

EXITS = {
    Exit.OK: "done",
    Exit.FAILED: "failed",
    Exit.USAGE: "wrong usage, or an invalid configuration",
    Exit.CONDITION_FALSE: "what was checked is not so (`status --check`, `doctor`)",
    Exit.CREDENTIALS: "a credential is missing or was rejected",
    Exit.UNREACHABLE: "no daemon answers, and the command needs one",
    Exit.REFUSED: "refused by policy: the task's state, a claim, a budget",
    Exit.TIMED_OUT: "no answer in time",
    Exit.LOST: "`serve`: the state folder was taken away under the daemon",
    Exit.TEMPORARY: "`serve`, `once`: another daemon holds the state folder, or its disk is full; try again later",
    Exit.NEWER: "`serve`, `once`: a newer watchbill wrote the state; install that version again, or choose another state folder",
    Exit.BAD_CONFIG: "`serve`: an invalid configuration (a service manager should not restart it)",
    Exit.INTERRUPTED: "interrupted",
}


def pages(root: click.Group) -> dict[str, str]:
    """Every page by its file name."""
    return {
        "configuration.md": reference.page(),
        "cli.md": cli(root),
        "events.md": events(),
        "lifecycle.md": lifecycle(),
        "openapi.json": openapi(),
        **lifecycles(),
    }


def openapi() -> str:
    """The description of the control API."""
    nothing: Any = None  # the routes are made, and nobody asks them anything
    return json.dumps(create_app(nothing, nothing, nothing).openapi(), indent=1, ensure_ascii=False) + "\n"


def cli(root: click.Group) -> str:
    """The command line, from its own help."""
    context = click.Context(root, info_name="watchbill", **root.context_settings)
    parts = ["# Command line", _CLI_INTRO, _exits(), *_commands(root, context)]
    return "\n\n".join(parts) + "\n"


_CLI_INTRO = """\
This page is made from the program's own help. Reading commands take `--json`: what they print then is stable, with times in
UTC, and their errors are JSON on stderr: `{"error": {"code", "message", "hint"}}`. They ask the daemon where one runs and
look into its store where none does."""


def _exits() -> str:
    rows = [f"| {code.value} | {meaning} |" for code, meaning in EXITS.items()]
    return "\n".join(["| exit code | meaning |", "|---|---|", *rows])


def _commands(command: click.Command, context: click.Context) -> Iterator[str]:
    yield _command(command, context)
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            if inner is not None and not inner.hidden:
                yield from _commands(inner, click.Context(inner, info_name=name, parent=context))


def _command(command: click.Command, context: click.Context) -> str:
    usage = " ".join([context.command_path, *command.collect_usage_pieces(context)])
    rows = [record for param in command.get_params(context) if (record := param.get_help_record(context))]
    table = ["| option | |", "|---|---|", *(f"| `{option}` | {meaning} |" for option, meaning in rows)]
    about = " ".join((command.help or "").split())
    return "\n\n".join([f"## `{context.command_path}`", f"    {usage}", about, "\n".join(table)])


def events() -> str:
    """The registry of events."""
    rows = [
        f"| `{spec.name}` | {spec.level} | {' '.join(f'`{field}`' for field in spec.fields)} | {spec.help} |"
        for spec in EVENTS
    ]
    head = ["# Events", "", _EVENTS_INTRO, "", "| event | level | fields | meaning |", "|---|---|---|---|"]
    return "\n".join([*head, *rows]) + "\n"


_EVENTS_INTRO = """\
Every line of the log and every row of `watchbill events` has one of these names. This page is made from the registry in
`watchbill/domain/events.py`; a name that is not in it cannot be emitted. What is called `cost`, `bound`, `before`, `left` or
`wanted` is in micro-dollars (or in the tokens, runs or credits of the window that is named), moments are RFC 3339 in UTC."""


_MACHINES: Mapping[str, tuple[str, Transitions[Any], StrEnum]] = {
    "Task": (
        "One piece of queued work. What another task's run did goes straight from queued to landed.",
        tasks.TRANSITIONS,
        tasks.TaskState.QUEUED,
    ),
    "Run": ("One provider's stint on a task.", runs.TRANSITIONS, runs.RunState.RUNNING),
    "Breaker": (
        "Whether a provider, or one of its models, is given work.",
        breakers.TRANSITIONS,
        breakers.BreakerState.CLOSED,
    ),
    "Undoing": (
        "Taking off a branch again what landed on it: a person's roll-back, or the gates'. Stored before the branch moves.",
        undoings.TRANSITIONS,
        undoings.UndoState.WANTED,
    ),
    "Call": ("One billed request to a provider inside a run.", calls.TRANSITIONS, calls.CallState.HELD),
}


def lifecycle() -> str:
    """The state machines, from their tables."""
    parts = [_machine(name, about, table) for name, (about, table, _) in _MACHINES.items()]
    return "\n\n".join(["# Lifecycles", _LIFECYCLE_INTRO, *parts]) + "\n"


def lifecycles() -> dict[str, str]:
    """Their pictures, by file name."""
    return {_file(name): picture(name, table, first).standalone() for name, (_, table, first) in _MACHINES.items()}


_LIFECYCLE_INTRO = """\
Stored states are facts; blocked, paused, on watch and stale are computed from rows and the time. These diagrams are made from
the `TRANSITIONS` tables: a move that is not drawn does not happen."""


def _machine(name: str, about: str, table: Transitions[Any]) -> str:
    drawn = f"![The states of a {name.lower()} and their moves]({_file(name)})"
    return "\n\n".join([f"## {name}", about, drawn, moves(table).markdown().rstrip()])


def _file(name: str) -> str:
    return f"lifecycle-{name.lower()}.svg"

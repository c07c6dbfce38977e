"""Several: one deed to the tasks that are named, or that a filter finds, after what it would do was shown."""

import shlex
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import click

from watchbill.domain.counted import counted
from watchbill.operator import sieve
from watchbill.operator.cli import names, show, until
from watchbill.operator.cli.ask import connect
from watchbill.operator.cli.root import Options
from watchbill.operator.doors import Client, Plain
from watchbill.operator.faults import Exit, NotFound

F = TypeVar("F", bound=Callable[..., Any])

_SHOWN = 20  # tasks that are listed before the question
_DONE = {
    "hold": "held",
    "release": "released",
    "cancel": "cancelled",
    "retry": "queued again",
    "bump": "brought forward",
    "accept": "accepted",
}


def options(command: F) -> F:
    """Adds TASK…, --filter and --yes."""
    for add in (
        click.option("--yes", is_flag=True, help="Of several tasks: do not ask."),
        click.option("--filter", "filter_", metavar="FILTER", help=f"Of all tasks that fit: {sieve.HELP}"),
        click.argument("tasks", metavar="[TASK]...", nargs=-1, type=names.TASK),
    ):
        command = add(command)
    return command


def only(tasks: Sequence[str], filter_: str | None) -> str | None:
    """The one task that is meant; None for several. Raises UsageError where nobody says which."""
    if tasks and filter_:
        raise click.UsageError("name tasks or say --filter, not both")
    if not tasks and not filter_:
        raise click.UsageError(
            "say which: a TASK or more, or --filter, for instance --filter 'state:review type:write'"
        )
    return tasks[0] if len(tasks) == 1 else None


def carry_out(
    options: Options,
    action: str,
    tasks: Sequence[str],
    filter_: str | None,
    *,
    yes: bool,
    as_json: bool,
    **said: Any,
) -> None:
    """Show what it would do, ask, and do it to each by itself. With --json nobody is asked: it is done only with --yes.

    Exit code 6 where it was refused of one. Raises NotFound where no task fits, and what a wrong name or filter raises.
    """
    client = connect(options)
    which = {"match": filter_} if filter_ else {"ids": [_id(client, task) for task in tasks]}
    asked = {"filter": which, "action": action, "who": until.who(), **said}
    would = client.post("/tasks:bulk", {**asked, "dry_run": True})
    if not would["count"]:
        raise NotFound(
            f"no task fits {filter_!r}", hint=f"watchbill task list --all --filter {shlex.quote(filter_ or '')}"
        )
    if as_json and not yes:
        show.as_json(would)
        return
    meant = [task["id"] for task in would["tasks"] if not task["error"]]
    others = [task for task in would["tasks"] if task["error"]]
    if meant and not as_json and not options.quiet:
        _tell(options, action, would, others)
    if meant and not (yes or click.confirm(f"{action.capitalize()} {counted(len(meant), 'task')}?")):
        click.echo("nothing is done")
        return
    answer = client.post("/tasks:bulk", {**asked, "filter": {"ids": meant}}) if meant else would
    _conclude(options, action, answer, as_json=as_json)
    if answer["done"] < answer["count"] or (tasks and others):
        click.get_current_context().exit(Exit.REFUSED)


def _id(client: Client, task: str) -> str:
    found: str = client.get(f"/tasks/{task}")["id"]
    return found


def _tell(options: Options, action: str, would: Plain, others: Sequence[Plain]) -> None:
    """What it would be done to, and why it would not be done to others."""
    for what, named in ((action, [each for each in would["tasks"] if not each["error"]]), ("", others)):
        rows = [(each["id"], each["state"], what or each["error"], each["title"]) for each in named]
        if rows:
            show.table(show.console(options), ("task", "state", "what would be done", "title"), rows[:_SHOWN])
        if len(rows) > _SHOWN:
            click.echo(f"… and {len(rows) - _SHOWN} more: --json shows them")


def _conclude(options: Options, action: str, answer: Plain, *, as_json: bool) -> None:
    if as_json:
        show.as_json(answer)
        return
    if not options.quiet:
        click.echo(f"{counted(answer['done'], 'task')} {_DONE[action]}" if answer["done"] else "nothing is done")
    for task in answer["tasks"]:
        if task["error"]:
            click.echo(f"{task['id']}: {task['error']}", err=True)

"""watchbill notify: what people were told, and whether a target can be reached."""

import asyncio
from typing import TYPE_CHECKING

import click

from watchbill.operator.cli import show
from watchbill.operator.cli.ask import connect, loaded
from watchbill.operator.cli.root import Options, json_option
from watchbill.operator.doors import Plain
from watchbill.operator.faults import Exit, NotFound

if TYPE_CHECKING:
    from watchbill.config.notifying import Target


@click.group("notify")
def command() -> None:
    """Who is told what needs a person: try a target, list what was told."""


@command.command("list")
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="How many.")
@json_option
@click.pass_obj
def _list(options: Options, *, limit: int, as_json: bool) -> None:
    """What people were told, and what is still to be told, the newest first."""
    answer = connect(options).get("/notices", limit=limit)
    if as_json:
        show.as_json(answer)
        return
    rows = [
        (show.local(each["told_at"] or each["due_at"]), _standing(each), each["title"]) for each in answer["notices"]
    ]
    if rows:
        show.table(show.console(options), ("at", "state", "what"), rows)
    elif not options.quiet:
        click.echo("Nobody was told anything yet. [notify] in watchbill.toml says who is.")


def _standing(notice: Plain) -> str:
    if notice["state"] != "told":
        return "in the next summary" if notice["held"] and notice["state"] == "waiting" else notice["state"]
    said = {each["state"] for each in notice["deliveries"]}
    if said <= {"sent"}:
        return "sent"
    worst = next(each for each in notice["deliveries"] if each["state"] != "sent")
    return f"{worst['state']} {worst['target']}: {worst['why']}" if worst["why"] else worst["state"]


@command.command("test")
@click.argument("target", required=False)
@json_option
@click.pass_obj
def _test(options: Options, *, target: str | None, as_json: bool) -> None:
    """Send a message to every target of the configuration, or to one, and say what became of it.

    TARGET is a reference as in [notify] targets. Exit code 1 when one did not take it, 4 when an address cannot be read.
    """
    from watchbill.config import notifying  # noqa: PLC0415 - `notify list` asks a daemon only

    setup = notifying.setup_of(loaded(options).settings, options.environ)
    targets = [each for each in setup.targets if target is None or target in (each.name, each.name.partition("#")[0])]
    missing = {name: why for name, why in setup.missing.items() if target in (None, name)}
    if not targets and not missing:
        raise NotFound(
            f"no target {target!r} is configured" if target else "no target is configured",
            hint="add it to [notify] targets in watchbill.toml",
        )
    why_by_target = {each.name: _sent(options, each, setup.page) for each in targets}
    if as_json:
        show.as_json(
            {"targets": [{"target": name, "why": why} for name, why in (*why_by_target.items(), *missing.items())]}
        )
    else:
        for name, why in why_by_target.items():
            click.echo(f"{name}: {why or 'it was taken'}")
        for why in missing.values():
            click.echo(why, err=True)
    code = Exit.CREDENTIALS if missing else Exit.FAILED if any(why_by_target.values()) else Exit.OK
    click.get_current_context().exit(code)


def _sent(options: Options, target: "Target", page: str) -> str:
    from watchbill.domain.notices import Notice  # noqa: PLC0415 - as above
    from watchbill.operator import messenger  # noqa: PLC0415 - as above
    from watchbill.workspace.proc import OsProc  # noqa: PLC0415 - as above

    notice = Notice(
        event="notify.test",
        subject="test",
        word="test",
        title="a test",
        why="Somebody asked whether messages reach you. They do.",
        command="watchbill status",
        page="/",
    )
    title, body = messenger.words(notice, page)
    carrier = messenger.Messenger(proc=OsProc(), environ=options.environ)
    return asyncio.run(carrier.send(target.url.get_secret_value(), title, body))

"""watchbill logs: what happened to a task, in a run or with a provider, with how much it weighs."""

import json
import time

import click

from watchbill.operator.cli import names, show
from watchbill.operator.cli.ask import connect
from watchbill.operator.cli.root import Options, json_option
from watchbill.operator.doors import Plain

_PAUSE = 1.0  # seconds between two looks of --follow
_COLOR_BY_LEVEL = {"debug": "bright_black", "warning": "yellow", "error": "red"}
_LEVELS = ("debug", "info", "warning", "error")


@click.command("logs")
@click.option("-f", "--follow", is_flag=True, help="Go on until Ctrl-C.")
@click.option("--task", type=names.TASK, help="Only what is about this task or a run of it.")
@click.option("--run", help="Only what is about this run.")
@click.option("--provider", type=names.PROVIDER, help="Only what is about this provider or a run of it.")
@click.option(
    "--level", type=click.Choice(_LEVELS), default="info", show_default=True, help="Only this and what weighs more."
)
@click.option("--kind", help="Only these, for instance 'run.*'.")
@click.option("--since", metavar="T", help="Only what came after: 14:00, 2026-11-24, 30m, 7d, today.")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True, help="How many at the start.")
@json_option
@click.pass_obj
def command(
    options: Options,
    *,
    follow: bool,
    task: str | None,
    run: str | None,
    provider: str | None,
    level: str,
    kind: str | None,
    since: str | None,
    limit: int,
    as_json: bool,
) -> None:
    """What happened, in order: of everything, or of one task, run or provider. With --json one object a line."""
    client = connect(options)
    wanted = {"task": task, "run": run, "provider": provider, "level": level, "kind": kind, "since": since}
    answer = client.get("/logs", **wanted, limit=limit)
    _print(options, answer["events"], as_json=as_json)
    while follow:
        time.sleep(_PAUSE)
        answer = client.get("/logs", **{**wanted, "since": None}, after=answer["next_after"], limit=1000)
        _print(options, answer["events"], as_json=as_json)


def _print(options: Options, events: list[Plain], *, as_json: bool) -> None:
    for event in events:
        click.echo(json.dumps(event, ensure_ascii=False) if as_json else _line(options, event))


def _line(options: Options, event: Plain) -> str:
    level = event["level"]
    color = _COLOR_BY_LEVEL.get(level) if options.color else None
    return f"{show.local(event['at'])}  {click.style(f'{level:<7}', fg=color)}  {event['name']:<26} {show.facts(event['facts'])}"

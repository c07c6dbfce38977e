"""watchbill events: what happened, in order."""

import json
import time

import click

from watchbill.operator.cli import show
from watchbill.operator.cli.ask import connect
from watchbill.operator.cli.root import Options, json_option
from watchbill.operator.doors import Plain

_PAUSE = 1.0  # seconds between two looks of --follow


@click.command("events")
@click.option("-f", "--follow", is_flag=True, help="Go on until Ctrl-C.")
@click.option("--kind", help="Only these, for instance 'run.*' or budget.alert.")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True, help="How many at the start.")
@json_option
@click.pass_obj
def command(options: Options, *, follow: bool, kind: str | None, limit: int, as_json: bool) -> None:
    """What happened, in order. With --json one object a line."""
    client = connect(options)
    answer = client.get("/events", kind=kind, limit=limit)
    _print(answer["events"], as_json=as_json)
    while follow:
        time.sleep(_PAUSE)
        answer = client.get("/events", kind=kind, after=answer["next_after"], limit=1000)
        _print(answer["events"], as_json=as_json)


def _print(events: list[Plain], *, as_json: bool) -> None:
    for event in events:
        if as_json:
            click.echo(json.dumps(event, ensure_ascii=False))
        else:
            click.echo(f"{show.local(event['at'])}  {event['name']:<26} {show.facts(event['facts'])}")

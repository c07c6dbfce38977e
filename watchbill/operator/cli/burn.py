"""watchbill cost forecast and cost check: what the day and the month come to, for people and for cron."""

import sys

import click

from watchbill.operator.cli import show
from watchbill.operator.cli.ask import connect
from watchbill.operator.cli.root import Options, json_option
from watchbill.operator.doors import Plain
from watchbill.operator.faults import Exit


@click.command("forecast")
@json_option
@click.pass_obj
def forecast(options: Options, *, as_json: bool) -> None:
    """What the day and the month come to by your own history, with an interval that holds 8 of 10 futures."""
    answer = connect(options).get("/costs/forecast")
    if as_json:
        show.as_json(answer)
        return
    columns = ("window", "turns", "spent>", "held>", "low>", "likely>", "high>", "cap>", "crosses it")
    show.table(show.console(options), columns, [_row(each) for each in answer["windows"]])
    click.echo(f"\n{answer['words']}")
    if not answer["too_little_history"]:
        click.echo(answer["method"])


@click.command("check")
@json_option
@click.pass_obj
def check(options: Options, *, as_json: bool) -> None:
    """For scripts: exit code 3 when a cap is reached or has no room for a call, or the day or the month is likely to pass its own; else 0."""
    answer = connect(options).get("/costs/forecast")
    if as_json:
        show.as_json(answer)
    elif answer["over"]:
        click.echo("\n".join(answer["over"]))
    elif not options.quiet:
        click.echo(f"within every cap; {answer['words']}")
    sys.exit(Exit.CONDITION_FALSE if answer["over"] else Exit.OK)


def _row(window: Plain) -> tuple[str, ...]:
    sums = (show.usd(window[f"{name}_micro_usd"]) for name in ("spent", "held", "low", "likely", "high", "cap"))
    return (window["window"], show.local(window["turns_at"]), *sums, show.local(window["crosses_at"]))

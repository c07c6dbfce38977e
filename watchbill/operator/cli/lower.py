"""watchbill cost lower: what a call cost of which nobody could say it."""

import click

from watchbill.operator.cli import amounts, show, until
from watchbill.operator.cli.ask import connect
from watchbill.operator.cli.root import Options, json_option


@click.command("lower")
@click.argument("call")
@click.argument("amount", callback=amounts.dollars)
@click.option("-m", "--reason", required=True, help="What shows it, for whoever asks later.")
@json_option
@click.pass_obj
def command(options: Options, *, call: str, amount: str, reason: str, as_json: bool) -> None:
    """Book an unknown CALL at AMOUNT dollars, at most its bound, at which it is charged until somebody knows better.

    Of a call that credits or a subscription pay for, say what it was worth by the price list.
    """
    done = connect(options).post(f"/calls/{call}/lower", {"usd": amount, "who": until.who(), "why": reason})
    if as_json:
        show.as_json(done)
    elif not options.quiet:
        click.echo(f"{call} is booked at {show.usd(done['cost'])} instead of {show.usd(done['before'])}")

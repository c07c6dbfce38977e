"""watchbill drain: the daemon brings its work to checkpoints and leaves."""

from datetime import timedelta

import click

from watchbill.operator.cli import leaving, show
from watchbill.operator.cli.ask import connect, places
from watchbill.operator.cli.root import Options, json_option
from watchbill.state.folder import StateFolder


@click.command("drain")
@leaving.options
@json_option
@click.pass_obj
def command(options: Options, *, timeout: timedelta | None, reason: str, as_json: bool) -> None:
    """Have the daemon leave as it does at SIGTERM, and wait until it has: nothing new begins, runs go to their next
    checkpoint, and what is not there in time breaks off, its call charged at its bound. The next start goes on from there.
    """
    folder = StateFolder(places(options).state_dir)
    answer = leaving.leave(options, connect(options), folder, timeout=timeout, why=reason)
    if as_json:
        show.as_json(answer)
    elif not options.quiet:
        click.echo("the daemon has left")

"""watchbill drain: the daemon brings its work to checkpoints and leaves."""

import time
from datetime import timedelta

import click

from watchbill.config.forms import parse_span
from watchbill.operator.cli import show, until
from watchbill.operator.cli.ask import connect, loaded
from watchbill.operator.cli.progress import progress
from watchbill.operator.cli.root import Options, json_option
from watchbill.operator.faults import AnswerLate
from watchbill.state.folder import StateFolder

_LOOK_EVERY = 0.2  # seconds
_TO_PUT_AWAY = 60.0  # seconds after the time for the work


def _span(_ctx: click.Context, _param: click.Parameter, said: str | None) -> timedelta | None:
    try:
        return None if said is None else parse_span(said)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


@click.command("drain")
@click.option(
    "--timeout",
    callback=_span,
    metavar="SPAN",
    help="How long runs may take to their checkpoints; 0s: none. Default: [daemon] drain_timeout.",
)
@click.option("-m", "--reason", default="", help="Why, for whoever asks later.")
@json_option
@click.pass_obj
def command(options: Options, *, timeout: timedelta | None, reason: str, as_json: bool) -> None:
    """Have the daemon leave as it does at SIGTERM, and wait until it has: nothing new begins, runs go to their next
    checkpoint, and what is not there in time breaks off, its call charged at its bound. The next start goes on from there.
    """
    folder = StateFolder(loaded(options).places(options.environ).state_dir)
    asked = {
        "within_seconds": None if timeout is None else timeout.total_seconds(),
        "who": until.who(),
        "why": reason,
    }
    answer = connect(options).post("/drain", asked)
    with progress(options, f"{len(answer['runs'])} runs go to their checkpoints"):
        _wait(folder, answer["within_seconds"] + _TO_PUT_AWAY)
    if as_json:
        show.as_json(answer)
    elif not options.quiet:
        click.echo("the daemon has left")


def _wait(folder: StateFolder, seconds: float) -> None:
    """Until nobody holds the state folder. Raises AnswerLate."""
    over = time.monotonic() + seconds
    while folder.holder() is not None:
        if time.monotonic() > over:
            raise AnswerLate(f"the daemon has not left within {seconds:.0f} s")
        time.sleep(_LOOK_EVERY)

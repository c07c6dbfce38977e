"""Leaving: a daemon is asked to go, and waited for until nobody holds the state folder."""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar

import click

from watchbill.config.forms import parse_span
from watchbill.operator.cli import until
from watchbill.operator.cli.progress import progress
from watchbill.operator.cli.root import Options
from watchbill.operator.doors import Client, Plain
from watchbill.operator.faults import AnswerLate
from watchbill.state.folder import StateFolder

F = TypeVar("F", bound=Callable[..., Any])

TO_PUT_AWAY = 60.0  # seconds after the time for the work
_LOOK_EVERY = 0.2  # seconds


def _span(_ctx: click.Context, _param: click.Parameter, said: str | None) -> timedelta | None:
    if said in ("0", "0s"):
        return timedelta(0)
    try:
        return None if said is None else parse_span(said)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


def options(command: F) -> F:
    """Adds --timeout and -m."""
    command = click.option("-m", "--reason", default="", help="Why, for whoever asks later.")(command)
    return click.option(
        "--timeout",
        callback=_span,
        metavar="SPAN",
        help="How long runs may take to their checkpoints; 0s: none. Default: [daemon] drain_timeout.",
    )(command)


def leave(options: Options, client: Client, folder: StateFolder, *, timeout: timedelta | None, why: str) -> Plain:
    """What the daemon answered, once it has left. Raises DaemonUnreachable where there is none, AnswerLate where it stays."""
    asked = {
        "within_seconds": None if timeout is None else timeout.total_seconds(),
        "who": until.who(),
        "why": why,
    }
    answer = client.post("/drain", asked)
    with progress(options, f"{len(answer['runs'])} runs go to their checkpoints"):
        wait(folder, answer["within_seconds"] + TO_PUT_AWAY)
    return answer


def wait(folder: StateFolder, seconds: float) -> None:
    """Until nobody holds the state folder. Raises AnswerLate."""
    over = time.monotonic() + seconds
    while (holder := folder.holder()) is not None:
        if time.monotonic() > over:
            raise AnswerLate(
                f"process {holder} has not left within {seconds:.0f} s; `kill {holder}` breaks off its work"
            )
        time.sleep(_LOOK_EVERY)

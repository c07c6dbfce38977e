"""watchbill plan: what will happen when."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import Timer

import click

from watchbill.operator.cli import show, until
from watchbill.operator.cli.ask import connect
from watchbill.operator.cli.root import Options, json_option
from watchbill.operator.doors import Plain

_SHOWN = 12  # occurrences
_PATIENCE = 1.0  # seconds


@click.command("plan")
@click.option("--hours", type=click.IntRange(1, 336), default=24, show_default=True, help="How far to look ahead.")
@click.option("--at", metavar="T", help="Begin to look at 07:00, or 2026-12-01T07:00, local time. Default: now.")
@json_option
@click.pass_obj
def command(options: Options, *, hours: int, at: str | None, as_json: bool) -> None:
    """What will happen when, by what is known now: every start, and why the other tasks do not start. Writes nothing.

    With --at what is under way at that time, and what starts after it: a daemon works on until then; where none runs, one is
    imagined to begin then.
    """
    begin = None if at is None else until.coming(at, "--at")
    with _said_when_slow(options, hours):
        answer = connect(options).get("/plan", hours=hours, at=begin)
    if as_json:
        show.as_json(answer)
        return
    after = "" if begin is None else f" after {show.local(begin)}"
    if begin is not None and not options.quiet:
        click.echo(f"From {show.local(begin)} {show.zone()} on, supposing that {'; '.join(answer['supposing'])}:\n")
    out = show.console(options)
    rows = [
        (
            show.local(start["at"]),
            start["provider"],
            start["task"],
            show.usd(start["estimate_micro_usd"]),
            show.expected(start["expected"]),
            show.usd(start["sum_micro_usd"]),
            start["why"],
        )
        for start in answer["starts"]
    ]
    if rows:
        show.table(out, (f"time {show.zone()}", "provider", "task", "est.>", "by history", "sum>", "why"), rows)
    else:
        click.echo(f"Nothing starts within {hours} h{after}.")
    _show_occurrences(options, answer["occurrences"])
    if answer["not_scheduled"]:
        click.echo("\nNot scheduled:")
        show.table(out, ("task", "reason", "because"), list(_left(answer["not_scheduled"])))


def _left(tasks: Sequence[Plain]) -> Iterator[tuple[str, str, str]]:
    """Each with its reason, which is told once where it is that of the one above too."""
    above = None
    for each in tasks:
        why = each["detail"]
        yield each["task"], each["reason"], "as above" if (each["reason"], why) == above else why
        above = each["reason"], why


@contextmanager
def _said_when_slow(options: Options, hours: int) -> Iterator[None]:
    """On stderr, when it takes longer than a person waits without a word."""
    words = f"imagining the next {hours} h, start by start"
    timer = Timer(_PATIENCE, click.echo, args=(words,), kwargs={"err": True})
    timer.daemon = True
    if not options.quiet:
        timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _show_occurrences(options: Options, occurrences: Sequence[Plain]) -> None:
    """When recurring entries look for work; whether there is any then, nobody knows now."""
    if not occurrences:
        return
    click.echo("\nRecurring work is looked for:")
    rows = [(show.local(each["at"]), each["entry"], each["repo"]) for each in occurrences[:_SHOWN]]
    show.table(show.console(options), ("time", "entry", "repo"), rows)
    if len(occurrences) > _SHOWN:
        click.echo(f"… and {len(occurrences) - _SHOWN} more times: --json shows them")

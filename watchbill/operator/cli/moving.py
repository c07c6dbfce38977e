"""watchbill task hold, release, bump, cancel, retry and accept: of one task, or of many."""

import click

from watchbill.operator.cli import names, several, show, until
from watchbill.operator.cli.ask import connect
from watchbill.operator.cli.root import Options, json_option
from watchbill.operator.doors import Plain


@click.command("hold")
@several.options
@until.options
@click.option("--now", is_flag=True, help="Break off a run of it, instead of letting it reach its checkpoint.")
@json_option
@click.pass_obj
def hold(
    options: Options,
    *,
    tasks: tuple[str, ...],
    filter_: str | None,
    yes: bool,
    for_: str | None,
    until_: str | None,
    reason: str,
    now: bool,
    as_json: bool,
) -> None:
    """Keep tasks from starting, until they are released or the time is over."""
    said = {"until": until.moment(for_, until_), "why": reason, "now": now}
    if task := several.only(tasks, filter_):
        answer = connect(options).post(f"/tasks/{task}/hold", {**said, "who": until.who()})
        _done(options, answer, f"{answer['said']}\n→ {answer['lift']}", as_json=as_json)
    else:
        several.carry_out(options, "hold", tasks, filter_, yes=yes, as_json=as_json, **said)


@click.command("release")
@several.options
@json_option
@click.pass_obj
def release(options: Options, *, tasks: tuple[str, ...], filter_: str | None, yes: bool, as_json: bool) -> None:
    """Let tasks start: lifts their holds; under mode = "manual" or "gradual" they then start although others do not."""
    if task := several.only(tasks, filter_):
        answer = connect(options).post(f"/tasks/{task}/release")
        _done(options, answer, f"{answer['id']} may start", as_json=as_json)
    else:
        several.carry_out(options, "release", tasks, filter_, yes=yes, as_json=as_json)


@click.command("bump")
@several.options
@click.option("--provider", type=names.PROVIDER, default="", help="And only on this provider.")
@json_option
@click.pass_obj
def bump(
    options: Options, *, tasks: tuple[str, ...], filter_: str | None, yes: bool, provider: str, as_json: bool
) -> None:
    """Make tasks the next ones of their repository, whatever their priority; several keep the queue's order."""
    if task := several.only(tasks, filter_):
        answer = connect(options).post(f"/tasks/{task}/bump", {"provider": provider})
        pinned = f", only on {answer['pinned_by_hand']}" if answer["pinned_by_hand"] else ""
        _done(options, answer, f"{answer['id']} is the next one of {answer['repo']}{pinned}", as_json=as_json)
    else:
        several.carry_out(options, "bump", tasks, filter_, yes=yes, as_json=as_json, provider=provider)


@click.command("cancel")
@several.options
@click.option("-m", "--reason", default="cancelled by hand", show_default=True, help="Why, for whoever reads it later.")
@json_option
@click.pass_obj
def cancel(
    options: Options, *, tasks: tuple[str, ...], filter_: str | None, yes: bool, reason: str, as_json: bool
) -> None:
    """Take tasks out of the queue; a run of them stops."""
    if task := several.only(tasks, filter_):
        _moved(options, connect(options).post(f"/tasks/{task}/cancel", {"why": reason}), as_json=as_json)
    else:
        several.carry_out(options, "cancel", tasks, filter_, yes=yes, as_json=as_json, why=reason)


@click.command("retry")
@several.options
@json_option
@click.pass_obj
def retry(options: Options, *, tasks: tuple[str, ...], filter_: str | None, yes: bool, as_json: bool) -> None:
    """Queue tasks again, with all their attempts before them."""
    if task := several.only(tasks, filter_):
        _moved(options, connect(options).post(f"/tasks/{task}/retry"), as_json=as_json)
    else:
        several.carry_out(options, "retry", tasks, filter_, yes=yes, as_json=as_json)


@click.command("accept")
@several.options
@json_option
@click.pass_obj
def accept(options: Options, *, tasks: tuple[str, ...], filter_: str | None, yes: bool, as_json: bool) -> None:
    """Make proposed tasks work. One that is named alone and in review may land then."""
    if task := several.only(tasks, filter_):
        _moved(options, connect(options).post(f"/tasks/{task}/accept"), as_json=as_json)
    else:
        several.carry_out(options, "accept", tasks, filter_, yes=yes, as_json=as_json)


def _moved(options: Options, answer: Plain, *, as_json: bool) -> None:
    _done(options, answer, f"{answer['id']} is {answer['state']} now", as_json=as_json)


def _done(options: Options, answer: Plain, said: str, *, as_json: bool) -> None:
    if as_json:
        show.as_json(answer)
    elif not options.quiet:
        click.echo(said)

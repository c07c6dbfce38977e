"""What people do with tasks beside the queue: add, edit, hold, release, bump."""

import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from watchbill.domain.errors import StateError
from watchbill.operator.cli import show, until
from watchbill.operator.cli.ask import connect, loaded
from watchbill.operator.cli.root import Options, json_option
from watchbill.operator.doors import Plain
from watchbill.state.folder import StateFolder
from watchbill.workspace import boxes

_CHECKED = 16_000  # characters that fit into a question; of a longer task the inbox alone says whether it takes it


@click.command("add")
@click.argument("title")
@click.option("--repo", default="", help="Its repository; needed where there are several.")
@click.option("--type", "type_", default="", help="Its type, for instance write, fix or docs. Default: by its title.")
@click.option("--files", multiple=True, help="A path or glob that it may write; may be repeated. Default: any file.")
@click.option("--priority", default="", help="0 (most urgent) to 9. Default: 5.")
@click.option("--provider", default="", help="Only this provider.")
@click.option("--after", multiple=True, metavar="ID", help="A task that has to be done first; may be repeated.")
@click.option("--max-usd", default="", help="What it may cost over all its runs, in US dollars.")
@click.option("--autonomy", default="", help="high, medium or low (waits for a review).")
@click.option("--body", default="", help="What is to be done, at length; - reads it from stdin.")
@json_option
@click.pass_obj
def add(
    options: Options,
    *,
    title: str,
    repo: str,
    type_: str,
    files: tuple[str, ...],
    priority: str,
    provider: str,
    after: tuple[str, ...],
    max_usd: str,
    autonomy: str,
    body: str,
    as_json: bool,
) -> None:
    """Put a task into the inbox, and say its id. Works with and without a daemon: it is taken in by the next look."""
    from watchbill.operator.adding import Wanted, write  # noqa: PLC0415 - as above
    from watchbill.operator.client import outlook_of  # noqa: PLC0415 - as above

    wanted = Wanted(
        title=title,
        repo=repo,
        type=type_,
        files="\n".join(files),
        priority=priority,
        provider=provider,
        after="\n".join(after),
        max_usd=max_usd,
        autonomy=autonomy,
        body=sys.stdin.read() if body == "-" else body,
    )
    configured = loaded(options)
    written = write(wanted, outlook_of(configured, options.environ, datetime.now(UTC)).bill)
    if len(written.text) <= _CHECKED:
        connect(options).get("/inbox/check", name=written.name, text=written.text)
    folder = StateFolder(configured.places(options.environ).state_dir)
    place = _drop(folder, written.name, written.text)
    if as_json:
        show.as_json({"id": written.id, "repo": written.repo, "file": str(place)})
    elif options.quiet:
        click.echo(written.id)
    else:
        click.echo(f"{written.id} is in the inbox of {written.repo}: {place}")


def _drop(folder: StateFolder, name: str, text: str) -> Path:
    folder.make()
    try:
        return boxes.drop(folder.inbox, name, text.encode())
    except OSError as error:
        raise StateError(f"cannot write into the inbox {folder.inbox}: {error.strerror}") from error


@click.command("edit")
@click.argument("task")
@click.option("--title", default="", help="Another title.")
@click.option("--type", default="", help="Another type.")
@click.option("--files", multiple=True, help="A path or glob that it may write; may be repeated.")
@click.option("--priority", default="", help="0 (most urgent) to 9.")
@click.option("--provider", default="", help="Only this provider.")
@click.option("--after", multiple=True, metavar="ID", help="A task that has to be done first; may be repeated.")
@click.option("--max-usd", default="", help="What it may cost over all its runs, in US dollars.")
@click.option("--autonomy", default="", help="high, medium or low (waits for a review).")
@json_option
@click.pass_obj
def edit(
    options: Options, /, *, task: str, files: tuple[str, ...], after: tuple[str, ...], as_json: bool, **said: str
) -> None:
    """Change a task that no queue file says. What a queue file says is changed there."""
    body = {**said, "files": "\n".join(files), "after": "\n".join(after)}
    answer = connect(options).post(f"/tasks/{task}/edit", body)
    _done(options, answer, f"{answer['id']} is changed", as_json=as_json)


@click.command("hold")
@click.argument("task")
@until.options
@click.option("--now", is_flag=True, help="Break off a run of it, instead of letting it reach its checkpoint.")
@json_option
@click.pass_obj
def hold(
    options: Options, *, task: str, for_: str | None, until_: str | None, reason: str, now: bool, as_json: bool
) -> None:
    """Keep one task from starting, until it is released or the time is over."""
    said = {"until": until.moment(for_, until_), "why": reason, "who": until.who(), "now": now}
    answer = connect(options).post(f"/tasks/{task}/hold", said)
    _done(options, answer, f"{answer['said']}\n→ {answer['lift']}", as_json=as_json)


@click.command("release")
@click.argument("task")
@json_option
@click.pass_obj
def release(options: Options, *, task: str, as_json: bool) -> None:
    """Let a task start: lifts its hold; under mode = "manual" or "gradual" it then starts although others do not."""
    answer = connect(options).post(f"/tasks/{task}/release")
    _done(options, answer, f"{answer['id']} may start", as_json=as_json)


@click.command("bump")
@click.argument("task")
@click.option("--provider", default="", help="And only on this provider.")
@json_option
@click.pass_obj
def bump(options: Options, *, task: str, provider: str, as_json: bool) -> None:
    """Make a task the next one of its repository, whatever its priority."""
    answer = connect(options).post(f"/tasks/{task}/bump", {"provider": provider})
    pinned = f", only on {answer['pinned_by_hand']}" if answer["pinned_by_hand"] else ""
    _done(options, answer, f"{answer['id']} is the next one of {answer['repo']}{pinned}", as_json=as_json)


def _done(options: Options, answer: Plain, said: str, *, as_json: bool) -> None:
    if as_json:
        show.as_json(answer)
    elif not options.quiet:
        click.echo(said)

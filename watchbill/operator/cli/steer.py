"""watchbill task add and edit: what people write of tasks beside the queue."""

import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from watchbill.domain.errors import StateError
from watchbill.operator.cli import names, show
from watchbill.operator.cli.ask import connect, loaded
from watchbill.operator.cli.root import Options, json_option
from watchbill.operator.doors import Plain
from watchbill.state.folder import StateFolder
from watchbill.workspace import boxes

_CHECKED = 16_000  # characters that fit into a question; of a longer task the inbox alone says whether it takes it


@click.command("add")
@click.argument("title")
@click.option("--repo", type=names.REPO, default="", help="Its repository; needed where there are several.")
@click.option("--type", "type_", default="", help="Its type, for instance write, fix or docs. Default: by its title.")
@click.option("--files", multiple=True, help="A path or glob that it may write; may be repeated. Default: any file.")
@click.option("--priority", default="", help="0 (most urgent) to 9. Default: 5.")
@click.option("--provider", type=names.PROVIDER, default="", help="Only this provider.")
@click.option(
    "--after", type=names.TASK, multiple=True, metavar="ID", help="A task that has to be done first; may be repeated."
)
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
@click.argument("task", type=names.TASK)
@click.option("--title", default="", help="Another title.")
@click.option("--type", default="", help="Another type.")
@click.option("--files", multiple=True, help="A path or glob that it may write; may be repeated.")
@click.option("--priority", default="", help="0 (most urgent) to 9.")
@click.option("--provider", type=names.PROVIDER, default="", help="Only this provider.")
@click.option(
    "--after", type=names.TASK, multiple=True, metavar="ID", help="A task that has to be done first; may be repeated."
)
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


def _done(options: Options, answer: Plain, said: str, *, as_json: bool) -> None:
    if as_json:
        show.as_json(answer)
    elif not options.quiet:
        click.echo(said)

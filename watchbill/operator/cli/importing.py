"""watchbill task import: the queue files read now, or only looked at."""

from collections.abc import Iterator
from contextlib import nullcontext
from datetime import UTC, datetime

import click

from watchbill.config import repo_values
from watchbill.operator.cli import show
from watchbill.operator.cli.ask import connect, loaded
from watchbill.operator.cli.root import Options, json_option
from watchbill.operator.doors import Plain
from watchbill.operator.faults import Exit
from watchbill.state import database
from watchbill.state.folder import StateFolder


@click.command("import")
@click.option("--check", is_flag=True, help="Only say what would be read, and which lines need you: exit code 3 then.")
@json_option
@click.pass_context
def command(ctx: click.Context, *, check: bool, as_json: bool) -> None:
    """Have the daemon read the queue files now. It does so by itself whenever one is saved."""
    options: Options = ctx.obj
    if not check:
        answer = connect(options).post("/refresh")
        if as_json:
            show.as_json(answer)
        elif not options.quiet:
            click.echo("asked; watchbill task list shows what came of it")
        return
    found = _looked_at(options)
    if as_json:
        show.as_json({"files": found})
    else:
        for line in _told(found):
            click.echo(line)
    if any(one["unreadable"] for one in found):
        ctx.exit(Exit.CONDITION_FALSE)


def _looked_at(options: Options) -> list[Plain]:
    """Every queue file with what a daemon would complain of: beside its grammar also names that nobody has, and circles."""
    from watchbill.operator import client, preview  # noqa: PLC0415 - the queue's grammar, where a queue has to be read

    configuration = loaded(options)
    bill = client.outlook_of(configuration, options.environ, datetime.now(UTC)).bill
    folder = StateFolder(configuration.places(options.environ).state_dir)
    found: list[Plain] = []
    with database.read_only(folder.db) if folder.db.exists() else nullcontext() as conn:
        for repo in repo_values.repos_of(configuration):
            files, problems = preview.problems(conn, repo, bill)
            count = {file.path: len(file.entries) for file in files}
            for path in dict.fromkeys((*count, *(place.path for place in problems))):
                lines = [{"line": place.line, "why": place.why} for place in problems if place.path == path]
                found.append({"repo": repo.terms.name, "path": path, "tasks": count.get(path, 0), "unreadable": lines})
    return found


def _told(found: list[Plain]) -> Iterator[str]:
    if not found:
        yield "there is no queue file yet: write tasks into one, as - [ ] What is to be done"
    for one in found:
        yield f"{one['repo']} {one['path']}: {one['tasks']} tasks"
        yield from (f"  {one['path']}:{place['line']}: {place['why']}" for place in one["unreadable"])

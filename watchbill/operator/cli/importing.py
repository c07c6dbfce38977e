"""watchbill task import: the queue files read now, or only looked at."""

from collections.abc import Iterator

import click

from watchbill.config import values
from watchbill.config.values import RepoSettings
from watchbill.domain import regular
from watchbill.intake import grammar
from watchbill.operator import unread
from watchbill.operator.cli import show
from watchbill.operator.cli.ask import connect, loaded
from watchbill.operator.cli.root import Options, json_option
from watchbill.operator.doors import Plain
from watchbill.operator.faults import Exit


@click.command("import")
@click.option("--check", is_flag=True, help="Only say what would be read, and which lines cannot be: exit code 3 then.")
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
    found = [one for repo in values.repos_of(loaded(options)) for one in _looked_at(repo)]
    if as_json:
        show.as_json({"files": found})
    else:
        for line in _told(found):
            click.echo(line)
    if any(one["unreadable"] for one in found):
        ctx.exit(Exit.CONDITION_FALSE)


def _looked_at(repo: RepoSettings) -> Iterator[Plain]:
    for path in unread.queue_paths(repo.path, repo.queue):
        shown = path.relative_to(repo.path).as_posix()
        found: Plain = {"repo": repo.terms.name, "path": shown, "tasks": 0, "unreadable": []}
        try:
            read = grammar.parse(grammar.decode(regular.read(path)), shown, repo.terms.name)
        except FileNotFoundError:
            continue
        except OSError as error:
            yield {**found, "unreadable": [{"line": 1, "why": f"it cannot be read: {error.strerror or error}"}]}
            continue
        lines = [{"line": one.line, "why": one.why} for one in read.unreadable]
        yield {**found, "tasks": len(read.entries), "unreadable": lines}


def _told(found: list[Plain]) -> Iterator[str]:
    if not found:
        yield "there is no queue file yet: write tasks into one, as - [ ] What is to be done"
    for one in found:
        yield f"{one['repo']} {one['path']}: {one['tasks']} tasks"
        yield from (f"  {one['path']}:{place['line']}: {place['why']}" for place in one["unreadable"])

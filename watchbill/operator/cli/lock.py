"""watchbill lock: who holds which files, and who waits for them."""

import click

from watchbill.operator.cli import names, show, until
from watchbill.operator.cli.ask import connect
from watchbill.operator.cli.root import Options, json_option
from watchbill.operator.doors import Client, Plain
from watchbill.operator.faults import NotFound

_WHY = {"run": "a run works on them", "branch": "its branch is not merged yet", "person": "a person edits them"}


@click.group("lock")
def command() -> None:
    """Who holds which files, and who waits for them; break a hold."""


@command.command("list")
@json_option
@click.pass_obj
def list_(options: Options, *, as_json: bool) -> None:
    """Every hold on files: of runs, of branches that nobody has merged yet, and of people who edit."""
    answer = connect(options).get("/locks")
    if as_json:
        show.as_json(answer)
        return
    rows = [
        (
            each["task"] or "a person",
            each["repo"],
            each["run"] or each["kind"],
            _since(each),
            ", ".join(each["waiting"]) or "nobody",
            ", ".join(each["files"]),
        )
        for each in answer["locks"]
    ]
    if rows:
        show.table(show.console(options), ("holder", "repo", "by", "for", "who waits", "files"), rows)
    elif not options.quiet:
        click.echo("Nobody holds a file: every path is free.")


def _since(lock: Plain) -> str:
    return show.span(lock["seconds"]) if lock["seconds"] is not None else f"until {show.local(lock['until'])}"


@command.command("show")
@click.argument("task", type=names.TASK)
@json_option
@click.pass_obj
def show_(options: Options, *, task: str, as_json: bool) -> None:
    """What one task holds, and who waits for it."""
    found = _held(connect(options), task)
    if as_json:
        show.as_json({"locks": found})
    else:
        _tell(found)


def _held(client: Client, task: str, *, is_whole: bool = False) -> list[Plain]:
    """By the beginning of the task's id, or by the whole of it. Raises NotFound."""
    found = [each for each in client.get("/locks")["locks"] if (each["task"] or "").startswith(task)]
    found = [each for each in found if each["task"] == task or not is_whole]
    if not found:
        raise NotFound(f"{task} holds no files", hint="watchbill lock list")
    return found


def _tell(found: list[Plain]) -> None:
    for each in found:
        click.echo(f"{each['task']}  {each['title']}")
        show.pairs(
            [
                ("in", each["repo"]),
                ("why", _WHY[each["kind"]]),
                ("run", f"{each['run']} on {each['provider']}" if each["run"] else ""),
                ("since", f"{show.local(each['since'])}, {_since(each)}"),
                ("files", ", ".join(each["files"])),
                ("waiting", ", ".join(each["waiting"]) or "nobody"),
            ]
        )


@command.command("break")
@click.argument("task", type=names.TASK)
@until.reason
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
@click.pass_obj
def break_(options: Options, *, task: str, reason: str, yes: bool, as_json: bool) -> None:
    """Take the files from a task. A run of it breaks off, and it is held until you release it; a branch that nobody merged
    no longer keeps its files, and may conflict with what is done meanwhile."""
    client = connect(options)
    if not yes:
        if as_json:
            raise click.UsageError("--yes says that it is meant: nobody can be asked with --json")
        held = _held(client, client.get(f"/tasks/{task}")["id"], is_whole=True)
        _tell(held)
        breaks = " The run breaks off, and its call stays charged." if any(each["run"] for each in held) else ""
        click.confirm(f"Others may write these files.{breaks} Go on?", abort=True)
    done = client.post(f"/locks/{task}/break", {"who": until.who(), "why": reason})
    if as_json:
        show.as_json(done)
    elif not options.quiet:
        click.echo(f"free: {', '.join(done['files'])}")
        if done["run"]:
            click.echo(f"{done['run']} broke off; {done['task']} is held\n→ watchbill task release {done['task']}")

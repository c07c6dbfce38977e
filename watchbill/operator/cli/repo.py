"""watchbill repo: the repositories, and how they stand."""

from urllib.parse import quote

import click

from watchbill.domain.counted import counted
from watchbill.operator.cli import enlisting, names, show
from watchbill.operator.cli.ask import connect
from watchbill.operator.cli.root import Options, json_option, report
from watchbill.operator.doors import Plain
from watchbill.operator.faults import Exit, NotFound, Refused


@click.group("repo")
def command() -> None:
    """The repositories: what is open, what they cost, what is wrong. watchbill.toml says which there are."""


for _one in (enlisting.add, enlisting.remove):
    command.add_command(_one)


@command.command("list")
@json_option
@click.pass_obj
def list_(options: Options, *, as_json: bool) -> None:
    """Every repository with its open tasks, and with the runs and the cost of the last day."""
    answer = connect(options).get("/repos")
    if as_json:
        show.as_json(answer)
        return
    rows = [
        (
            each["name"],
            f"{each['share']:g}",
            str(each["open"]),
            str(each["runs_24h"]),
            show.usd(each["cost_24h_micro_usd"]),
            each["fault"],
        )
        for each in answer["repos"]
    ]
    columns = ("repository", "share>", "open>", "runs 24h>", "cost 24h>", "what is wrong")
    show.table(show.console(options), columns, rows)


@command.command("sync")
@click.argument("name", required=False, type=names.REPO)
@json_option
@click.pass_obj
def sync(options: Options, *, name: str | None, as_json: bool) -> None:
    """Have the daemon fetch a repository's branches and read its queues now, and say what came; without NAME, of each.

    It does so by itself whenever you commit or save a queue. Nothing is pulled into your repository, and nothing is pushed.
    Where one of several cannot be fetched, the others are, and the exit code is that of the first failure.
    """
    client = connect(options)
    wanted = [name] if name else [each["name"] for each in client.get("/repos")["repos"]]
    came: list[Plain] = []
    failed: list[Refused] = []
    for each in wanted:
        try:
            came.append(client.post(f"/repos/{quote(each, safe='')}/sync"))
        except Refused as error:
            if name or error.exit is Exit.UNREACHABLE:
                raise
            failed.append(Refused(error.code, f"{each}: {error}", error.hint))
        else:
            _show_what_came(came[-1], as_json=as_json)
    if as_json:
        show.as_json({"repos": came})
    for one in failed:
        report(one, as_json=as_json)
    if failed:
        click.get_current_context().exit(failed[0].exit)


def _show_what_came(came: Plain, *, as_json: bool) -> None:
    if as_json:
        return
    click.echo(_came(came))
    for one in came["commits"]:
        click.echo(f"  {one['commit'][:10]}  {one['subject']}")
    if (more := came["count"] - len(came["commits"])) > 0:
        click.echo(f"  … and {more} before them")


def _came(came: Plain) -> str:
    where = f"{came['repo']}: {came['target']}"
    if came["now"] is None:
        return f"{where} is not there: the repository has no such branch"
    if came["now"] == came["was"]:
        return f"{where} is at {came['now'][:10]}, as before"
    how = "was rewritten" if came["rewritten"] else "went on"
    return f"{where} {how}: {came['now'][:10]}, {counted(came['count'], 'new commit')}"


@command.command("show")
@click.argument("name", type=names.REPO)
@json_option
@click.pass_obj
def show_(options: Options, *, name: str, as_json: bool) -> None:
    """One repository: what is open in it, and who holds which of its files."""
    client = connect(options)
    found = next((each for each in client.get("/repos")["repos"] if each["name"] == name), None)
    if found is None:
        raise NotFound(f"there is no repository {name!r}", hint="watchbill repo list")
    tasks = client.get("/tasks", repo=name)["tasks"]
    locks = [each for each in client.get("/locks")["locks"] if each["repo"] == name]
    if as_json:
        show.as_json({**found, "tasks": tasks, "locks": locks})
        return
    click.echo(name)
    show.pairs(
        [
            ("wrong", found["fault"]),
            ("share", f"{found['share']:g}"),
            ("last day", f"{found['runs_24h']} runs, {show.usd(found['cost_24h_micro_usd'])}"),
            ("held", "; ".join(f"{', '.join(each['files'])} by {each['task'] or 'a person'}" for each in locks)),
        ]
    )
    rows = [(each["id"], each["state"], each["type"], each["title"]) for each in tasks]
    if rows:
        click.echo()
        show.table(show.console(options), ("task", "state", "type", "title"), rows)

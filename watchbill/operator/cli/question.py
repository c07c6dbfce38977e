"""watchbill question: what models ask, and what was said."""

from urllib.parse import quote

import click

from watchbill.operator.cli import names, show
from watchbill.operator.cli.ask import connect
from watchbill.operator.cli.root import Options, json_option
from watchbill.operator.doors import Plain


@click.group("question")
def command() -> None:
    """List and show what models ask. Settle it with `watchbill answer`."""


@command.command("list")
@click.option("--all", "everything", is_flag=True, help="Settled ones too.")
@json_option
@click.pass_obj
def list_(options: Options, *, everything: bool, as_json: bool) -> None:
    """Open questions, the oldest first."""
    answer = connect(options).get("/questions", state=None if everything else "open")
    if as_json:
        show.as_json(answer)
        return
    rows = [
        (one["id"], one["task"], one["state"] if one["state"] != "open" or not one["waits"] else "waits", one["title"])
        for one in answer["questions"]
    ]
    show.table(show.console(options), ("question", "task", "state", "asks"), rows)
    if not rows and not options.quiet:
        click.echo("Nobody asks anything. --all shows settled ones too.")


@command.command("show")
@click.argument("question", type=names.QUESTION)
@json_option
@click.pass_obj
def show_(options: Options, *, question: str, as_json: bool) -> None:
    """A question whole, with the command that answers it."""
    answer = connect(options).get(f"/questions/{quote(question, safe='')}")
    if as_json:
        show.as_json(answer)
        return
    click.echo(f"{answer['id']}  {answer['title']}")
    show.pairs(_facts(answer))
    if answer["issue"].strip():
        click.echo(f"\n{answer['issue'].rstrip()}\n")
    for number, option in enumerate(answer["options"], start=1):
        click.echo(f"  {number}. {option}")
    if answer["state"] == "open":
        click.echo(f'→ watchbill answer {answer["id"]} "…"' + (" or --option N" if answer["options"] else ""))


def _facts(answer: Plain) -> list[tuple[str, str]]:
    waits = "its task waits" if answer["waits"] else "its task goes on by the recommendation"
    settled = f"{answer['state']} {show.local(answer['settled_at'])}: {answer['how']}"
    return [
        ("task", answer["task"]),
        ("asked", f"{show.local(answer['asked_at'])} by {answer['provider']}"),
        ("state", f"open: {waits}" if answer["state"] == "open" else settled),
        ("recommends", answer["recommendation"]),
        ("answer", answer["answer"]),
    ]

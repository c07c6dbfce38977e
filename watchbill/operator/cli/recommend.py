"""watchbill recommend: what is worth changing, by which numbers, and what to run."""

import click

from watchbill.operator.cli import show
from watchbill.operator.cli.ask import connect
from watchbill.operator.cli.root import Options, json_option


@click.command("recommend")
@json_option
@click.pass_obj
def command(options: Options, *, as_json: bool) -> None:
    """What is worth changing: by which numbers of the last week, and what to run or write. Silent when there is nothing."""
    answer = connect(options).get("/recommendations")
    if as_json:
        show.as_json(answer)
        return
    for each in answer["recommendations"]:
        click.echo(f"{each['rule'].replace('_', ' ').capitalize()}: {each['evidence']}")
        click.echo(f"→ {each['run']}")

"""watchbill recurring: what comes again and again, when it looks next, and what its last look found."""

import click

from watchbill.operator.cli import show
from watchbill.operator.cli.ask import connect
from watchbill.operator.cli.root import Options, json_option


@click.command("recurring")
@json_option
@click.pass_obj
def command(options: Options, *, as_json: bool) -> None:
    """The recurring entries of the configuration: when each looks for work next, and what its last look found."""
    answer = connect(options).get("/recurring")
    if as_json:
        show.as_json(answer)
        return
    rows = [
        (
            each["entry"],
            each["repo"],
            each["when"],
            show.local(each["next_at"]),
            show.local(each["looked_at"]),
            each["words"],
        )
        for each in answer["entries"]
    ]
    if rows:
        show.table(show.console(options), ("entry", "repo", "when", "next", "last", "and"), rows)
    elif not options.quiet:
        click.echo("Nothing recurs: [[recurring]] in watchbill.toml says what does.")

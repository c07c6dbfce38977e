"""watchbill reload: the daemon reads its configuration anew, as after SIGHUP."""

import click

from watchbill.operator.cli import show
from watchbill.operator.cli.ask import connect
from watchbill.operator.cli.root import Options, json_option


@click.command("reload")
@click.option("--wait", is_flag=True, help="Wait for the outcome: exit with 2 and the problems when it is rejected.")
@json_option
@click.pass_obj
def command(options: Options, *, wait: bool, as_json: bool) -> None:
    """Have the daemon read its configuration anew. A bad one is rejected whole: what is in force stays.

    Running work keeps what it began with; new runs get the new one. Budget caps bind at once.
    """
    answer = connect(options).post(f"/config/reload?wait={'true' if wait else 'false'}")
    if as_json:
        show.as_json(answer)
    elif not wait:
        click.echo("asked; watchbill status says what came of it")
    else:
        click.echo(f"in force; changed: {', '.join(answer['changed']) or 'nothing'}")
        for provider in answer["fell_out"]:
            click.echo(f"no longer in use: {provider}")
        for note in answer["notes"]:
            click.echo(f"note: {note}")
        if answer["needs_restart"]:
            click.echo(f"not in force before a restart: {', '.join(answer['needs_restart'])}")

"""watchbill provider: what people decide about providers, and what providers' signals mean."""

import click

from watchbill.operator.cli import show, until
from watchbill.operator.cli.ask import connect
from watchbill.operator.cli.classify import classify
from watchbill.operator.cli.root import Options, json_option


@click.group("provider")
def command() -> None:
    """What people decide about providers, and what their signals mean."""


command.add_command(classify)


@command.command("allow")
@click.argument("provider")
@click.argument("model")
@click.option("-m", "--reason", required=True, help="Why, for whoever asks later.")
@json_option
@click.pass_obj
def allow(options: Options, *, provider: str, model: str, reason: str, as_json: bool) -> None:
    """Let a MODEL be asked again that was stopped because a call cost more than its bound. Look at its price first."""
    done = connect(options).post(f"/providers/{provider}/allow/{model}", {"who": until.who(), "why": reason})
    if as_json:
        show.as_json(done)
    elif not options.quiet:
        click.echo(f"{model} of {provider} may be asked again")


@command.command("reset")
@click.argument("provider")
@click.option("-m", "--reason", required=True, help="Why, for whoever asks later.")
@json_option
@click.pass_obj
def reset(options: Options, *, provider: str, reason: str, as_json: bool) -> None:
    """End every hold of a PROVIDER's account and models: you saw to what it waited for. The next answer tells anew."""
    done = connect(options).post(f"/providers/{provider}/reset", {"who": until.who(), "why": reason})
    if as_json:
        show.as_json(done)
    elif not options.quiet:
        click.echo(f"{provider} is not on hold any more")

"""watchbill resume: what was paused goes on."""

import click

from watchbill.operator.cli import scopes, show
from watchbill.operator.cli.ask import connect
from watchbill.operator.cli.root import Options, json_option


@click.command("resume")
@scopes.options
@json_option
@click.pass_obj
def command(
    options: Options, *, provider: str | None, repo: str | None, type_: str | None, task: str | None, as_json: bool
) -> None:
    """Lift a pause of everything, or of one provider, repository, task type or task. Each is lifted by itself."""
    client = connect(options)
    lifted = client.post("/resume", scopes.said(provider=provider, repo=repo, type_=type_, task=task))
    left = client.get("/pauses")["pauses"]
    if as_json:
        show.as_json({"lifted": lifted, "pauses": left})
    elif not options.quiet:
        click.echo(f"{lifted['name'] or 'everything'} goes on")
        for pause in left:
            click.echo(f"still: {pause['said']}\n→ {pause['lift']}")

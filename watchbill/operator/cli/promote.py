"""watchbill promote: bring what landed onto the target branch."""

import click

from watchbill.operator.cli import names, show
from watchbill.operator.cli.ask import connect, loaded
from watchbill.operator.cli.root import Options, json_option


@click.command("promote")
@click.argument("repo", required=False, type=names.REPO)
@json_option
@click.pass_obj
def command(options: Options, *, repo: str | None, as_json: bool) -> None:
    """Bring a repository's integration branch onto its target, where nobody has the target checked out."""
    known = [each.name for each in loaded(options).settings.repo]
    if repo is None and len(known) > 1:
        raise click.UsageError(f"say which repository: {', '.join(known)}")
    done = connect(options).post(f"/repos/{repo or known[0]}/promote")
    if as_json:
        show.as_json(done)
    else:
        click.echo(f"{done['repo']}: {done['target']} is at {(done['commit'] or '')[:12]}; {done['why']}")

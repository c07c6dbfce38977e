"""watchbill pause: nothing new begins; what is in work goes to its checkpoint."""

import click

from watchbill.operator.cli import scopes, show, until
from watchbill.operator.cli.ask import connect
from watchbill.operator.cli.root import Options, json_option


@click.command("pause")
@scopes.options
@until.options
@click.option("--now", is_flag=True, help="Break off what is in work; a call under way stays charged at its bound.")
@json_option
@click.pass_obj
def command(
    options: Options,
    *,
    provider: str | None,
    repo: str | None,
    type_: str | None,
    task: str | None,
    for_: str | None,
    until_: str | None,
    reason: str,
    now: bool,
    as_json: bool,
) -> None:
    """Pause everything, or one provider, repository, task type or task. What is in work goes to its next checkpoint.

    It lasts until `watchbill resume`, or ends by itself. Where nothing else works, make the file WATCHBILL_STOP in the
    state folder: that stops all new work within a second.
    """
    said = scopes.said(provider=provider, repo=repo, type_=type_, task=task)
    ends = until.moment(for_, until_)
    answer = connect(options).post("/pause", {**said, "until": ends, "why": reason, "who": until.who(), "now": now})
    if as_json:
        show.as_json(answer)
    elif not options.quiet:
        click.echo(f"{answer['said']}\n→ {answer['lift']}")

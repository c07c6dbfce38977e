"""watchbill answer: settle a question."""

from urllib.parse import quote

import click

from watchbill.operator.cli import names, show
from watchbill.operator.cli.ask import connect
from watchbill.operator.cli.root import Options, json_option


@click.command("answer")
@click.argument("question", type=names.QUESTION)
@click.argument("text", nargs=-1)
@click.option("--option", "option", type=click.IntRange(min=1), metavar="K", help="The K-th of its options.")
@json_option
@click.pass_obj
def command(options: Options, *, question: str, text: tuple[str, ...], option: int | None, as_json: bool) -> None:
    """Answer a question with words, one of its options, or both; the work that waits for it goes on."""
    body = {"text": " ".join(text), "option": option}
    answer = connect(options).post(f"/questions/{quote(question, safe='')}/answer", body)
    if as_json:
        show.as_json(answer)
    elif not options.quiet:
        click.echo(f"{answer['id']} is answered: {answer['answer']}")

"""watchbill web: a link that signs a browser in to the page."""

import click

from watchbill.operator.cli import show
from watchbill.operator.cli.ask import connect
from watchbill.operator.cli.root import Options, json_option


@click.command("web")
@click.option("--open", "opens", is_flag=True, help="Open it in a browser of this machine.")
@json_option
@click.pass_obj
def command(options: Options, *, opens: bool, as_json: bool) -> None:
    """Print a link that signs a browser in to the page; it works once, and for some minutes.

    The page is served where the configuration says so: [web] with listen = "127.0.0.1:8620". From another machine, come by a
    tunnel: ssh -L 8620:127.0.0.1:8620 HOST
    """
    answer = connect(options).post("/web/sign-in")
    if as_json:
        show.as_json(answer)
    else:
        click.echo(answer["url"])
    if opens:
        click.launch(answer["url"])

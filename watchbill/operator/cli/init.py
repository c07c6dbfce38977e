"""watchbill init: look at a repository, say what was found, and write its watchbill.toml."""

from pathlib import Path

import click

from watchbill.config.load import FILE_NAME, parse
from watchbill.operator.cli.root import Options
from watchbill.operator.faults import BadQuestion
from watchbill.operator.survey import Survey, repository_root, survey, toml_of


@click.command("init")
@click.argument("path", required=False, type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--print", "only_print", is_flag=True, help="Print what would be written, and write nothing.")
@click.option("--force", is_flag=True, help="Write over a watchbill.toml that is there.")
@click.pass_obj
def command(options: Options, *, path: Path | None, yes: bool, only_print: bool, force: bool) -> None:
    """Look at a repository and write its watchbill.toml. Nothing of it is run and no key is read."""
    root = repository_root((path or Path.cwd()).absolute())
    if root is None:
        raise BadQuestion(f"there is no git repository around {path or Path.cwd()}: make one with git init")
    found = survey(root, options.environ)
    text = toml_of(found)
    parse(text)  # what is written loads
    if only_print:
        click.echo(text, nl=False)
        return
    place = root / FILE_NAME
    if place.exists() and not force:
        raise BadQuestion(f"{place} is there already; look at it with watchbill config show, or use --force")
    _tell(found)
    click.echo(f"\n{text}")
    if yes or click.confirm(f"Write this to {place}?", default=True):
        _write(place, text)
        click.echo(f"Wrote {place}. Next: watchbill plan, then watchbill serve")


def _tell(found: Survey) -> None:
    keys = (
        ", ".join(vendor.variable for vendor in found.vendors)
        or "none: only local automation can work until one is set"
    )
    click.echo(f"{found.root} on branch {found.target}")
    click.echo(f"  languages  {', '.join(found.languages) or 'none known'}")
    click.echo(f"  queue      {', '.join(found.queues) or 'none yet'}, {found.open_tasks} open tasks")
    click.echo(f"  tests      {', '.join(' '.join(argv) for _, argv in found.tests) or 'none found'}")
    click.echo(f"  keys       {keys}")


def _write(place: Path, text: str) -> None:
    staged = place.with_name(f".{place.name}.new")
    staged.write_text(text, "utf-8")
    staged.replace(place)

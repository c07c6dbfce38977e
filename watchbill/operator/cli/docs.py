"""watchbill docs: writes the pages that are made from the program. For its own developers, so it is hidden."""

from pathlib import Path

import click

from watchbill.operator.pages import pages


@click.group("docs", hidden=True)
def command() -> None:
    """Pages of the documentation that are made from the program."""


@command.command("write")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.pass_context
def write(ctx: click.Context, *, folder: Path) -> None:
    """Write every page into FOLDER."""
    root = ctx.find_root().command
    assert isinstance(root, click.Group), "commands hang on a group"
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in pages(root).items():
        (folder / name).write_text(text, "utf-8")
        click.echo(folder / name)

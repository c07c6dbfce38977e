"""watchbill version."""

import platform

import click

from watchbill import __version__
from watchbill.operator.cli import show
from watchbill.operator.cli.root import json_option
from watchbill.state import engine, schema


@click.command("version")
@json_option
def command(*, as_json: bool) -> None:
    """The version, what it stands on, and the number of its database's schema."""
    facts = {
        "watchbill": __version__,
        "python": platform.python_version(),
        "sqlite": engine.choose().sqlite_version,
        "journal": engine.journal_mode(),
        "schema": schema.known(),
    }
    if as_json:
        show.as_json(facts)
    else:
        click.echo("  ".join(f"{name} {value}" for name, value in facts.items()))

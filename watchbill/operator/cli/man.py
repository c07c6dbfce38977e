"""watchbill man: the manual page."""

import shutil
import subprocess
import sys
from datetime import UTC, datetime

import click

from watchbill.operator.manual import manual

_KEPT_AT = "watchbill man > ~/.local/share/man/man1/watchbill.1"


@click.command("man", epilog=f"To have `man watchbill`: {_KEPT_AT}")
@click.pass_context
def command(ctx: click.Context) -> None:
    """Show the manual page; where that is no terminal, print it as man pages are kept."""
    root = ctx.find_root().command
    assert isinstance(root, click.Group), "commands hang on a group"
    page = manual(root, datetime.now(UTC).date())
    if sys.stdout.isatty() and shutil.which("man"):
        subprocess.run(["man", "-l", "-"], input=page.encode(), check=False)
    else:
        click.echo(page, nl=False)

"""watchbill completion: what a shell needs to complete commands and options."""

import click
from click.shell_completion import get_completion_class

_HELP = {
    "bash": 'eval "$(watchbill completion bash)" in ~/.bashrc',
    "zsh": 'eval "$(watchbill completion zsh)" in ~/.zshrc',
    "fish": "watchbill completion fish > ~/.config/fish/completions/watchbill.fish",
}


@click.command("completion", epilog="\b\n" + "\n".join(_HELP.values()))
@click.argument("shell", type=click.Choice(list(_HELP)))
@click.pass_context
def command(ctx: click.Context, *, shell: str) -> None:
    """Print the completion script of a shell."""
    made = get_completion_class(shell)
    assert made is not None, "click has all three"
    root = ctx.find_root().command
    click.echo(made(root, {}, "watchbill", "_WATCHBILL_COMPLETE").source())

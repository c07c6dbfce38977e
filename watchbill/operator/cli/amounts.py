"""Amounts: dollars as people type them."""

import click

from watchbill.domain.money import usd


def dollars(_ctx: click.Context, _param: click.Parameter, said: str) -> str:
    """Checked, and still text: no float comes between what was typed and what is booked. Raises BadParameter."""
    try:
        usd(said)
    except ValueError as error:
        raise click.BadParameter(f"{said!r} is not an amount of dollars: write 5 or 2.50") from error
    return said

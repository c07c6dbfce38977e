"""watchbill prices: what would be paid for each model."""

import sys

import click

from watchbill.domain import money
from watchbill.domain.money import MicroUsd
from watchbill.operator.cli import show
from watchbill.operator.cli.ask import connect
from watchbill.operator.cli.root import Options, json_option
from watchbill.operator.doors import Plain
from watchbill.operator.faults import Exit

_AMOUNTS = ("input", "output", "cache_read", "cache_write_5m", "cache_write_1h", "batch_input", "batch_output")


@click.command("prices")
@json_option
@click.pass_obj
def command(options: Options, *, as_json: bool) -> None:
    """What would be paid for a million tokens of each configured model, and by which row.

    Exit code 3 when a model has no price, or the list is stale.
    """
    answer = connect(options).get("/prices")
    if as_json:
        show.as_json(answer)
    else:
        _render(options, answer)
    sys.exit(Exit.CONDITION_FALSE if answer["warnings"] else Exit.OK)


def _render(options: Options, answer: Plain) -> None:
    if answer["rows"]:
        columns = ("provider", "model", "in>", "out>", "read>", "write 5m>", "write 1h>", "batch in>", "out>", "by")
        show.table(show.console(options), columns, [_row(row) for row in answer["rows"]])
        newest = answer["list"]["newest"] or "no date"
        click.echo(f"\nUS dollars for {answer['per']}; {answer['list']['source']} knows of {newest}.")
    else:
        click.echo("No model is configured.")
    for warning in answer["warnings"]:
        click.echo(f"! {warning}", err=True)


def _row(row: Plain) -> tuple[str, ...]:
    amounts = (_exact(row.get(f"{name}_micro_usd")) for name in _AMOUNTS)
    return (row["provider"], row["model"], *amounts, row["source"] or "no price")


def _exact(micros: int | None) -> str:
    return "-" if micros is None else money.show(MicroUsd(micros))

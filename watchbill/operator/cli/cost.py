"""watchbill cost: what was spent on what."""

from datetime import UTC, datetime

import click

from watchbill.operator.cli import show
from watchbill.operator.cli.ask import connect
from watchbill.operator.cli.root import Options, json_option
from watchbill.operator.doors import Plain
from watchbill.state.accounts import By


@click.command("cost")
@click.option(
    "--by",
    type=click.Choice([by.value for by in By]),
    default=By.PROVIDER.value,
    show_default=True,
    help="Sums by this.",
)
@click.option("--since", help="From then on: 2026-11-24, 7d, today, month. Default: everything.")
@click.option("--until", help="Before then.")
@json_option
@click.pass_obj
def command(options: Options, *, by: str, since: str | None, until: str | None, as_json: bool) -> None:
    """What was spent on what. Whatever it is summed by, the total is the same."""
    now = datetime.now(UTC)
    answer = connect(options).get("/costs", by=by, since=_moment(since, now), until=_moment(until, now))
    if as_json:
        show.as_json(answer)
        return
    rows = [_row(row["name"], row) for row in answer["rows"]]
    total = _row("total", answer["total"])
    show.table(show.console(options), (by, "calls>", "in>", "out>", "held>", "unknown>", "cost>"), [*rows, total])


def _moment(said: str | None, now: datetime) -> str | None:
    return None if said is None else show.when(said, now).isoformat()


def _row(name: str, row: Plain) -> tuple[str, ...]:
    return (
        name,
        str(row["calls"]),
        show.tokens(row["tokens_in"]),
        show.tokens(row["tokens_out"]),
        show.usd(row["held_micro_usd"]),
        show.usd(row["unknown_micro_usd"]),
        show.usd(row["cost_micro_usd"]),
    )

"""watchbill cost: what was spent on what."""

import click
from click.core import ParameterSource

from watchbill.operator.cli import burn, lower, periods, reconcile, show
from watchbill.operator.cli.ask import connect
from watchbill.operator.cli.root import Options, json_option
from watchbill.operator.doors import Plain
from watchbill.state.accounts import By


@click.group("cost", cls=periods.Periodic, invoke_without_command=True)
@click.option(
    "--by",
    type=click.Choice([by.value for by in By]),
    default=By.PROVIDER.value,
    show_default=True,
    help="Sums by this.",
)
@click.option("--since", help="From then on: 2026-11-24, 14:00, 7d, today, month; in the budget's zone. Default: all.")
@click.option("--until", help="Before then: a call counts from its reservation on, that moment itself not included.")
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV: one line a row, no total.")
@json_option
@click.pass_context
def command(
    ctx: click.Context,
    *,
    by: str,
    since: str | None,
    until: str | None,
    period: str | None,
    as_csv: bool,
    as_json: bool,
) -> None:
    """What was spent on what: ever, or today, yesterday, this month, the last 7d. Whatever it is summed by, the total is the same to the micro-dollar."""
    if ctx.invoked_subcommand is not None:
        _refuse_options(ctx)
        return
    if as_csv and as_json:
        raise click.UsageError("say --csv or --json, not both")
    if period is not None:
        if since or until:
            raise click.UsageError(f"say {period}, or --since and --until, not both")
        since, until = periods.between(period)
    options: Options = ctx.obj
    answer = connect(options).get("/costs", by=by, since=since, until=until)
    if as_json:
        show.as_json(answer)
    elif as_csv:
        show.as_csv([{by: row.pop("name"), **row} for row in answer["rows"]])
    else:
        _print(options, answer, by)


def _refuse_options(ctx: click.Context) -> None:
    """What is said before a command of the group would be lost on it."""
    for name in ("by", "since", "until", "period", "as_csv"):
        if ctx.get_parameter_source(name) is not ParameterSource.DEFAULT:
            said = ctx.params[name] if name == "period" else f"--{name.removeprefix('as_')}"
            raise click.UsageError(f"{said} is of `watchbill cost` alone; {ctx.invoked_subcommand} does not take it")


def _print(options: Options, answer: Plain, by: str) -> None:
    rows = [_row(row["name"], row) for row in answer["rows"]]
    out = show.console(options)
    show.table(
        out, (by, "calls>", "in>", "out>", "held>", "unknown>", "cost>"), [*rows, _row("total", answer["total"])]
    )
    if saved := show.savings(answer["savings"]):
        out.print(f"\n{saved}")
    if not options.quiet and answer["since"] is not None:
        end = "" if answer["until"] is None else f" until {show.local(answer['until'])}"
        click.echo(f"since {show.local(answer['since'])} {show.zone()}{end}")


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


command.add_command(burn.forecast)
command.add_command(burn.check)
command.add_command(reconcile.reconcile)
command.add_command(lower.command)

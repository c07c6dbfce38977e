"""watchbill budget: every cap and what is left of it; more of it for a while."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

from watchbill.domain.windows import WindowKind
from watchbill.operator.cli import amounts, names, show, until
from watchbill.operator.cli.ask import connect
from watchbill.operator.cli.root import Options, json_option
from watchbill.operator.doors import Plain

F = TypeVar("F", bound=Callable[..., Any])


@click.group("budget", invoke_without_command=True)
@json_option
@click.pass_context
def command(ctx: click.Context, *, as_json: bool) -> None:
    """Every cap in force and what is left of it, what of an allowance is left, and what was raised by hand."""
    if ctx.invoked_subcommand is None:
        _show(ctx.obj, as_json=as_json)


@command.command("show")
@json_option
@click.pass_obj
def show_(options: Options, *, as_json: bool) -> None:
    """The same as `watchbill budget` alone."""
    _show(options, as_json=as_json)


def _show(options: Options, *, as_json: bool) -> None:
    answer = connect(options).get("/budget")
    if as_json:
        show.as_json(answer)
        return
    rows = [*map(_window, answer["windows"]), *map(_quota, answer["quotas"])]
    show.table(show.console(options), ("budget", "spent>", "held>", "cap>", "left>", "share>", "turns", "note"), rows)
    for line in _by_hand(answer):
        click.echo(line)


def _window(row: Plain) -> tuple[str, ...]:
    cap = row["cap_micro_usd"]
    return (
        row["window"],
        show.usd(row["spent_micro_usd"]),
        show.usd(row["held_micro_usd"]),
        "" if cap is None else show.usd(cap),
        "" if cap is None else show.usd(row["left_micro_usd"]),
        "" if row["share"] is None else f"{row['share']:.0%}",
        show.local(row["turns_at"]),
        "used up" if row["used_up"] else "",
    )


def _quota(row: Plain) -> tuple[str, ...]:
    counts = [row[name] for name in ("spent", "held", "cap", "left")]
    said = [show.usd(count) if row["unit"] == "credits" else f"{count:,}" for count in counts]
    note = "used up" if row["used_up"] else ""
    share = "" if row["share"] is None else f"{row['share']:.0%}"
    return row["quota"], *said, share, show.local(row["turns_at"]), note


def _by_hand(answer: Plain) -> list[str]:
    return [
        *(
            f"raised: {one['of']} by {show.usd(one['amount_micro_usd'])} until {show.local(one['until'])}"
            f" by {one['who'] or 'somebody'}: {one['why']}"
            for one in answer["raises"]
        ),
        *(
            f"beyond its credits: {one['provider']} until {show.local(one['until'])} by {one['who']}: {one['why']}"
            for one in answer["overages"]
        ),
        *(
            f"stopped: {one['model']} of {one['provider']}: {one['why']}"
            f"\n→ watchbill provider allow {one['provider']} {one['model']} -m WHY"
            for one in answer["stopped"]
        ),
    ]


def _named(command: F) -> F:
    """Adds the words that say which budget."""
    for option in (
        click.option("--type", "type_", help="Of a task type's day, or month."),
        click.option("--repo", type=names.REPO, help="Of a repository's day, or month."),
        click.option("--provider", type=names.PROVIDER, help="Of a provider's day, or month."),
        click.option("--month", is_flag=True, help="Of the month. Without this: of the day."),
    ):
        command = option(command)
    return command


@command.command("raise")
@click.argument("amount", callback=amounts.dollars)
@_named
@until.signed
@json_option
@click.pass_obj
def raise_(
    options: Options,
    *,
    amount: str,
    month: bool,
    provider: str | None,
    repo: str | None,
    type_: str | None,
    for_: str | None,
    until_: str | None,
    reason: str,
    as_json: bool,
) -> None:
    """Let a budget have AMOUNT dollars more until then. It ends by itself; who and why stay on record."""
    of = _of(month=month, provider=provider, repo=repo, type_=type_)
    body = {**of, "usd": amount, **_signed(for_, until_, reason)}
    done = connect(options).post("/budget/raises", body)
    _tell(options, done, f"{done['of']} may have {show.usd(done['amount_micro_usd'])} more", as_json=as_json)


@command.command("end")
@_named
@until.reason
@json_option
@click.pass_obj
def end(
    options: Options,
    *,
    month: bool,
    provider: str | None,
    repo: str | None,
    type_: str | None,
    reason: str,
    as_json: bool,
) -> None:
    """Take back everything that raises a budget. Calls under way keep what they hold."""
    of = _of(month=month, provider=provider, repo=repo, type_=type_)
    done = connect(options).post("/budget/raises/end", {**of, "who": until.who(), "why": reason})
    if as_json:
        show.as_json(done)
    elif not options.quiet:
        click.echo(f"{done['of']} has {show.usd(done['amount_micro_usd'])} less again")


def _of(*, month: bool, provider: str | None, repo: str | None, type_: str | None) -> Plain:
    named = {"provider": provider, "repo": repo, "type": type_}
    said = [(word, name) for word, name in named.items() if name]
    if len(said) > 1:
        raise click.UsageError("say one of --provider, --repo and --type")
    if not said:
        return {"kind": WindowKind.MONTH if month else WindowKind.DAY, "name": ""}
    ((word, name),) = said
    return {"kind": WindowKind(f"{word}-month" if month else word), "name": name}


@command.command("overage")
@click.argument("provider", type=names.PROVIDER)
@until.signed
@json_option
@click.pass_obj
def overage(
    options: Options, *, provider: str, for_: str | None, until_: str | None, reason: str, as_json: bool
) -> None:
    """Let a provider cost money until then when its credits are used up. For overage = "ask"."""
    done = connect(options).post(f"/budget/overages/{provider}", _signed(for_, until_, reason))
    _tell(options, done, f"{provider} may cost money beyond its credits", as_json=as_json)


def _signed(for_: str | None, until_: str | None, reason: str) -> Plain:
    ends = until.moment(for_, until_)
    if ends is None:
        raise click.UsageError("say how long: --until T or --for SPAN")
    return {"until": ends, "who": until.who(), "why": reason}


def _tell(options: Options, done: Plain, said: str, *, as_json: bool) -> None:
    if as_json:
        show.as_json(done)
    elif not options.quiet:
        click.echo(f"{said} until {show.local(done['until'])}")

"""watchbill provider: how each provider stands and why, its models, what their signals mean, and what people decide about them."""

from collections.abc import Iterator

import click

from watchbill.operator.cli import names, show, until
from watchbill.operator.cli.ask import connect
from watchbill.operator.cli.classify import classify
from watchbill.operator.cli.root import Options, json_option
from watchbill.operator.doors import Plain
from watchbill.operator.faults import Exit

_SHOWN_ERRORS = 5
_SHOWN_TASKS = 4


@click.group("provider")
def command() -> None:
    """List, show, probe and reset providers; look at their models; say what a signal means."""


command.add_command(classify)


@command.command("list")
@json_option
@click.pass_obj
def list_(options: Options, *, as_json: bool) -> None:
    """Every provider: how it stands, its health from 0 to 100, its last error and when it is tried again."""
    answer = connect(options).get("/providers")
    if as_json:
        show.as_json(answer)
        return
    rows = [
        (
            each["name"],
            each["state"],
            each["health"],
            str(each["score"]),
            each["hours"] + (" now" if each["on_watch"] else ""),
            show.done(each),
            said(each, answer["generated_at"]),
        )
        for each in answer["providers"]
    ]
    columns = ("provider", "state", "health", "well>", "hours", "done 24h>", "note")
    show.table(show.console(options), columns, rows)


def said(provider: Plain, now: str) -> str:
    """Why it stands as it does; else its last error, with its age and the next try."""
    if provider["note"]:
        return "; ".join(filter(None, [_line(provider["note"]), _again(provider)]))
    if provider["last_error"] and provider["score"] < 100:  # noqa: PLR2004 - in full health nobody asks for old errors
        return error(provider, provider["last_error"], now)
    return str(provider["allowance"])


def error(provider: Plain, found: Plain, now: str) -> str:
    return f"{_past(found, now)}; {_again(provider) or 'tried with its next task'}"


def _past(found: Plain, now: str) -> str:
    return f"{found['kind']} {show.ago(found['at'], now)}: {_line(found['message'])}"


def _again(provider: Plain) -> str:
    """When it is tried again; nothing where nothing keeps it from work."""
    if provider["until"]:
        return f"tried again {show.local(provider['until'])}"
    waits_for_you = provider["state"] == "held"
    return f"waits for you: watchbill provider reset {provider['name']} -m WHY" if waits_for_you else ""


def _line(words: str) -> str:
    return next(iter(words.splitlines()), "")


@command.command("show")
@click.argument("provider", type=names.PROVIDER)
@json_option
@click.pass_obj
def show_(options: Options, *, provider: str, as_json: bool) -> None:
    """A provider whole: health and each deduction, breakers, last probe, last errors, models."""
    answer = connect(options).get(f"/providers/{provider}")
    if as_json:
        show.as_json(answer)
        return
    click.echo(f"{answer['name']}  {answer['kind']}, {answer['billing']}")
    show.pairs(_facts(answer))
    for less in answer["deductions"]:
        click.echo(f"  -{less['points']:<3} {_line(less['why'])}")
    for line in share(answer["queue"]):
        click.echo(f"  {line}")
    if answer["errors"]:
        click.echo()
        now = answer["generated_at"]
        click.echo(f"  {error(answer, answer['errors'][0], now)}")
        for found in answer["errors"][1:_SHOWN_ERRORS]:
            click.echo(f"  {_past(found, now)}")
    if answer["models"]:
        click.echo()
        _table(options, answer["models"])


def why(answer: Plain) -> Iterator[str]:
    """What a provider does, and why it does no more of the queue."""
    yield f"{answer['name']}  {answer['state']}{' on watch' if answer['on_watch'] else ''}, hours {answer['hours']}"
    note = said(answer, answer["generated_at"])
    if note:
        yield f"  {note}"
    yield f"  works on {', '.join(answer['running']) or 'nothing'}, {answer['concurrent']} at once"
    for line in share(answer["queue"]):
        yield f"  {line}"
    yield f"→ all about it: watchbill provider show {answer['name']}"


def share(queue: Plain) -> Iterator[str]:
    """Its share of the queue: what it takes, and by which reason it does not take the rest."""
    if queue["starts"]:
        yield f"✓ begins now: {_named(queue['starts'])}"
    if queue["elsewhere"]:
        yield f"  others begin, for they fit better: {_named(queue['elsewhere'])}"
    for each in queue["declined"]:
        yield f"✗ {_count(each)} {each['reason']}: {each['detail']} (first: {each['first']})"
    for each in queue["waiting"]:
        yield f"  {_count(each)} waiting for something else, {each['reason']}: {each['detail']} (first: {each['first']})"
    if not any(queue.values()):
        yield "  the queue has nothing that could begin"


def _named(tasks: list[str]) -> str:
    more = len(tasks) - _SHOWN_TASKS
    return ", ".join(tasks[:_SHOWN_TASKS]) + (f" and {more} more" if more > 0 else "")


def _count(against: Plain) -> str:
    return f"{against['tasks']} task{'s' if against['tasks'] > 1 else ''}"


def _facts(answer: Plain) -> Iterator[tuple[str, str]]:
    now = answer["generated_at"]
    probe = answer["probe"]
    yield "state", f"{answer['state']}  {_line(answer['note'])}".rstrip()
    yield "next", _again(answer)
    yield "health", f"{answer['score']} of 100, {answer['health']}"
    yield "breaker", _breaker(answer["breaker"])
    for model, breaker in answer["broken_models"].items():
        yield model, _breaker(breaker)
    yield (
        "last probe",
        f"{'well' if probe['well'] else 'sick'} {show.ago(probe['at'], now)}: {_line(probe['message'])}"
        if probe
        else "",
    )
    yield "hours", answer["hours"] + (", now" if answer["on_watch"] else "")
    yield (
        "runs",
        f"{len(answer['running'])} of {answer['concurrent']} at once: {', '.join(answer['running']) or 'none'}",
    )
    yield (
        "24 hours",
        f"{answer['runs_24h']} runs, {answer['landed_24h']} landed, {answer['verified_24h']} verified, {show.usd(answer['cost_24h_micro_usd'])}",
    )
    yield "allowance", answer["allowance"]


def _breaker(breaker: Plain) -> str:
    again = f", probed {show.local(breaker['retry_at'])}" if breaker["retry_at"] else ""
    count = breaker["failures"]
    failed = f", {count} failure{'s in a row' if count > 1 else ''}: {_line(breaker['why'])}" if count else ""
    return f"{breaker['state']}{again}{failed}"


@command.command("models")
@click.argument("provider", required=False, type=names.PROVIDER)
@json_option
@click.pass_obj
def models(options: Options, *, provider: str | None, as_json: bool) -> None:
    """The configured models: what each is for, how it stands, and when its vendor retires it."""
    answer = connect(options).get("/models", provider=provider)
    if as_json:
        show.as_json(answer)
    else:
        _table(options, answer["models"])


def _table(options: Options, models: list[Plain]) -> None:
    rows = [
        (
            model["provider"],
            model["model"],
            model["state"],
            ", ".join(model["uses"]),
            {True: "yes", False: "no", None: "not asked"}[model["listed"]],
            model["retiring"] or show.local(model["retires_at"]),
        )
        for model in models
    ]
    show.table(show.console(options), ("provider", "model", "state", "for", "listed", "retires"), rows)


@command.command("probe")
@click.argument("provider", type=names.PROVIDER)
@json_option
@click.pass_obj
def probe(options: Options, *, provider: str, as_json: bool) -> None:
    """Ask a provider now, at no cost, whether it is well. Exit code 3 when it is not."""
    answer = connect(options).post(f"/providers/{provider}/probe")
    if as_json:
        show.as_json(answer)
    elif not options.quiet:
        click.echo(f"{provider} is {'well' if answer['well'] else 'not well'}: {answer['message']}")
    if not answer["well"]:
        click.get_current_context().exit(Exit.CONDITION_FALSE)


@command.command("reset")
@click.argument("provider", type=names.PROVIDER)
@until.reason
@json_option
@click.pass_obj
def reset(options: Options, *, provider: str, reason: str, as_json: bool) -> None:
    """Say that a provider is well: its breakers close and its holds are lifted. What is still wrong is found again."""
    done = connect(options).post(f"/providers/{provider}/reset", {"who": until.who(), "why": reason})
    if as_json:
        show.as_json(done)
    elif not options.quiet:
        click.echo(f"{provider} is given work again")
        for model in done["models"]:
            click.echo(f"  breaker closed: {model}")
        for hold in done["holds"]:
            click.echo(f"  hold lifted: {hold}")


@command.command("allow")
@click.argument("provider", type=names.PROVIDER)
@click.argument("model")
@until.reason
@json_option
@click.pass_obj
def allow(options: Options, *, provider: str, model: str, reason: str, as_json: bool) -> None:
    """Let a MODEL be asked again that was stopped because a call cost more than its bound. Look at its price first."""
    done = connect(options).post(f"/providers/{provider}/allow/{model}", {"who": until.who(), "why": reason})
    if as_json:
        show.as_json(done)
    elif not options.quiet:
        click.echo(f"{model} of {provider} may be asked again")

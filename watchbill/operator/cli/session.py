"""watchbill session: what is known of the work on each task over all its runs, and handing it over."""

from collections.abc import Iterator

import click

from watchbill.operator.cli import names, show, until
from watchbill.operator.cli.ask import connect
from watchbill.operator.cli.root import Options, json_option
from watchbill.operator.doors import Plain

_SHOWN_STEPS = 12
_WIDTH = 100  # characters of a step's line


@click.group("session")
def command() -> None:
    """List and show sessions, the memory of the work on a task; hand one over."""


@command.command("list")
@json_option
@click.pass_obj
def list_(options: Options, *, as_json: bool) -> None:
    """Sessions of tasks that are not over: who works on them, how far they are, why the last one stopped."""
    answer = connect(options).get("/sessions")
    if as_json:
        show.as_json(answer)
        return
    rows = [
        (
            each["id"],
            each["task"],
            each["state"],
            each["provider"] or "",
            str(each["turns"]),
            show.tokens(each["tokens"]),
            _line(each["why"]),
        )
        for each in answer["sessions"]
    ]
    show.table(show.console(options), ("session", "task", "state", "last on", "turns>", "tok>", "why"), rows)
    if not rows and not options.quiet:
        click.echo("Nobody has worked on what is open.")


@command.command("show")
@click.argument("session", type=names.TASK)
@json_option
@click.pass_obj
def show_(options: Options, *, session: str, as_json: bool) -> None:
    """A session whole, by its id or its task's: goal, decisions, what is done and left, and the last steps."""
    answer = connect(options).get(f"/sessions/{session}")
    if as_json:
        show.as_json(answer)
        return
    click.echo(f"{answer['id']}  {answer['title']}")
    show.pairs(_facts(answer))
    if answer["steps"]:
        click.echo(f"\nthe last of {len(answer['steps'])} steps")
        for step in answer["steps"][-_SHOWN_STEPS:]:
            click.echo(f"  {_step(step)}")


def _facts(answer: Plain) -> Iterator[tuple[str, str]]:
    note = answer["handoff"]
    yield "task", answer["task"]
    yield "state", f"{answer['state']}{', ' + answer['run'] if answer['run'] else ''}"
    yield "runs", ", ".join(f"{run['id']} {run['provider']} {run['state']}" for run in answer["runs"])
    yield "goal", note["goal"]
    yield "summary", note["summary"]
    for name in ("decisions", "done", "next_steps", "evidence", "findings"):
        yield name.replace("_", " "), "; ".join(map(_line, note[name]))
    yield "stopped", _line(answer["why"])
    yield "files as of", answer["checkpoint"] or "the base"
    yield "transcript", f"{answer['turns']} turns, about {show.tokens(answer['tokens'])} tokens"
    yield "open calls", ", ".join(answer["open_calls"])


def _step(step: Plain) -> str:
    match step["kind"]:
        case "reply":
            calls = ", ".join(call["tool"] for call in step["calls"])
            return _line(f"{step['model']}: {calls or step['text']}")
        case "result":
            return _line(f"{'refused' if step['refused'] else 'result'} of {step['tool']}: {step['content']}")
        case _:
            return _line(f"told: {step['text']}")


def _line(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= _WIDTH else f"{flat[: _WIDTH - 1]}…"


@command.command("handoff")
@click.argument("session", type=names.TASK)
@click.option("--to", type=names.PROVIDER, metavar="PROVIDER", help="Who goes on with it. Default: whoever suits it.")
@click.option("-m", "--reason", default="", help="Why, for whoever asks later.")
@json_option
@click.pass_obj
def handoff(options: Options, *, session: str, to: str | None, reason: str, as_json: bool) -> None:
    """Have a running session handed over at its next checkpoint, by its id or its task's; nothing that was done is lost."""
    body = {"to": to or "", "who": until.who(), "why": reason}
    done = connect(options).post(f"/sessions/{session}/handoff", body)
    if as_json:
        show.as_json(done)
    elif not options.quiet:
        next_one = f"{done['to']} goes on with it" if done["to"] else "the next run goes on with it"
        click.echo(f"{done['run'] or done['task']} is handed over: {next_one}")

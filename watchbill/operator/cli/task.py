"""watchbill task: what is queued, and what people may do with it."""

import click

from watchbill.domain.tasks import TaskState
from watchbill.operator import sieve
from watchbill.operator.cli import importing, moving, names, show, steer
from watchbill.operator.cli.ask import connect
from watchbill.operator.cli.graph import graph
from watchbill.operator.cli.root import Options, json_option
from watchbill.operator.doors import Plain

_SHOWN_FINDINGS = 10
_SHORT_STATES = [str(state) for state in TaskState]


@click.group("task")
def command() -> None:
    """List, show, add, edit, hold, release, bump, cancel, retry and accept tasks."""


for _one in (
    *(steer.add, steer.edit),
    *(moving.hold, moving.release, moving.bump, moving.cancel, moving.retry, moving.accept),
    *(graph, importing.command),
):
    command.add_command(_one)


@command.command("list")
@click.option("--state", "states", multiple=True, type=click.Choice(_SHORT_STATES), help="Only these; may be repeated.")
@click.option("--all", "everything", is_flag=True, help="Done and cancelled ones too.")
@click.option("--repo", type=names.REPO, help="Only this repository.")
@click.option("--type", "type_", help="Only this type.")
@click.option("--filter", "filter_", metavar="FILTER", help=f"As on the pages: {sieve.HELP}")
@click.argument("words", metavar="[FILTER]", nargs=-1)
@json_option
@click.pass_obj
def list_(
    options: Options,
    *,
    states: tuple[str, ...],
    everything: bool,
    repo: str | None,
    type_: str | None,
    filter_: str | None,
    words: tuple[str, ...],
    as_json: bool,
) -> None:
    """Tasks in the order of work, each with why it does not run. FILTER, or --filter, says which; plain words are looked
    for in ids, titles and files."""
    wanted = " ".join(filter(None, (filter_, *words))) or None
    chosen = _SHORT_STATES if everything else list(states) or None
    answer = connect(options).get("/tasks", state=chosen, repo=repo, type=type_, filter=wanted)
    if as_json:
        show.as_json(answer)
        return
    rows = [
        (f"P{task['priority']}", task["id"], task["type"], task["state"], task["origin"], _why(task))
        for task in answer["tasks"]
    ]
    show.table(show.console(options), ("", "task", "type", "state", "from", "why"), rows)
    if not rows and not options.quiet:
        click.echo("No task fits. --all shows done ones too.")


def _why(task: Plain) -> str:
    decided = task["decision"]
    if decided is None:
        return str(task["note"] or task["title"]).split("\n", maxsplit=1)[0]
    if decided["kind"] == "wait":
        until = f" (until {show.local(decided['until'])})" if decided["until"] else ""
        return f"{decided['reason']}: {decided['detail']}{until}"
    return f"{decided['kind']}: {decided['why']}"


@command.command("show")
@click.argument("task", type=names.TASK)
@json_option
@click.pass_obj
def show_(options: Options, *, task: str, as_json: bool) -> None:
    """A task whole: what was asked, where it stands, its runs and what it landed. An id's beginning suffices."""
    answer = connect(options).get(f"/tasks/{task}")
    if as_json:
        show.as_json(answer)
        return
    out = show.console(options)
    click.echo(f"{answer['id']}  {answer['title']}")
    show.pairs(_facts(answer))
    if answer["quarantine"]:
        _evidence(answer["quarantine"])
    if answer["runs"]:
        click.echo()
        rows = [
            (
                run["id"],
                run["provider"],
                run["state"],
                show.local(run["started_at"]),
                show.usd(run["cost_micro_usd"]),
                run["reason"],
            )
            for run in answer["runs"]
        ]
        show.table(out, ("run", "provider", "state", "began", "cost>", "reason"), rows)


def _evidence(kept: Plain) -> None:
    click.echo(
        f"\nin quarantine since {show.local(kept['put_at'])}: {', '.join(kept['runs'])}; watchbill task retry lets it go"
    )
    for found in kept["findings"][:_SHOWN_FINDINGS]:
        click.echo(f"  {show.place(found)}: {found['message'].splitlines()[0]}")


def _pinned(task: Plain) -> str:
    if task["pinned_by_hand"]:
        return f"{task['pinned_by_hand']}, by hand"
    return " else ".join([task["provider"], *task["fallback"]]) if task["provider"] else ""


def _facts(task: Plain) -> list[tuple[str, str]]:
    source, landed = task["source"], task["landed"]
    return [
        ("state", f"{task['state']}{'  ' + task['note'] if task['note'] else ''}"),
        ("why", _why(task) if task["decision"] else ""),
        ("repository", task["repo"]),
        ("type", f"{task['type']}  P{task['priority']}  autonomy {task['autonomy'] or 'as configured'}"),
        ("files", ", ".join(task["claims"])),
        ("granted", ", ".join(task["widened"])),
        ("needs files", ", ".join(task["artefacts"])),
        ("rides", "; ".join(f"with {ride['lead']}: {ride['state']}" for ride in task["rides"])),
        ("waits for", ", ".join(task["needs"])),
        ("pinned to", _pinned(task)),
        ("requirements", task["requirements"]),
        ("success", task["success"]),
        ("at most", show.usd(task["max_cost_micro_usd"]) if task["max_cost_micro_usd"] is not None else ""),
        ("written in", f"{source['path']}:{source['line']}" if source else ""),
        ("landed", f"{landed['commit'][:12]} on {landed['target']}" if landed else ""),
        *((key, value) for key, value in task["extra"].items()),
    ]

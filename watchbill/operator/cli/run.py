"""watchbill run: who did what, what the gates said, what it cost, what was changed."""

import click

from watchbill.domain.runs import RunState
from watchbill.operator.cli import names, show, until
from watchbill.operator.cli.ask import connect
from watchbill.operator.cli.root import Options, json_option
from watchbill.operator.doors import Plain
from watchbill.operator.faults import Exit

_SHOWN_FINDINGS = 20
_SHOWN_FILES = 20
FAILED = ("conflicts", "refused")


@click.group("run")
def command() -> None:
    """List and show runs, their prompts and diffs; cancel, retry, or take back what one landed."""


@command.command("list")
@click.option("--task", type=names.TASK, help="Only of this task.")
@click.option("--provider", type=names.PROVIDER, help="Only of this provider.")
@click.option("--state", type=click.Choice([str(state) for state in RunState]), help="Only in this state.")
@click.option(
    "--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="How many, the newest first."
)
@json_option
@click.pass_obj
def list_(
    options: Options, *, task: str | None, provider: str | None, state: str | None, limit: int, as_json: bool
) -> None:
    """The latest runs, the newest first."""
    answer = connect(options).get("/runs", task=task, provider=provider, state=state, limit=limit)
    if as_json:
        show.as_json(answer)
        return
    rows = [
        (
            run["id"],
            show.local(run["started_at"]),
            run["provider"],
            run["state"],
            show.span(run["seconds"]),
            show.usd(run["cost_micro_usd"]),
            run["task"],
        )
        for run in answer["runs"]
    ]
    show.table(show.console(options), ("run", "began", "provider", "state", "took>", "cost>", "task"), rows)
    if not rows and not options.quiet:
        click.echo("No run fits.")


@command.command("show")
@click.argument("run", type=names.RUN)
@click.option("--prompt", is_flag=True, help="What its provider was told, word for word.")
@click.option(
    "--said", is_flag=True, help="What was said in it, step by step; of one whose work was dropped, what was dropped."
)
@json_option
@click.pass_obj
def show_(options: Options, *, run: str, prompt: bool, said: bool, as_json: bool) -> None:
    """A run whole: its money call by call, what the gates said, its session and hand-off."""
    if said:
        _said(connect(options).get(f"/runs/{run}/transcript"), as_json=as_json)
        return
    answer = connect(options).get(f"/runs/{run}", prompt=prompt)
    if as_json:
        show.as_json(answer)
    elif prompt:
        click.echo(answer["prompt"] or f"{run} was told nothing: it never came so far.")
    else:
        _render(options, answer)


def _said(answer: Plain, *, as_json: bool) -> None:
    if as_json:
        show.as_json(answer)
        return
    for step in answer["steps"]:
        match step["kind"]:
            case "told":
                click.echo(f"# told\n{step['text']}\n")
            case "reply":
                click.echo(f"# {step['model'] or 'reply'}\n{step['text']}")
                for call in step["calls"]:
                    click.echo(f"→ {call['tool']} {show.facts(call['args'])}")
                click.echo()
            case _:
                click.echo(f"# {step['tool']}{' was refused' if step['refused'] else ''}\n{step['content']}\n")
    if not answer["steps"]:
        click.echo("Nothing was said, or it is kept no longer.")


def _render(options: Options, run: Plain) -> None:
    click.echo(f"{run['id']}  {run['title']}")
    show.pairs(_facts(run))
    if run["call_list"]:
        click.echo()
        rows = [
            (
                call["id"],
                call["state"],
                str(call["tokens_in"] if call["tokens_in"] is not None else "-"),
                str(call["tokens_out"] if call["tokens_out"] is not None else "-"),
                show.usd(call["cost_micro_usd"]),
                show.usd(call["bound_micro_usd"]),
                call["note"],
            )
            for call in run["call_list"]
        ]
        show.table(show.console(options), ("call", "state", "in>", "out>", "cost>", "bound>", "note"), rows)
    for verdict in run["verdicts"]:
        _verdict(verdict)
    click.echo(f"\nwatchbill run diff {run['id']}\nwatchbill run show {run['id']} --said")


def _rider(rider: Plain, run: Plain) -> str:
    has_landed = run["state"] in ("landed", "verified")
    return rider["task"] if rider["landed"] or not has_landed else f"{rider['task']} (not done in it)"


def _facts(run: Plain) -> list[tuple[str, str]]:
    handoff = (run["session_state"] or {}).get("handoff", {})
    return [
        ("state", f"{run['state']} ({run['stage']})  {run['reason']}".rstrip()),
        ("task", f"{run['task']} in {run['repo']}, attempt {run['attempt']}"),
        ("with it", ", ".join(_rider(rider, run) for rider in run["riders"])),
        ("by", f"{run['provider']} {run['model']}".rstrip()),
        ("began", f"{show.local(run['started_at'])}, took {show.span(run['seconds'])}"),
        (
            "cost",
            f"{show.usd(run['cost_micro_usd'])} in {run['calls']} calls, {show.tokens(run['tokens_in'])} in, {show.tokens(run['tokens_out'])} out",
        ),
        ("saving", show.savings(run["savings"])),
        ("conflict", " → ".join(map(show.tried, run["conflicts"]))),
        ("base", (run["base"] or "")[:12]),
        ("commit", (run["commit"] or "")[:12]),
        ("session", run["session"]),
        ("hand-off", handoff.get("summary", "") or handoff.get("why", "")),
        ("next", "; ".join(handoff.get("next_steps", ()))),
    ]


def _verdict(verdict: Plain) -> None:
    word = "passes" if verdict["passes"] else "is refused"
    click.echo(
        f"\nThe tree {verdict['tree'][:12]} {word}: {len(verdict['new'])} new, {len(verdict['debt'])} old findings"
    )
    for finding in verdict["new"][:_SHOWN_FINDINGS]:
        click.echo(
            f"  {show.place(finding)}: {finding['gate']}/{finding['rule']}: {finding['message'].splitlines()[0]}"
        )


@command.command("cancel")
@click.argument("run", type=names.RUN)
@click.option("-m", "--reason", default="asked for by hand", help="Why, for whoever asks later.")
@json_option
@click.pass_obj
def cancel(options: Options, *, run: str, reason: str, as_json: bool) -> None:
    """End a run at once, and cancel its task: by itself it would begin again."""
    done = connect(options).post(f"/runs/{run}/cancel", {"why": reason})
    if as_json:
        show.as_json(done)
    elif not options.quiet:
        click.echo(f"{run} ends; {done['id']} is {done['state']}\n→ watchbill task retry {done['id']}")


@command.command("retry")
@click.argument("run", type=names.RUN)
@json_option
@click.pass_obj
def retry(options: Options, *, run: str, as_json: bool) -> None:
    """Queue the task of a run again, with all its attempts before it."""
    done = connect(options).post(f"/runs/{run}/retry")
    if as_json:
        show.as_json(done)
    elif not options.quiet:
        click.echo(f"{done['id']} is {done['state']}")


@command.command("diff")
@click.argument("run", type=names.RUN)
@json_option
@click.pass_obj
def diff(options: Options, *, run: str, as_json: bool) -> None:
    """What the run changed, as a unified diff."""
    text = connect(options).text(f"/runs/{run}/diff")
    if as_json:
        show.as_json({"run": run, "diff": text})
        return
    show.diff(text)
    if not text and not options.quiet:
        click.echo(f"{run} changed nothing", err=True)


@command.command("rollback")
@click.argument("run", type=names.RUN)
@click.option("--retry", is_flag=True, help="Queue its task again, anew; its next run is told why.")
@click.option("-m", "--reason", default="", help="Why: it stands in the commit, and is told to the next run.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
@click.pass_obj
def rollback(options: Options, *, run: str, retry: bool, reason: str, yes: bool, as_json: bool) -> None:
    """Take back what a run landed: by a commit on its branch that undoes it, if the gates pass without it."""
    client = connect(options)
    found = client.get(f"/runs/{run}/rollback", retry=retry)
    if not as_json:
        _effect(found)
    if not yes:
        if as_json:
            raise click.UsageError("--yes says that it is meant: nobody can be asked with --json")
        click.confirm("Take it back?", abort=True)
    done = client.post(f"/runs/{run}/rollback", {"who": until.who(), "why": reason, "retry": retry})
    if as_json:
        show.as_json({**done, "effect": found["effect"]})
    elif not options.quiet or done["state"] in FAILED:
        click.echo(_undone(done))
    if done["state"] in FAILED:
        raise click.exceptions.Exit(Exit.REFUSED)


def _effect(found: Plain) -> None:
    click.echo(f"{found['run']}  {found['title']}")
    for change in found["changes"][:_SHOWN_FILES]:
        click.echo(f"  {show.counts(change)}")
    if len(found["changes"]) > _SHOWN_FILES:
        click.echo(f"  and {show.files(len(found['changes']) - _SHOWN_FILES)} more")
    for line in found["effect"]:
        click.echo(f"→ {line}")


def _undone(done: Plain) -> str:
    match done["state"]:
        case "done":
            return f"{done['task']}: {done['said']}"
        case "wanted" | "pending":
            return (
                f"{done['id']} waits: it is done as soon as a daemon (or `watchbill once`) is at work on {done['repo']}"
            )
        case _:
            return f"{done['run']} is not taken back: {done['said']}"

"""watchbill why: the binding constraint of a task, the alternatives, and its earliest start; what a provider takes and what not."""

import re
from collections.abc import Iterator

import click

from watchbill.operator.cli import names, provider, show
from watchbill.operator.cli.ask import connect
from watchbill.operator.cli.root import Options, json_option
from watchbill.operator.doors import Client, Plain
from watchbill.operator.faults import Refused
from watchbill.scheduling.decisions import Reason
from watchbill.scheduling.explain import HORIZON_HOURS

_RUN = re.compile(r"run-[0-9]+")
_UNKNOWN = "not_found"


@click.command("why")
@click.argument("subject", metavar="TASK|RUN|PROVIDER", type=names.SUBJECT)
@json_option
@click.pass_obj
def command(options: Options, *, subject: str, as_json: bool) -> None:
    """Why a task, or that of a run, does not run now (or why it does, and with whom), and when it will; or why a
    provider does not take what is queued. A task's id may be cut short."""
    answer = _asked(connect(options), subject)
    if as_json:
        show.as_json(answer)
    elif "queue" in answer:
        for line in provider.why(answer):
            click.echo(line)
    else:
        _show(options, answer)


def _asked(client: Client, subject: str) -> Plain:
    """About a run's task, a task, or else a provider. Raises Refused."""
    task = client.get(f"/runs/{subject}")["task"] if _RUN.fullmatch(subject) else subject
    try:
        return client.get(f"/tasks/{task}/why")
    except Refused as unknown:
        if unknown.code != _UNKNOWN or subject not in {each["name"] for each in client.get("/providers")["providers"]}:
            raise
    return client.get(f"/providers/{subject}")


def _show(options: Options, answer: Plain) -> None:
    for line in _head(answer):
        click.echo(line)
    for check in answer["checks"]:
        click.echo(f"  {'✓' if check['passes'] else '✗'} {check['name']:<11}{check['words']}")
    if answer["candidates"]:
        click.echo()
        rows = [_row(each) for each in answer["candidates"]]
        columns = ("provider", "fit>", "cost>", "well>", "load>", "score>", "est.>", "by history", "against it")
        show.table(show.console(options), columns, rows)
    for line in _costs(answer):
        click.echo(line)
    for line in _outcome(answer):
        click.echo(f"→ {line}")


def _head(answer: Plain) -> Iterator[str]:
    task, entry = answer["task"], answer["recurring"]
    if task is None:
        yield f"{entry['entry']}  recurs {entry['when']} in {entry['repo']}, as {entry['type']}"
        last = "" if entry["looked_at"] is None else f"at {show.local(entry['looked_at'])} "
        yield f"  {last}it {entry['words']}"
        yield f"→ it looks again {show.local(entry['next_at'])}"
        return
    yield f"{task['id']}  {task['title']}   state: {task['state']}"
    yield f"  {answer['summary']}"
    if entry is not None:
        yield f"  it was made by {entry['entry']}, which looks again {show.local(entry['next_at'])}"


def _row(candidate: Plain) -> tuple[str, ...]:
    score = candidate["score"]
    parts = (f"{score[name]:.2f}" for name in ("fit", "cost", "health", "load", "total"))
    against = "; ".join(f"{each['reason']}: {each['detail']}" for each in candidate["rejections"])
    return (
        candidate["provider"],
        *parts,
        show.usd(candidate["estimate_micro_usd"]),
        show.expected(candidate["expected"]),
        against,
    )


def _costs(answer: Plain) -> Iterator[str]:
    """What a run with the best of them costs, in whole words."""
    if answer["candidates"]:
        best = answer["candidates"][0]
        yield f"  a run on {best['provider']} costs {best['expected']['words']}"


def _outcome(answer: Plain) -> Iterator[str]:
    first = answer["earliest"]
    if first is not None:
        yield f"expected start {show.local(first['at'])} {show.zone()} on {first['provider']}"
    elif answer["binding"] is not None and answer["binding"]["reason"] != Reason.RIDES:
        yield f"no start is to be expected within {HORIZON_HOURS:.0f} hours"
    if answer["force"]:
        yield f"bring it forward: {answer['force']}"

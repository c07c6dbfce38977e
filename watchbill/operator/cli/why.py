"""watchbill why: the binding constraint of a task, the alternatives, and its earliest start."""

import click

from watchbill.operator.cli import show
from watchbill.operator.cli.ask import connect
from watchbill.operator.cli.root import Options, json_option
from watchbill.operator.plain import Plain


@click.command("why")
@click.argument("task")
@json_option
@click.pass_obj
def command(options: Options, *, task: str, as_json: bool) -> None:
    """Why a task does not run now (or why it does, and with whom), and when it will. An id's beginning suffices."""
    answer = connect(options).get(f"/tasks/{task}/why")
    if as_json:
        show.as_json(answer)
        return
    click.echo(f"{answer['task']['id']}  {answer['task']['title']}   state: {answer['task']['state']}")
    click.echo(f"  {answer['summary']}")
    if answer["candidates"]:
        click.echo()
        rows = [_row(each) for each in answer["candidates"]]
        show.table(
            show.console(options),
            ("provider", "fit>", "cost>", "well>", "load>", "score>", "est.>", "against it"),
            rows,
        )
    click.echo(f"\n→ {_outcome(answer)}")


def _row(candidate: Plain) -> tuple[str, ...]:
    score = candidate["score"]
    parts = (f"{score[name]:.2f}" for name in ("fit", "cost", "health", "load", "total"))
    against = "; ".join(f"{each['reason']}: {each['detail']}" for each in candidate["rejections"])
    return (candidate["provider"], *parts, show.usd(candidate["estimate_micro_usd"]), against)


def _outcome(answer: Plain) -> str:
    if answer["earliest_start"] is None:
        return answer["outlook"] or "nobody can say when it starts"
    by = f" on {answer['earliest_provider']}" if answer["earliest_provider"] else ""
    return f"expected start {show.local(answer['earliest_start'])}{by}"

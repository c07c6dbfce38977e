"""watchbill notify: what people were told, and whether a target can be reached."""

import click

from watchbill.operator.cli import show
from watchbill.operator.cli.ask import connect
from watchbill.operator.cli.root import Options, json_option
from watchbill.operator.doors import Plain


@click.group("notify")
def command() -> None:
    """Who is told what needs a person: try a target, list what was told."""


@command.command("list")
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="How many.")
@json_option
@click.pass_obj
def _list(options: Options, *, limit: int, as_json: bool) -> None:
    """What people were told, and what is still to be told, the newest first."""
    answer = connect(options).get("/notices", limit=limit)
    if as_json:
        show.as_json(answer)
        return
    rows = [
        (show.local(each["told_at"] or each["due_at"]), _standing(each), each["title"]) for each in answer["notices"]
    ]
    if rows:
        show.table(show.console(options), ("at", "state", "what"), rows)
    elif not options.quiet:
        click.echo("Nobody was told anything yet. [notify] in watchbill.toml says who is.")


def _standing(notice: Plain) -> str:
    if notice["state"] != "told":
        return "in the next summary" if notice["held"] and notice["state"] == "waiting" else notice["state"]
    said = {each["state"] for each in notice["deliveries"]}
    if said <= {"sent"}:
        return "sent"
    worst = next(each for each in notice["deliveries"] if each["state"] != "sent")
    return f"{worst['state']} {worst['target']}: {worst['why']}" if worst["why"] else worst["state"]


@command.command("test")
@click.argument("target", required=False)
@json_option
@click.pass_obj
def _test(options: Options, *, target: str | None, as_json: bool) -> None:
    """Send a message to every target of the configuration, or to one, and say what became of it.

    TARGET is a reference as in [notify] targets. Exit code 1 when one did not take it, 4 when an address cannot be read.
    """
    from watchbill.domain.notices import Notice  # noqa: PLC0415 - `notify list` asks a daemon only
    from watchbill.operator import messenger  # noqa: PLC0415 - as above
    from watchbill.operator.cli import posting  # noqa: PLC0415 - as above

    post = posting.of(options, only=target)
    notice = Notice(
        event="notify.test",
        subject="test",
        word="test",
        title="a test",
        why="Somebody asked whether messages reach you. They do.",
        command="watchbill status",
        page="/",
    )
    posted = post.send(*messenger.words(notice, post.setup.page))
    if as_json:
        show.as_json({"targets": posted.plain})
    else:
        posting.show(posted)
    click.get_current_context().exit(posted.exit)

"""watchbill report: what was done, what it cost, what needs you, whether all is well."""

import json

import click

from watchbill.operator.cli import show, until
from watchbill.operator.cli.ask import connect
from watchbill.operator.cli.root import Options, json_option
from watchbill.operator.doors import Plain
from watchbill.operator.faults import Exit

_FORMATS = ("md", "html", "json")


@click.command("report")
@click.argument("which", type=click.Choice(("daily", "since-last", "weekly", "list")), default="since-last")
@click.option(
    "--format", "form", type=click.Choice(_FORMATS), default="md", show_default=True, help="How it is written."
)
@click.option(
    "--day", metavar="DATE", help="Of daily and weekly: which day, or the week that it lies in. Default: today."
)
@click.option("--keep-unread", is_flag=True, help="Of since-last: the next one tells it all again.")
@click.option("--send", is_flag=True, help="Send it to the targets of [notify], at once, instead of printing it.")
@json_option
@click.pass_obj
def command(
    options: Options, *, which: str, form: str, day: str | None, keep_unread: bool, send: bool, as_json: bool
) -> None:
    """What was done, what it cost, what needs you, whether all is well: of a day, of a week, or since you last asked.

    since-last remembers when your account asked last. list names the reports that were written by the clock.
    --send says what became of it at each target: exit code 1 when one did not take it, 4 when an address cannot be read.
    """
    if which in ("since-last", "list") and day is not None:
        raise click.UsageError(f"--day is of daily and weekly; {which} has none")
    if send and (which == "list" or form != "md"):
        raise click.UsageError("--send sends a report as Markdown: daily, weekly or since-last")
    client = connect(options)
    form = "json" if as_json else form
    if which == "list":
        _list(options, client.get("/reports"), as_json=form == "json")
        return
    who = until.who() if which == "since-last" else None
    answer = client.get(f"/reports/{which}", day=day, who=who)
    code = _sent(options, answer, as_json=as_json) if send else _printed(answer, form)
    if code is not Exit.OK:
        click.get_current_context().exit(code)
    if who is not None and not keep_unread:
        client.post("/reports/since-last", {"who": who, "until": answer["until"]})


def _printed(answer: Plain, form: str) -> Exit:
    click.echo(_written(answer, form), nl=False)
    return Exit.OK


def _sent(options: Options, answer: Plain, *, as_json: bool) -> Exit:
    from watchbill.operator.cli import posting  # noqa: PLC0415 - for who only reads none of it
    from watchbill.operator.reports import markdown, period  # noqa: PLC0415 - as above

    document = period.document(answer)
    posted = posting.of(options).send(f"watchbill: {document.title}", markdown.write(document))
    if as_json:
        show.as_json({"report": answer["kind"], "until": answer["until"], "targets": posted.plain})
    else:
        posting.show(posted)
    return posted.exit


def _written(answer: Plain, form: str) -> str:
    if form == "json":
        return json.dumps(answer, indent=2, ensure_ascii=False) + "\n"
    from watchbill.operator.reports import html, markdown, period  # noqa: PLC0415 - for who wants JSON none of it

    document = period.document(answer)
    return html.write(document) if form == "html" else markdown.write(document)


def _list(options: Options, answer: Plain, *, as_json: bool) -> None:
    if as_json:
        show.as_json(answer)
        return
    rows = [
        (each["name"], each["folder"], ", ".join(each["formats"]), f"{each['bytes']:,}", show.local(each["written_at"]))
        for each in answer["reports"]
    ]
    show.table(show.console(options), ("report", "folder", "formats", "bytes>", "written"), rows)
    if not options.quiet:
        click.echo(f"\n{len(rows)} in {answer['folder']}")

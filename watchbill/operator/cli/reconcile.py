"""watchbill cost reconcile: a vendor's usage export beside the ledger, and what it proves."""

import hashlib
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click

from watchbill.operator import moments
from watchbill.operator.cli import show, until
from watchbill.operator.cli.ask import connect
from watchbill.operator.cli.root import Options, json_option
from watchbill.operator.doors import Client, Plain
from watchbill.operator.faults import BadQuestion

if TYPE_CHECKING:
    from watchbill.domain.exports import Line
    from watchbill.providers.exports import Export

_CHUNK = 2_000  # requests in one question
_MANY = 3  # questions
_SHOWN = 20  # of each list


@click.command("reconcile")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--provider", required=True, help="Whose export it is: a name of the configuration.")
@click.option("--taken", help="When it was taken, in UTC unless it names a zone. Default: when the file was written.")
@click.option("--apply", "applies", is_flag=True, help="Book what it proves: lower unknown calls, with the evidence.")
@json_option
@click.pass_obj
def reconcile(options: Options, *, file: Path, provider: str, taken: str | None, applies: bool, as_json: bool) -> None:
    """Hold a usage export against the ledger: the drift by day and model, and what it proves of unknown calls.

    Read are the JSON of Anthropic's and OpenAI's admin APIs for usage and cost, their consoles' CSV of usage, and CSV with
    the columns day, model, tokens_in, tokens_out, cache_read, cache_write, cost_usd, calls, call, request_id. Without
    --apply nothing is changed; done again, it changes nothing more.
    """
    export, source = _read(file)
    question = {
        "provider": provider,
        "source": source,
        "taken_at": _taken(file, taken).isoformat(),
        "who": until.who(),
        "apply": applies,
    }
    answer = _ask(connect(options), question, export.lines)
    answer = {"shape": export.shape, **question, **answer}
    if as_json:
        show.as_json(answer)
    else:
        _render(options, answer)


def _read(file: Path) -> "tuple[Export, str]":
    from watchbill.providers import exports  # noqa: PLC0415 - only here

    data = file.read_bytes()
    try:
        export = exports.parse(data.decode())
    except (UnicodeDecodeError, exports.BadExport) as error:
        raise BadQuestion(f"{file} is no usage export: {error}") from error
    return export, f"{file.name}, sha256 {hashlib.sha256(data).hexdigest()[:12]}"


def _taken(file: Path, said: str | None) -> datetime:
    if said is None:
        return datetime.fromtimestamp(file.stat().st_mtime, UTC)
    return moments.moment(said, datetime.now(UTC), ZoneInfo("UTC"))


def _ask(client: Client, question: Plain, lines: "Sequence[Line]") -> Plain:
    """Single requests first, since they say most; then the days. A list of requests is no sum of a day: others may lack."""
    from watchbill.domain.exports import sums  # noqa: PLC0415 - only here
    from watchbill.operator.reconciling import line_said  # noqa: PLC0415 - the same

    requests = [line_said(line) for line in lines if line.is_request]
    days = [line_said(line) for line in sums(line for line in lines if not line.is_request).values()]
    parts = [{"requests": requests[at : at + _CHUNK]} for at in range(0, len(requests), _CHUNK)]
    parts.append({"days": days})
    answers = [client.post("/costs/reconcile", {**question, **part}) for part in _with_progress(parts)]
    return _together(answers)


def _with_progress(parts: Sequence[Plain]) -> Iterator[Plain]:
    """A bar on stderr, where there is more than a moment to wait."""
    if len(parts) < _MANY:
        yield from parts
        return
    with click.progressbar(parts, label="reconciling", file=sys.stderr) as steps:
        yield from steps


def _together(answers: Sequence[Plain]) -> Plain:
    lowered = {each["call"]: each for answer in reversed(answers) for each in answer["lowered"]}
    kept = {each["call"]: each for answer in answers for each in answer["kept"] if each["call"] not in lowered}
    return {
        "days": answers[-1]["days"],
        "lowered": list(lowered.values()),
        "kept": list(kept.values()),
        "differing": [each for answer in answers for each in answer["differing"]],
        "differing_count": sum(answer["differing_count"] for answer in answers),
        "unmatched": sum(answer["unmatched"] for answer in answers),
    }


def _render(options: Options, answer: Plain) -> None:
    click.echo(f"{answer['source']}: {answer['shape']}")
    columns = (
        "day",
        "model",
        "calls>",
        "theirs>",
        "in>",
        "theirs>",
        "out>",
        "theirs>",
        "booked>",
        "unknown>",
        "theirs>",
        "drift>",
    )
    if answer["days"]:
        show.table(show.console(options), columns, [_row(day) for day in answer["days"]])
    for each in answer["differing"][:_SHOWN]:
        booked, theirs = show.usd(each["booked_micro_usd"]), show.usd(each["vendor_micro_usd"])
        click.echo(f"{each['request_id']}: booked at {booked}, the export says {theirs}")
    if answer["differing_count"] > _SHOWN:
        click.echo(f"… and {answer['differing_count'] - _SHOWN} more requests differ")
    if answer["unmatched"]:
        click.echo(f"{answer['unmatched']} of its requests are of no call of ours")
    _proven(answer)


def _proven(answer: Plain) -> None:
    lowered, kept = answer["lowered"], answer["kept"]
    done = "is lowered" if answer["apply"] else "can be lowered"
    for each in lowered[:_SHOWN]:
        bound, cost = show.usd(each["bound_micro_usd"]), show.usd(each["cost_micro_usd"])
        click.echo(f"{each['call']} {done} from {bound} to {cost}: {each['why']}")
    for each in kept[:_SHOWN]:
        click.echo(f"{each['call']} stays at {show.usd(each['bound_micro_usd'])}: {each['why']}")
    less = sum(each["bound_micro_usd"] - each["cost_micro_usd"] for each in lowered)
    hint = "" if answer["apply"] or not lowered else "; book it with --apply"
    click.echo(
        f"{len(lowered)} unknown calls {'cost' if answer['apply'] else 'would cost'} {show.usd(less)} less, {len(kept)} stay{hint}"
    )


def _row(day: dict[str, Any]) -> tuple[str, ...]:
    counts = (_count(day[f"{who}{name}"]) for name in ("calls", "tokens_in", "tokens_out") for who in ("", "vendor_"))
    amounts = (show.usd(day[f"{name}_micro_usd"]) for name in ("booked", "unknown", "vendor", "drift"))
    return (day["day"], day["model"], *counts, *amounts)


def _count(value: int | None) -> str:
    return "-" if value is None else str(value)

"""watchbill provider classify: what signals of providers mean, by the code that the daemon uses."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import BinaryIO

import click

from watchbill.operator.cli import show
from watchbill.operator.cli.root import json_option
from watchbill.operator.doors import Plain
from watchbill.operator.faults import Exit

_HINT = "docs/limits.md says how a signal is written"


@click.command("classify")
@click.option(
    "--file", "file", type=click.File("rb"), required=True, help="Signals, one JSON object a line; - for stdin."
)
@json_option
@click.pass_context
def classify(ctx: click.Context, *, file: BinaryIO, as_json: bool) -> None:
    """Say what each signal in a FILE means: one verdict a line. Asks nobody and writes nothing.

    A signal is an object with provider, channel, status, headers, body or text, received_at and context. A line that is
    none gets an error with its number on its place, and the exit code is 1 in the end.
    """
    failed = False
    for answer in _answers(file):
        failed = failed or "error" in answer
        click.echo(json.dumps(answer, ensure_ascii=False) if as_json else _told(answer))
    if failed:
        ctx.exit(Exit.FAILED)


def _answers(file: BinaryIO) -> Iterator[Plain]:
    from watchbill.providers.oracle import host, judge, reading  # noqa: PLC0415 - only here

    zone = host.host_zone()
    for number, line in enumerate(file, 1):
        text = line.decode("utf-8", "replace").strip().lstrip("\ufeff")
        if not text:
            continue
        try:
            yield reading.shown(judge.classify(reading.read(text, now=datetime.now(UTC), zone=zone)))
        except reading.Unreadable as error:
            yield _error(number, "bad_signal", str(error))
        except Exception as fault:  # noqa: BLE001 - a fault of ours on one line must not take the others' verdicts
            yield _error(number, "failed", f"a fault of ours: {fault!r}")


def _error(number: int, code: str, message: str) -> Plain:
    return {"line": number, "error": {"code": code, "message": f"line {number}: {message}", "hint": _HINT}}


def _told(answer: Plain) -> str:
    if "error" in answer:
        return f"{answer['error']['message']}\n→ {_HINT}"
    named = f" of {answer['model']}" if "model" in answer else ""
    until = f", again from {show.local(answer['resets_at'])}" if answer["resets_at"] else ""
    return f"{answer['class']} ({answer['scope']}{named}, window {answer['window']}{until}): {answer['rule']}"

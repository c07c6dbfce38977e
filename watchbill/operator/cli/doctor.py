"""watchbill doctor, as people and programs read it."""

from collections.abc import Sequence

import click

from watchbill.operator.cli import show
from watchbill.operator.cli.root import Options
from watchbill.operator.doctor.checks import Entry, worst
from watchbill.operator.doctor.findings import Verdict
from watchbill.operator.doctor.mending import Mended
from watchbill.operator.faults import Exit

_COLOR_BY_VERDICT = {
    Verdict.OK: "green",
    Verdict.WARN: "yellow",
    Verdict.FAIL: "red",
    Verdict.UNCHECKED: "bright_black",
}
_WIDTH = 15  # of the names of the checks


def tell(options: Options, entries: Sequence[Entry], mended: Sequence[Mended], *, as_json: bool) -> int:
    """Print what was found; the exit code."""
    if as_json:
        show.as_json(plain(entries, mended))
    else:
        _print(options, entries, mended)
    return Exit.CONDITION_FALSE if worst(entries) is Verdict.FAIL else Exit.OK


def _print(options: Options, entries: Sequence[Entry], mended: Sequence[Mended]) -> None:
    for entry in entries:
        found = entry.found
        if options.quiet and found.verdict is Verdict.OK:
            continue
        verdict = click.style(f"{found.verdict:<12}", fg=_COLOR_BY_VERDICT[found.verdict] if options.color else None)
        subject = f"{found.subject}: " if found.subject else ""
        click.echo(f"{verdict}{entry.check:<{_WIDTH}}{subject}{_indented(found.words)}")
        if found.mend:
            hint = "  (or watchbill doctor --fix)" if found.fix else ""
            click.echo(f"{'':<{12 + _WIDTH}}→ {found.mend}{hint}")
    for one in mended:
        if one.why_not:
            click.echo(f"not mended: {one.words}: {one.why_not}")
    count = {verdict: sum(entry.found.verdict is verdict for entry in entries) for verdict in Verdict}
    click.echo(", ".join(f"{number} {verdict}" for verdict, number in count.items() if number))


def _indented(words: str) -> str:
    return words.replace("\n", f"\n{'':<{12 + _WIDTH}}")


def plain(entries: Sequence[Entry], mended: Sequence[Mended]) -> dict[str, object]:
    """As JSON has it."""
    return {
        "verdict": worst(entries),
        "checks": [
            {
                "check": entry.check,
                "subject": entry.found.subject,
                "verdict": entry.found.verdict,
                "words": entry.found.words,
                "mend": entry.found.mend,
                "can_fix": entry.found.fix is not None,
            }
            for entry in entries
        ],
        "mended": [{"words": one.words, "done": not one.why_not, "why_not": one.why_not} for one in mended],
    }

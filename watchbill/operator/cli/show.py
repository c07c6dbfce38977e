"""Showing: plain tables and lines for people, readable at 80 columns; times are local and relative, money is short."""

import csv
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import click
from rich.cells import cell_len
from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from watchbill.domain.counted import counted
from watchbill.operator import words
from watchbill.operator.cli import fitting, ruled
from watchbill.operator.cli.root import Options
from watchbill.operator.doors import Plain
from watchbill.operator.visible import visible

_WIDE = 120  # columns; below it a row that does not fit is told in lines of its own

_STYLE_BY_WORD = {
    **dict.fromkeys(("landed", "verified", "ready", "passes", "healthy"), "green"),
    **dict.fromkeys(("failed", "rejected", "broken", "lost", "reverted", "error", "critical"), "red"),
    **dict.fromkeys(
        ("held", "review", "paused", "proposed", "deferred", "warning", "unconfigured", "half_open", "stopped"),
        "yellow",
    ),
    **dict.fromkeys(("running", "busy"), "cyan"),
}


def as_json(answer: object) -> None:
    click.echo(json.dumps(answer, indent=2, ensure_ascii=False))


def as_csv(rows: Sequence[Mapping[str, Any]]) -> None:
    """Rows with their names over them, as spreadsheets read them; nothing where there are none."""
    if rows:
        out = csv.DictWriter(sys.stdout, list(rows[0]), lineterminator="\n")
        out.writeheader()
        out.writerows({name: cell(value) for name, value in row.items()} for row in rows)


_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what spreadsheets take a text for that begins so


def cell(value: object) -> object:
    """A value as a spreadsheet takes it: text stays text, whatever it begins with; dollars have all their places.

    >>> cell("=cmd()"), cell(0.000083), cell(7), cell("plain")
    ("'=cmd()", '0.000083', 7, 'plain')
    """
    if isinstance(value, float):
        return f"{value:.6f}"
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def console(options: Options) -> Console:
    """A console of the terminal's width; elsewhere wide enough that nothing is cut for a program that reads it."""
    width = None if sys.stdout.isatty() else 160
    return Console(no_color=not options.color, width=width, highlight=False, soft_wrap=False, emoji=False, markup=False)


def table(out: Console, columns: Sequence[str], rows: Iterable[Sequence[str]], *, folds: bool = True) -> None:
    """A table without lines. A column that ends with > is set to the right; the last one takes what room is left.

    `folds`: what does not fit there goes on below, and where the terminal is too narrow for a table each row is told in
    lines of its own; else it is cut, and each row is one line.
    """
    kept = list(rows)
    names = [column.rstrip(">").upper() for column in columns]
    natural = [max(map(cell_len, texts)) for texts in zip(names, *kept, strict=True)]
    widths = fitting.widths(natural, out.width, may_part=folds and out.width < _WIDE)
    if widths is None:
        _parted(out, columns, natural, kept)
        return
    rights = [column.endswith(">") for column in columns]
    head = [(name, "bold") for name in names]
    ruled.draw(
        out,
        ruled.Ruling(widths=widths, rights=rights, folds=folds),
        [head, *([(cell, _STYLE_BY_WORD.get(cell, "")) for cell in row] for row in kept)],
    )


def _styled(cell: str) -> Text:
    return Text(cell, style=_STYLE_BY_WORD.get(cell, ""))


def _parted(out: Console, columns: Sequence[str], natural: Sequence[int], rows: Iterable[Sequence[str]]) -> None:
    """Each row for itself: the first line names it, then come the short cells, then each long one."""
    begin = fitting.head(natural)
    for row in rows:
        cells = list(zip((_named(*each) for each in zip(columns, row, strict=True)), natural, strict=True))
        out.print(Text(" ").join(said for said, _ in cells[:begin] if said))
        rest = [(said, width) for said, width in cells[begin:] if said]
        lines = [said for said, width in rest if width > fitting.SHORT]
        if len(lines) < len(rest):
            lines.insert(0, Text(" · ").join(said for said, width in rest if width <= fitting.SHORT))
        for line in lines:
            out.print(Padding(line, (0, 0, 0, 2), expand=False))


def _named(column: str, cell: str) -> Text:
    """A number says of what it is."""
    said = _styled(cell)
    return Text.assemble(f"{column.rstrip('>')} ", said) if said and column.endswith(">") else said


def cut(text: str, width: int) -> str:
    """At most so many characters, and a sign where it goes on.

    >>> cut("Mend 2 findings", 6), cut("Mend", 6)
    ('Mend …', 'Mend')
    """
    return text if len(text) <= width else f"{text[: width - 1]}…"


def diff(text: str) -> None:
    """A diff for whoever reads or applies it: a terminal is not commanded by it, a program gets every byte."""
    click.echo(visible(text) if sys.stdout.isatty() else text, nl=False)


def pairs(values: Iterable[tuple[str, str]]) -> None:
    """Names and values under each other; what is empty is left out."""
    given = [(name, value) for name, value in values if value]
    width = max((len(name) for name, _ in given), default=0) + 2
    for name, value in given:
        click.echo(f"  {name:<{width}}{value}")


def local(stamp: str | None) -> str:
    """A moment in the local zone: the time of day today, else with its date."""
    if stamp is None:
        return "-"
    moment = datetime.fromisoformat(stamp).astimezone()
    form = "%H:%M" if moment.date() == datetime.now(UTC).astimezone().date() else "%d %b %H:%M"
    return moment.strftime(form)


def zone() -> str:
    """The name of the zone in which people are told moments."""
    return datetime.now().astimezone().tzname() or "local"


def ago(stamp: str | None, now: str) -> str:
    """How long ago, or in how long."""
    if stamp is None:
        return "-"
    seconds = (datetime.fromisoformat(now) - datetime.fromisoformat(stamp)).total_seconds()
    return f"{span(seconds)} ago" if seconds >= 0 else f"in {span(-seconds)}"


def span(seconds: float) -> str:
    return words.brief(seconds)


def usd(micros: int | None) -> str:
    return "-" if micros is None else words.usd(micros)


def expected(found: Plain) -> str:
    """What a run costs by its like: half of them no more, nine of ten no more; else its cap."""
    if found["p50_micro_usd"] is not None:
        return f"{usd(found['p50_micro_usd'])}, p90 {usd(found['p90_micro_usd'])}"
    most = found["most_micro_usd"]
    return "no cap" if most is None else f"at most {usd(most)}"


def done(provider: Plain) -> str:
    """How many of a provider's runs of the last day came to a good end: landed a change, or verified that there is none to make.

    >>> done({"landed_24h": 3, "verified_24h": 1, "runs_24h": 5})
    '4/5'
    """
    return f"{provider['landed_24h'] + provider['verified_24h']}/{provider['runs_24h']}"


def counts(change: Plain) -> str:
    """A changed file in numbers.

    >>> counts({"path": "lore/canon.md", "added": 12, "removed": 40})
    'lore/canon.md  +12 -40'
    """
    if change["added"] is None:
        return f"{change['path']}  no text"
    return f"{change['path']}  +{change['added']} -{change['removed']}"


def files(count: int) -> str:
    return counted(count, "file")


def place(finding: Plain) -> str:
    """Where a finding is.

    >>> place({"path": "a.md", "line": 3}), place({"path": "a.md", "line": 0}), place({"path": "", "line": 0})
    ('a.md:3', 'a.md', 'the whole tree')
    """
    line = f":{finding['line']}" if finding["line"] else ""
    return f"{finding['path']}{line}" if finding["path"] else "the whole tree"


_WHY = {"deduped": "answered before", "joined": "under way for a twin"}


def savings(found: Plain) -> str:
    """How many calls were made and saved, why, the runs that merging saved, and the caches' share of the input; nothing before the first call."""
    if not found["calls_made"] and not found["calls_saved"]:
        return ""
    by = {_WHY.get(name, name): each["calls_saved"] for name, each in found["by"].items()}
    why = " · ".join(f"{count} {word}" for word, count in by.items() if count)
    worth = f" ({why}; {tokens(found['tokens_saved'])} tokens, {usd(found['saved_micro_usd'])})" if why else ""
    rate = found["cache"]["hit_rate"]
    warm = "" if rate is None else f"   prompt caches {rate:.0%} of the input"
    merged = f"   runs saved by merging {found['merged']['runs_saved']}" if found["merged"]["runs_saved"] else ""
    return f"calls {found['calls_made']}, saved {found['calls_saved']}{worth}{merged}{warm}{_batched(found['batches'])}"


def _batched(found: Plain) -> str:
    """What went in batches, what that saved, and what waits for one."""
    waiting = f", {found['waiting']} waiting" if found["waiting"] else ""
    if not found["calls"] and not waiting:
        return ""
    return f"   in batches {found['calls']}{waiting} ({usd(found['saved_micro_usd'])} saved)"


def tokens(count: int) -> str:
    return words.count(count)


_RUNGS = {"rebase": "rebase", "three_way": "three-way merge", "provider": "its provider", "review": "a person"}


def tried(step: dict[str, Any]) -> str:
    """One step of what was tried with a conflict: whom it was given to, or how it ended."""
    word = _RUNGS[step["rung"]]
    if step["rung"] in ("provider", "review"):
        return f"given to {word}"
    return f"{word} {'resolved' if step['worked'] else 'failed in'} {', '.join(step['paths'])}"


def facts(values: dict[str, Any]) -> str:
    """An event's facts on one line."""
    return " ".join(f"{name}={_short(value)}" for name, value in values.items())


def _short(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return json.dumps(text, ensure_ascii=False) if " " in text else text

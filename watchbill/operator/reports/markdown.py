"""A document as Markdown that reads well as it is."""

import re
from collections.abc import Iterator, Sequence

from watchbill.operator.drawing.trend import Trend, worded
from watchbill.operator.reports.document import Block, Document, Heading, Mood, Points, Rows, Text, Tiles

_SPECIAL = re.compile(r"([\\|<\[\]*`])")
_MARKS = "▁▂▃▄▅▆▇█"
_SIGN = {Mood.GOOD: "✓ ", Mood.SO_SO: "! ", Mood.BAD: "✗ ", Mood.PLAIN: ""}


def write(document: Document) -> str:
    parts = [f"# {plain(document.title)}", plain(document.subtitle)]
    parts += ["\n".join(_block(block)) for block in document.blocks]
    return "\n\n".join(part for part in parts if part) + "\n"


def plain(text: str) -> str:
    """Words that mean themselves, on one line: what others wrote makes no table, no link and no tag.

    >>> plain("a|b <c>")
    'a\\\\|b \\\\<c>'
    """
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))


def code(text: str) -> str:
    """As it is typed, on one line."""
    line = " ".join(text.split())
    fence = "``" if "`" in line else "`"
    pad = " " if fence == "``" else ""
    return f"{fence}{pad}{line}{pad}{fence}"


def _block(block: Block) -> Iterator[str]:
    match block:
        case Tiles():
            for tile in block.tiles:
                note = f" ({plain(tile.note)})" if tile.note else ""
                yield f"- **{plain(tile.title)}:** {_SIGN[tile.mood]}{plain(tile.value)}{note}"
        case Heading():
            yield f"## {plain(block.text)}"
        case Text():
            yield plain(block.text)
        case Points():
            for point in block.points:
                yield f"- {plain(point.text)}" + (f"  \n  → {code(point.command)}" if point.command else "")
        case Rows():
            yield from _rows(block)
        case Trend():
            yield from _trend(block)


def _rows(block: Rows) -> Iterator[str]:
    yield _row([column.rstrip(">") for column in block.columns])
    yield _row(["---:" if column.endswith(">") else "---" for column in block.columns])
    for row in block.rows:
        yield _row([plain(cell) for cell in row])
    if block.note:
        yield ""
        yield plain(block.note)


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _trend(block: Trend) -> Iterator[str]:
    for line in block.lines:
        known = [value for value in line.values if value is not None]
        last = worded(known[-1], block.unit) if known else "not known"
        most = f", at most {worded(max(known), block.unit)}" if known else ""
        name = block.title if len(block.lines) == 1 else f"{block.title}, {line.name}"
        yield f"- {plain(name)}: {code(sparkline(line.values)) if line.values else ''} {last}{most}"


def sparkline(values: Sequence[float | None]) -> str:
    """One character a value, from nothing to the most; a dot where it is not known.

    >>> sparkline([0, 1, 2, None, 4])
    '▁▃▅·█'
    """
    most = max((value for value in values if value is not None), default=0.0)
    return "".join(_mark(value, most) for value in values)


def _mark(value: float | None, most: float) -> str:
    if value is None:
        return "·"
    return _MARKS[round(max(0.0, value) / most * (len(_MARKS) - 1))] if most > 0 else _MARKS[0]

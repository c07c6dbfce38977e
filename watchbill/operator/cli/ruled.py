"""Ruled: a table's lines. By hand where a row fits as it is, for rich takes half a millisecond a row; by rich where it has to fold."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions
from rich.segment import Segment
from rich.style import Style
from rich.table import Table
from rich.text import Text

from watchbill.operator.cli.fitting import GAP

_GAP = Segment(" " * GAP)

Cell = tuple[str, str]  # what it says, and its style
Row = Sequence[Cell]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """How wide each column is, which ones are set to the right, and whether the last one folds; others are cut."""

    widths: Sequence[int]
    rights: Sequence[bool]
    folds: bool


def draw(out: Console, ruling: Ruling, rows: Sequence[Row]) -> None:
    for fits, group in groupby(rows, lambda row: _fits(ruling, row)):
        some = list(group)
        out.print(_Lines(ruling, some) if fits else _table(ruling, some), end="")


def _fits(ruling: Ruling, row: Row) -> bool:
    return all(
        said.isprintable() and cell_len(said) <= width for (said, _), width in zip(row, ruling.widths, strict=True)
    )


@dataclass(frozen=True, slots=True)
class _Lines:
    ruling: Ruling
    rows: Sequence[Row]

    def __rich_console__(self, _console: Console, _options: ConsoleOptions) -> Iterator[Segment]:
        for row in self.rows:
            for at, ((said, style), width, right) in enumerate(
                zip(row, self.ruling.widths, self.ruling.rights, strict=True)
            ):
                if at:
                    yield _GAP
                room = " " * (width - cell_len(said))
                yield Segment(f"{room}{said}" if right else f"{said}{room}", Style.parse(style) if style else None)
            yield Segment.line()


def _table(ruling: Ruling, rows: Sequence[Row]) -> Table:
    made = Table(box=None, pad_edge=False, show_header=False, show_edge=False)
    last = len(ruling.widths) - 1
    for at, (width, right) in enumerate(zip(ruling.widths, ruling.rights, strict=True)):
        folds = ruling.folds and at == last
        made.add_column(
            justify="right" if right else "left",
            no_wrap=not folds,
            overflow="fold" if folds else "ellipsis",
            width=width,
        )
    for row in rows:
        made.add_row(*(Text(said, style=style) for said, style in row))
    return made

"""The matrix: an amount for each pair of two names, such as what each provider cost for each type of task."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import sqrt

from watchbill.domain.money import MicroUsd
from watchbill.operator.drawing.burndown import show
from watchbill.operator.drawing.picture import IS_NARROW, Picture, Table
from watchbill.operator.drawing.shapes import box, clip, label, wide

SHADES = 5
_HEAD, _ROW, _EDGE = 26, 28, 8
_ALL, _REST = "all", "others"


@dataclass(frozen=True, slots=True, kw_only=True)
class Matrix:
    title: str
    down: str  # what the rows are
    across: str
    amounts: Mapping[tuple[str, str], MicroUsd]  # by row and column


def draw(matrix: Matrix, *, width: float, name: str) -> Picture:
    narrow = width < IS_NARROW
    gutter = 96 if narrow else 130
    rows = _dearest(matrix, 0)
    columns = _dearest(matrix, 1)
    fits = max(1, int((width - gutter - _EDGE) // 76) - 1)
    shown = columns if len(columns) <= fits else [*columns[: fits - 1], _REST]
    sums = _sums(matrix, columns, shown)
    step = (width - gutter - _EDGE) / (len(shown) + 1)
    parts = list(_body(rows, shown, sums, gutter, step))
    if not rows:
        parts = [label("faint", width / 2, _HEAD + 14, "nothing was spent", anchor="middle")]
    return Picture(
        kind="matrix",
        name=name,
        title=matrix.title,
        said=_said(matrix, rows),
        width=width,
        height=_HEAD + _ROW * (len(rows) + 1) + _EDGE,
        parts=tuple(parts),
        table=_table(matrix, rows, columns),
    )


def _dearest(matrix: Matrix, side: int) -> list[str]:
    total: dict[str, int] = {}
    for pair, amount in matrix.amounts.items():
        total[pair[side]] = total.get(pair[side], 0) + amount
    return sorted(total, key=lambda name: (-total[name], name))


def _sums(matrix: Matrix, columns: list[str], shown: list[str]) -> dict[tuple[str, str], int]:
    """Of every cell that is drawn; the sums at the edges included, where a name is ""."""
    sums: dict[tuple[str, str], int] = {}
    kept = set(shown) if len(shown) == len(columns) else set(shown[:-1])
    for (row, column), amount in matrix.amounts.items():
        place = column if column in kept else _REST
        for key in ((row, place), (row, ""), ("", place), ("", "")):
            sums[key] = sums.get(key, 0) + amount
    return sums


def _body(
    rows: list[str], shown: list[str], sums: Mapping[tuple[str, str], int], gutter: float, step: float
) -> Iterator[str]:
    most = max((amount for (row, column), amount in sums.items() if row and column), default=0)
    for count, column in enumerate([*shown, ""]):
        x = gutter + step * (count + 1) - 8
        yield label("tick", x, _HEAD - 9, clip(column or _ALL, step - 8), anchor="end")
    for place, row in enumerate([*rows, ""]):
        y = _HEAD + _ROW * place
        yield label("name" if row else "name sum", _EDGE, y + 18, clip(row or _ALL, gutter - _EDGE - 6))
        for count, column in enumerate([*shown, ""]):
            amount = sums.get((row, column), 0)
            shade = f"cell shade-{_shade(amount, most)}" if row and column else "cell sum"
            x = gutter + step * count
            yield box(
                shade,
                x + 1,
                y + 1,
                step - 2,
                _ROW - 2,
                tip=f"{row or _ALL}, {column or _ALL}: {show(MicroUsd(amount))}",
                round_=2,
            )
            said = show(MicroUsd(amount)) if amount else "·"
            if wide(said) > step - 10:
                said = _short(amount)
            ink = "value dark" if row and column and _shade(amount, most) >= SHADES - 1 else "value"
            yield label(f"{ink} none" if not amount else ink, x + step - 8, y + 18, said, anchor="end")


def _shade(amount: int, most: int) -> int:
    """From 0 (nothing) to SHADES; by the root, since a few cells take most of the money.

    >>> _shade(0, 100), _shade(1, 100), _shade(100, 100)
    (0, 1, 5)
    """
    return 0 if not amount or not most else max(1, round(SHADES * sqrt(amount / most)))


def _short(amount: int) -> str:
    """
    >>> _short(1_234_567_000_000)
    '$1.2M'
    """
    dollars = amount / 1_000_000
    for limit, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if dollars >= limit:
            return f"${dollars / limit:.1f}{unit}"
    return f"${dollars:.1f}"


def _said(matrix: Matrix, rows: list[str]) -> str:
    total = MicroUsd(sum(matrix.amounts.values()))
    if not rows or not total:
        return "Nothing was spent."
    (row, column), most = max(matrix.amounts.items(), key=lambda item: item[1])
    return f"{show(total)} in all; most for {row} and {column}: {show(most)}."


def _table(matrix: Matrix, rows: list[str], columns: list[str]) -> Table:
    body = tuple((row, *(show(matrix.amounts.get((row, column), MicroUsd(0))) for column in columns)) for row in rows)
    return Table(columns=(matrix.down, *columns), rows=body)

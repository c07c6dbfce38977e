"""A trend: one or a few numbers by day, from zero up, with gaps where nothing is known."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from math import ceil

from watchbill.operator.drawing.picture import Picture, Table
from watchbill.operator.drawing.scales import Amounts, nice
from watchbill.operator.drawing.shapes import dot, label, line, path, wide
from watchbill.operator.drawing.strip import hue

_LEAST, _EDGE, _HEAD, _HIGH, _FOOT, _LEGEND = 44, 14, 16, 130, 24, 18
_DAY_LABEL = 52  # pixels
_MEASURED = ("$", "%")  # units with parts; everything else comes in whole pieces


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    name: str
    values: tuple[float | None, ...]  # one a day, none negative; None: not known


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    title: str
    unit: str  # stands before a number where it is "$", else behind it: "%"; "" for what is counted
    first: date
    lines: tuple[Line, ...]

    @property
    def days(self) -> int:
        return max((len(each.values) for each in self.lines), default=0)


def draw(trend: Trend, *, width: float, name: str) -> Picture:
    known = [value for each in trend.lines for value in each.values if value is not None]
    ticks = nice(max(known, default=0), 3, is_counted=trend.unit not in _MEASURED)
    bottom = _HEAD + _HIGH
    scale = Amounts(most=ticks[-1], bottom=bottom, top=_HEAD)
    days = _Days(
        left=max(_LEAST, 12 + max(wide(worded(each, trend.unit)) for each in ticks)),
        right=width - _EDGE,
        count=trend.days,
    )
    parts = list(_grid(trend, ticks, scale, days))
    for place, each in enumerate(trend.lines):
        parts += _line(each, hue(place), trend, scale, days)
    if not known:
        parts.append(
            label("faint", (days.left + days.right) / 2, _HEAD + _HIGH / 2, "nothing is known yet", anchor="middle")
        )
    parts += _legend(trend, days, bottom + _FOOT + 8)
    return Picture(
        kind="trend",
        name=name,
        title=trend.title,
        said=" ".join(_said(each, trend) for each in trend.lines) or "Nothing is known yet.",
        width=width,
        height=bottom + _FOOT + (_LEGEND if len(trend.lines) > 1 else 0),
        parts=tuple(parts),
        table=_table(trend),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Days:
    left: float
    right: float
    count: int

    def x(self, day: int) -> float:
        """One day alone stands in the middle."""
        return self.left + (self.right - self.left) * (day / (self.count - 1) if self.count > 1 else 0.5)


def _grid(trend: Trend, ticks: Sequence[float], scale: Amounts, days: _Days) -> Iterator[str]:
    for amount in ticks:
        y = scale.y(amount)
        yield line("rule" if amount else "base", days.left, y, days.right, y)
        yield label("tick", days.left - 7, y + 4, worded(amount, trend.unit), anchor="end")
    step = max(1, ceil(days.count * _DAY_LABEL / (days.right - days.left)))
    for place in range(0, days.count, step):
        at = trend.first + timedelta(days=place)
        x = min(max(days.x(place), days.left + 4), days.right - 8)
        yield label("tick", x, scale.bottom + 17, f"{at:%-d %b}", anchor="middle")


def worded(amount: float, unit: str) -> str:
    """
    >>> worded(0.5, "$"), worded(1500, " runs"), worded(12.5, "%")
    ('$0.50', '1,500 runs', '12.5%')
    """
    if unit == "$":
        return f"${amount:,.0f}" if amount >= 10 and amount == int(amount) else f"${amount:,.2f}"  # noqa: PLR2004 - dollars
    return f"{amount:,.2f}".rstrip("0").rstrip(".") + unit


def _line(each: Line, of: str, trend: Trend, scale: Amounts, days: _Days) -> Iterator[str]:
    known = [(day, value) for day, value in enumerate(each.values) if value is not None]
    for _, group in groupby(enumerate(known), lambda item: item[1][0] - item[0]):  # neighbouring days together
        points = [(days.x(day), scale.y(value)) for _, (day, value) in group]
        if len(points) > 1:
            yield path(f"line {of}", points)
    for day, value in known:
        at = trend.first + timedelta(days=day)
        tip = f"{each.name}, {at:%a %-d %b}: {worded(value, trend.unit)}"
        radius = 3.0 if trend.days <= 45 else 1.5  # noqa: PLR2004 - days whose dots do not touch
        yield dot(f"day {of}", days.x(day), scale.y(value), radius, tip=tip)


def _legend(trend: Trend, days: _Days, y: float) -> Iterator[str]:
    if len(trend.lines) < 2:  # noqa: PLR2004 - the title says what one line is
        return
    x = days.left
    for place, each in enumerate(trend.lines):
        room = 20 + wide(each.name) + 12
        if x + room > days.right:
            return
        yield line(f"line {hue(place)}", x, y - 4, x + 14, y - 4)
        yield label("tick", x + 19, y, each.name)
        x += room


def _said(each: Line, trend: Trend) -> str:
    known = [value for value in each.values if value is not None]
    if not known:
        return f"{each.name}: nothing is known yet."
    return (
        f"{each.name}: {worded(known[-1], trend.unit)} at last, between {worded(min(known), trend.unit)} "
        f"and {worded(max(known), trend.unit)}."
    )


def _table(trend: Trend) -> Table:
    def cell(each: Line, day: int) -> str:
        value = each.values[day] if day < len(each.values) else None
        return "" if value is None else worded(value, trend.unit)

    rows = tuple(
        (f"{trend.first + timedelta(days=day):%Y-%m-%d}", *(cell(each, day) for each in trend.lines))
        for day in range(trend.days)
    )
    return Table(columns=("day", *(each.name for each in trend.lines)), rows=rows)

"""Lines by day: as an SVG picture that inherits the page's colours, and as characters where there are no pictures."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from html import escape
from itertools import groupby
from math import log10

from watchbill.operator.reports.document import Chart

_WIDTH, _HEIGHT = 640.0, 180.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 56.0, 12.0, 12.0, 24.0
_MARKS = "▁▂▃▄▅▆▇█"
_DAYS_SHOWN = 6  # below the line


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


def shown(value: float, unit: str) -> str:
    """
    >>> shown(1.5, "$"), shown(12.0, " runs"), shown(0.25, "$")
    ('$1.50', '12 runs', '$0.25')
    """
    if unit == "$":
        return f"${value:.2f}"
    return f"{value:,.0f}{unit}" if value == int(value) else f"{value:,.1f}{unit}"


def svg(chart: Chart) -> str:
    """The picture. Every number in it also stands in the text that it carries for who cannot see it."""
    days = max((len(line.values) for line in chart.lines), default=0)
    most = max((value for line in chart.lines for value in line.values if value is not None), default=0.0)
    ticks = _ticks(most)
    parts = [*_grid(chart, ticks, days)]
    for place, line in enumerate(chart.lines):
        parts += _drawn(line.values, place, ticks[-1], days)
    said = "; ".join(f"{line.name}: {_said(line.values, chart.unit)}" for line in chart.lines)
    title = escape(f"{chart.title}. {said}")
    return (
        f'<svg class="chart" viewBox="0 0 {_WIDTH:g} {_HEIGHT:g}" role="img" aria-label="{title}">'
        f"<title>{title}</title>{''.join(parts)}</svg>"
    )


def _said(values: Sequence[float | None], unit: str) -> str:
    return ", ".join("not known" if value is None else shown(value, unit) for value in values)


def _ticks(most: float) -> list[float]:
    """Zero, a half and the top: a round number that is no less than the most."""
    if most <= 0:
        return [0.0, 0.5, 1.0]
    power = 10.0 ** int(log10(most) - (most < 1))
    top = next(step * power for step in (1, 2, 4, 5, 10) if step * power >= most * 0.999)
    return [0.0, top / 2, top]


def _grid(chart: Chart, ticks: Sequence[float], days: int) -> Iterator[str]:
    for tick in ticks:
        y = _y(tick, ticks[-1])
        yield f'<line class="grid" x1="{_LEFT:g}" x2="{_WIDTH - _RIGHT:g}" y1="{y:.1f}" y2="{y:.1f}"/>'
        yield f'<text class="tick" x="{_LEFT - 8:g}" y="{y + 4:.1f}" text-anchor="end">{shown(tick, chart.unit if chart.unit == "$" else "")}</text>'
    every = max(1, -(-days // _DAYS_SHOWN))
    for place in range(0, days, every):
        day = chart.first + timedelta(days=place)
        yield f'<text class="tick" x="{_x(place, days):.1f}" y="{_HEIGHT - 6:g}" text-anchor="middle">{day:%d %b}</text>'


def _drawn(values: Sequence[float | None], place: int, top: float, days: int) -> Iterator[str]:
    """Where nothing is known the line has a gap; a day alone is a dot."""
    known = [(number, value) for number, value in enumerate(values)]
    for is_known, run in groupby(known, key=lambda pair: pair[1] is not None):
        if not is_known:
            continue
        spots = [(_x(number, days), _y(value or 0.0, top)) for number, value in run]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in spots)
        yield f'<polyline class="line line-{place}" points="{path}"/>'
        x, y = spots[-1]
        yield f'<circle class="dot line-{place}" cx="{x:.1f}" cy="{y:.1f}" r="3"/>'


def _x(place: int, days: int) -> float:
    room = _WIDTH - _LEFT - _RIGHT - 24
    return _LEFT + 12 + (room / 2 if days < 2 else room * place / (days - 1))  # noqa: PLR2004 - one day stands in the middle


def _y(value: float, top: float) -> float:
    return _HEIGHT - _BOTTOM - (_HEIGHT - _BOTTOM - _TOP) * value / top

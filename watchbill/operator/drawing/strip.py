"""The watch strip: one row a provider; what it did until now, and what it is planned to do."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from math import ceil
from zoneinfo import ZoneInfo

from watchbill.operator.drawing.picture import IS_NARROW, Picture, Table
from watchbill.operator.drawing.scales import HOUR, Clock
from watchbill.operator.drawing.shapes import box, clip, element, label, line, number, wide

HUES = 8  # colours that tell providers apart; beyond them they repeat
_GUTTER, _EDGE = 104, 12
_HEAD, _FOOT = 22, 42
_ROW, _BAND, _MARK = 36, 28, 5  # from one provider to the next; its band; the strip of what kept work from it
_NAME = 16  # above the band, where there is no gutter
_THIN = 2.0  # pixels: the shortest bar that one sees
_HOUR_LABEL = 42
_LEGEND = 16  # from one line of the legend to the next


class Doing(StrEnum):
    GOOD = "good"  # it ended as it should
    BAD = "bad"  # it came to nothing
    LIVE = "live"
    PLANNED = "planned"


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    begin: datetime
    end: datetime
    said: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stint:
    begin: datetime
    end: datetime
    doing: Doing
    said: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    provider: str
    watches: tuple[Span, ...] = ()  # hours that are its own
    stints: tuple[Stint, ...] = ()
    outs: tuple[Span, ...] = ()  # when it was given nothing: breaker, hold, pause


@dataclass(frozen=True, slots=True, kw_only=True)
class Strip:
    begin: datetime
    now: datetime
    end: datetime
    zone: ZoneInfo
    rows: tuple[Row, ...]
    silent: tuple[Span, ...] = ()  # when no daemon ran


def draw(strip: Strip, *, width: float, name: str = "strip") -> Picture:
    narrow = width < IS_NARROW
    clock = Clock(begin=strip.begin, end=strip.end, left=_EDGE if narrow else _GUTTER, right=width - _EDGE)
    step = _ROW + (_NAME if narrow else 0)
    bottom = _HEAD + step * max(1, len(strip.rows))
    parts = [*_axis(strip, clock, bottom, narrow=narrow)]
    for place, row in enumerate(strip.rows):
        top = _HEAD + step * place + (_NAME if narrow else 0)
        parts += _row(row, place, top, clock, narrow=narrow)
    parts += [
        box("silent", clock.x(gap.begin), _HEAD, clock.x(gap.end) - clock.x(gap.begin), bottom - _HEAD, tip=gap.said)
        for gap in strip.silent
    ]
    if not strip.rows:
        parts.append(label("faint", width / 2, _HEAD + _ROW / 2 + 4, "no provider is configured", anchor="middle"))
    parts += _now(strip, clock, bottom)
    legend, foot = _legend(width, bottom + 36)
    parts += legend
    return Picture(
        kind="strip",
        name=name,
        title="Who worked when, and who is planned to",
        said=_said(strip),
        width=width,
        height=foot + _FOOT - 36,
        parts=tuple(parts),
        table=_table(strip),
    )


def hue(place: int) -> str:
    """The class of the provider at this place of the bill."""
    return f"hue-{place % HUES}"


def _axis(strip: Strip, clock: Clock, bottom: float, *, narrow: bool) -> Iterator[str]:
    for at in clock.times(strip.zone, 34 if narrow else _HOUR_LABEL):
        x = clock.x(at)
        local = at.astimezone(strip.zone)
        yield line("midnight" if local.hour == 0 else "rule", x, _HEAD, x, bottom)
        said = f"{local:%a}" if local.hour == 0 else f"{local:%H}"
        yield label("tick", x, _HEAD - 7, said, anchor="middle")


def _row(row: Row, place: int, top: float, clock: Clock, *, narrow: bool) -> Iterator[str]:
    x, y = (_EDGE, top - 4) if narrow else (_EDGE, top + _BAND / 2 + 4)
    yield label(
        f"name {hue(place)}", x, y, clip(row.provider, clock.right - _EDGE if narrow else _GUTTER - 2 * _EDGE + 8)
    )
    yield box("ground", clock.left, top, clock.right - clock.left, _BAND, round_=3)
    for watch in row.watches:
        yield _span(f"watch {hue(place)}", watch, top, _BAND, clock)
    lanes = _lanes(row.stints)
    high = (_BAND - _MARK - 4) / max(1, len(lanes))
    for lane, stints in enumerate(lanes):
        for stint, count in _merged(stints, clock):
            more = f" and {count - 1} more" if count > 1 else ""
            left, right = clock.x(stint.begin), clock.x(stint.end)
            room = max(_THIN, right - left - 0.5)
            left = min(left, clock.right - room)
            yield box(
                f"stint {stint.doing} {hue(place)}",
                left,
                top + 3 + lane * high,
                room,
                max(1.5, high - 1),
                tip=stint.said + more,
                round_=2,
            )
    for out in row.outs:
        yield _span("out", out, top + _BAND - _MARK, _MARK, clock)


def _span(of: str, span: Span, top: float, high: float, clock: Clock) -> str:
    left, right = clock.x(span.begin), clock.x(span.end)
    return box(of, left, top, max(right - left, 1), high, tip=span.said)


def _lanes(stints: Sequence[Stint]) -> list[list[Stint]]:
    """Side by side what went on at once."""
    lanes: list[list[Stint]] = []
    for stint in sorted(stints, key=lambda each: each.begin):
        free = next((lane for lane in lanes if lane[-1].end <= stint.begin), None)
        if free is None:
            lanes.append([stint])
        else:
            free.append(stint)
    return lanes


def _merged(stints: Sequence[Stint], clock: Clock) -> Iterator[tuple[Stint, int]]:
    """Those that nobody could tell apart as one, and how many that is."""
    held: Stint | None = None
    count = 0
    for stint in stints:
        alike = held is not None and stint.doing is held.doing
        if held is not None and alike and clock.x(stint.end) - clock.x(held.begin) <= _THIN:
            held, count = Stint(begin=held.begin, end=stint.end, doing=held.doing, said=held.said), count + 1
            continue
        if held is not None:
            yield held, count
        held, count = stint, 1
    if held is not None:
        yield held, count


def _now(strip: Strip, clock: Clock, bottom: float) -> Iterator[str]:
    x = clock.x(strip.now)
    yield box("ahead", x, _HEAD, clock.right - x, bottom - _HEAD)
    yield line("now", x, _HEAD - 2, x, bottom + 4)
    yield element("path", "now-tip", d=f"M{number(x - 4)} {_HEAD - 6} h8 l-4 5 z")
    yield label("now-word", min(max(x, 28), clock.right - 22), bottom + 17, _clock(strip.now, strip), anchor="middle")


def _legend(width: float, y: float) -> tuple[list[str], float]:
    """It, in as many lines as it needs, and where the last of them stands."""
    keys = (
        ("watch hue-7", "own hours"),
        ("stint good hue-7", "worked"),
        ("stint bad", "came to nothing"),
        ("stint planned hue-7", "planned"),
        ("out", "kept from work"),
    )
    parts: list[str] = []
    x: float = _EDGE
    for of, said in keys:
        room = 18 + wide(said)
        if x > _EDGE and x + room > width:
            x, y = _EDGE, y + _LEGEND
        if of.startswith("watch"):  # as on the strip: on the ground of all hours
            parts.append(box("ground", x, y - 9, 12, 10, round_=2))
        thin = of == "out"
        parts.append(box(of, x, y - (5 if thin else 9), 12, _MARK if thin else 10, round_=2))
        parts.append(label("tick", x + 17, y, said))
        x += room + 6
    return parts, y


def _clock(at: datetime, strip: Strip) -> str:
    return f"{at.astimezone(strip.zone):%H:%M}"


def busy(row: Row, begin: datetime, end: datetime) -> timedelta:
    """How much of a span it worked, or is planned to; what went on at once counts once."""
    total, reached = timedelta(0), begin
    for stint in sorted(row.stints, key=lambda each: each.begin):
        since, until = max(stint.begin, reached), min(stint.end, end)
        if until > since:
            total += until - since
            reached = until
    return total


def _said(strip: Strip) -> str:
    worked = [f"{row.provider} {_minutes(busy(row, strip.begin, strip.now))} min" for row in strip.rows]
    coming = sum(stint.doing is Doing.PLANNED for row in strip.rows for stint in row.stints)
    done = ", ".join(worked) or "nobody is configured"
    return f"Worked since {_clock(strip.begin, strip)}: {done}. {coming} runs are planned until {_clock(strip.end, strip)}."


def _minutes(span: timedelta) -> int:
    """No work at all is 0, and only that."""
    return ceil(span / timedelta(minutes=1))


def _table(strip: Strip) -> Table:
    hours = ceil((strip.end - strip.begin) / HOUR)
    begins = [strip.begin + HOUR * count for count in range(hours)]
    columns = ["provider", *(_clock(at, strip) for at in begins), "kept from work"]
    rows = []
    for row in strip.rows:
        cells = [str(_minutes(busy(row, at, at + HOUR)) or "") for at in begins]
        rows.append((row.provider, *cells, "; ".join(out.said for out in row.outs)))
    return Table(columns=tuple(columns), rows=tuple(rows))

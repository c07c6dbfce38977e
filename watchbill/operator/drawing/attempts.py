"""Attempts: one row a task, one bar an attempt in its provider's colour, and grey where it waited."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from watchbill.operator.drawing.picture import IS_NARROW, Picture, Table
from watchbill.operator.drawing.scales import Clock
from watchbill.operator.drawing.shapes import box, clip, element, label, line, number
from watchbill.operator.drawing.strip import hue

_GUTTER, _EDGE, _HEAD, _FOOT = 190, 12, 22, 26
_ROW, _BAR, _NAME, _THIN = 26, 14, 15, 2.0
_QUARTER = timedelta(minutes=15)
_MOST = 40  # rows; nobody reads more, and the table has them all


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    begin: datetime
    end: datetime | None  # None: it goes on
    provider: str
    came_to: str  # landed, handed off, failed …; "" while it goes on
    is_bad: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A task, with its attempts, oldest first."""

    task: str
    title: str
    since: datetime  # from when on it could have been worked on
    until: datetime | None  # when it was over; None: it is still open
    attempts: tuple[Attempt, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempts:
    begin: datetime
    end: datetime  # now
    zone: ZoneInfo
    pieces: tuple[Piece, ...]
    providers: tuple[str, ...]  # in the bill's order: their colours


def draw(attempts: Attempts, *, width: float, name: str = "attempts") -> Picture:
    narrow = width < IS_NARROW
    shown = attempts.pieces[:_MOST]
    clock = Clock(begin=attempts.begin, end=attempts.end, left=_EDGE if narrow else _GUTTER, right=width - _EDGE)
    step = _ROW + (_NAME if narrow else 0)
    bottom = _HEAD + step * max(1, len(shown))
    hues = {provider: hue(place) for place, provider in enumerate(attempts.providers)}
    parts = list(_axis(attempts, clock, bottom, narrow=narrow))
    for place, piece in enumerate(shown):
        parts += _row(piece, _HEAD + step * place, clock, hues=hues, attempts=attempts, narrow=narrow)
    if not shown:
        parts.append(label("faint", width / 2, _HEAD + 16, "no run in this time", anchor="middle"))
    parts += _legend(hues, shown, width, bottom + 17)
    return Picture(
        kind="attempts",
        name=name,
        title="Attempts and waits",
        said=_said(attempts),
        width=width,
        height=bottom + _FOOT,
        parts=tuple(parts),
        table=_table(attempts),
    )


def _axis(attempts: Attempts, clock: Clock, bottom: float, *, narrow: bool) -> Iterator[str]:
    for at in clock.times(attempts.zone, 44 if narrow else 60, least=_QUARTER):
        x = clock.x(at)
        yield line("rule", x, _HEAD - 2, x, bottom)
        said = f"{at.astimezone(attempts.zone):%H:%M}"
        yield label("tick", min(max(x, 18), clock.right - 16), _HEAD - 8, said, anchor="middle")


def _row(
    piece: Piece, top: float, clock: Clock, *, hues: Mapping[str, str], attempts: Attempts, narrow: bool
) -> Iterator[str]:
    if narrow:
        yield label("name", _EDGE, top + 11, clip(piece.title, clock.right - _EDGE))
        top += _NAME
    else:
        yield label("name", _EDGE, top + 16, clip(piece.title, _GUTTER - 2 * _EDGE))
    for begin, end in _waits(piece, attempts):
        yield _bar("wait", (begin, end), top, clock, f"{piece.task} waits")
    for number_, attempt in enumerate(piece.attempts, 1):
        end = attempt.end or attempts.end
        if end < attempts.begin or attempt.begin > attempts.end:
            continue
        came_to = attempt.came_to or "goes on"
        said = f"{piece.task}: attempt {number_}, {attempt.provider}, {came_to}"
        state = "live" if attempt.end is None else "bad" if attempt.is_bad else "good"
        yield _bar(f"stint {state} {hues.get(attempt.provider, 'hue-none')}", (attempt.begin, end), top, clock, said)
        if attempt.is_bad:
            x, y = min(clock.x(end), clock.right - 4), top + 6
            cross = f"M{number(x - 3)} {number(y)} l6 6 m0 -6 l-6 6"
            yield element("path", "cross", d=cross)


def _waits(piece: Piece, attempts: Attempts) -> Iterator[tuple[datetime, datetime]]:
    reached = piece.since
    for attempt in piece.attempts:
        if attempt.begin > reached:
            yield reached, attempt.begin
        reached = max(reached, attempt.end or attempts.end)
    over = piece.until or attempts.end
    if over > reached:
        yield reached, over


def _bar(of: str, span: tuple[datetime, datetime], top: float, clock: Clock, said: str) -> str:
    begin, end = span
    left = min(clock.x(begin), clock.right - _THIN)
    width = max(_THIN, clock.x(end) - left - 0.5)
    high = _BAR if of.startswith("stint") else 4
    return box(of, left, top + (_ROW - high) / 2 - 2, width, high, tip=said, round_=2)


def _legend(hues: Mapping[str, str], shown: tuple[Piece, ...], width: float, y: float) -> Iterator[str]:
    used = {attempt.provider for piece in shown for attempt in piece.attempts}
    x: float = _EDGE
    for provider, of in [(each, of) for each, of in hues.items() if each in used] + [("waiting", "")]:
        said = clip(provider, 90)
        room = 22 + 6.6 * len(said) + 10
        if x + room > width:
            return
        key = f"stint good {of}" if of else "wait"
        yield box(key, x, y - (9 if of else 6), 14, 9 if of else 4, round_=2)
        yield label("tick", x + 19, y, said)
        x += room


def _said(attempts: Attempts) -> str:
    made = sum(len(piece.attempts) for piece in attempts.pieces)
    bad = sum(attempt.is_bad for piece in attempts.pieces for attempt in piece.attempts)
    left = f"; {len(attempts.pieces) - _MOST} more tasks are not drawn" if len(attempts.pieces) > _MOST else ""
    return f"{made} attempts on {len(attempts.pieces)} tasks, of which {bad} came to nothing{left}."


def _table(attempts: Attempts) -> Table:
    def clock(at: datetime) -> str:
        return f"{at.astimezone(attempts.zone):%a %H:%M}"

    rows = [
        (
            piece.task,
            str(count),
            attempt.provider,
            clock(attempt.begin),
            clock(attempt.end) if attempt.end else "",
            attempt.came_to or "goes on",
        )
        for piece in attempts.pieces
        for count, attempt in enumerate(piece.attempts, 1)
    ]
    return Table(columns=("task", "attempt", "provider", "began", "ended", "came to"), rows=tuple(rows))

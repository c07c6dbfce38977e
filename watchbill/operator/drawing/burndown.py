"""The burn-down of a budget's window: what is spent and held against its cap, and where it is likely to end."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from watchbill.domain.money import MICROS, MicroUsd
from watchbill.operator.drawing.picture import IS_NARROW, Picture, Table
from watchbill.operator.drawing.scales import Amounts, Clock, nice
from watchbill.operator.drawing.shapes import box, dot, label, line, path, spread, wide

_LEFT, _EDGE = 44, 14  # at least, for the amounts
_HEAD, _HIGH, _FOOT = 20, 170, 26
_LONG = timedelta(hours=48)  # from here on the axis has days
_ROOM = 1.06  # above the highest


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What was spent in all by then."""

    at: datetime
    amount: MicroUsd


@dataclass(frozen=True, slots=True, kw_only=True)
class Ahead:
    """What the window comes to by then, in eight of ten futures."""

    at: datetime
    low: MicroUsd
    likely: MicroUsd
    high: MicroUsd


@dataclass(frozen=True, slots=True, kw_only=True)
class Burn:
    window: str  # "today", "this month", "provider claude today"
    begin: datetime
    now: datetime
    end: datetime
    zone: ZoneInfo
    cap: MicroUsd | None
    spent: tuple[Taken, ...]  # oldest first; sums never fall
    held: MicroUsd
    ahead: tuple[Ahead, ...] = ()  # from now to the end; empty where there is too little history
    crosses_at: datetime | None = None


def draw(burn: Burn, *, width: float, name: str) -> Picture:
    narrow = width < IS_NARROW
    ticks = nice(_most(burn) / MICROS, 3 if narrow else 4)
    bottom = _HEAD + _HIGH
    gutter = max(_LEFT, 12 + max(wide(money(amount, ticks[1])) for amount in ticks))
    clock = Clock(begin=burn.begin, end=burn.end, left=gutter, right=width - _EDGE)
    scale = Amounts(most=ticks[-1] * MICROS, bottom=bottom, top=_HEAD)
    return Picture(
        kind="burn",
        name=name,
        title=f"Budget {burn.window}",
        said=_said(burn),
        width=width,
        height=bottom + _FOOT,
        parts=(
            *_grid(burn, clock, scale, ticks, narrow=narrow),
            *_band(burn, clock, scale),
            *_past(burn, clock, scale),
            *_cap(burn, clock, scale),
            *_now(burn, clock, scale),
        ),
        table=_table(burn),
    )


def _most(burn: Burn) -> float:
    """Everything has to be seen; a forecast far beyond the cap is cut, and its numbers say so."""
    taken = burn.spent[-1].amount if burn.spent else 0
    known = max(taken + burn.held, burn.cap or 0) * _ROOM
    high = max((each.high for each in burn.ahead), default=MicroUsd(0))
    return min(max(known, high), 3 * known) if known else high


def _grid(burn: Burn, clock: Clock, scale: Amounts, ticks: list[float], *, narrow: bool) -> Iterator[str]:
    for amount in ticks:
        y = scale.y(amount * MICROS)
        yield line("rule" if amount else "base", clock.left, y, clock.right, y)
        yield label("tick", clock.left - 7, y + 4, money(amount, ticks[1]), anchor="end")
    if burn.end - burn.begin > _LONG:
        for at in clock.days(burn.zone, 30 if narrow else 26):
            if clock.right - clock.x(at) > 6:  # noqa: PLR2004 - pixels
                yield label("tick", clock.x(at), scale.bottom + 17, f"{at.astimezone(burn.zone):%-d}", anchor="middle")
    else:
        for at in clock.times(burn.zone, 40 if narrow else 44):
            yield label("tick", clock.x(at), scale.bottom + 17, f"{at.astimezone(burn.zone):%H}", anchor="middle")


def money(dollars: float, step: float) -> str:
    """With as many places as the ticks differ by.

    >>> money(2.5, 0.5), money(1200, 400), money(0.002, 0.001)
    ('$2.50', '$1,200', '$0.002')
    """
    if step >= 1 and step == int(step):
        return f"${dollars:,.0f}"
    places = 2
    while places < 6 and round(step, places) != step:  # noqa: PLR2004 - micro-dollars
        places += 1
    return f"${dollars:,.{places}f}"


def _band(burn: Burn, clock: Clock, scale: Amounts) -> Iterator[str]:
    if not burn.ahead:
        return
    above = [(clock.x(each.at), scale.y(each.high)) for each in burn.ahead]
    below = [(clock.x(each.at), scale.y(each.low)) for each in reversed(burn.ahead)]
    yield path("band", [*above, *below], closed=True)
    yield path("likely", [(clock.x(each.at), scale.y(each.likely)) for each in burn.ahead])
    end = burn.ahead[-1]
    yield dot("likely-end", clock.right, scale.y(end.likely), 3, tip=f"likely {show(end.likely)}")


def _past(burn: Burn, clock: Clock, scale: Amounts) -> Iterator[str]:
    steps = [(clock.begin, MicroUsd(0)), *((each.at, each.amount) for each in burn.spent)]
    steps.append((burn.now, steps[-1][1]))
    corners = list(spread([(clock.x(at), scale.y(amount)) for at, amount in steps]))
    yield path("area", [*corners, (corners[-1][0], scale.bottom), (clock.left, scale.bottom)], closed=True)
    yield path("spent", corners)
    taken = steps[-1][1]
    x = clock.x(burn.now)
    if burn.held:
        top = scale.y(taken + burn.held)
        yield box("held", x - 4, top, 8, max(2, scale.y(taken) - top), tip=f"held {show(burn.held)}")
    yield dot("spent-now", x, scale.y(taken), 3.5, tip=f"spent {show(taken)}")


def _cap(burn: Burn, clock: Clock, scale: Amounts) -> Iterator[str]:
    if burn.cap is None:
        return
    y = scale.y(burn.cap)
    yield line("cap", clock.left, y, clock.right, y)
    said = f"cap {show(burn.cap)}"
    at_right = clock.x(burn.now) < (clock.left + clock.right) / 2 and not burn.ahead
    x = clock.right - 4 if at_right else clock.left + 6
    yield label("cap-word", x, y - 5 if y > _HEAD + 12 else y + 14, said, anchor="end" if at_right else "start")
    if burn.crosses_at is not None:
        x = clock.x(burn.crosses_at)
        yield dot("crossing", x, y, 4.5, tip=f"likely to pass the cap at {_moment(burn.crosses_at, burn)}")


def _now(burn: Burn, clock: Clock, scale: Amounts) -> Iterator[str]:
    x = clock.x(burn.now)
    yield line("now", x, scale.top - 6, x, scale.bottom)
    said = f"now {burn.now.astimezone(burn.zone):%H:%M}"
    half = wide(said) / 2
    yield label("now-word", min(max(x, half + 2), clock.right - half), _HEAD - 9, said, anchor="middle")


def show(amount: MicroUsd) -> str:
    """For reading; what is smaller than a cent keeps its places.

    >>> show(MicroUsd(1_234_567)), show(MicroUsd(1_200)), show(MicroUsd(0))
    ('$1.23', '$0.0012', '$0.00')
    """
    dollars = amount / MICROS
    return f"${dollars:,.2f}" if not dollars or dollars >= 0.01 else f"${dollars:.6f}".rstrip("0")  # noqa: PLR2004 - a cent


def _moment(at: datetime, burn: Burn) -> str:
    local = at.astimezone(burn.zone)
    return f"{local:%H:%M}" if burn.end - burn.begin <= _LONG else f"{local:%a %-d %b %H:%M}"


def _said(burn: Burn) -> str:
    taken = burn.spent[-1].amount if burn.spent else MicroUsd(0)
    of = f" of {show(burn.cap)}" if burn.cap is not None else ", without a cap"
    held = f" and {show(burn.held)} held" if burn.held else ""
    end = f" Likely to come to {show(burn.ahead[-1].likely)}." if burn.ahead else " Too little history for a forecast."
    over = f" It passes the cap at {_moment(burn.crosses_at, burn)}." if burn.crosses_at else ""
    return f"{show(taken)} spent{held}{of}.{end}{over}"


def _table(burn: Burn) -> Table:
    past = [(_moment(each.at, burn), show(each.amount), "", "") for each in burn.spent]
    coming = [(_moment(each.at, burn), show(each.likely), show(each.low), show(each.high)) for each in burn.ahead]
    return Table(columns=("by", "spent, or likely", "at least", "at most"), rows=(*past, *coming))

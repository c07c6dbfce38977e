"""The heat map of a provider's week: how busy each hour was, which hours are its own, and where somebody changed that."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from watchbill.operator.drawing.picture import IS_NARROW, Picture, Table
from watchbill.operator.drawing.shapes import box, element, label, number

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
HOURS = 24
LEVELS = (0.0, 5.0, 15.0, 30.0, 45.0)  # busy minutes of an hour above which a cell is one shade darker
_EDGE, _GUTTER, _HEAD, _FOOT = 8, 34, 18, 24

Place = tuple[int, int]  # day of the week from Monday, hour of the day


@dataclass(frozen=True, slots=True, kw_only=True)
class Heat:
    provider: str
    weeks: float  # of history that the minutes are the mean of
    own: frozenset[int]  # hours that the configuration gives it
    minutes: Mapping[Place, float] = field(default_factory=dict)  # busy, in the mean; missing is none
    overrides: Mapping[Place, str] = field(default_factory=dict)  # within the next seven days: what somebody changed
    now: Place | None = None


def draw(heat: Heat, *, width: float, name: str) -> Picture:
    narrow = width < IS_NARROW
    size = (width - _GUTTER - _EDGE) / HOURS
    high = min(size, 20.0) if not narrow else max(size, 18.0)
    bottom = _HEAD + high * len(DAYS)
    parts = [
        *(
            label("tick", _GUTTER + size * (hour + 0.5), _HEAD - 6, str(hour), anchor="middle")
            for hour in range(0, HOURS, 3 if narrow else 1)
        ),
        *(
            label("tick", _GUTTER - 8, _HEAD + high * (day + 0.5) + 4, word, anchor="end")
            for day, word in enumerate(DAYS)
        ),
        *(cell for day in range(len(DAYS)) for hour in range(HOURS) for cell in _cell(heat, (day, hour), size, high)),
        *_legend(width, bottom + 15, narrow=narrow),
    ]
    return Picture(
        kind="heat",
        name=name,
        title=f"The week of {heat.provider}",
        said=_said(heat),
        width=width,
        height=bottom + _FOOT,
        parts=tuple(parts),
        table=_table(heat),
    )


def level(minutes: float) -> int:
    """How dark, from 0 (nothing) to 5.

    >>> level(0), level(0.2), level(59)
    (0, 1, 5)
    """
    return sum(minutes > limit for limit in LEVELS)


def _cell(heat: Heat, place: Place, size: float, high: float) -> Iterator[str]:
    day, hour = place
    x, y = _GUTTER + size * hour, _HEAD + high * day
    minutes = heat.minutes.get(place, 0.0)
    said = [f"{DAYS[day]} {hour:02}:00", f"{minutes:.0f} busy minutes a week" if minutes else "no work"]
    own = "own" if hour in heat.own else "others"
    said.append("its own hour" if hour in heat.own else "another's hour")
    if place in heat.overrides:
        said.append(heat.overrides[place])
    yield box(f"cell {own} level-{level(minutes)}", x + 1, y + 1, size - 2, high - 2, tip=", ".join(said), round_=2)
    if place in heat.overrides:
        yield element("path", "override", d=f"M{number(x + size - 8)} {number(y + 1)} h7 v7 z")
    if place == heat.now:
        yield box("present", x + 0.5, y + 0.5, size - 1, high - 1, round_=3)


def _legend(width: float, y: float, *, narrow: bool) -> Iterator[str]:
    x: float = _GUTTER
    yield label("tick", x, y + 1, "idle")
    x += 30
    for shade in range(len(LEVELS) + 1):
        yield box(f"cell others level-{shade}", x, y - 8, 11, 10, round_=2)
        x += 13
    yield label("tick", x + 3, y + 1, "busy")
    x += 42
    yield box("cell own level-0", x, y - 8, 11, 10, round_=2)
    yield label("tick", x + 16, y + 1, "own")
    x += 48
    yield element("path", "override", d=f"M{number(x)} {number(y - 7)} h8 v8 z")
    yield label("tick", x + 13, y + 1, "changed" if narrow else "changed by hand")
    if not narrow and width > 700:  # noqa: PLR2004 - pixels
        yield label("tick", width - _EDGE, y + 1, "hours in the schedule's zone", anchor="end")


def _said(heat: Heat) -> str:
    total = sum(heat.minutes.values())
    if not total:
        return (
            f"No work of {heat.provider} in the last {heat.weeks:.0f} weeks; {len(heat.own)} hours a day are its own."
        )
    (day, hour), most = max(heat.minutes.items(), key=lambda item: item[1])
    changed = f"; {len(heat.overrides)} hours of the next week are changed by hand" if heat.overrides else ""
    return (
        f"{total / 60:.1f} busy hours a week, most on {DAYS[day]} at {hour:02}:00 with {most:.0f} minutes; "
        f"{len(heat.own)} hours a day are its own{changed}."
    )


def _table(heat: Heat) -> Table:
    def cell(place: Place) -> str:
        minutes = heat.minutes.get(place, 0.0)
        return (f"{minutes:.0f}" if minutes else "") + ("*" if place in heat.overrides else "")

    rows = tuple((word, *(cell((day, hour)) for hour in range(HOURS))) for day, word in enumerate(DAYS))
    columns = tuple(f"{hour:02}{' own' if hour in heat.own else ''}" for hour in range(HOURS))
    return Table(columns=("busy minutes", *columns), rows=rows)

"""The score: a provider's health over the last hours as a small line from 0 to 100."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, tzinfo

from watchbill.operator.drawing.picture import Picture, Table
from watchbill.operator.drawing.scales import Amounts, Clock
from watchbill.operator.drawing.shapes import box, dot, label, line, path, spread

_EDGE, _RIGHT, _HEAD, _HIGH = 4, 34, 6, 40
_BEST = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    at: datetime
    score: int  # from then on, 0 to 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    provider: str
    begin: datetime
    now: datetime
    zone: tzinfo
    readings: tuple[Reading, ...]  # oldest first; the last one holds now
    healthy: int  # from here on it is healthy
    warning: int  # and from here on not critical


def draw(score: Score, *, width: float = 240, name: str) -> Picture:
    bottom = _HEAD + _HIGH
    clock = Clock(begin=score.begin, end=score.now, left=_EDGE, right=width - _RIGHT)
    scale = Amounts(most=_BEST, bottom=bottom, top=_HEAD)
    return Picture(
        kind="score",
        name=name,
        title=f"Health of {score.provider}",
        said=_said(score),
        width=width,
        height=bottom + _EDGE,
        parts=tuple(_parts(score, clock, scale)),
        table=Table(
            columns=("since", "score"),
            rows=tuple((_moment(each.at, score), str(each.score)) for each in score.readings),
        ),
    )


def _parts(score: Score, clock: Clock, scale: Amounts) -> Iterator[str]:
    top, middle, low = scale.y(_BEST), scale.y(score.healthy), scale.y(score.warning)
    across = clock.right - clock.left
    yield box("zone good", clock.left, top, across, middle - top)
    yield box("zone warn", clock.left, middle, across, low - middle)
    yield box("zone bad", clock.left, low, across, scale.bottom - low)
    if not score.readings:
        yield line("unknown", clock.left, middle, clock.right, middle)
        yield label("faint", clock.right + 6, middle + 4, "?")
        return
    now = score.readings[-1].score
    known = [(clock.x(each.at), scale.y(each.score)) for each in score.readings]
    if score.readings[0].at > score.begin:  # before that nobody looked
        yield line("unknown", clock.left, known[0][1], known[0][0], known[0][1])
    yield path("line", [*spread([*known, (clock.right, scale.y(now))])])
    yield dot(f"end {word(score, now)}", clock.right, scale.y(now), 3.5)
    yield label(f"value {word(score, now)}", clock.right + 7, min(max(scale.y(now) + 4, 14), scale.bottom), str(now))


def word(score: Score, value: int) -> str:
    return "good" if value >= score.healthy else "warn" if value >= score.warning else "bad"


def _said(score: Score) -> str:
    if not score.readings:
        return "Nothing is known of it yet."
    values = [each.score for each in score.readings]
    return f"{values[-1]} of {_BEST} now; between {min(values)} and {max(values)} since {_moment(score.begin, score)}."


def _moment(at: datetime, score: Score) -> str:
    return f"{at.astimezone(score.zone):%Y-%m-%d %H:%M %Z}"

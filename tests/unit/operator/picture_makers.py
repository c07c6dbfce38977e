"""Samples of every picture: as it usually is, empty, with one thing in it, and far beyond what is usual."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from watchbill.domain.money import MicroUsd
from watchbill.operator.drawing import attempts, burndown, heat, matrix, score, strip, trend
from watchbill.operator.drawing.attempts import Attempt, Attempts, Piece
from watchbill.operator.drawing.burndown import Ahead, Burn, Taken
from watchbill.operator.drawing.heat import Heat
from watchbill.operator.drawing.matrix import Matrix
from watchbill.operator.drawing.picture import Picture
from watchbill.operator.drawing.score import Reading, Score
from watchbill.operator.drawing.strip import Doing, Row, Span, Stint, Strip
from watchbill.operator.drawing.trend import Line, Trend

NOW = datetime(2026, 3, 2, 14, 5, tzinfo=UTC)
ZONE = ZoneInfo("Europe/Berlin")
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
HOSTILE = "<script>alert(\"x\")</script> & \x00\ud800\u202egnp.\u2066 'quote' 日本語の名前" + "long" * 60


def a_strip(rows: int = 4, *, name: str = "") -> Strip:
    names = ("claude", "gpt", "copilot", "local", "a-provider-with-a-long-name", "f", "g", "h", "i", "j")
    begin = NOW.replace(minute=0) - 14 * HOUR
    return Strip(
        begin=begin,
        now=NOW,
        end=begin + 24 * HOUR,
        zone=ZONE,
        rows=tuple(_row(name or names[place % 10], place, begin) for place in range(rows)),
        silent=(Span(begin=begin + 3 * HOUR, end=begin + 4 * HOUR, said="no daemon ran"),),
    )


def _row(name: str, place: int, begin: datetime) -> Row:
    first = begin.replace(minute=0) + (place + 1) * HOUR
    watches = tuple(
        Span(begin=first + 3 * n * HOUR, end=first + (3 * n + 1) * HOUR, said="its watch") for n in range(8)
    )
    past = [
        Stint(
            begin=watch.begin + 4 * MINUTE,
            end=min(watch.begin + (17 + 9 * n) * MINUTE, NOW),
            doing=Doing.BAD if n == 2 else Doing.GOOD,
            said=f"{name}: write scene {n}, 17 min",
        )
        for n, watch in enumerate(watches)
        if watch.begin + 4 * MINUTE < NOW
    ]
    if place == 0:
        past.append(Stint(begin=NOW - 11 * MINUTE, end=NOW, doing=Doing.LIVE, said="polish, since 11 min"))
    coming = [
        Stint(
            begin=NOW + (35 + 160 * n + 20 * place) * MINUTE,
            end=NOW + (60 + 160 * n + 20 * place) * MINUTE,
            doing=Doing.PLANNED,
            said="planned",
        )
        for n in range(4)
    ]
    outs = (
        (Span(begin=NOW - 5 * HOUR, end=NOW - 4 * HOUR, said="breaker open: 3 failures in a row"),)
        if place == 1
        else ()
    )
    return Row(provider=name, watches=watches, stints=(*past, *coming), outs=outs)


def a_busy_strip() -> Strip:
    begin = NOW.replace(minute=0) - 14 * HOUR
    stints = [
        Stint(
            begin=begin + n * 20 * timedelta(seconds=1),
            end=begin + (n * 20 + 50) * timedelta(seconds=1),
            doing=Doing.BAD if n % 7 == 0 else Doing.GOOD,
            said=f"run {n}",
        )
        for n in range(2500)
    ]
    rows = [
        Row(provider=HOSTILE, stints=tuple(stints), outs=(Span(begin=begin - HOUR, end=NOW + 99 * HOUR, said=HOSTILE),))
    ]
    return Strip(begin=begin, now=NOW, end=begin + 24 * HOUR, zone=ZONE, rows=(*rows, *a_strip(9).rows))


def a_burn(*, cap: int | None = 5_000_000, ahead: bool = True, spent: int = 2_400_000, held: int = 300_000) -> Burn:
    begin = datetime(2026, 3, 1, 23, 0, tzinfo=UTC)
    hours = [begin + n * HOUR for n in range(1, 16)]
    taken = tuple(Taken(at=at, amount=MicroUsd(spent * n // 15)) for n, at in enumerate(hours, 1) if n % 3)
    left = [NOW + n * HOUR for n in range(9)] + [begin + 24 * HOUR]
    coming = tuple(
        Ahead(
            at=at,
            low=MicroUsd(spent + held + n * 60_000),
            likely=MicroUsd(spent + held + n * 310_000),
            high=MicroUsd(spent + held + n * 520_000),
        )
        for n, at in enumerate(left)
    )
    return Burn(
        window="today",
        begin=begin,
        now=NOW,
        end=begin + 24 * HOUR,
        zone=ZONE,
        cap=None if cap is None else MicroUsd(cap),
        spent=taken if spent else (),
        held=MicroUsd(held),
        ahead=coming if ahead else (),
        crosses_at=NOW + 7 * HOUR if ahead and cap == 5_000_000 else None,
    )


def a_month() -> Burn:
    begin = datetime(2026, 2, 28, 23, 0, tzinfo=UTC)
    now = begin + 17 * 24 * HOUR + 14 * HOUR
    taken = tuple(Taken(at=begin + n * 6 * HOUR, amount=MicroUsd(n * 900_000)) for n in range(1, 70))
    coming = tuple(
        Ahead(
            at=now + n * 24 * HOUR,
            low=MicroUsd(62_100_000 + n * 2_000_000),
            likely=MicroUsd(62_100_000 + n * 3_500_000),
            high=MicroUsd(62_100_000 + n * 4_700_000),
        )
        for n in range(14)
    )
    return Burn(
        window="this month",
        begin=begin,
        now=now,
        end=begin + 31 * 24 * HOUR,
        zone=ZONE,
        cap=MicroUsd(100_000_000),
        spent=taken,
        held=MicroUsd(0),
        ahead=coming,
        crosses_at=now + 10 * 24 * HOUR,
    )


def some_attempts(pieces: int = 6, *, title: str = "") -> Attempts:
    begin = NOW - 2 * HOUR
    who = ("claude", "gpt", "copilot")
    return Attempts(
        begin=begin,
        end=NOW,
        zone=ZONE,
        providers=("claude", "gpt", "copilot", "local"),
        pieces=tuple(
            Piece(
                task=title or f"polish-ch{n}",
                title=title or f"Polish chapter {n}: control versus harmony",
                since=begin - HOUR + n * 20 * MINUTE,
                until=None if n % 3 == 0 else begin + (70 + 8 * n % 50) * MINUTE,
                attempts=(
                    Attempt(
                        begin=begin + 5 * n * MINUTE,
                        end=begin + (5 * n + 20) * MINUTE,
                        provider=who[n % 3],
                        came_to="handed off",
                    ),
                    Attempt(
                        begin=begin + (5 * n + 33) * MINUTE,
                        end=begin + (5 * n + 45) * MINUTE,
                        provider=who[(n + 1) % 3],
                        came_to="rejected",
                        is_bad=True,
                    ),
                    Attempt(
                        begin=begin + (5 * n + 52) * MINUTE,
                        end=None if n % 3 == 0 else begin + (70 + 8 * n % 50) * MINUTE,
                        provider=who[(n + 2) % 3],
                        came_to="" if n % 3 == 0 else "landed",
                    ),
                ),
            )
            for n in range(pieces)
        ),
    )


def a_heat(*, provider: str = "claude", most: float = 55) -> Heat:
    own = frozenset(range(0, 24, 3))
    minutes = {(day, hour): most * ((day * 7 + hour * 3) % 11) / 10 for day in range(6) for hour in sorted(own)}
    minutes |= {(2, 4): 7.0, (3, 4): 2.0}
    changed = dict.fromkeys(((0, 16), (0, 17)), "gpt stands from 16 to 18 UTC: claude is at a conference")
    return Heat(provider=provider, weeks=4, own=own, minutes=minutes, overrides=changed, now=(0, 15))


def a_score(*values: int) -> Score:
    begin = NOW - 24 * HOUR
    step = 23 * HOUR / max(1, len(values))
    readings = tuple(Reading(at=begin + n * step, score=value) for n, value in enumerate(values))
    return Score(provider="claude", begin=begin, now=NOW, zone=ZONE, readings=readings, healthy=80, warning=50)


def a_matrix(rows: int = 4, columns: int = 5) -> Matrix:
    who = ("claude", "gpt", "copilot", "local", "other-1", "other-2", "other-3", "other-4")
    what = ("write", "polish", "lore", "code", "docs", *(f"type-{n}" for n in range(20)))
    amounts = {
        (who[row], what[column]): MicroUsd(3_100_000 // (1 + row * 2 + column * 3))
        for row in range(rows)
        for column in range(columns)
        if (row, column) not in ((1, 2), (3, 0))
    }
    return Matrix(title="Cost by provider and type of task", down="provider", across="type", amounts=amounts)


def a_trend(days: int = 30, lines: int = 2) -> Trend:
    names = ("landed", "failed", "saved")
    return Trend(
        title="Runs a day",
        unit="",
        first=date(2026, 2, 1),
        lines=tuple(
            Line(
                name=names[n % 3],
                values=tuple(
                    None if day in (9, 10) else float((day * 7 + n * 5) % 13) / (1 + n) for day in range(days)
                ),
            )
            for n in range(lines)
        ),
    )


PICTURES: Mapping[str, Callable[[float], Picture]] = {
    "strip": lambda width: strip.draw(a_strip(), width=width),
    "strip of nobody": lambda width: strip.draw(a_strip(0), width=width),
    "strip of one": lambda width: strip.draw(a_strip(1), width=width),
    "strip full": lambda width: strip.draw(a_busy_strip(), width=width),
    "burn": lambda width: burndown.draw(a_burn(), width=width, name="day"),
    "burn of a month": lambda width: burndown.draw(a_month(), width=width, name="month"),
    "burn of nothing": lambda width: burndown.draw(a_burn(spent=0, held=0, ahead=False), width=width, name="day"),
    "burn of nothing at all": lambda width: burndown.draw(
        a_burn(cap=None, spent=0, held=0, ahead=False), width=width, name="day"
    ),
    "burn without a cap": lambda width: burndown.draw(a_burn(cap=None), width=width, name="day"),
    "burn far over": lambda width: burndown.draw(a_burn(spent=40_000_000_000), width=width, name="day"),
    "burn of next to nothing": lambda width: burndown.draw(
        a_burn(cap=None, spent=40, held=0, ahead=False), width=width, name="day"
    ),
    "attempts": lambda width: attempts.draw(some_attempts(), width=width),
    "attempts of nobody": lambda width: attempts.draw(some_attempts(0), width=width),
    "attempts of many": lambda width: attempts.draw(some_attempts(60, title=HOSTILE), width=width),
    "heat": lambda width: heat.draw(a_heat(), width=width, name="heat"),
    "heat of nothing": lambda width: heat.draw(
        Heat(provider="gpt", weeks=4, own=frozenset()), width=width, name="heat"
    ),
    "heat of all": lambda width: heat.draw(a_heat(provider=HOSTILE, most=9e9), width=width, name="heat"),
    "score": lambda width: score.draw(a_score(100, 90, 90, 30, 70, 100), name="score"),
    "score of nothing": lambda width: score.draw(a_score(), name="score"),
    "score of one": lambda width: score.draw(a_score(40), name="score"),
    "matrix": lambda width: matrix.draw(a_matrix(), width=width, name="matrix"),
    "matrix of nothing": lambda width: matrix.draw(a_matrix(0), width=width, name="matrix"),
    "matrix of many": lambda width: matrix.draw(a_matrix(8, 20), width=width, name="matrix"),
    "trend": lambda width: trend.draw(a_trend(), width=width, name="trend"),
    "trend of nothing": lambda width: trend.draw(a_trend(0, 0), width=width, name="trend"),
    "trend of one": lambda width: trend.draw(a_trend(1, 1), width=width, name="trend"),
    "trend of a year": lambda width: trend.draw(a_trend(365, 3), width=width, name="trend"),
}

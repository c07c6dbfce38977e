"""Pictures on pages: from answers to drawings, each wide and narrow, with its table."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from minijinja import Markup

from watchbill.domain.money import MICROS, MicroUsd
from watchbill.operator.doors import Plain
from watchbill.operator.drawing import attempts, burndown, heat, matrix, score, strip, trend
from watchbill.operator.drawing.attempts import Attempt, Attempts, Piece
from watchbill.operator.drawing.burndown import Ahead, Burn, Taken
from watchbill.operator.drawing.heat import Heat
from watchbill.operator.drawing.matrix import Matrix
from watchbill.operator.drawing.picture import NARROW, WIDE, Picture
from watchbill.operator.drawing.score import Reading, Score
from watchbill.operator.drawing.strip import Doing, Row, Span, Stint, Strip
from watchbill.operator.drawing.trend import Line, Trend
from watchbill.operator.web import words
from watchbill.scheduling import health

_SMALL = 240.0  # pixels: a score's line


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What a template puts in: one of the two is seen, by the room there is."""

    wide: Markup
    narrow: Markup
    table: Markup
    title: str
    said: str


def shown(draw: Callable[[float, str], Picture], name: str) -> Shown:
    """`draw` makes it in a width of so many pixels under a name of its own."""
    wide, narrow = draw(WIDE, name), draw(NARROW, f"{name}-narrow")
    return Shown(
        wide=Markup(wide.svg()),
        narrow=Markup(narrow.svg()),
        table=Markup(wide.table_html()),
        title=wide.title,
        said=wide.said,
    )


def of_strip(answer: Plain) -> Shown:
    zone = ZoneInfo(answer["zone"])
    drawn = Strip(
        begin=_at(answer["begin"]),
        now=_at(answer["generated_at"]),
        end=_at(answer["end"]),
        zone=zone,
        rows=tuple(_row(row, zone, _at(answer["generated_at"])) for row in answer["rows"]),
        silent=tuple(map(_span, answer["silent"])),
    )
    return shown(lambda width, name: strip.draw(drawn, width=width, name=name), "strip")


def _row(row: Plain, zone: ZoneInfo, now: datetime) -> Row:
    return Row(
        provider=row["provider"],
        watches=tuple(map(_span, row["watches"])),
        outs=tuple(replace(_span(out), said=words.zoned(out["why"], now, zone)) for out in row["outs"]),
        stints=tuple(
            Stint(begin=_at(each["from"]), end=_at(each["to"]), doing=Doing(each["doing"]), said=_told(each, zone))
            for each in row["stints"]
        ),
    )


def _told(stint: Plain, zone: ZoneInfo) -> str:
    begin, end = _at(stint["from"]), _at(stint["to"])
    until = "now" if stint["doing"] == Doing.LIVE else f"{end.astimezone(zone):%H:%M}"
    lasts = words.span((end - begin).total_seconds())
    word = "planned" if stint["doing"] == Doing.PLANNED else str(stint["why"]).replace("_", " ")
    return f"{stint['title']}: {begin.astimezone(zone):%H:%M} to {until}, {lasts}, {word}"


def _span(span: Plain) -> Span:
    return Span(begin=_at(span["from"]), end=_at(span["to"]), said=span["why"])


def of_burn(answer: Plain) -> Shown:
    drawn = Burn(
        window="today" if answer["kind"] == "day" else "this month",
        begin=_at(answer["begin"]),
        now=_at(answer["generated_at"]),
        end=_at(answer["turns_at"]),
        zone=ZoneInfo(answer["zone"]),
        cap=_money(answer["cap_micro_usd"]),
        held=MicroUsd(answer["held_micro_usd"]),
        spent=tuple(Taken(at=_at(each["at"]), amount=MicroUsd(each["sum_micro_usd"])) for each in answer["spent"]),
        ahead=tuple(
            Ahead(
                at=_at(each["at"]),
                low=MicroUsd(each["low_micro_usd"]),
                likely=MicroUsd(each["likely_micro_usd"]),
                high=MicroUsd(each["high_micro_usd"]),
            )
            for each in answer["ahead"]
        ),
        crosses_at=_at(answer["crosses_at"]) if answer["crosses_at"] else None,
    )
    return shown(lambda width, name: burndown.draw(drawn, width=width, name=name), f"burn-{answer['kind']}")


def of_attempts(answer: Plain, providers: tuple[str, ...]) -> Shown:
    drawn = Attempts(
        begin=_at(answer["begin"]),
        end=_at(answer["generated_at"]),
        zone=ZoneInfo(answer["zone"]),
        providers=providers,
        pieces=tuple(_piece(task) for task in answer["tasks"]),
    )
    return shown(lambda width, name: attempts.draw(drawn, width=width, name=name), "attempts")


def _piece(task: Plain) -> Piece:
    return Piece(
        task=task["task"],
        title=task["title"],
        since=_at(task["since"]),
        until=_at(task["until"]) if task["until"] else None,
        attempts=tuple(
            Attempt(
                begin=_at(run["started_at"]),
                end=_at(run["ended_at"]) if run["ended_at"] else None,
                provider=run["provider"],
                came_to="" if run["ended_at"] is None else run["state"].replace("_", " "),
                is_bad=run["bad"],
            )
            for run in task["runs"]
        ),
    )


def of_week(answer: Plain, one: Plain) -> Shown:
    """Of one of the answer's providers."""
    day, hour = answer["now"]
    drawn = Heat(
        provider=one["provider"],
        weeks=answer["weeks"],
        own=frozenset(one["hours"]),
        minutes={(each["day"], each["hour"]): each["minutes"] for each in one["busy"]},
        overrides={(each["day"], each["hour"]): each["said"] for each in one["changed"]},
        now=(day, hour),
    )
    return shown(lambda width, name: heat.draw(drawn, width=width, name=name), f"week-{one['provider']}")


def of_score(answer: Plain, provider: str, now: int) -> Shown:
    """`now` is its score of this moment, which no event may have told yet."""
    told = [Reading(at=_at(each["at"]), score=each["score"]) for each in answer["scores"].get(provider, ())]
    if told and told[-1].score != now:
        told.append(Reading(at=_at(answer["now"]), score=now))
    drawn = Score(
        provider=provider,
        begin=_at(answer["begin"]),
        now=_at(answer["now"]),
        readings=tuple(told) or (Reading(at=_at(answer["now"]), score=now),),
        healthy=health.HEALTHY,
        warning=health.WARNING,
    )
    return shown(lambda _width, name: score.draw(drawn, width=_SMALL, name=name), f"score-{provider}")


def of_matrix(answer: Plain) -> Shown:
    drawn = Matrix(
        title="Cost by provider and type of task",
        down="provider",
        across="type",
        amounts={(each["provider"], each["type"]): MicroUsd(each["cost_micro_usd"]) for each in answer["cells"]},
    )
    return shown(lambda width, name: matrix.draw(drawn, width=width, name=name), "matrix")


def of_days(answer: Plain) -> tuple[Shown, Shown]:
    """What landed and what came to nothing, and what a landed task cost."""
    first = date.fromisoformat(answer["days"][0]["day"])
    runs = Trend(
        title="Runs a day",
        unit="",
        first=first,
        lines=(
            Line(name="landed", values=_counts(answer, "landed")),
            Line(name="came to nothing", values=_counts(answer, "came_to_nothing")),
        ),
    )
    costs = tuple(_dollars(each["per_landed_micro_usd"]) for each in answer["days"])
    money = Trend(title="Cost per landed task", unit="$", first=first, lines=(Line(name="per task", values=costs),))
    return (
        shown(lambda width, name: trend.draw(runs, width=width, name=name), "runs"),
        shown(lambda width, name: trend.draw(money, width=width, name=name), "per-landed"),
    )


def _counts(answer: Plain, name: str) -> tuple[float | None, ...]:
    """None for days before anything happened here."""
    return tuple(float(each[name]) if each["known"] or each[name] else None for each in answer["days"])


def _dollars(amount: int | None) -> float | None:
    return None if amount is None else amount / MICROS


def _at(stamp: str) -> datetime:
    return words.parsed(stamp)


def _money(amount: int | None) -> MicroUsd | None:
    return None if amount is None else MicroUsd(amount)

"""Periods as answers: what was done between two moments, what it cost, what needs a person, whether all is well."""

from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from watchbill.domain.figures import FIRST_WEEK, Figure, Work, figures
from watchbill.domain.ids import RunId
from watchbill.domain.money import MicroUsd
from watchbill.operator import plain
from watchbill.operator.doors import Plain
from watchbill.operator.faults import BadQuestion, NoMoment
from watchbill.operator.outlook import Outlook
from watchbill.operator.queries import advice, attention, costs, savings, scenes, wellbeing
from watchbill.operator.queries.look import Look, look
from watchbill.scheduling import reporting
from watchbill.state import accounts, columns, measures, reports
from watchbill.state.accounts import By
from watchbill.state.engine import Connection

VERSION = 1  # rises when a key changes its meaning or goes away
_DAY = timedelta(days=1)
_TREND = timedelta(days=14)  # of a day's report
_LONG_TREND = timedelta(days=56)  # of a week's
_FIGURES = timedelta(days=28)  # over which the figures are measured
_FIRST_YEAR, _LAST_YEAR = 1971, 9999  # of days that rows can hold
_MOST_ROWS = 20  # of a cost dimension that has one row a task or run


def daily(conn: Connection, outlook: Outlook, day: str | None = None) -> Plain:
    """A day of the owner's zone, today so far where none is named. Raises BadQuestion, of which NoMoment is one."""
    zone = outlook.report_terms.zone
    asked = _date(day) if day is not None else reporting.day_of(zone, outlook.now)
    since, until = reporting.span_of_day(zone, asked)
    asked_for = _Asked(kind="daily", name=reporting.name_of_day(asked), since=since, until=until, trend=_TREND)
    return _period(conn, outlook, asked_for)


def weekly(conn: Connection, outlook: Outlook, day: str | None = None) -> Plain:
    """The week, from Monday on, in which the day lies. Raises BadQuestion, of which NoMoment is one."""
    zone = outlook.report_terms.zone
    asked = _date(day) if day is not None else reporting.day_of(zone, outlook.now)
    since, until = reporting.span_of_week(zone, asked)
    asked_for = _Asked(kind="weekly", name=reporting.name_of_week(asked), since=since, until=until, trend=_LONG_TREND)
    return _period(conn, outlook, asked_for)


def since_last(conn: Connection, outlook: Outlook, who: str) -> Plain:
    """Since this person was told last; who never asked is told of the last day. It does not count as told: see told()."""
    since = reports.told_until(conn, who) or outlook.now - _DAY
    begin = min(since, outlook.now)
    asked_for = _Asked(kind="since-last", name="since-last", since=begin, until=outlook.now, trend=_TREND)
    return {**_period(conn, outlook, asked_for), "who": who}


def _date(said: str) -> date:
    try:
        found = date.fromisoformat(said)
    except ValueError as error:
        raise NoMoment(f"{said!r} is no day: write it as 2026-11-24") from error
    if not _FIRST_YEAR <= found.year < _LAST_YEAR:
        raise BadQuestion(f"nothing is known of {said}")
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    kind: str  # daily | weekly | since-last
    name: str
    since: datetime
    until: datetime
    trend: timedelta  # how far back it is told how things go


def _period(conn: Connection, outlook: Outlook, asked: _Asked) -> Plain:
    zone, now = outlook.report_terms.zone, outlook.now
    since, end = asked.since, min(asked.until, now)
    if since > now:
        raise BadQuestion(f"{asked.name} has not begun: it is {now.astimezone(zone):%Y-%m-%d %H:%M}")
    seen = look(conn, outlook)
    earlier = since - (asked.until - since)
    return {
        "report": VERSION,
        "kind": asked.kind,
        "name": asked.name,
        "generated_at": plain.stamp(now),
        "zone": str(zone),
        "since": plain.stamp(since),
        "until": plain.stamp(end),
        "is_over": asked.until <= now,
        "work": _work(measures.work(conn, since, end)),
        "before": _work(measures.work(conn, earlier, earlier + (end - since))),
        "landed": _landed(conn, since, end),
        "came_to_nothing": _vain(conn, since, end),
        "taken_back": _taken_back(conn, since, end),
        "costs": _costs(conn, since, end),
        "savings": savings.between(conn, since, end),
        "budget": costs.budget(conn, outlook),
        **plain.money("month", _month(conn, outlook, end)),
        "counts": _counts(conn),
        "needs_you": list(attention.needs_you(conn, seen)),
        "health": wellbeing.of_all(seen),
        "providers": _providers(conn, seen, since, end),
        "figures": figures_of(conn, outlook),
        "scenes": scenes.scenes(conn, outlook, reporting.day_of(zone, since), _last_day(zone, end)),
        "trend": _trend(conn, outlook, end, asked.trend),
        "recommendations": advice.told(conn, seen),
    }


def _last_day(zone: ZoneInfo, end: datetime) -> date:
    return reporting.day_of(zone, end - timedelta(microseconds=1))


def figures_of(conn: Connection, outlook: Outlook) -> Plain:
    """The mission's figures over the last four weeks, or since the first run; beside the first week's."""
    began, first = measures.began(conn), measures.first_week(conn)
    since = max(began or outlook.now, outlook.now - _FIGURES)
    week_ends = None if began is None or first is not None else began + FIRST_WEEK
    return {
        "since": plain.stamp(since),
        "until": plain.stamp(outlook.now),
        "baseline": None if first is None else _work(first),
        "baseline_on": plain.stamp(week_ends),
        "figures": [_figure(each) for each in figures(measures.work(conn, since, outlook.now), first)],
    }


def _figure(found: Figure) -> Plain:
    return {
        **asdict(found.aim),
        "share": None if found.share is None else round(found.share, 4),
        "is_met": found.is_met,
        "words": found.words,
        "before": found.before,
    }


def _work(found: Work) -> Plain:
    whole = asdict(found)
    spent = MicroUsd(whole.pop("spent"))
    return {**whole, **plain.money("spent", spent)}


_LANDED = """
SELECT runs.id AS run, runs.task, tasks.title, runs.type, runs.repo, runs.provider, runs.ended_ms, runs.state,
       (SELECT commit_id FROM intents WHERE intents.run = runs.id AND intents.state = 'landed') AS commit_id,
       (SELECT coalesce(sum(CASE calls.state WHEN 'settled' THEN cost WHEN 'unknown' THEN bound ELSE 0 END), 0)
        FROM calls WHERE calls.task = runs.task) AS cost
FROM runs JOIN tasks ON tasks.id = runs.task
WHERE runs.state IN ('landed', 'verified') AND runs.ended_ms >= :since AND runs.ended_ms < :until ORDER BY runs.ended_ms
"""


def _landed(conn: Connection, since: datetime, until: datetime) -> list[Plain]:
    """What came to a good end, with what all runs of its task cost."""
    return [
        {
            "task": row["task"],
            "title": row["title"],
            "type": row["type"],
            "repo": row["repo"],
            "provider": row["provider"],
            "run": RunId(row["run"]),
            "how": row["state"],
            "commit": row["commit_id"],
            "at": plain.stamp(columns.moment(row["ended_ms"])),
            **plain.money("cost", MicroUsd(row["cost"])),
        }
        for row in conn.execute(_LANDED, _bounds(since, until))
    ]


_VAIN = """
SELECT runs.id AS run, runs.task, tasks.title, runs.type, runs.repo, runs.provider, runs.state, runs.reason, runs.ended_ms
FROM runs JOIN tasks ON tasks.id = runs.task
WHERE runs.state IN ('failed', 'rejected', 'lost') AND runs.ended_ms >= :since AND runs.ended_ms < :until
ORDER BY runs.ended_ms
"""


def _vain(conn: Connection, since: datetime, until: datetime) -> list[Plain]:
    return [
        {
            "run": row["run"],
            "task": row["task"],
            "title": row["title"],
            "type": row["type"],
            "repo": row["repo"],
            "provider": row["provider"],
            "state": row["state"],
            "reason": row["reason"],
            "at": plain.stamp(columns.moment(row["ended_ms"])),
        }
        for row in conn.execute(_VAIN, _bounds(since, until))
    ]


_TAKEN_BACK = """
SELECT undoings.id, undoings.task, tasks.title, undoings.repo, who, why, undoings.state, undoings.ended_ms
FROM undoings JOIN tasks ON tasks.id = undoings.task
WHERE undoings.ended_ms >= :since AND undoings.ended_ms < :until ORDER BY undoings.number
"""


def _taken_back(conn: Connection, since: datetime, until: datetime) -> list[Plain]:
    return [
        {
            "id": row["id"],
            "task": row["task"],
            "title": row["title"],
            "repo": row["repo"],
            "who": row["who"],
            "why": row["why"],
            "state": row["state"],
            "at": plain.stamp(columns.moment(row["ended_ms"])),
        }
        for row in conn.execute(_TAKEN_BACK, _bounds(since, until))
    ]


def _costs(conn: Connection, since: datetime, until: datetime) -> Plain:
    """The same money by every dimension; of tasks and runs the dearest."""
    told: Plain = {}
    for by in By:
        rows = accounts.totals(conn, by, since=since, until=until)
        told[by] = [
            {
                "name": row.name,
                "calls": row.calls,
                "tokens_in": row.tokens_in,
                "tokens_out": row.tokens_out,
                **plain.money("cost", row.cost),
            }
            for row in rows[:_MOST_ROWS]
        ]
    return told


def _month(conn: Connection, outlook: Outlook, end: datetime) -> MicroUsd:
    """What the budget's month that the end lies in had cost by then."""
    last = (end - timedelta(microseconds=1)).astimezone(outlook.bill.caps.zone)
    begin = last.replace(day=1, hour=0, minute=0, second=0, microsecond=0, fold=0)
    return MicroUsd(sum(row.cost for row in accounts.totals(conn, By.PROVIDER, since=begin, until=end)))


_COUNTS = "SELECT state, count(*) AS tasks FROM tasks GROUP BY state"


def _counts(conn: Connection) -> dict[str, int]:
    return {row["state"]: row["tasks"] for row in conn.execute(_COUNTS)}


_BY_PROVIDER = """
SELECT provider, count(*) AS runs, sum(state IN ('landed', 'verified')) AS landed,
       sum(max(0, ended_ms - started_ms)) AS busy_ms
FROM runs WHERE ended_ms >= :since AND ended_ms < :until GROUP BY provider
"""


def _providers(conn: Connection, seen: Look, since: datetime, until: datetime) -> list[Plain]:
    ran = {row["provider"]: row for row in conn.execute(_BY_PROVIDER, _bounds(since, until))}
    spent = {row.name: row.cost for row in accounts.totals(conn, By.PROVIDER, since=since, until=until)}
    return [
        {
            "name": terms.name,
            "runs": ran[terms.name]["runs"] if terms.name in ran else 0,
            "landed": ran[terms.name]["landed"] if terms.name in ran else 0,
            "busy_hours": round(ran[terms.name]["busy_ms"] / 3_600_000, 2) if terms.name in ran else 0.0,
            **plain.money("cost", spent.get(terms.name, MicroUsd(0))),
        }
        for terms in seen.outlook.bill.providers
    ]


def _trend(conn: Connection, outlook: Outlook, end: datetime, back: timedelta) -> list[Plain]:
    """Day by day, the last of them perhaps not over; from the first run on."""
    zone = outlook.report_terms.zone
    began = measures.began(conn)
    if began is None:
        return []
    last = _last_day(zone, end)
    day = max(reporting.day_of(zone, began), last - back + _DAY)
    told = []
    while day <= last:
        since, until = reporting.span_of_day(zone, day)
        told.append({"day": day.isoformat(), **_work(measures.work(conn, since, min(until, end)))})
        day += _DAY
    return told


def _bounds(since: datetime, until: datetime) -> dict[str, int]:
    return {"since": columns.ms(since), "until": columns.ms(until)}

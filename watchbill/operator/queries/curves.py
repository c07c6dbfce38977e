"""Curves as answers: how a budget's day and month filled and are likely to fill; costs by two names; days in numbers."""

from collections import defaultdict
from datetime import date, datetime, timedelta

from watchbill.domain.money import MicroUsd
from watchbill.domain.runs import RunState
from watchbill.domain.windows import WindowKind, turns_at
from watchbill.operator import moments, plain
from watchbill.operator.doors import Plain
from watchbill.operator.outlook import Outlook
from watchbill.operator.queries import savings
from watchbill.operator.queries.outcomes import WASTED
from watchbill.scheduling import burning
from watchbill.state import accounts, columns, events, hours, raises
from watchbill.state.accounts import Key
from watchbill.state.engine import Connection

_STEPS = 144  # of a curve: ten minutes of a day, some hours of a month
_AHEAD = 48  # of a forecast's

# As the budget's own windows count: what is settled, or stays charged at its bound.
_SPENT = """
SELECT (reserved_ms - :begin) / :step AS step,
       sum(CASE calls.state WHEN 'settled' THEN cost WHEN 'unknown' THEN bound ELSE 0 END) AS spent
FROM calls JOIN call_windows ON call_windows.call = calls.id AND call_windows.kind = :kind
WHERE reserved_ms >= :begin AND reserved_ms <= :now GROUP BY 1 ORDER BY 1
"""


def burn(conn: Connection, outlook: Outlook, kind: WindowKind) -> Plain:
    """The day's, or the month's: sums over time, what is held, the cap in force, and eight of ten futures to its end."""
    now, zone = outlook.now, outlook.bill.caps.zone
    turns = turns_at(kind, now, zone)
    assert turns is not None, "days and months turn"
    begin = moments.moment("today" if kind is WindowKind.DAY else "month", now, zone)
    caps = raises.in_force(conn, outlook.bill.caps, now)
    (state,) = accounts.window_states(conn, caps, now, [Key(kind=kind)])
    step = (turns - begin) / _STEPS
    past = hours.spent_by_hour(conn, now, timedelta(days=burning.MOST_DAYS))
    taken, left = MicroUsd(state.spent + state.held), turns - now
    end = burning.project(past, taken=taken, left=left, cap=state.cap)
    return {
        "generated_at": plain.stamp(now),
        "kind": kind,
        "window": str(state.window),
        "zone": str(zone),
        "begin": plain.stamp(begin),
        "turns_at": plain.stamp(turns),
        **plain.money("cap", state.cap),
        **plain.money("held", state.held),
        **plain.money("total", state.spent),
        "spent": _spent(conn, kind, begin, step, now),
        "ahead": [
            {
                "at": plain.stamp(now + each.after),
                **plain.money("low", each.low),
                **plain.money("likely", each.likely),
                **plain.money("high", each.high),
            }
            for each in burning.band(past, taken=taken, left=left, most=_AHEAD)
        ],
        "crosses_at": plain.stamp(now + end.crosses_in) if end and end.crosses_in is not None else None,
    }


def _spent(conn: Connection, kind: WindowKind, begin: datetime, step: timedelta, now: datetime) -> list[Plain]:
    wanted = {
        "begin": columns.ms(begin),
        "step": step // timedelta(milliseconds=1),
        "now": columns.ms(now),
        "kind": kind,
    }
    total, points = 0, []
    for row in conn.execute(_SPENT, wanted):
        if row["spent"]:
            total += row["spent"]
            points.append(
                {"at": plain.stamp(min(begin + step * (row["step"] + 1), now)), **plain.money("sum", MicroUsd(total))}
            )
    return points


_PAIRS = """
SELECT provider, type, sum(CASE state WHEN 'settled' THEN cost WHEN 'unknown' THEN bound ELSE 0 END) AS cost
FROM calls WHERE reserved_ms >= :since AND reserved_ms <= :now GROUP BY 1, 2 HAVING cost > 0 ORDER BY 1, 2
"""


def matrix(conn: Connection, outlook: Outlook, since: datetime) -> Plain:
    """What each provider cost for each type of task."""
    rows = conn.execute(_PAIRS, {"since": columns.ms(since), "now": columns.ms(outlook.now)})
    return {
        "generated_at": plain.stamp(outlook.now),
        "since": plain.stamp(since),
        "cells": [
            {"provider": row["provider"], "type": row["type"], **plain.money("cost", MicroUsd(row["cost"]))}
            for row in rows
        ],
    }


_ENDS = "SELECT ended_ms, state FROM runs WHERE ended_ms >= :since AND ended_ms <= :now"
_COSTS = """
SELECT reserved_ms / 900000 AS quarter,
       sum(CASE state WHEN 'settled' THEN cost WHEN 'unknown' THEN bound ELSE 0 END) AS cost
FROM calls WHERE reserved_ms >= :since AND reserved_ms <= :now GROUP BY 1
"""


def days(conn: Connection, outlook: Outlook, count: int) -> Plain:
    """The last days of the budget's zone, today included: runs that landed or came to nothing, cost, cost per landed task."""
    zone = outlook.bill.caps.zone
    today = outlook.now.astimezone(zone).date()
    first = today - timedelta(days=count - 1)
    since = datetime(first.year, first.month, first.day, tzinfo=zone)
    span = {"since": columns.ms(since), "now": columns.ms(outlook.now)}
    landed, bad, cost = (defaultdict[date, int](int) for _ in range(3))
    for row in conn.execute(_ENDS, span):
        state, day = RunState(row["state"]), columns.moment(row["ended_ms"]).astimezone(zone).date()
        landed[day] += state in (RunState.LANDED, RunState.VERIFIED)
        bad[day] += state in WASTED
    for row in conn.execute(_COSTS, span):
        cost[columns.moment(row["quarter"] * 900_000).astimezone(zone).date()] += row["cost"]
    begun = events.first(conn)
    every = [first + timedelta(days=step) for step in range(count)]
    done, spent = sum(landed.values()), MicroUsd(sum(cost.values()))
    return {
        "generated_at": plain.stamp(outlook.now),
        "zone": str(zone),
        "days": [
            {
                "day": day.isoformat(),
                "known": begun is not None and begun.astimezone(zone).date() <= day,
                "landed": landed[day],
                "came_to_nothing": bad[day],
                **plain.money("cost", MicroUsd(cost[day])),
                **plain.money("per_landed", MicroUsd(cost[day] // landed[day]) if landed[day] else None),
            }
            for day in every
        ],
        "landed": done,
        "came_to_nothing": sum(bad.values()),
        **plain.money("cost", spent),
        **plain.money("per_landed", MicroUsd(spent // done) if done else None),
        "savings": savings.between(conn, since, outlook.now),
    }


def scores(conn: Connection, outlook: Outlook, past: timedelta) -> Plain:
    """How the health of each provider went: its changes, oldest first, from the one that held at the beginning."""
    begin = outlook.now - past
    found: defaultdict[str, list[Plain]] = defaultdict(list)
    for event in events.named(conn, ("provider.scored",), begin - past, outlook.now):
        readings = found[event.facts["provider"]]
        if event.at <= begin:
            readings.clear()
        readings.append({"at": plain.stamp(max(event.at, begin)), "score": event.facts["score"]})
    return {"begin": plain.stamp(begin), "now": plain.stamp(outlook.now), "scores": dict(found)}

"""The watch strip as an answer: what each provider did, what kept it from work, and what plan() would have it do."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from watchbill.domain.ids import ProviderName
from watchbill.domain.runs import RunState
from watchbill.operator import plain
from watchbill.operator.doors import Plain
from watchbill.operator.outlook import Outlook
from watchbill.operator.queries.outcomes import WASTED
from watchbill.scheduling import slots
from watchbill.scheduling.bill import WatchBill
from watchbill.scheduling.simulate import Forecast
from watchbill.scheduling.snapshot import ProviderState
from watchbill.state import columns, events, overrides, snapshot
from watchbill.state.engine import Connection
from watchbill.state.events import Event

_HOUR = timedelta(hours=1)
_QUARTER = timedelta(minutes=15)
_STILL = timedelta(minutes=2)  # a daemon that runs says something more often than that it is gone for so long

_RUNS = """
SELECT runs.id, runs.task, tasks.title, runs.provider, runs.state, runs.started_ms, runs.ended_ms
FROM runs JOIN tasks ON tasks.id = runs.task
WHERE runs.started_ms <= :now AND coalesce(runs.ended_ms, :now) >= :begin ORDER BY runs.number
"""


def strip(conn: Connection, outlook: Outlook, past: timedelta, ahead: timedelta, forecast: Forecast) -> Plain:
    """From the full hour `past` ago to the full hour about `ahead` from now, with what the forecast says of what comes."""
    begin = _floor(outlook.now - past)
    end = begin + _HOUR * round((past + ahead) / _HOUR)
    bill = overrides.overridden(conn, outlook.bill, outlook.now)
    of_then = overrides.overridden(conn, outlook.bill, begin)
    stints = _stints(conn, outlook, begin)
    for provider, stint in _planned(conn, outlook, forecast, end):
        stints[provider].append(stint)
    outs = _outs(conn, outlook, begin, end)
    return {
        "generated_at": plain.stamp(outlook.now),
        "zone": str(bill.zone),
        "policy": bill.policy,
        "begin": plain.stamp(begin),
        "end": plain.stamp(end),
        "rows": [
            {
                "provider": terms.name,
                "always": terms.always,
                "watches": list(_watches(of_then, terms.name, begin, end)) if not terms.always else [],
                "stints": stints.get(terms.name, []),
                "outs": outs.get(terms.name, []),
            }
            for terms in bill.providers
        ],
        "silent": list(_silent(conn, outlook, begin)),
        "overrides": [plain.override(each) for each in bill.overrides],
    }


def _watches(bill: WatchBill, name: ProviderName, begin: datetime, end: datetime) -> Iterator[Plain]:
    """The hours that it owns; before now as they are written now, with what was given away by hand then."""
    quarters = [begin + _QUARTER * step for step in range((end - begin) // _QUARTER)]
    for own, group in groupby(quarters, lambda at: name in slots.owners(bill, at)):
        span = list(group)
        if own:
            yield _span(span[0], span[-1] + _QUARTER, "its hours")


def _stints(conn: Connection, outlook: Outlook, begin: datetime) -> defaultdict[str, list[Plain]]:
    found: defaultdict[str, list[Plain]] = defaultdict(list)
    for row in conn.execute(_RUNS, {"now": columns.ms(outlook.now), "begin": columns.ms(begin)}):
        state = RunState(row["state"])
        ended = columns.moment_or_none(row["ended_ms"])
        doing = "live" if state is RunState.RUNNING else "bad" if state in WASTED else "good"
        span = _span(max(begin, columns.moment(row["started_ms"])), ended or outlook.now, state)
        found[row["provider"]].append(
            {**span, "doing": doing, "task": row["task"], "title": row["title"], "run": row["id"]}
        )
    return found


_TITLES = "SELECT id, title FROM tasks WHERE id IN (SELECT value FROM json_each(:tasks))"


def _planned(conn: Connection, outlook: Outlook, forecast: Forecast, end: datetime) -> Iterator[tuple[str, Plain]]:
    """What is to begin from now on; a forecast of a while ago may hold what has begun."""
    entries = [entry for entry in forecast.entries if outlook.now <= entry.at < end]
    rows = conn.execute(_TITLES, {"tasks": json.dumps([entry.task for entry in entries])})
    title_by_task = {row["id"]: row["title"] for row in rows}
    for entry in entries:
        span = _span(entry.at, min(entry.ends, end), entry.why)
        title = title_by_task.get(entry.task, entry.task)
        yield entry.provider, {**span, "doing": "planned", "task": entry.task, "title": title, "run": None}


_BEGINS = {
    "provider.breaker_opened": "breaker",
    "provider.held": "hold",
    "pause.set": "pause",
}
_ENDS = {
    "provider.breaker_half_open": "breaker",
    "provider.breaker_closed": "breaker",
    "provider.released": "hold",
    "pause.lifted": "pause",
    "pause.lapsed": "pause",
}
_BEFORE = timedelta(days=1)  # what began so long before the strip and did not end is looked for


@dataclass(frozen=True, slots=True, kw_only=True)
class _Out:
    kind: str
    since: datetime
    why: str


def _outs(conn: Connection, outlook: Outlook, begin: datetime, end: datetime) -> Mapping[str, list[Plain]]:
    """When a whole provider was given nothing: by what was told of it, and by how it stands now."""
    now = outlook.now
    found: defaultdict[str, list[Plain]] = defaultdict(list)
    open_: dict[tuple[str, str], _Out] = {}
    for event in events.named(conn, (*_BEGINS, *_ENDS, "provider.reset"), begin - _BEFORE, now):
        provider = _provider_of(event.facts)
        if provider is None:
            continue
        for kind in _ended(event):
            out = open_.pop((provider, kind), None)
            if out is not None and event.at > begin:
                found[provider].append(_said(out, begin, event.at))
        if event.name in _BEGINS:
            kind = _BEGINS[event.name]
            why = str(event.facts.get("why") or event.facts.get("kind") or "")
            open_.setdefault((provider, kind), _Out(kind=kind, since=event.at, why=why))
    for state in snapshot.providers(conn, outlook.bill, now):
        for kind, until, why in _standing(state, now):
            out = open_.get((state.name, kind)) or _Out(kind=kind, since=now, why=why)
            found[state.name].append(_said(replace(out, why=why or out.why), begin, min(until or end, end)))
    return found


def _ended(event: Event) -> Sequence[str]:
    if event.name == "provider.reset":
        return ("breaker", "hold")
    return (_ENDS[event.name],) if event.name in _ENDS else ()


def _provider_of(facts: Mapping[str, Any]) -> str | None:
    """None where only a model of it, or something else, is meant."""
    if "scope" in facts:
        return facts["of"] if facts["scope"] == "provider" else None
    return None if facts.get("model") else facts.get("provider")


def _standing(state: ProviderState, now: datetime) -> Iterator[tuple[str, datetime | None, str]]:
    if state.broken:
        yield "breaker", state.broken_until, state.broken_why
    if state.held_until is not None and state.held_until > now:
        yield "hold", state.held_until, state.held_why
    if state.pause is not None and state.pause.is_on(now):
        yield "pause", state.pause.until, state.pause.said


def _said(out: _Out, begin: datetime, end: datetime) -> Plain:
    return {**_span(max(begin, out.since), end, f"{out.kind}: {out.why}" if out.why else out.kind), "kind": out.kind}


def _silent(conn: Connection, outlook: Outlook, begin: datetime) -> Iterator[Plain]:
    """When no daemon ran: from the last that one said to its successor's start."""
    first = events.first(conn)
    if first is None or first > begin:
        yield _span(begin, min(first or outlook.now, outlook.now), "before the first start")
    if first is None:
        return
    for event in events.named(conn, ("daemon.started",), begin, outlook.now):
        last = events.before(conn, event.id)
        if last is not None and event.at - max(last, begin) > _STILL:
            yield _span(max(last, begin), event.at, "no daemon ran")
    if outlook.daemon is None:
        last = events.before(conn, events.latest_id(conn) + 1)
        if last is not None and outlook.now - max(last, begin) > _STILL:
            yield _span(max(last, begin), outlook.now, "no daemon runs")


def _span(begin: datetime, end: datetime, why: str) -> Plain:
    return {"from": plain.stamp(begin), "to": plain.stamp(max(begin, end)), "why": why}


def _floor(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)

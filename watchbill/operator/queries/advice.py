"""Advice as an answer: what the rules see in the last week, each with its numbers and what to run."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from watchbill.config.provider_values import OFF
from watchbill.domain.tasks import Delivery, TaskState
from watchbill.domain.windows import WindowKind
from watchbill.operator import plain
from watchbill.operator.doors import Plain
from watchbill.operator.outlook import Outlook
from watchbill.operator.queries.look import Look, look
from watchbill.scheduling import advising, health, slots
from watchbill.scheduling.advising import LOOKED_BACK, Evidence
from watchbill.scheduling.bill import SlotPolicy
from watchbill.scheduling.decisions import Reason, Wait
from watchbill.state import columns, conflicts, heads, measures, progress, records, steps, tasks
from watchbill.state.conflicts import Rung
from watchbill.state.engine import Connection

_DAY = timedelta(days=1)
_HOUR = timedelta(hours=1)
_BUT_FOR_THE_HOUR = frozenset({Reason.OUT_OF_SLOT, Reason.PROVIDER_BUSY})


def recommend(conn: Connection, outlook: Outlook) -> Plain:
    return {"generated_at": plain.stamp(outlook.now), "recommendations": told(conn, look(conn, outlook))}


def told(conn: Connection, seen: Look) -> list[Plain]:
    """What the rules say now; empty where there is nothing to do."""
    found = advising.advise(evidence(conn, seen))
    return [{"rule": one.rule, "evidence": one.evidence, "run": one.run} for one in found]


def evidence(conn: Connection, seen: Look) -> Evidence:
    outlook, now = seen.outlook, seen.outlook.now
    since = now - LOOKED_BACK
    reviews = [task for task in seen.snapshot.tasks if task.state is TaskState.REVIEW and task.id not in seen.approved]
    usable = {terms.name for terms in outlook.bill.providers if terms.configured}
    return Evidence(
        work=measures.work(conn, since, now),
        hours=tuple(_hours(conn, seen)),
        caps=tuple(_caps(conn, seen, since)),
        steps=tuple(
            advising.Step(type=one.type, step=one.step, runs=one.runs, failed=one.failed) for one in steps.totals(conn)
        ),
        records=tuple(
            advising.Record(provider=provider, type=kind, runs=one.runs, landed=one.landed)
            for (provider, kind), one in records.history(conn).items()
            if provider in usable
        ),
        flakes=tuple(_flakes(conn, since)),
        retiring=tuple(
            advising.Retiring(provider=name, model=model, left=at - now)
            for name, signs in seen.signs.items()
            for model, at in health.retiring(signs.retires, now)
        ),
        caches=tuple(_caches(conn, since, is_strict=outlook.bill.policy is SlotPolicy.STRICT)),
        unread=tuple(_unread(conn)),
        ahead=tuple(_ahead(conn, seen)),
        unwritten=tuple(_unwritten(conn, now)),
        reviews=len(reviews),
        oldest_review=max((now - _changed_at(conn, task.id) for task in reviews), default=timedelta(0)),
        conflicts_for_people=conflicts.totals(conn, since).by_rung[Rung.REVIEW],
        unconfigured=tuple((name, why) for name, why in outlook.missing_by_provider.items() if why != OFF),
        disk_used=outlook.disk_used,
    )


_CHANGED = "SELECT changed_ms FROM tasks WHERE id = :id"


def _changed_at(conn: Connection, task: str) -> datetime:
    return columns.moment(conn.execute(_CHANGED, {"id": task}).fetchone()["changed_ms"])


_RAN = (
    "SELECT provider, started_ms, coalesce(ended_ms, :now) AS ended FROM runs WHERE coalesce(ended_ms, :now) >= :since"
)


def _hours(conn: Connection, seen: Look) -> Iterator[advising.Hours]:
    """Of the last whole day: each provider's own hours, those without a run of it, and what waits that it could do."""
    bill, now = seen.outlook.bill, seen.outlook.now
    busy: defaultdict[str, set[datetime]] = defaultdict(set)
    for row in conn.execute(_RAN, {"now": columns.ms(now), "since": columns.ms(now - _DAY)}):
        busy[row["provider"]] |= _hours_between(columns.moment(row["started_ms"]), columns.moment(row["ended"]))
    began = measures.first_seen(conn) or now
    past = [hour for back in range(1, 25) if (hour := _floor(now) - _HOUR * back) >= began]
    could = _could(seen)
    for terms in bill.providers:
        own = [hour for hour in past if terms.name in slots.owners(bill, hour)]
        if terms.configured and own:
            idle = [hour for hour in own if hour not in busy[terms.name]]
            yield advising.Hours(provider=terms.name, own=len(own), idle=len(idle), could=could[terms.name])


def _could(seen: Look) -> Mapping[str, int]:
    """Tasks that wait for an hour or for somebody busy, by who may do them but for that."""
    waits = [one for one in seen.plan.decisions if isinstance(one, Wait) and one.binding.reason in _BUT_FOR_THE_HOUR]
    return Counter(
        candidate.provider
        for wait in waits
        for candidate in wait.candidates
        if {each.reason for each in candidate.rejections} <= _BUT_FOR_THE_HOUR
    )


def _hours_between(begin: datetime, end: datetime) -> set[datetime]:
    first = _floor(begin)
    return {first + _HOUR * step for step in range((end - first) // _HOUR + 1)}


def _floor(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)


_PAUSED = """
SELECT facts ->> 'window' AS budget, count(DISTINCT at_ms / 86400000) AS days FROM events
WHERE name = 'budget.paused' AND at_ms >= :since GROUP BY 1
"""
_KEY_BY_KIND = {
    WindowKind.DAY: ("daily_usd", ""),
    WindowKind.MONTH: ("monthly_usd", "--month"),
    WindowKind.PROVIDER: ("per_provider_usd", "--provider {0}"),
    WindowKind.PROVIDER_MONTH: ("per_provider_monthly_usd", "--month --provider {0}"),
    WindowKind.REPO: ("per_repo_usd", "--repo {0}"),
    WindowKind.REPO_MONTH: ("per_repo_monthly_usd", "--month --repo {0}"),
    WindowKind.TYPE: ("per_type_usd", "--type {0}"),
    WindowKind.TYPE_MONTH: ("per_type_monthly_usd", "--month --type {0}"),
}


def _caps(conn: Connection, seen: Look, since: datetime) -> Iterator[advising.Cap]:
    """Caps in dollars that kept work waiting; a name such as claude:2026-11-24 counts for claude on that day."""
    days: Counter[tuple[WindowKind, str]] = Counter()
    for row in conn.execute(_PAUSED, {"since": columns.ms(since)}):
        kind, _, name = row["budget"].partition(":")
        if kind in _KEY_BY_KIND:
            of = name.rpartition(":")[0]
            days[WindowKind(kind), of] += row["days"]
    caps = seen.outlook.bill.caps
    for (kind, of), count in days.items():
        key, option = _KEY_BY_KIND[kind]
        cap = {WindowKind.DAY: caps.day, WindowKind.MONTH: caps.month}.get(kind)
        yield advising.Cap(of=option.format(of), key=f"budget.{key}", cap=cap, days=count)


_FLAKES = """
SELECT facts ->> 'repo' AS repo, each.value AS gate, count(*) AS times
FROM events, json_each(events.facts, '$.gates') AS each WHERE name = 'gate.flaky' AND at_ms >= :since GROUP BY 1, 2
"""


def _flakes(conn: Connection, since: datetime) -> Iterator[advising.Flake]:
    for row in conn.execute(_FLAKES, {"since": columns.ms(since)}):
        yield advising.Flake(repo=row["repo"], gate=row["gate"], times=row["times"])


_CACHES = """
SELECT provider, sum(tokens_in) AS tokens_in, sum(coalesce(cache_read, 0)) AS cache_read FROM calls
WHERE state = 'settled' AND reserved_ms >= :since GROUP BY provider
"""


def _caches(conn: Connection, since: datetime, *, is_strict: bool) -> Iterator[advising.Cache]:
    for row in conn.execute(_CACHES, {"since": columns.ms(since)}):
        yield advising.Cache(
            provider=row["provider"], tokens_in=row["tokens_in"] or 0, read=row["cache_read"], is_strict=is_strict
        )


_UNREAD = """
SELECT facts ->> 'repo' AS repo, facts ->> 'path' AS path, facts ->> 'unreadable' AS lines, max(number)
FROM events WHERE name = 'queue.read' GROUP BY 1, 2
"""


def _unread(conn: Connection) -> Iterator[advising.Unread]:
    for row in conn.execute(_UNREAD):
        if row["lines"]:
            yield advising.Unread(repo=row["repo"], path=row["path"], lines=row["lines"])


_AHEAD = """
SELECT count(DISTINCT task) AS landed FROM intents
WHERE repo = :repo AND state = 'landed' AND delivery = 'integration' AND ended_ms >= :since
"""


def _ahead(conn: Connection, seen: Look) -> Iterator[advising.Ahead]:
    """Who takes our branch in moves the target: what landed since that last moved is not on it yet."""
    for terms in seen.outlook.bill.repos:
        head = heads.last(conn, terms.name)
        if terms.delivery is Delivery.INTEGRATION and head is not None:
            bounds = {"repo": terms.name, "since": columns.ms(head.checked_at)}
            landed = conn.execute(_AHEAD, bounds).fetchone()["landed"]
            yield advising.Ahead(repo=terms.name, integration=terms.integration, target=terms.target, landed=landed)


def _unwritten(conn: Connection, now: datetime) -> Iterator[advising.Unwritten]:
    """By the latest count of each text."""
    latest = {
        (day.repo, day.count.path): day.count for day in progress.between(conn, (now - LOOKED_BACK).date(), now.date())
    }
    named = Counter((task.repo, path) for task in tasks.open_tasks(conn) for path in set(task.claims))
    for (repo, path), count in latest.items():
        yield advising.Unwritten(repo=repo, path=path, placeholders=count.placeholders, tasks=named[repo, path])

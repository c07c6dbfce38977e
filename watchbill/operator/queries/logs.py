"""Logs as answers: events by what they are about and how much they weigh, from any point on."""

from dataclasses import dataclass
from enum import StrEnum

from watchbill.domain.events import EVENT_BY_NAME, EVENTS
from watchbill.domain.ids import RunId, TaskId
from watchbill.operator import moments, plain
from watchbill.operator.doors import Plain
from watchbill.operator.faults import NotFound
from watchbill.operator.outlook import Outlook
from watchbill.operator.queries import providers, tasks
from watchbill.state import eventlog, events, runs
from watchbill.state.engine import Connection
from watchbill.state.eventlog import Wanted


class Level(StrEnum):
    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which events are asked for, in people's words; `task` may be the beginning of an id, `level` is the least."""

    kind: str | None = None
    level: Level = Level.DEBUG
    task: str | None = None
    run: str | None = None
    provider: str | None = None
    since: str | None = None  # a moment as people type it


def logs(conn: Connection, outlook: Outlook, wanted: Filter, *, after: int | None, limit: int) -> Plain:
    """Events after that id, oldest first; without it, the latest `limit` ones. Raises NotFound and BadQuestion."""
    rows = _wanted(conn, outlook, wanted)
    begin = eventlog.before_latest(conn, rows, limit) if after is None else after
    found = eventlog.after(conn, begin, rows, limit)
    end = found[-1].id if len(found) == limit else max(begin, events.latest_id(conn))
    return {
        "generated_at": plain.stamp(outlook.now),
        "next_after": end,
        "events": [
            {
                "id": each.id,
                "at": plain.stamp(each.at),
                "name": each.name,
                "level": spec.level if (spec := EVENT_BY_NAME.get(each.name)) else Level.INFO,  # of another version
                "facts": dict(each.facts),
            }
            for each in found
        ],
    }


def _wanted(conn: Connection, outlook: Outlook, wanted: Filter) -> Wanted:
    return Wanted(
        kind=wanted.kind,
        names=None if wanted.level is Level.DEBUG else _at_least(wanted.level),
        task=tasks.get(conn, TaskId(wanted.task)).id if wanted.task else None,
        run=_run(conn, RunId(wanted.run)) if wanted.run else None,
        provider=providers.terms_of(outlook, wanted.provider).name if wanted.provider else None,
        since=moments.moment(wanted.since, outlook.now, outlook.bill.caps.zone) if wanted.since else None,
    )


def _run(conn: Connection, name: RunId) -> RunId:
    if runs.get(conn, name) is None:
        raise NotFound(f"there is no run {name!r}", hint="watchbill run list")
    return name


def _at_least(level: Level) -> list[str]:
    order = list(Level)
    return [spec.name for spec in EVENTS if order.index(Level(spec.level)) >= order.index(level)]

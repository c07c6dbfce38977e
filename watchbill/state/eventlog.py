"""The event log: events by what they are about, for whoever follows a task, a run or a provider."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from watchbill.domain.ids import ProviderName, RunId, TaskId
from watchbill.state import columns
from watchbill.state.engine import Connection
from watchbill.state.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which events; what is None leaves nothing out."""

    kind: str | None = None  # a glob, for instance "run.*"
    names: Collection[str] | None = None  # one of these
    task: TaskId | None = None  # of it, or of a run of it
    run: RunId | None = None
    provider: ProviderName | None = None  # of it, or of a run of it
    since: datetime | None = None

    @property
    def row(self) -> dict[str, object]:
        return {
            "glob": self.kind,
            "names": None if self.names is None else columns.array(self.names),
            "task": self.task,
            "run": self.run,
            "provider": self.provider,
            "since": columns.ms_or_none(self.since),
        }


_WANTED = """
(:glob IS NULL OR name GLOB :glob)
AND (:names IS NULL OR name IN (SELECT value FROM json_each(:names)))
AND (:since IS NULL OR at_ms >= :since)
AND (:run IS NULL OR facts ->> 'run' = :run)
AND (:task IS NULL OR facts ->> 'task' = :task OR facts ->> 'run' IN (SELECT id FROM runs WHERE task = :task))
AND (:provider IS NULL OR facts ->> 'provider' = :provider
     OR facts ->> 'run' IN (SELECT id FROM runs WHERE runs.provider = :provider))
"""
_AFTER = f"SELECT * FROM events WHERE number > :after AND {_WANTED} ORDER BY number LIMIT :limit"  # noqa: S608 - a constant


def after(conn: Connection, number: int, wanted: Wanted, limit: int) -> list[Event]:
    """Events after that id, oldest first."""
    return [
        Event(
            id=row["number"],
            at=columns.moment(row["at_ms"]),
            name=row["name"],
            facts=columns.parsed(row["facts"]),
        )
        for row in conn.execute(_AFTER, {**wanted.row, "after": number, "limit": limit})
    ]


_BEFORE_LATEST = f"SELECT number FROM events WHERE {_WANTED} ORDER BY number DESC LIMIT 1 OFFSET :limit"  # noqa: S608 - a constant


def before_latest(conn: Connection, wanted: Wanted, limit: int) -> int:
    """The id after which the latest `limit` events come."""
    row = conn.execute(_BEFORE_LATEST, {**wanted.row, "limit": limit}).fetchone()
    return 0 if row is None else row["number"]

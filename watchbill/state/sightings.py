"""Sightings: what the last look at a repository saw. Each look replaces the one before."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from watchbill.domain.ids import RepoName, TaskId
from watchbill.state import columns
from watchbill.state.engine import Connection, Row


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    repo: RepoName
    ground: str  # repositories of one ground have the same files, and share their claims
    editing: Mapping[str, datetime] = field(
        default_factory=dict
    )  # files under a person's hands, and until when they count
    absent: Mapping[TaskId, tuple[str, ...]] = field(default_factory=dict)  # what queued tasks wait to exist


_PUT = """
INSERT INTO sightings (repo, ground, editing, absent) VALUES (:repo, :ground, :editing, :absent)
ON CONFLICT (repo) DO UPDATE SET ground = :ground, editing = :editing, absent = :absent
"""


def put(conn: Connection, seen: Sighting) -> None:
    conn.execute(
        _PUT,
        {
            "repo": seen.repo,
            "ground": seen.ground,
            "editing": columns.mapping({path: columns.ms(until) for path, until in seen.editing.items()}),
            "absent": columns.mapping({task: list(patterns) for task, patterns in seen.absent.items()}),
        },
    )


_ALL = "SELECT * FROM sightings ORDER BY repo"


def all(conn: Connection) -> list[Sighting]:  # noqa: A001 - read as sightings.all
    return [_sighting(row) for row in conn.execute(_ALL)]


def _sighting(row: Row) -> Sighting:
    return Sighting(
        repo=RepoName(row["repo"]),
        ground=row["ground"],
        editing={path: columns.moment(until) for path, until in columns.parsed(row["editing"]).items()},
        absent={TaskId(task): tuple(patterns) for task, patterns in columns.parsed(row["absent"]).items()},
    )

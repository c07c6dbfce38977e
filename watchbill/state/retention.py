"""Retention: rows that nobody needs any more. The ledger, runs, verdicts and everything of open work is never touched."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from watchbill.domain.ids import RunId, TaskId
from watchbill.state import columns
from watchbill.state.engine import Connection

AT_ONCE = 2_000  # rows of one transaction: the writer has other things to do


@dataclass(frozen=True, slots=True, kw_only=True)
class Faded:
    """How many rows one step removed."""

    events: int = 0
    decisions: int = 0
    transcripts: int = 0
    prompts: int = 0
    audits: int = 0

    def __add__(self, other: "Faded") -> "Faded":
        return Faded(
            events=self.events + other.events,
            decisions=self.decisions + other.decisions,
            transcripts=self.transcripts + other.transcripts,
            prompts=self.prompts + other.prompts,
            audits=self.audits + other.audits,
        )

    @property
    def is_all(self) -> bool:
        """Whether nothing is left to remove."""
        return max(self.events, self.decisions, self.transcripts, self.prompts, self.audits) < AT_ONCE


def fade(conn: Connection, *, metrics: datetime, artefacts: datetime) -> Faded:
    """Remove what is older, at most AT_ONCE rows of each kind; asked again it goes on."""
    return Faded(
        events=_events(conn, metrics),
        decisions=_decisions(conn, metrics),
        transcripts=_transcripts(conn, artefacts),
        prompts=_prompts(conn, artefacts),
        audits=_audits(conn, metrics),
    )


# The newest word about each file is what the needs-you list is made of, however old it is.
_OLD_EVENTS = """
CREATE TEMP TABLE old_events AS
SELECT number, at_ms, name FROM events WHERE at_ms < :before AND number NOT IN (
    SELECT max(number) FROM events
    WHERE name IN ('queue.read', 'questions.read', 'queue.written', 'queue.write_put_off')
    GROUP BY name IN ('queue.read', 'questions.read'), facts ->> 'repo', facts ->> 'path'
) ORDER BY number LIMIT :most
"""
_COUNT = """
INSERT INTO faded_events (day, name, events)
SELECT strftime('%Y-%m-%d', at_ms / 1000, 'unixepoch'), name, count(*) FROM old_events WHERE true GROUP BY 1, 2
ON CONFLICT (day, name) DO UPDATE SET events = events + excluded.events
"""
_DROP_EVENTS = "DELETE FROM events WHERE number IN (SELECT number FROM old_events)"


def _events(conn: Connection, before: datetime) -> int:
    conn.execute("DROP TABLE IF EXISTS temp.old_events")
    conn.execute(_OLD_EVENTS, {"before": columns.ms(before), "most": AT_ONCE})
    conn.execute(_COUNT)
    gone = conn.execute(_DROP_EVENTS).rowcount
    conn.execute("DROP TABLE temp.old_events")
    return int(gone)


# A subject's latest decision is what the next one is compared with.
_DROP_DECISIONS = """
DELETE FROM decisions WHERE (subject, plan) IN (
    SELECT subject, plan FROM decisions AS old JOIN plans ON plans.number = old.plan
    WHERE at_ms < :before AND EXISTS (SELECT 1 FROM decisions AS later WHERE later.subject = old.subject AND later.plan > old.plan)
    LIMIT :most
)
"""
_DROP_PLANS = """
DELETE FROM plans WHERE at_ms < :before AND NOT EXISTS (SELECT 1 FROM decisions WHERE decisions.plan = plans.number)
"""
_DROP_INPUTS = "DELETE FROM plan_inputs WHERE NOT EXISTS (SELECT 1 FROM plans WHERE plans.inputs = plan_inputs.digest)"


def _decisions(conn: Connection, before: datetime) -> int:
    """What is left of a look can still be replayed: its inputs stay as long as one of its decisions does."""
    gone = conn.execute(_DROP_DECISIONS, {"before": columns.ms(before), "most": AT_ONCE}).rowcount
    if gone:
        conn.execute(_DROP_PLANS, {"before": columns.ms(before)})
        conn.execute(_DROP_INPUTS)
    return int(gone)


# Who reopens a task that is over gets a new session; who retries one that failed goes on with its own, so that stays.
_EMPTY_TRANSCRIPTS = """
UPDATE sessions SET transcript = '{"system":"","entries":[]}' WHERE number IN (
    SELECT sessions.number FROM sessions JOIN tasks ON tasks.id = sessions.task
    WHERE saved_ms < :before AND json_array_length(transcript, '$.entries') > 0
    AND (closed_ms < :before OR (tasks.state IN ('landed', 'verified', 'cancelled', 'reverted') AND tasks.changed_ms < :before))
    LIMIT :most
)
"""

_DROP_LEFTOVERS = "DELETE FROM leftovers WHERE run IN (SELECT run FROM leftovers WHERE at_ms < :before LIMIT :most)"


def _transcripts(conn: Connection, before: datetime) -> int:
    bounds = {"before": columns.ms(before), "most": AT_ONCE}
    return int(conn.execute(_EMPTY_TRANSCRIPTS, bounds).rowcount + conn.execute(_DROP_LEFTOVERS, bounds).rowcount)


_DROP_PROMPTS = """
DELETE FROM briefs WHERE run IN (
    SELECT runs.id FROM briefs JOIN runs ON runs.id = briefs.run JOIN tasks ON tasks.id = runs.task
    WHERE runs.ended_ms < :before AND tasks.changed_ms < :before
    AND tasks.state IN ('landed', 'verified', 'cancelled', 'reverted')
    LIMIT :most
)
"""
_EMPTY_REQUESTS = """
UPDATE batch_items SET body = '{}' WHERE call IN (
    SELECT call FROM batch_items WHERE state IN ('used', 'dropped', 'unserved') AND ended_ms < :before AND body <> '{}'
    LIMIT :most
)
"""


def _prompts(conn: Connection, before: datetime) -> int:
    """What providers were told: briefs, and the requests of batches."""
    bounds = {"before": columns.ms(before), "most": AT_ONCE}
    return int(conn.execute(_DROP_PROMPTS, bounds).rowcount + conn.execute(_EMPTY_REQUESTS, bounds).rowcount)


_DROP_AUDITS = """
DELETE FROM audit WHERE number IN (SELECT number FROM audit WHERE at_ms < :before ORDER BY number LIMIT :most)
"""


def _audits(conn: Connection, before: datetime) -> int:
    """Who asked for what, and what came of it."""
    return int(conn.execute(_DROP_AUDITS, {"before": columns.ms(before), "most": AT_ONCE}).rowcount)


_FREE = "PRAGMA freelist_count"
_SHRINK = "PRAGMA incremental_vacuum({pages})"


def shrink(conn: Connection, pages: int) -> bool:
    """Give the room of at most so many deleted pages back to the disk; whether there may be more.

    A file that an earlier version made has to be vacuumed once before: until then its room is used again, and it stays as large.
    """
    before = conn.execute(_FREE).fetchone()[0]
    conn.execute(_SHRINK.format(pages=pages)).fetchall()  # each row is a step
    after = conn.execute(_FREE).fetchone()[0]
    return bool(0 < after < before)


_OVER = """
SELECT repo, id FROM tasks WHERE state IN ('landed', 'verified', 'cancelled', 'reverted') AND changed_ms < :before
AND EXISTS (SELECT 1 FROM intents WHERE intents.task = tasks.id AND delivery = 'patch')
"""


def tasks_over(conn: Connection, before: datetime) -> list[tuple[str, TaskId]]:
    """Repository and name of the tasks whose patch files may go."""
    return [(row["repo"], TaskId(row["id"])) for row in conn.execute(_OVER, {"before": columns.ms(before)})]


_ENDED = "SELECT id FROM runs WHERE ended_ms < :before"


def runs_ended(conn: Connection, before: datetime) -> frozenset[RunId]:
    return frozenset(RunId(row["id"]) for row in conn.execute(_ENDED, {"before": columns.ms(before)}))


_OVER_OF = """
SELECT id FROM tasks WHERE id IN (SELECT value FROM json_each(:names))
AND state IN ('landed', 'verified', 'cancelled', 'reverted') AND changed_ms < :before
"""


def over_of(conn: Connection, names: Collection[TaskId], before: datetime) -> frozenset[TaskId]:
    """Those of these tasks that were over before then."""
    asked = {"names": json.dumps(sorted(names)), "before": columns.ms(before)}
    return frozenset(TaskId(row["id"]) for row in conn.execute(_OVER_OF, asked))

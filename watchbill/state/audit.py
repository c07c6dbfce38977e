"""The audit: who asked for which change over the control API, and the answers that are kept for a repeated question."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from watchbill.domain.wishes import KeyReused, Wish
from watchbill.state import columns
from watchbill.state.engine import Connection, Row

KEPT_FOR = timedelta(hours=24)  # a key, and the answer to it
_MOST_SAID = 2_000  # characters


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """An answer as it was given."""

    status: int  # HTTP
    media: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    number: int
    at: datetime
    wish: Wish
    status: int | None  # None: not known, or not yet
    answer: Said | None = None
    ended_at: datetime | None = None


_BEGIN = """
INSERT INTO audit (at_ms, actor, method, path, said, digest, key)
VALUES (:now, :actor, :method, :path, :said, :digest, :key)
ON CONFLICT (actor, key) WHERE key IS NOT NULL DO NOTHING
RETURNING *
"""

_OF_KEY = "SELECT * FROM audit WHERE actor = :actor AND key = :key"

_FORGET = "UPDATE audit SET key = NULL, answer = NULL WHERE key IS NOT NULL AND at_ms < :before"


def begin(conn: Connection, wish: Wish, now: datetime) -> tuple[Entry, bool]:
    """The entry of this question, and whether it is new. Raises KeyReused where its key belongs to another question."""
    if wish.key is not None:
        conn.execute(_FORGET, {"before": columns.ms(now - KEPT_FOR)})
    row = conn.execute(_BEGIN, {**_columns(wish), "now": columns.ms(now)}).fetchone()
    if row is not None:
        return _entry(row), True
    known = _entry(conn.execute(_OF_KEY, {"actor": wish.actor, "key": wish.key}).fetchone())
    if known.wish.digest != wish.digest:
        raise KeyReused(f"the key {wish.key!r} was used for another question: {known.wish.method} {known.wish.path}")
    return known, False


_END = """
UPDATE audit SET status = :status, ended_ms = :now, media = :media, answer = CASE WHEN key IS NULL THEN NULL ELSE :text END
WHERE number = :number AND status IS NULL
"""


def end(conn: Connection, number: int, answer: Said, now: datetime) -> None:
    said = {"status": answer.status, "media": answer.media, "text": answer.text}
    conn.execute(_END, {**said, "number": number, "now": columns.ms(now)})


_LATEST = """
SELECT * FROM audit WHERE (:before IS NULL OR number < :before) AND (:actor IS NULL OR actor = :actor)
ORDER BY number DESC LIMIT :limit
"""


def latest(conn: Connection, *, before: int | None = None, actor: str | None = None, limit: int = 100) -> list[Entry]:
    """The newest first, older than `before`."""
    return [_entry(row) for row in conn.execute(_LATEST, {"before": before, "actor": actor, "limit": limit})]


def _columns(wish: Wish) -> Mapping[str, str | None]:
    return {
        "actor": wish.actor,
        "method": wish.method,
        "path": wish.path,
        "said": wish.said[:_MOST_SAID],
        "digest": wish.digest,
        "key": wish.key,
    }


def _entry(row: Row) -> Entry:
    wish = Wish(
        actor=row["actor"],
        method=row["method"],
        path=row["path"],
        said=row["said"],
        digest=row["digest"],
        key=row["key"],
    )
    answer = None
    if row["answer"] is not None:
        answer = Said(status=row["status"], media=row["media"], text=row["answer"])
    return Entry(
        number=row["number"],
        at=columns.moment(row["at_ms"]),
        wish=wish,
        status=row["status"],
        answer=answer,
        ended_at=None if row["ended_ms"] is None else columns.moment(row["ended_ms"]),
    )

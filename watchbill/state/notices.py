"""Notices in the store: an outbox. What was read of the journal, what is to be told, and how far each target has it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from watchbill.domain.notices import Notice
from watchbill.scheduling.telling import Due
from watchbill.state import columns, events
from watchbill.state.engine import Connection, Row


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How far the journal was read, and until when digests were made."""

    event: int  # the last one
    digested: datetime  # before the first digest: when reading began


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    number: int
    notice: Notice
    is_held: bool
    made_at: datetime
    due_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One notice for one target."""

    number: int
    target: str
    tries: int
    notice: Notice
    told_at: datetime


_READING = "SELECT * FROM notice_reading"
_BEGIN = "INSERT INTO notice_reading (one, event, digested_ms) VALUES (1, :event, :now) ON CONFLICT DO NOTHING"


def reading(conn: Connection, now: datetime) -> Reading:
    """How far it was read. What happened before people were told anything is not told."""
    conn.execute(_BEGIN, {"event": events.latest_id(conn), "now": columns.ms(now)})
    row = conn.execute(_READING).fetchone()
    return Reading(event=row["event"], digested=columns.moment(row["digested_ms"]))


_READ = "UPDATE notice_reading SET event = :event WHERE event < :event"


def read_to(conn: Connection, event: int) -> None:
    conn.execute(_READ, {"event": event})


_DIGESTED = "UPDATE notice_reading SET digested_ms = :at"


def digested(conn: Connection, at: datetime) -> None:
    """The digest of that moment is made."""
    conn.execute(_DIGESTED, {"at": columns.ms(at)})


_STOP = "DELETE FROM notice_reading"
_DROP_ALL = "UPDATE notices SET state = 'dropped' WHERE state = 'waiting'"


def stop(conn: Connection) -> None:
    """Nobody is told anything any more."""
    conn.execute(_STOP)
    conn.execute(_DROP_ALL)


_OF = "SELECT * FROM notices WHERE state = 'waiting' AND subject = :subject"


def waiting(conn: Connection, subject: str) -> Stored | None:
    row = conn.execute(_OF, {"subject": subject}).fetchone()
    return None if row is None else _stored(row)


_TOLD = """
SELECT word, max(told_ms) AS at FROM notices WHERE told_ms IS NOT NULL AND subject = :subject GROUP BY word ORDER BY at, number
"""


def told(conn: Connection, subject: str) -> Mapping[str, datetime]:
    """When each word was told last on the subject, the newest last."""
    return {row["word"]: columns.moment(row["at"]) for row in conn.execute(_TOLD, {"subject": subject})}


_PUT = """
INSERT INTO notices (event, subject, word, title, why, command, page, times, state, held, made_ms, due_ms)
VALUES (:event, :subject, :word, :title, :why, :command, :page, :times, 'waiting', :held, :now, :due)
RETURNING *
"""


def put(conn: Connection, notice: Notice, due: Due, now: datetime) -> Stored:
    """To be told then. What waits on its subject has to be dropped before."""
    row = {
        "event": notice.event,
        "subject": notice.subject,
        "word": notice.word,
        "title": notice.title,
        "why": notice.why,
        "command": notice.command,
        "page": notice.page,
        "times": notice.times,
        "held": int(due.is_held),
        "now": columns.ms(now),
        "due": columns.ms(due.at),
    }
    return _stored(conn.execute(_PUT, row).fetchone())


_DROP = "UPDATE notices SET state = 'dropped' WHERE state = 'waiting' AND subject = :subject"


def drop(conn: Connection, subject: str) -> None:
    """It is settled, or something newer stands for it."""
    conn.execute(_DROP, {"subject": subject})


_DUE = "SELECT * FROM notices WHERE state = 'waiting' AND due_ms <= :now ORDER BY number"


def due(conn: Connection, now: datetime) -> list[Stored]:
    return [_stored(row) for row in conn.execute(_DUE, {"now": columns.ms(now)})]


_HELD = "SELECT * FROM notices WHERE state = 'waiting' AND held = 1 ORDER BY number"


def held(conn: Connection) -> list[Stored]:
    """What quiet hours hold."""
    return [_stored(row) for row in conn.execute(_HELD)]


_FOLD = """
UPDATE notices SET state = 'folded', told_ms = :now
WHERE state = 'waiting' AND number IN (SELECT value FROM json_each(:numbers))
"""


def fold(conn: Connection, gone: Iterable[Stored], now: datetime) -> None:
    """They are in another one, which is told for them."""
    conn.execute(_FOLD, {"numbers": columns.array(one.number for one in gone), "now": columns.ms(now)})


_TELL = "UPDATE notices SET state = 'told', told_ms = :now WHERE number = :number AND state = 'waiting'"
_ADDRESS = "INSERT INTO deliveries (notice, target, state, next_ms) SELECT :number, value, 'waiting', :now FROM json_each(:targets)"


def tell(conn: Connection, number: int, targets: Sequence[str], now: datetime) -> None:
    """From here on it does not change; each target gets it."""
    conn.execute(_TELL, {"number": number, "now": columns.ms(now)})
    conn.execute(_ADDRESS, {"number": number, "targets": columns.array(targets), "now": columns.ms(now)})


_BEGIN_DELIVERY = """
UPDATE deliveries SET state = 'sending', tries = tries + 1 WHERE state = 'waiting' AND (notice, target) IN (
    SELECT notice, target FROM deliveries WHERE target = :target AND state = 'waiting' AND next_ms <= :now
    ORDER BY notice LIMIT 1
) RETURNING notice, target, tries
"""
_NOTICE = "SELECT * FROM notices WHERE number = :number"


def begin(conn: Connection, target: str, now: datetime) -> Delivery | None:
    """The target's next one, from now on under way: see take_up for whoever is killed meanwhile. None: nothing is due."""
    row = conn.execute(_BEGIN_DELIVERY, {"target": target, "now": columns.ms(now)}).fetchone()
    if row is None:
        return None
    of = conn.execute(_NOTICE, {"number": row["notice"]}).fetchone()
    return Delivery(
        number=row["notice"],
        target=row["target"],
        tries=row["tries"],
        notice=_notice(of),
        told_at=columns.moment(of["told_ms"]),
    )


_END = """
UPDATE deliveries SET state = :state, said = :said, ended_ms = :now
WHERE notice = :notice AND target = :target AND state = 'sending'
"""


def sent(conn: Connection, delivery: Delivery, now: datetime) -> None:
    _end(conn, delivery, "sent", "", now)


def fail(conn: Connection, delivery: Delivery, said: str, now: datetime) -> None:
    """It is not tried again."""
    _end(conn, delivery, "failed", said, now)


def _end(conn: Connection, delivery: Delivery, state: str, said: str, now: datetime) -> None:
    row = {"notice": delivery.number, "target": delivery.target, "state": state, "said": said, "now": columns.ms(now)}
    conn.execute(_END, row)


_AGAIN = """
UPDATE deliveries SET state = 'waiting', said = :said, next_ms = :at
WHERE notice = :notice AND target = :target AND state = 'sending'
"""


def put_off(conn: Connection, delivery: Delivery, said: str, at: datetime) -> None:
    """It is tried again then."""
    row = {"notice": delivery.number, "target": delivery.target, "said": said, "at": columns.ms(at)}
    conn.execute(_AGAIN, row)


_TAKE_UP = """
UPDATE deliveries SET state = 'waiting', said = :said, next_ms = :now
WHERE state = 'sending' RETURNING notice, target
"""


def take_up(conn: Connection, said: str, now: datetime) -> list[tuple[int, str]]:
    """Those that were under way when their sender was killed are due again: rather twice than never. Notice and target of each."""
    rows = conn.execute(_TAKE_UP, {"said": said, "now": columns.ms(now)}).fetchall()
    return [(row["notice"], row["target"]) for row in rows]


_FORGET = """
UPDATE deliveries SET state = 'failed', said = :said, ended_ms = :now
WHERE state = 'waiting' AND target NOT IN (SELECT value FROM json_each(:targets))
"""


def forget(conn: Connection, targets: Sequence[str], now: datetime) -> None:
    """What waits for targets that are no more."""
    row = {"said": "the target is no longer configured", "targets": columns.array(targets), "now": columns.ms(now)}
    conn.execute(_FORGET, row)


_NEXT = """
SELECT min(at) AS at FROM (
    SELECT min(due_ms) AS at FROM notices WHERE state = 'waiting'
    UNION ALL SELECT min(next_ms) FROM deliveries WHERE state = 'waiting'
)
"""


def next_moment(conn: Connection) -> datetime | None:
    """When something is to be told, or tried again."""
    return columns.moment_or_none(conn.execute(_NEXT).fetchone()["at"])


_LATEST = "SELECT * FROM notices WHERE state <> 'dropped' ORDER BY number DESC LIMIT :limit"
_DELIVERIES = "SELECT * FROM deliveries WHERE notice = :number ORDER BY target"


def latest(conn: Connection, limit: int) -> list[tuple[Row, list[Row]]]:
    """The newest first, each with its deliveries."""
    found = conn.execute(_LATEST, {"limit": limit}).fetchall()
    return [(row, conn.execute(_DELIVERIES, {"number": row["number"]}).fetchall()) for row in found]


def _stored(row: Row) -> Stored:
    return Stored(
        number=row["number"],
        notice=_notice(row),
        is_held=bool(row["held"]),
        made_at=columns.moment(row["made_ms"]),
        due_at=columns.moment(row["due_ms"]),
    )


def _notice(row: Row) -> Notice:
    return Notice(
        event=row["event"],
        subject=row["subject"],
        word=row["word"],
        title=row["title"],
        why=row["why"],
        command=row["command"],
        page=row["page"],
        times=row["times"],
    )

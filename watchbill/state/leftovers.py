"""Leftovers: what a run had said and done when its work was dropped. Nobody goes on from it; people read it."""

from dataclasses import dataclass
from datetime import datetime

from watchbill.domain.ids import Commit, RunId
from watchbill.domain.sessions import Session
from watchbill.domain.transcript import Transcript, dump, load
from watchbill.state import columns
from watchbill.state.engine import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Leftover:
    transcript: Transcript
    checkpoint: Commit | None


_KEEP = "INSERT INTO leftovers (run, transcript, checkpoint, at_ms) VALUES (:run, :transcript, :checkpoint, :now)"


def keep(conn: Connection, run: RunId, session: Session, now: datetime) -> None:
    """Of the session as the run leaves it, before it is emptied."""
    row = {
        "run": run,
        "transcript": columns.mapping(dump(session.transcript)),
        "checkpoint": session.checkpoint,
        "now": columns.ms(now),
    }
    conn.execute(_KEEP, row)


_OF_RUN = "SELECT transcript, checkpoint FROM leftovers WHERE run = :run"


def of_run(conn: Connection, run: RunId) -> Leftover | None:
    """None where its work was kept, or what it left is too old to be kept."""
    row = conn.execute(_OF_RUN, {"run": run}).fetchone()
    if row is None:
        return None
    checkpoint = Commit(row["checkpoint"]) if row["checkpoint"] else None
    return Leftover(transcript=load(columns.parsed(row["transcript"])), checkpoint=checkpoint)

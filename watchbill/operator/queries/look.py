"""A look: the snapshot of the moment and what plan() says to it, shared by all answers until something changes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from watchbill.domain.ids import ProviderName, TaskId
from watchbill.domain.pauses import Pause
from watchbill.operator.memory import Seen
from watchbill.operator.outlook import Outlook
from watchbill.scheduling.decisions import About, Plan
from watchbill.scheduling.health import Signs
from watchbill.scheduling.planner import plan
from watchbill.scheduling.snapshot import Snapshot
from watchbill.state import approvals, health, pauses, snapshot
from watchbill.state.engine import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    outlook: Outlook
    snapshot: Snapshot
    plan: Plan
    signs: Mapping[ProviderName, Signs]
    decision_by_task: Mapping[TaskId, About]
    approved: frozenset[TaskId]  # by a person, and not landed yet


def snapshot_of(conn: Connection, outlook: Outlook) -> Snapshot:
    """The store's snapshot with what only the daemon's memory knows."""
    return _seen(conn, outlook).snapshot


def _seen(conn: Connection, outlook: Outlook) -> Seen:
    """As it was seen last, where nothing has changed since."""
    memory = outlook.memory
    if memory is None:
        return _made(conn, outlook)
    mark = memory.mark(conn)
    seen = memory.recall(mark, outlook.terms, outlook.now)
    if seen is None:
        seen = _made(conn, outlook)
        memory.keep(mark, outlook.terms, seen)
    return seen


def _made(conn: Connection, outlook: Outlook) -> Seen:
    stored = snapshot.load(conn, outlook.bill, outlook.now)
    seen = replace(
        stored,
        broken_repos={**snapshot.strays(stored, outlook.bill), **outlook.broken_repos},
        pauses=_with_stop(stored.pauses, outlook),
        first_calls=(*stored.first_calls, *outlook.first_calls),
    )
    return Seen.of(seen, plan(seen, outlook.bill, outlook.now), outlook.now)


def pauses_of(conn: Connection, outlook: Outlook) -> tuple[Pause, ...]:
    """Everything that is paused now, the file WATCHBILL_STOP included."""
    return _with_stop(pauses.active(conn, outlook.now), outlook)


def _with_stop(known: Iterable[Pause], outlook: Outlook) -> tuple[Pause, ...]:
    return (*known, outlook.stop) if outlook.stop else tuple(known)


def look(conn: Connection, outlook: Outlook) -> Look:
    seen = _seen(conn, outlook)
    return Look(
        outlook=outlook,
        snapshot=seen.snapshot,
        plan=seen.plan,
        signs=health.signs(conn, outlook.bill, outlook.now),
        decision_by_task=seen.decision_by_task,
        approved=frozenset(approval.task for approval in approvals.given(conn)),
    )

"""A look: the snapshot of the moment and what plan() says to it, made once for an answer."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from watchbill.domain.ids import ProviderName, TaskId
from watchbill.domain.pauses import Pause
from watchbill.operator.outlook import Outlook
from watchbill.scheduling.decisions import GiveUp, Plan, Relieve, Start, Wait
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
    decision_by_task: Mapping[TaskId, Start | Wait | GiveUp]
    approved: frozenset[TaskId]  # by a person, and not landed yet


def snapshot_of(conn: Connection, outlook: Outlook) -> Snapshot:
    """The store's snapshot with what only the daemon's memory knows."""
    seen = snapshot.load(conn, outlook.bill, outlook.now)
    return replace(
        seen,
        broken_repos={**snapshot.strays(seen, outlook.bill), **outlook.broken_repos},
        pauses=_with_stop(seen.pauses, outlook),
    )


def pauses_of(conn: Connection, outlook: Outlook) -> tuple[Pause, ...]:
    """Everything that is paused now, the file WATCHBILL_STOP included."""
    return _with_stop(pauses.active(conn, outlook.now), outlook)


def _with_stop(known: Iterable[Pause], outlook: Outlook) -> tuple[Pause, ...]:
    return (*known, outlook.stop) if outlook.stop else tuple(known)


def look(conn: Connection, outlook: Outlook) -> Look:
    seen = snapshot_of(conn, outlook)
    decided = plan(seen, outlook.bill, outlook.now)
    about = {each.task: each for each in decided.decisions if not isinstance(each, Relieve)}
    signs = health.signs(conn, outlook.bill, outlook.now)
    approved = frozenset(approval.task for approval in approvals.given(conn))
    return Look(outlook=outlook, snapshot=seen, plan=decided, signs=signs, decision_by_task=about, approved=approved)

"""Shortage: which budgets people were told of, and which a call did not fit into; both outlast the daemon."""

from collections.abc import Mapping
from datetime import UTC, datetime

from watchbill.domain.ids import TaskId
from watchbill.domain.quotas import Quota, QuotaKind, Unit, cap_of, kind_of
from watchbill.domain.tasks import TaskState
from watchbill.domain.windows import Caps, Window, WindowKind
from watchbill.state import columns, ledger, quotas, tasks
from watchbill.state.engine import Connection, Row

_TELL = """
INSERT INTO alerts (budget, share, at_ms) VALUES (:budget, :share, :now)
ON CONFLICT (budget) DO UPDATE SET share = excluded.share, at_ms = excluded.at_ms WHERE excluded.share > alerts.share
RETURNING budget
"""


def reaches(conn: Connection, budget: str, share: float, now: datetime) -> bool:
    """Note that a budget reached one of its alerts. True when people were not told of it yet."""
    return conn.execute(_TELL, {"budget": budget, "share": share, "now": columns.ms(now)}).fetchone() is not None


_SHORT = """
INSERT INTO short_windows (budget, wanted, until_ms, at_ms) VALUES (:budget, :wanted, :until, :now)
ON CONFLICT (budget) DO UPDATE SET wanted = max(wanted, excluded.wanted)
"""


def mark(conn: Connection, budget: str, *, wanted: int, until: datetime, now: datetime) -> bool:
    """A call did not fit: the budget counts as used up while it has less left than that, at most until it turns.

    Of several that did not fit, the biggest counts: else its task would be tried in vain again and again. False when it counted as used up already.
    """
    is_new = budget not in marked(conn, now)
    row = {"budget": budget, "wanted": wanted, "until": columns.ms(until), "now": columns.ms(now)}
    conn.execute(_SHORT, row)
    return is_new


_MARKED = "SELECT budget, wanted FROM short_windows WHERE until_ms > :now"


def marked(conn: Connection, now: datetime) -> Mapping[str, int]:
    """What the biggest call wanted that did not fit, by budget."""
    return {row["budget"]: row["wanted"] for row in conn.execute(_MARKED, {"now": columns.ms(now)})}


_SET_ASIDE = """
INSERT INTO too_dear (task, until_ms, budget, wanted)
SELECT id, :until, :budget, :wanted FROM tasks WHERE id = :task AND state = 'review'
ON CONFLICT (task, budget) DO UPDATE SET until_ms = excluded.until_ms, wanted = excluded.wanted
"""
_NEVER = datetime.max.replace(tzinfo=UTC)  # a task's and a run's cap turn at no time


def set_aside(conn: Connection, task: TaskId, budget: str, *, wanted: int, until: datetime | None) -> None:
    """A task that was put into review since not one call of it fits is looked at again once the budget turns or has a higher cap,
    or another one that it was set aside for."""
    said = {"task": task, "budget": budget, "wanted": wanted, "until": columns.ms(until or _NEVER)}
    conn.execute(_SET_ASIDE, said)


GOES_ON = "its budget turned or was raised"
_ASIDE = "SELECT * FROM too_dear ORDER BY task, budget"


def go_on(conn: Connection, now: datetime, caps: Caps) -> list[TaskId]:
    """Tasks whose calls may fit now, under the caps in force: they are queued again."""
    rows = conn.execute(_ASIDE).fetchall()
    found = (TaskId(row["task"]) for row in rows if row["until_ms"] <= columns.ms(now) or _fits(conn, row, caps))
    due = list(dict.fromkeys(found))
    for task in due:
        tasks.move(conn, task, TaskState.QUEUED, now=now, note=GOES_ON)
    return due


def _fits(conn: Connection, row: Row, caps: Caps) -> bool:
    """Whether its cap is high enough by now; of an allowance, and of what was set aside before caps were noted, nobody can say."""
    task, budget = tasks.get(conn, TaskId(row["task"])), row["budget"]
    if task is None or not budget:
        return False
    try:
        cap = cap_of(budget, caps, task.max_cost)
    except ValueError:
        return False
    return cap is None or cap - _used(conn, budget) >= row["wanted"]


def _used(conn: Connection, budget: str) -> int:
    """Of a task's whole life; any other is fresh for a run that begins, or the plan waits for it."""
    kind = kind_of(budget)
    if kind == WindowKind.TASK:
        unit, _, name = budget.rpartition(f"{kind}:")
        if not unit:
            return sum(ledger.used(conn, Window(WindowKind.TASK, name)))
        return sum(quotas.used(conn, Quota(Unit(unit.removesuffix(":")), QuotaKind.TASK, name)))
    return 0


_LIFT = "DELETE FROM short_windows WHERE until_ms <= :now OR budget = :budget RETURNING budget"


def lift(conn: Connection, now: datetime, budget: str = "") -> list[str]:
    """Forget those that turned, and this one: it has room again. Which were forgotten."""
    rows = conn.execute(_LIFT, {"now": columns.ms(now), "budget": budget}).fetchall()
    return sorted(row["budget"] for row in rows)

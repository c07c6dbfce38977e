"""Approvals in the store. What the approved work ends in ends them: triggers do that, wherever it happens."""

from datetime import datetime

from watchbill.domain.approvals import Approval
from watchbill.domain.errors import IllegalMove
from watchbill.domain.ids import TaskId
from watchbill.state import columns
from watchbill.state.engine import Connection, Row

_GIVE = """
INSERT INTO approvals (task, tree, who, said, edited, state, given_ms)
SELECT id, :tree, :who, :said, :edited, 'given', :now FROM tasks WHERE id = :task AND state = 'review'
ON CONFLICT (task) WHERE state = 'given' DO NOTHING
RETURNING *
"""


def give(conn: Connection, approval: Approval) -> None:
    """Raises IllegalMove for what does not wait for review, or is approved."""
    row = conn.execute(
        _GIVE,
        {
            "task": approval.task,
            "tree": approval.tree,
            "who": approval.who,
            "said": approval.said,
            "edited": approval.edited,
            "now": columns.ms(approval.given_at),
        },
    ).fetchone()
    if row is None:
        raise IllegalMove(f"cannot approve {approval.task}: it does not wait for review, or is approved already")


_OPEN = "SELECT * FROM approvals WHERE state = 'given' ORDER BY number"


def given(conn: Connection) -> list[Approval]:
    """What was approved and has not landed yet, oldest first."""
    return [_approval(row) for row in conn.execute(_OPEN)]


_VOID = "UPDATE approvals SET state = 'void', ended_ms = :now WHERE task = :task AND state = 'given'"

_UNACCEPT = "UPDATE tasks SET accepted = 0 WHERE id = :task AND accepted = 1"


def void(conn: Connection, task: TaskId, now: datetime) -> None:
    """What was approved is no longer what there is."""
    conn.execute(_VOID, {"task": task, "now": columns.ms(now)})
    conn.execute(_UNACCEPT, {"task": task})


def _approval(row: Row) -> Approval:
    return Approval(
        task=TaskId(row["task"]),
        tree=row["tree"],
        who=row["who"],
        said=row["said"],
        edited=bool(row["edited"]),
        given_at=columns.moment(row["given_ms"]),
    )

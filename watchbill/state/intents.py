"""Intents: the exact commit that is about to be put onto a branch, durable before the branch moves."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from watchbill.domain.errors import IllegalMove, LeaseLost
from watchbill.domain.ids import Commit, RepoName, RunId, TaskId
from watchbill.domain.runs import Run
from watchbill.domain.tasks import Delivery
from watchbill.state import columns, leases
from watchbill.state.engine import Connection, Row


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    run: RunId
    task: TaskId
    repo: RepoName
    commit: Commit
    tree: str
    target_ref: str
    old: Commit | None  # where the target stood; None when it was not there yet
    delivery: Delivery
    tip: Commit | None = None  # the last commit of its batch, where that is another one: the branch moves there at once

    @property
    def moves_to(self) -> Commit:
        return self.tip or self.commit


_STORE = """
INSERT INTO intents (run, task, repo, commit_id, tree, target_ref, old, delivery, tip, state, stored_ms)
SELECT :run, id, :repo, :commit, :tree, :target_ref, :old, :delivery, :tip, 'pending', :now
FROM tasks WHERE id = :task AND state = 'running'
RETURNING number
"""


def store(conn: Connection, run: Run, intent: Intent, now: datetime) -> None:
    """Raises LeaseLost when the run does not hold its task, or its task was cancelled meanwhile."""
    leases.check(conn, run)
    row = conn.execute(
        _STORE,
        {
            "run": run.id,
            "task": run.task,
            "repo": intent.repo,
            "commit": intent.commit,
            "tree": intent.tree,
            "target_ref": intent.target_ref,
            "old": intent.old,
            "delivery": intent.delivery,
            "tip": intent.tip,
            "now": columns.ms(now),
        },
    ).fetchone()
    if row is None:
        raise LeaseLost(f"{run.id} lands nothing: task {run.task} is no longer running")


_PENDING = "SELECT * FROM intents WHERE state = 'pending' ORDER BY number"


def pending(conn: Connection) -> list[Intent]:
    """What may or may not have been put onto its branch, oldest first."""
    return [_intent(row) for row in conn.execute(_PENDING)]


_FINISH = """
UPDATE intents SET state = iif(:landed, 'landed', 'dropped'), ended_ms = :now
WHERE run = :run AND commit_id = :commit AND state = 'pending'
RETURNING number
"""


def finish(conn: Connection, intent: Intent, *, landed: bool, now: datetime) -> None:
    """Its commit is on its target, or never will be. Raises IllegalMove when it was finished before."""
    key = {"run": intent.run, "commit": intent.commit, "landed": landed, "now": columns.ms(now)}
    if conn.execute(_FINISH, key).fetchone() is None:
        raise IllegalMove(f"cannot finish the landing of {intent.commit[:10]} by {intent.run}: it is not pending")


_LANDED = """
SELECT * FROM intents WHERE state = 'landed'
AND (task = :task OR run IN (SELECT landed_by FROM rides WHERE rides.task = :task))
ORDER BY number DESC LIMIT 1
"""


def landed(conn: Connection, task_id: TaskId) -> Intent | None:
    """What a task landed last, by its own run or its lead's: the commit and its target."""
    row = conn.execute(_LANDED, {"task": task_id}).fetchone()
    return None if row is None else _intent(row)


_OF_RUN = "SELECT * FROM intents WHERE run = :run AND state = 'landed'"


def of_run(conn: Connection, run: RunId) -> Intent | None:
    """What the run landed."""
    row = conn.execute(_OF_RUN, {"run": run}).fetchone()
    return None if row is None else _intent(row)


_ON = """
SELECT * FROM intents WHERE repo = :repo AND state = 'landed' AND target_ref IN (SELECT value FROM json_each(:refs))
AND run NOT IN (SELECT run FROM undoings WHERE undoings.repo = :repo AND undoings.state IN ('wanted', 'pending', 'done'))
ORDER BY number DESC LIMIT :most
"""


def landed_on(conn: Connection, repo: RepoName, refs: Collection[str], *, most: int) -> list[Intent]:
    """What landed on these branches and is not undone, the newest first."""
    wanted = {"repo": repo, "refs": columns.array(sorted(refs)), "most": most}
    return [_intent(row) for row in conn.execute(_ON, wanted)]


_MOVED = """
UPDATE intents SET commit_id = :to, tree = :tree WHERE run = :run AND state = 'landed' AND commit_id = :commit
"""


def moved(conn: Connection, intent: Intent, to: Commit, tree: str) -> None:
    """Its owner rewrote the branch: what landed stands there as another commit."""
    conn.execute(_MOVED, {"run": intent.run, "commit": intent.commit, "to": to, "tree": tree})


def _intent(row: Row) -> Intent:
    return Intent(
        run=RunId(row["run"]),
        task=TaskId(row["task"]),
        repo=RepoName(row["repo"]),
        commit=Commit(row["commit_id"]),
        tree=row["tree"],
        target_ref=row["target_ref"],
        old=Commit(row["old"]) if row["old"] else None,
        delivery=Delivery(row["delivery"]),
        tip=Commit(row["tip"]) if row["tip"] else None,
    )

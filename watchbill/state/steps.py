"""Steps of ladders in the store: which one a run was, how its result did, and how much of what passed was no good after all."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from watchbill.domain.ids import RunId, TaskId
from watchbill.state.engine import Connection

_NOTE = "INSERT INTO steps (run, task, step) SELECT id, task, :step FROM runs WHERE id = :run"


def note(conn: Connection, run: RunId, step: str) -> None:
    """A run begins as this step."""
    conn.execute(_NOTE, {"run": run, "step": step})


_OF_RUN = "SELECT step FROM steps WHERE run = :run"


def of_run(conn: Connection, run: RunId) -> str | None:
    row = conn.execute(_OF_RUN, {"run": run}).fetchone()
    return None if row is None else row["step"]


_CLIMBS = """
SELECT results.task, results.step FROM step_results AS results JOIN tasks ON tasks.id = results.task
WHERE tasks.state = 'queued' AND NOT results.forgotten AND (results.outcome = 'failed' OR results.undone IS NOT NULL)
ORDER BY results.number
"""


def climbs(conn: Connection) -> Mapping[TaskId, tuple[str, ...]]:
    """Of each queued task the steps whose results were not good enough, oldest first."""
    found: defaultdict[TaskId, list[str]] = defaultdict(list)
    for row in conn.execute(_CLIMBS):
        found[TaskId(row["task"])].append(row["step"])
    return {task: tuple(names) for task, names in found.items()}


_RETRIED = """
UPDATE steps SET undone = 'retried'
WHERE undone IS NULL AND run = (SELECT run FROM step_results WHERE task = :task ORDER BY number DESC LIMIT 1)
  AND run IN (SELECT run FROM step_results WHERE task = :task AND outcome = 'passed')
"""


def retried(conn: Connection, task: TaskId) -> None:
    """A person looked at what passed and wants it done again."""
    conn.execute(_RETRIED, {"task": task})


_FORGET = "UPDATE steps SET forgotten = 1 WHERE task = :task"


def forget(conn: Connection, task: TaskId) -> None:
    """A person lets a task that came to nothing begin anew, from the first step."""
    conn.execute(_FORGET, {"task": task})


@dataclass(frozen=True, slots=True, kw_only=True)
class StepTotal:
    """How one step's results did on one task type."""

    type: str
    step: str
    runs: int
    passed: int
    failed: int
    undone: int  # of those that passed: false accepts

    @property
    def false_accept_rate(self) -> float | None:
        """The share of what passed that was undone, retried or rejected by a person; None while nothing passed."""
        return self.undone / self.passed if self.passed else None


# What a person accepted lands with a run of its own: the one that waited for them is no second result.
_TOTALS = """
SELECT type, step, count(*) AS runs, sum(outcome = 'failed') AS failed, sum(undone IS NOT NULL) AS undone,
       sum(outcome = 'passed' AND NOT EXISTS (
           SELECT 1 FROM runs AS earlier JOIN runs AS later ON later.task = earlier.task AND later.number > earlier.number
           WHERE earlier.id = results.run AND earlier.state = 'review' AND results.undone IS NULL
             AND later.state IN ('landed', 'verified'))) AS passed
FROM step_results AS results GROUP BY type, step ORDER BY type, min(number)
"""


def totals(conn: Connection) -> list[StepTotal]:
    """By task type and step."""
    return [StepTotal(**dict(row)) for row in conn.execute(_TOTALS).fetchall()]

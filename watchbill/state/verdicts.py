"""Verdicts in the store: the gate record of each exact tree, stored by the run that had it judged."""

from datetime import datetime

from watchbill.domain.findings import Verdict
from watchbill.domain.ids import RunId
from watchbill.domain.runs import Run
from watchbill.domain.undoings import Undoing
from watchbill.state import columns, findings, leases
from watchbill.state.engine import Connection, Row

_STORE = """
INSERT INTO verdicts (run, tree, base, new, debt, gates, passes, judged_ms, undoing)
VALUES (:run, :tree, :base, :new, :debt, :gates, :passes, :now, (SELECT number FROM undoings WHERE id = :undoing))
"""


def store(conn: Connection, run: Run, verdict: Verdict, now: datetime) -> None:
    """Raises LeaseLost when the run does not hold its task."""
    leases.check(conn, run)
    _insert(conn, run.id, verdict, now, undoing=None)


def store_undoing(conn: Connection, undoing: Undoing, verdict: Verdict, now: datetime) -> None:
    """Of a revert: nobody holds the task of what landed."""
    _insert(conn, undoing.wish.run, verdict, now, undoing=undoing.id)


def store_landed(conn: Connection, run: RunId, verdict: Verdict, now: datetime) -> None:
    """Of what the run landed, upon something else: nobody holds its task any more."""
    _insert(conn, run, verdict, now, undoing=None)


def _insert(conn: Connection, run: RunId, verdict: Verdict, now: datetime, *, undoing: str | None) -> None:
    row = {
        "run": run,
        "undoing": undoing,
        "tree": verdict.tree,
        "base": verdict.base,
        "new": findings.dump(verdict.new),
        "debt": findings.dump(verdict.debt),
        "gates": columns.array(verdict.gates),
        "passes": int(verdict.passes),
        "now": columns.ms(now),
    }
    conn.execute(_STORE, row)


_OF_EXACT = "SELECT * FROM verdicts WHERE tree = :tree AND passes = 1 ORDER BY number DESC"


def passing(conn: Connection, tree: str) -> list[Verdict]:
    """Everything that passed on this exact tree, against whatever base, the newest first."""
    return [_verdict(row) for row in conn.execute(_OF_EXACT, {"tree": tree})]


_OF_RUN = "SELECT * FROM verdicts WHERE run = :run AND undoing IS NULL ORDER BY number"


def of_run(conn: Connection, run_id: RunId) -> list[Verdict]:
    """The run's verdicts on its own work, oldest first."""
    return [_verdict(row) for row in conn.execute(_OF_RUN, {"run": run_id})]


def _verdict(row: Row) -> Verdict:
    return Verdict(
        tree=row["tree"],
        base=row["base"],
        new=findings.load(row["new"]),
        debt=findings.load(row["debt"]),
        gates=columns.strings(row["gates"]),
    )

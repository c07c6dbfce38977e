"""Evidence from the store: rows, read beside the rooms that wrote them."""

import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from watchbill.domain.findings import Verdict
from watchbill.domain.ids import CallId, RepoName, RunId, TaskId
from watchbill.domain.invariants import evidence as facts
from watchbill.domain.money import MicroUsd
from watchbill.domain.runs import Run
from watchbill.domain.tasks import Task
from watchbill.scheduling import codec
from watchbill.scheduling.decisions import Start
from watchbill.state import accounts, columns, findings, runs, sightings, widenings
from watchbill.state.accounts import By
from watchbill.state.engine import Connection
from watchbill.state.widenings import WideningState

_RUNS = "SELECT id FROM runs ORDER BY number"


def all_runs(conn: Connection) -> list[Run]:
    """Every run, oldest first."""
    found = [runs.get(conn, RunId(row["id"])) for row in conn.execute(_RUNS).fetchall()]
    return [run for run in found if run is not None]


_LEDGER = "SELECT number, call, kind, held + spent AS change FROM ledger ORDER BY number"


def ledger_entries(conn: Connection) -> tuple[facts.LedgerEntry, ...]:
    return tuple(
        facts.LedgerEntry(
            seq=row["number"],
            call=CallId(row["call"]),
            kind=facts.EntryKind(row["kind"]),
            change=MicroUsd(row["change"]),
        )
        for row in conn.execute(_LEDGER)
    )


_CALL_WINDOWS = "SELECT call, kind || ':' || name AS window FROM call_windows"


def windows(conn: Connection) -> Mapping[CallId, frozenset[str]]:
    found: dict[CallId, set[str]] = {}
    for row in conn.execute(_CALL_WINDOWS):
        found.setdefault(CallId(row["call"]), set()).add(row["window"])
    return {call: frozenset(names) for call, names in found.items()}


_WINDOW_SUMS = "SELECT kind || ':' || name AS window, held + spent AS charged FROM windows"


def sums(conn: Connection) -> facts.Sums:
    by = {by.value: {row.name: MicroUsd(row.cost + row.held) for row in accounts.totals(conn, by)} for by in By}
    return facts.Sums(
        total=MicroUsd(sum(by[By.RUN].values())),
        by=by,
        by_window={row["window"]: MicroUsd(row["charged"]) for row in conn.execute(_WINDOW_SUMS)},
    )


_LIVE_LEASES = "SELECT task FROM leases ORDER BY task"


def live_leases(conn: Connection) -> tuple[TaskId, ...]:
    return tuple(TaskId(row["task"]) for row in conn.execute(_LIVE_LEASES))


_KEPT = "SELECT repo, task, pattern, taken_ms FROM claims WHERE kept = 1"


def claims(conn: Connection, known: Sequence[Task], every_run: Sequence[Run]) -> Iterator[facts.Claim]:
    """A run's claims are its task's files from its begin to its end, whatever the table of claims says of it.

    Repositories with the same files are one repository here.
    """
    grounds = {seen.repo: RepoName(seen.ground) for seen in sightings.all(conn)}
    for claim in (*_of_runs(known, every_run), *_widened(conn, every_run), *_kept(conn, every_run)):
        yield replace(claim, repo=grounds.get(claim.repo, claim.repo))


def _of_runs(known: Sequence[Task], every_run: Sequence[Run]) -> Iterator[facts.Claim]:
    patterns = {task.id: task.claims for task in known}
    for run in every_run:
        for pattern in patterns[run.task]:
            yield facts.Claim(
                repo=run.repo, task=run.task, run=run.id, pattern=pattern, since=run.started_at, until=run.ended_at
            )


def _widened(conn: Connection, every_run: Sequence[Run]) -> Iterator[facts.Claim]:
    """What was granted beside, from that moment on."""
    for run in every_run:
        for each in widenings.of_task(conn, run.task):
            since = max(run.started_at, each.at)
            if each.state is WideningState.GRANTED and (run.ended_at is None or since < run.ended_at):
                yield facts.Claim(
                    repo=run.repo, task=run.task, run=run.id, pattern=each.pattern, since=since, until=run.ended_at
                )


def _kept(conn: Connection, every_run: Sequence[Run]) -> Iterator[facts.Claim]:
    last = {run.task: run for run in every_run}
    for row in conn.execute(_KEPT):
        yield facts.Claim(
            repo=RepoName(row["repo"]),
            task=TaskId(row["task"]),
            run=last[TaskId(row["task"])].id,
            pattern=row["pattern"],
            since=columns.moment(row["taken_ms"]),
        )


_VERDICTS = "SELECT * FROM verdicts ORDER BY number"


def verdicts(conn: Connection) -> Iterator[Verdict]:
    for row in conn.execute(_VERDICTS):
        yield Verdict(
            tree=row["tree"],
            base=row["base"],
            new=findings.load(row["new"]),
            debt=findings.load(row["debt"]),
            gates=columns.strings(row["gates"]),
        )


_STARTS = """
SELECT plans.at_ms, decisions.subject, decisions.body FROM decisions JOIN plans ON plans.number = decisions.plan
WHERE decisions.kind = 'start' ORDER BY plans.number
"""


def licensed(conn: Connection, rota: facts.Rota, every_run: Sequence[Run]) -> facts.Rota:
    """The rota with what the journal says of each run: the last decision to start its task on its provider."""
    starts = [
        (columns.moment(row["at_ms"]), decision)
        for row in conn.execute(_STARTS)
        for decision in codec.decode_decisions(row["body"])
        if isinstance(decision, Start)
    ]
    licences: dict[RunId, str] = {}
    for run in every_run:
        for at, start in starts:
            if start.task == run.task and start.provider == run.provider and at <= run.started_at:
                licences[run.id] = start.why
    return replace(rota, licences=licences)


_TABLES = "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name"


def all_text(conn: Connection) -> Iterator[str]:
    """Every value of every row as text, compressed ones opened."""
    for table in conn.execute(_TABLES).fetchall():
        for row in conn.execute(f'SELECT * FROM "{table["name"]}"'):  # noqa: S608 - a name from the schema itself
            yield " ".join(_opened(value) for value in tuple(row))


def _opened(value: object) -> str:
    return zlib.decompress(value).decode(errors="replace") if isinstance(value, bytes) else str(value)

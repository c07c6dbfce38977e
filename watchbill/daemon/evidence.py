"""The collector: what store, repositories, queue files and logs say, as evidence for the invariants' checker.

It needs the state folder at rest: no daemon, or one that waits.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from watchbill.daemon import evidence_commits as commits
from watchbill.daemon import evidence_rows as rows
from watchbill.domain.ids import ProviderName, RepoName, TaskId
from watchbill.domain.invariants import evidence as facts
from watchbill.domain.invariants.evidence import Evidence
from watchbill.domain.tasks import Task, TaskState
from watchbill.domain.windows import Caps
from watchbill.intake import drafts, grammar, identity
from watchbill.intake.entries import Entry, Mark
from watchbill.intake.markers import marker_of
from watchbill.state import accounts, inboxes, queueviews, rides, tasks
from watchbill.state.engine import Connection
from watchbill.workspace.gitcmd import Git
from watchbill.workspace.owner import UserState, user_state


@dataclass(frozen=True, slots=True, kw_only=True)
class RepoSource:
    """One repository: our clone, the owner's folder, and how both were before the daemon came."""

    name: RepoName
    git: Git  # our clone's
    path: Path
    queues: tuple[str, ...]
    before: UserState
    queue_before: Mapping[str, bytes]  # by path, with what people wrote since
    plain_markers: bool = False
    questions: tuple[str, ...] = ()  # the file in which models ask, which is ours to edit too
    inboxes: tuple[str, ...] = ()  # folders out of which we move files


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """What the store does not know by itself. What is None is not checked."""

    repos: tuple[RepoSource, ...]
    caps: Caps | None = None
    requests: tuple[facts.HttpRequest, ...] | None = None
    unmetered: frozenset[ProviderName] = frozenset()
    earlier_ledger: tuple[facts.LedgerEntry, ...] = ()
    take_ups: tuple[facts.TakeUp, ...] | None = None
    tenures: tuple[facts.Tenure, ...] | None = None
    rota: facts.Rota | None = None  # its licences are read from the journal of decisions
    canaries: tuple[str, ...] | None = None
    logs: tuple[Path, ...] = ()
    runnable: tuple[TaskId, ...] | None = None  # what plan() would start now


async def collect(conn: Connection, sources: Sources) -> Evidence:
    """Everything that there is to check. Raises OSError and GitError where a source cannot be read."""
    repos, known, runs = sources.repos, _tasks(conn), rows.all_runs(conn)
    intents = {repo.name: await commits.intents(conn, repo.name, repo.git) for repo in repos}
    edits = [edit for repo in repos for edit in await commits.edits(conn, repo.name, repo.git, intents[repo.name])]
    return Evidence(
        calls=tuple(accounts.calls(conn)),
        windows=rows.windows(conn),
        caps=sources.caps,
        ledger=facts.Ledger(entries=rows.ledger_entries(conn), earlier=sources.earlier_ledger),
        sums=rows.sums(conn),
        requests=sources.requests,
        unmetered=sources.unmetered,
        tasks=tuple(known),
        runs=tuple(runs),
        rides=tuple(rides.all_rides(conn)),
        leases=tuple(facts.Lease(task=run.task, run=run.id, token=run.token) for run in runs),
        claims=tuple(rows.claims(conn, known, runs)),
        intents=tuple(intent for some in intents.values() for intent in some),
        taken_back=tuple(
            [undoing for repo in repos for undoing in await commits.taken_back(conn, repo.name, repo.git)]
        ),
        delivered=tuple([commit for repo in repos for commit in await commits.delivered(repo.git)]),
        verdicts=tuple(rows.verdicts(conn)),
        edits=tuple(edits),
        take_ups=sources.take_ups,
        queue=_queue(conn, repos, known),
        tenures=sources.tenures,
        rota=None if sources.rota is None else rows.licensed(conn, sources.rota, runs),
        user_sides=tuple(_user_side(repo) for repo in repos),
        secrets=None if sources.canaries is None else await _secrets(conn, sources, sources.canaries),
        rest=_rest(conn, sources),
        integrity=await _integrity(conn, repos),
    )


def _tasks(conn: Connection) -> list[Task]:
    """All tasks; those out of an inbox's file stand in no queue."""
    filed = {file.task for file in inboxes.all_files(conn)}
    return [replace(task, source=None) if task.id in filed else task for task in tasks.all_tasks(conn)]


def _rest(conn: Connection, sources: Sources) -> facts.Rest | None:
    if sources.runnable is None:
        return None
    return facts.Rest(runnable=sources.runnable, live_leases=rows.live_leases(conn))


def _queue(conn: Connection, repos: Sequence[RepoSource], known: Sequence[Task]) -> facts.Queue:
    before = {_place(repo, path): data for repo in repos for path, data in repo.queue_before.items()}
    after = {_place(repo, path): (repo.path / path).read_bytes() for repo in repos for path in repo.queue_before}
    return facts.Queue(
        entries=tuple(entry for repo in repos for entry in _entries(conn, repo, known)),
        text_before={place: _skeleton(data) for place, data in before.items()},
        text_after={place: _skeleton(data) for place, data in after.items()},
    )


def _place(repo: RepoSource, path: str) -> str:
    return f"{repo.name}:{path}"


def _entries(conn: Connection, repo: RepoSource, known: Sequence[Task]) -> Iterator[facts.QueueEntry]:
    """Each entry with its task: the one whose id it states, else the one that was last read at its place."""
    task_by_id = {task.id: task for task in known}
    task_by_place = {(view.path, view.line): view.task for view in queueviews.of_repo(conn, repo.name)}
    for path in repo.queue_before:
        for entry in _parsed((repo.path / path).read_bytes(), path, repo.name):
            name = TaskId(identity.stated_id(entry)) or task_by_place.get((path, entry.order + 1), TaskId(""))
            if name not in task_by_id and entry.mark is not Mark.OPEN:
                continue  # it was over before we came, so it never was a task
            yield facts.QueueEntry(
                repo=repo.name,
                path=path,
                line=entry.line,
                task=name,
                marker=entry.mark,
                due=_due(task_by_id.get(name), entry, plain=repo.plain_markers),
            )


def _due(task: Task | None, entry: Entry, *, plain: bool) -> str:
    """What the entry should show. A cancelled task's marker is its human's word and stays."""
    if task is None or task.state is TaskState.CANCELLED:
        return entry.mark
    return marker_of(task.state, plain=plain)


def _parsed(data: bytes, path: str, name: RepoName) -> tuple[Entry, ...]:
    return grammar.parse(grammar.decode(data), path, name).entries


def _skeleton(data: bytes) -> str:
    """A queue's text without its markers and our comment lines: what must not change."""
    text = grammar.decode(data)
    lines = text.split("\n")
    for entry in grammar.parse(text, "", RepoName("")).entries:
        line, (begin, end) = lines[entry.mark_line - 1], entry.span
        lines[entry.mark_line - 1] = f"{line[:begin]}{line[end:]}"
    return "\n".join(line for line in lines if not drafts.COMMENT.match(line))


def _user_side(repo: RepoSource) -> facts.UserSide:
    return facts.UserSide(
        repo=repo.name,
        before=_side(repo.before),
        after=_side(user_state(repo.path)),
        may_edit=(*repo.queues, *repo.questions, *(f"{folder}/**" for folder in repo.inboxes)),
    )


def _side(state: UserState) -> facts.UserState:
    return facts.UserState(head=state.head, index=state.index, stash=(state.stash,), refs=state.refs, files=state.files)


async def _secrets(conn: Connection, sources: Sources, canaries: tuple[str, ...]) -> facts.Secrets:
    texts = {path.name: path.read_text(errors="replace") for path in sources.logs}
    texts["database"] = "\n".join(rows.all_text(conn))
    for repo in sources.repos:
        history = await repo.git.run(
            "log", "--all", "--no-ext-diff", "--no-textconv", "--format=%H%n%B", "-p", allowed=(0, 128)
        )
        texts[f"commits of {repo.name}"] = history.stdout.decode(errors="replace")
    return facts.Secrets(canaries=canaries, texts=texts)


async def _integrity(conn: Connection, repos: Sequence[RepoSource]) -> facts.Integrity:
    return facts.Integrity(
        integrity_check=tuple(str(row[0]) for row in conn.execute("PRAGMA integrity_check")),
        foreign_key_check=tuple(str(tuple(row)) for row in conn.execute("PRAGMA foreign_key_check")),
        fsck=tuple([line for repo in repos for line in await _fsck(repo.git)]),
    )


async def _fsck(git: Git) -> list[str]:
    """What git complains of. That no branch is checked out in our clone is as it should be."""
    result = await git.run("fsck", "--full", "--no-dangling", "--no-progress", allowed=range(128))
    lines = (result.stdout + result.stderr).decode(errors="replace").splitlines()
    return [line for line in lines if not line.startswith("notice: ")]

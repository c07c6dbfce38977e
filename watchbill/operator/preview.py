"""The preview: queues as a daemon would read them now. Seen in one transaction that is then undone."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from watchbill.config.repo_values import RepoSettings
from watchbill.domain import regular
from watchbill.domain.ids import ProviderName, RepoName
from watchbill.domain.tasks import TaskState
from watchbill.intake import claims, grammar, inbox, notes
from watchbill.intake.entries import QueueFile, Unreadable
from watchbill.intake.inbox import Arrival, Take
from watchbill.intake.reconcile import reconcile
from watchbill.intake.tasks import Terms
from watchbill.operator import taking_in
from watchbill.operator.unread import queue_paths
from watchbill.scheduling.bill import WatchBill
from watchbill.state import events, inboxes, schema, tasks
from watchbill.state.engine import Connection
from watchbill.workspace import boxes

Paths = Callable[[RepoName], Sequence[str]]  # a repository's files, so that a bare file name finds its place


def read_queues(
    conn: Connection, repos: Iterable[RepoSettings], bill: WatchBill, now: datetime, *, paths: Paths
) -> None:
    """Store what the queues of these repositories say by now."""
    for repo in repos:
        _read(conn, repo, replace(_terms(repo, bill), names=claims.names(repo.aliases, paths(repo.terms.name))), now)


def problems(
    conn: Connection | None, repo: RepoSettings, bill: WatchBill
) -> tuple[list[QueueFile], Sequence[Unreadable]]:
    """Its queue files, and what a daemon would complain of in them. `conn`: what is stored; None where nothing is."""
    looked = list(_looked_at(repo))
    files = [one for one in looked if isinstance(one, QueueFile)]
    faults = [one for one in looked if isinstance(one, Unreadable)]
    name = repo.terms.name
    is_known = conn is not None and schema.is_current(conn)
    known = taking_in.known(conn, name, files) if conn is not None and is_known else ()
    taken = taking_in.taken(conn, known) if conn is not None and is_known else ()
    found = reconcile(known, files, repo=name, terms=_terms(repo, bill), taken=taken, plain=repo.plain_markers)
    lost = {place.path for place in faults}
    return files, [*faults, *(place for place in found.unreadable if place.path not in lost)]


def read_inboxes(conn: Connection, repos: Sequence[RepoSettings], shared: Path, bill: WatchBill, now: datetime) -> None:
    """Store the tasks of files that nobody took in yet. What the inbox would refuse is left out."""
    homes: dict[str, Path] = {
        inbox.SHARED: shared,
        **{repo.terms.name: repo.path / repo.inbox for repo in repos if repo.inbox},
    }
    present = [(box, name) for box, folder in homes.items() for name in boxes.look(folder)]
    arrivals = [found for box, name in present if (found := _arrival(box, name, homes[box])) is not None]
    terms = {repo.terms.name: _terms(repo, bill) for repo in repos}
    sorted_in = inbox.sort_in(
        arrivals, filed=inboxes.all_files(conn), present=present, tasks=tasks.all_tasks(conn), terms=terms
    )
    for outcome in sorted_in:
        if isinstance(outcome, Take):
            tasks.insert(conn, outcome.task, now)


def _arrival(box: str, name: str, folder: Path) -> Arrival | None:
    try:
        text = notes.decode(boxes.read(folder / name, notes.MAX_SIZE))
    except (OSError, notes.Unfit):
        return None
    return Arrival(box=box, name=name, path=name, text=text) if text.strip() else None


def _terms(repo: RepoSettings, bill: WatchBill) -> Terms:
    providers = frozenset(ProviderName(terms.name) for terms in bill.providers)
    return Terms(names=claims.names(repo.aliases), zone=bill.zone, providers=providers)


def _read(conn: Connection, repo: RepoSettings, terms: Terms, now: datetime) -> None:
    files = queue_files(repo)
    name = repo.terms.name
    known = taking_in.known(conn, name, files)
    taken = taking_in.taken(conn, known)
    found = reconcile(known, files, repo=name, terms=terms, taken=taken, plain=repo.plain_markers)
    running = {one.task.id for one in known if one.task.state is TaskState.RUNNING}  # by a daemon that died
    taking_in.store(conn, found.actions, now, running=running)
    for file in files:
        unreadable = sum(problem.path == file.path for problem in found.unreadable)
        facts = {"repo": name, "path": file.path, "tasks": len(file.entries), "unreadable": unreadable}
        events.append(conn, "queue.read", facts, now)


def queue_files(repo: RepoSettings) -> list[QueueFile]:
    """Its queues as they stand now, those that can be read."""
    return [one for one in _looked_at(repo) if isinstance(one, QueueFile)]


def _looked_at(repo: RepoSettings) -> Iterator[QueueFile | Unreadable]:
    for path in queue_paths(repo.path, repo.queue):
        place = path.relative_to(repo.path).as_posix()
        try:
            text = grammar.decode(regular.read(path))
        except FileNotFoundError:
            continue  # a queue that is not there tells nothing
        except OSError as error:
            yield Unreadable(path=place, line=1, why=f"it cannot be read: {error.strerror or error}")
        else:
            yield grammar.parse(text, place, repo.terms.name)

"""Adding: a task in people's words as a file for the inbox, checked by the very rules by which the inbox reads it."""

import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from watchbill.domain.ids import ProviderName, RepoName, TaskId
from watchbill.domain.tasks import Task
from watchbill.intake import claims, identity, inbox, notes
from watchbill.intake.inbox import Arrival, Refuse, Take
from watchbill.intake.tasks import Terms, to_task
from watchbill.operator.faults import BadQuestion, NotTaken
from watchbill.scheduling.bill import WatchBill
from watchbill.state import inboxes, tasks
from watchbill.state.engine import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A task as it is asked for. "" is what nobody said."""

    title: str
    repo: str = ""
    type: str = ""
    files: str = ""
    priority: str = ""
    provider: str = ""
    after: str = ""
    max_usd: str = ""
    autonomy: str = ""
    body: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    id: TaskId
    repo: RepoName
    name: str  # of the file
    text: str


def write(wanted: Wanted, bill: WatchBill) -> Written:
    """The file. Raises BadQuestion where the inbox would refuse it, or would not understand a field."""
    repo = _repo(wanted.repo, [terms.name for terms in bill.repos])
    id_ = TaskId(f"{identity.slug(wanted.title)}-{secrets.token_hex(4)}")
    fields = {"id": id_, "title": " ".join(wanted.title.split()), "repo": repo, **_stated(wanted)}
    text = notes.compose(fields, wanted.body)
    _read(text, id_, repo, bill)
    return Written(id=id_, repo=repo, name=f"{id_}.md", text=text)


def check(conn: Connection, name: str, text: str, bill: WatchBill) -> None:
    """Raises NotTaken where the inbox would refuse the file, or its task would wait for what nobody has."""
    known = tasks.all_tasks(conn)
    arrival = Arrival(box=inbox.SHARED, name=name, path=name, text=text)
    terms = {terms.name: _terms(bill) for terms in bill.repos}
    (outcome,) = inbox.sort_in([arrival], filed=inboxes.all_files(conn), present=(), tasks=known, terms=terms)
    match outcome:
        case Refuse(why=why):
            raise NotTaken(f"it is not added: {why}")
        case Take(task=task, unreadable=problems):
            ids = {each.id for each in known}
            lost = [f"no task is called {need!r}, so it would wait for ever" for need in task.needs if need not in ids]
            if lost or problems:
                raise NotTaken(f"it is not added: {'; '.join(lost or [each.why for each in problems])}")
        case _:
            raise AssertionError("a file under a new name amends nothing")


def changes_of(wanted: Mapping[str, str], task: Task, bill: WatchBill) -> dict[str, Any]:
    """The fields of a task that change by these words. Raises BadQuestion."""
    said = {key: value for key, value in wanted.items() if value.strip()}
    if not said:
        raise BadQuestion("nothing is to be changed: say for instance --priority 1")
    read = _read(notes.compose({"title": task.title, **said}, ""), task.id, task.repo, bill)
    changes = {field: getattr(read, field) for key, field in _FIELD_BY_KEY.items() if key in said and key != "after"}
    if "after" in said:
        changes["needs"] = tuple(TaskId(name) for name in said["after"].replace(",", " ").split())
    return changes


_FIELD_BY_KEY = {
    "title": "title",
    "type": "type",
    "files": "claims",
    "priority": "priority",
    "provider": "provider",
    "after": "needs",
    "max_usd": "max_cost",
    "autonomy": "autonomy",
}


def _repo(named: str, known: Collection[RepoName]) -> RepoName:
    if not named and len(known) == 1:
        return next(iter(known))
    if named not in known:
        asked = f"no repository is called {named!r}" if named else "several repositories are configured"
        raise BadQuestion(f"{asked}: say --repo with one of {', '.join(known)}")
    return RepoName(named)


def _stated(wanted: Wanted) -> dict[str, str]:
    keys = ("type", "files", "priority", "provider", "after", "max_usd", "autonomy")
    return {key: getattr(wanted, key) for key in keys}


def _read(text: str, id_: TaskId, repo: RepoName, bill: WatchBill) -> Task:
    try:
        note = notes.read_note(text, "the task")
    except notes.Unfit as error:
        raise BadQuestion(str(error)) from error
    read = to_task(note.entry, id=id_, repo=repo, terms=_terms(bill))
    if read.unreadable:
        raise BadQuestion("; ".join(problem.why for problem in read.unreadable))
    return read.task


def _terms(bill: WatchBill) -> Terms:
    providers = frozenset(ProviderName(terms.name) for terms in bill.providers)
    return Terms(names=claims.names({}), zone=bill.zone, providers=providers)

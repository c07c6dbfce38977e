"""The inbox: which files become tasks, which are somebody's already, and which cannot be taken. Nothing done yet."""

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace

from watchbill.domain.claims import normal
from watchbill.domain.ids import RepoName, TaskId
from watchbill.domain.tasks import OPEN, ORIGIN, Task, TaskState
from watchbill.intake import identity, inference, needs
from watchbill.intake.entries import Entry, Unreadable
from watchbill.intake.notes import Note, Unfit, read_note
from watchbill.intake.tasks import Terms, to_task

SHARED = ""  # the box in the state folder, for any repository

_OPEN = OPEN | {TaskState.FAILED, TaskState.REVERTED}
_SAID = frozenset(  # what a file says of its task
    {
        "title", "type", "priority", "autonomy", "claims", "needs", "provider", "requirements", "success", "body",
        "effort", "max_cost", "delivery", "on_question", "extra", "not_before",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxFile:
    """A file that was taken in and is not put away yet."""

    box: str  # the repository's name, or SHARED
    name: str
    task: TaskId
    text: str  # as last read


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A file that is new, or says something new."""

    box: str
    name: str
    path: str  # as people find it: relative to its repository, or absolute
    text: str
    done_as: TaskId | None = None  # the task that this very file of a repository was, when it was done


@dataclass(frozen=True, slots=True, kw_only=True)
class Take:
    """A new task. `file` is to be stored with it, in one transaction."""

    file: InboxFile
    task: Task
    unreadable: tuple[Unreadable, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Amend:
    """A known file was edited, or renamed (then `changed` is empty)."""

    file: InboxFile
    task: Task
    changed: tuple[str, ...]
    unreadable: tuple[Unreadable, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Refuse:
    """It cannot be a task, or is one already. `is_known`: it is the file of a task that goes on as it was."""

    arrival: Arrival
    why: str
    is_known: bool = False


Outcome = Take | Amend | Refuse


def sort_in(
    arrivals: Sequence[Arrival],
    *,
    filed: Iterable[InboxFile],
    present: Collection[tuple[str, str]],
    tasks: Iterable[Task],
    terms: Mapping[RepoName, Terms],
) -> list[Outcome]:
    """What is to be done with each arrival. `present` are box and name of all files there are, `tasks` all tasks."""
    return _Desk(filed, present, tasks, terms).sort_in(arrivals)


class _Desk:
    def __init__(
        self,
        filed: Iterable[InboxFile],
        present: Collection[tuple[str, str]],
        tasks: Iterable[Task],
        terms: Mapping[RepoName, Terms],
    ) -> None:
        self._file_by_place = {(file.box, file.name): file for file in filed}
        self._task_by_id = {task.id: task for task in tasks}
        self._open_by_gist = {_gist(task): task for task in self._task_by_id.values() if task.state in _OPEN}
        self._vanished = {
            (file.box, file.text): file
            for place, file in self._file_by_place.items()
            if place not in present and self._task_by_id[file.task].state in _OPEN
        }
        self._by_folded_id = {task.id.casefold(): task for task in self._task_by_id.values()}
        self._terms = terms

    def sort_in(self, arrivals: Sequence[Arrival]) -> list[Outcome]:
        outcomes: list[Outcome] = []
        new: list[tuple[Arrival, Note, RepoName, TaskId]] = []
        for arrival in arrivals:
            known = self._known(arrival)
            if known is not None:
                outcomes += self._amend(arrival, known)
                continue
            try:
                new.append(self._named(arrival))
            except Unfit as error:
                outcomes.append(Refuse(arrival=arrival, why=str(error)))
        register = self._register((id_, note.entry) for _, note, _, id_ in new)
        return [*outcomes, *(self._take(*one, register) for one in new)]

    def _known(self, arrival: Arrival) -> InboxFile | None:
        here = self._file_by_place.get((arrival.box, arrival.name))
        return here or self._vanished.pop((arrival.box, arrival.text), None)

    # ── new ones ──

    def _named(self, arrival: Arrival) -> tuple[Arrival, Note, RepoName, TaskId]:
        note = read_note(arrival.text, arrival.path)
        repo = self._repo(arrival, note)
        if arrival.done_as is not None:
            raise Unfit(
                f"it was done already, as task {arrival.done_as}: change its text if it is to be done once more, "
                f"or say watchbill task retry {arrival.done_as}"
            )
        stated = identity.stated_id(note.entry)
        if stated and not identity.is_usable(stated):
            raise Unfit(f"{stated[:80]!r} is no id: write letters, digits, - _ . and at most 64 of them, or none")
        if (known := self._by_folded_id.get(stated.casefold())) is not None:
            raise Unfit(f"it is task {known.id} already ({_standing(known)}): give it another id if it is another task")
        id_ = identity.fresh_id(repo, note.entry, self._by_folded_id)
        self._by_folded_id[id_.casefold()] = Task(id=id_, repo=repo, title=note.entry.title, type=inference.FALLBACK)
        return arrival, note, repo, id_

    def _repo(self, arrival: Arrival, note: Note) -> RepoName:
        home, names = arrival.box or note.repo, ", ".join(self._terms)
        if not home and len(self._terms) == 1:
            return next(iter(self._terms))
        if not home:
            raise Unfit(f"it names no repository: write repo: with one of {names}")
        if note.repo and note.repo != home:
            raise Unfit(f"it says repo: {note.repo} and lies in the inbox of {home}: put it there, or leave that out")
        if RepoName(home) not in self._terms:
            raise Unfit(f"no repository is called {home[:80]!r}: write one of {names}")
        return RepoName(home)

    def _take(
        self, arrival: Arrival, note: Note, repo: RepoName, id_: TaskId, register: needs.Register
    ) -> Take | Refuse:
        task, unreadable = self._read(arrival, note, repo, id_, register)
        twin = self._open_by_gist.get(_gist(task))
        if twin is not None:
            where = f", written in {twin.source.path}:{twin.source.line}" if twin.source else ""
            why = f"it is the same as task {twin.id} ({_standing(twin)}{where}): same title, same files"
            return Refuse(arrival=arrival, why=why)
        self._task_by_id[id_] = self._open_by_gist[_gist(task)] = task
        file = InboxFile(box=arrival.box, name=arrival.name, task=id_, text=arrival.text)
        return Take(file=file, task=task, unreadable=unreadable)

    def _read(
        self, arrival: Arrival, note: Note, repo: RepoName, id_: TaskId, register: needs.Register
    ) -> tuple[Task, tuple[Unreadable, ...]]:
        wanted = needs.needs_of(note.entry, register, own=id_)
        last = max((task.order for task in self._task_by_id.values() if task.repo == repo), default=-1)
        read = to_task(
            note.entry,
            id=id_,
            repo=repo,
            terms=self._terms[repo],
            waits_for=wanted.ids,
            artefacts=wanted.artefacts,
            order=last + 1,
        )
        task = read.task
        if arrival.box == SHARED:  # its file is no file of the repository
            task = replace(task, source=None, extra={**task.extra, ORIGIN: "the inbox"})
        return task, (*wanted.unreadable, *read.unreadable)

    def _register(self, new: Iterable[tuple[TaskId, Entry]]) -> needs.Register:
        titles = {id_: task.title for id_, task in self._task_by_id.items()}
        titles.update((id_, entry.title) for id_, entry in new)
        return needs.register([(id_, id_) for id_ in titles], titles.items())

    # ── known ones ──

    def _amend(self, arrival: Arrival, known: InboxFile) -> list[Outcome]:
        """What the file says now in other words than before is taken over; what was changed by hand elsewhere stays."""
        task = self._task_by_id[known.task]
        file = replace(known, name=arrival.name, text=arrival.text)
        if file == known or task.state not in _OPEN:
            return []
        try:
            now, unreadable = self._reread(arrival, task)
            before, _ = self._reread(replace(arrival, text=known.text), task)
        except Unfit as error:
            return [Refuse(arrival=arrival, why=str(error), is_known=True)]
        changed = tuple(
            field.name
            for field in fields(Task)
            if field.name in _SAID and getattr(now, field.name) != getattr(before, field.name)
        )
        merged = replace(task, source=now.source, **{name: getattr(now, name) for name in changed})
        return [Amend(file=file, task=merged, changed=changed, unreadable=unreadable)]

    def _reread(self, arrival: Arrival, task: Task) -> tuple[Task, tuple[Unreadable, ...]]:
        note = read_note(arrival.text, arrival.path)
        return self._read(arrival, note, task.repo, task.id, self._register(()))


def digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def _gist(task: Task) -> tuple[RepoName, str, frozenset[str]]:
    title = " ".join("".join(mark if mark.isalnum() else " " for mark in task.title.casefold()).split())
    return task.repo, title or task.title, frozenset(map(normal, task.claims))


def _standing(task: Task) -> str:
    return task.state.value

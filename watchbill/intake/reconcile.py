"""What a repository's queues say now against what is known: a list of actions, and nothing done yet.

SQLite is the truth and markers are its view. A marker that is not what we last wrote is a human's word: `[ ]` puts a task
back into the queue, any other one, or deleting the entry, takes it out of our hands. Files that tell nothing cancel nothing.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import assert_never

from watchbill.domain.circles import circles
from watchbill.domain.ids import RepoName, TaskId
from watchbill.domain.tasks import DONE, OPEN, Task, TaskState
from watchbill.intake import identity, needs
from watchbill.intake.entries import SIGN_BY_MARK, Entry, Mark, QueueFile, Unreadable
from watchbill.intake.identity import KnownEntry, Pair
from watchbill.intake.markers import marker_of
from watchbill.intake.tasks import Terms, stated_not_before, to_task

# What only the daemon changes; everything else of a task is the queue's to say.
_OURS = frozenset(
    {
        "id",
        "repo",
        "state",
        "attempts",
        "tried",
        "note",
        "accepted",
        "released",
        "pin",
        "bumped_at",
        "widened",
        "created_at",
    }
)
_PLACE = frozenset({"order", "source"})

_CAN_CANCEL = OPEN | {TaskState.FAILED, TaskState.REVERTED}
_CAN_REOPEN = frozenset(TaskState) - {TaskState.PROPOSED, TaskState.QUEUED, TaskState.RUNNING}


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A task that came from a queue, with its entry as last read or written."""

    entry: KnownEntry
    task: Task


@dataclass(frozen=True, slots=True, kw_only=True)
class Discover:
    """A new task."""

    task: Task


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A task's text was edited: `task` is as it should be stored, `fields` names what differs."""

    task: Task
    fields: tuple[str, ...]

    @property
    def only_moved(self) -> bool:
        return _PLACE.issuperset(self.fields)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancel:
    """A human took it out of our hands. `deleted`: by deleting the entry, which a half-saved file may look like."""

    id: TaskId
    why: str
    deleted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Reopen:
    """A human put it back into the queue."""

    id: TaskId
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkerStale:
    """The queue does not show the task's state: `mark` is to be written."""

    id: TaskId
    mark: Mark


Action = Discover | Change | Cancel | Reopen | MarkerStale


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciled:
    actions: tuple[Action, ...]
    entries: tuple[KnownEntry, ...]  # to be stored with the actions: one for each known or discovered task
    unreadable: tuple[Unreadable, ...]
    hints: tuple[Unreadable, ...]


def reconcile(
    known: Sequence[Known],
    files: Sequence[QueueFile],
    *,
    repo: RepoName,
    terms: Terms,
    taken: Collection[str] = (),
    plain: bool = False,
) -> Reconciled:
    """What should happen so that the tasks are what all queue files of one repository say.

    `taken` are the ids of tasks elsewhere; `plain` is the marker style `[ ]`/`[x]`. A known task whose file is missing from
    `files`, unusable, or without any entry is left as it is, and that is reported.
    """
    return _Reconciliation(known, files, repo=repo, terms=terms, taken=taken, plain=plain).run()


def stale_mark(known: KnownEntry, state: TaskState, *, plain: bool = False) -> Mark | None:
    """The marker that has to be written so that the entry, as last read, shows its task's state; None when it does."""
    wanted = marker_of(state, plain=plain)
    if known.gone or known.mark is wanted or (not known.ours and _leaves_alone(known.mark, state)):
        return None
    return wanted


def about_to_write(known: KnownEntry, mark: Mark) -> KnownEntry:
    """To be stored before set_marker: after a crash between the write and written(), the marker still counts as ours."""
    return replace(known, writing=mark)


def written(known: KnownEntry, mark: Mark, *, commented: bool) -> KnownEntry:
    """To be stored after set_marker succeeded; `commented` when it was given a comment."""
    told = replace(known, mark=mark, ours=True, writing=mark, commented=known.commented or commented)
    return replace(told, wrote=_wrote(told, mark), writing=None)


class _Reconciliation:
    def __init__(
        self,
        known: Sequence[Known],
        files: Sequence[QueueFile],
        *,
        repo: RepoName,
        terms: Terms,
        taken: Collection[str],
        plain: bool,
    ) -> None:
        self._known_by_id: Mapping[TaskId, Known] = {one.entry.id: one for one in known}
        self._files = files
        self._repo, self._terms, self._plain = repo, terms, plain
        self._elsewhere = tuple(TaskId(id_) for id_ in taken)
        self._taken = {id_.casefold() for id_ in (*taken, *self._known_by_id)}
        self._defaults_by_path = {file.path: file.defaults for file in files}
        self._actions: list[Action] = []
        self._entries: list[KnownEntry] = []
        self._unreadable = [problem for file in files for problem in file.unreadable]
        self._hints: list[Unreadable] = []
        self._all_reset = False
        self._twins: defaultdict[tuple[str, str, str], int] = defaultdict(int)

    def run(self) -> Reconciled:
        entries = [entry for file in self._files if file.usable for entry in file.entries]
        pairs = identity.match([one.entry for one in self._known_by_id.values()], entries)
        present = [(self._id_of(pair), pair.known, pair.entry) for pair in pairs if pair.entry is not None]
        register = self._register(present)
        met = {id_ for id_, known, entry in present if self._is_met(known, entry)}
        self._all_reset = _all_reset(present)
        needs_by_id: dict[TaskId, tuple[TaskId, ...]] = {}
        for order, (id_, known, entry) in enumerate(present):
            wanted = needs.needs_of(entry, register, own=id_)
            needs_by_id[id_] = tuple(need for need in wanted.ids if need not in met)
            self._unreadable += wanted.unreadable
            waits = replace(wanted, ids=needs_by_id[id_])
            self._entry(id_, known, entry, waits=waits, order=order)
        self._gone([pair.known for pair in pairs if pair.known is not None and pair.entry is None])
        self._report_circles(needs_by_id, {id_: entry for id_, _, entry in present})
        return Reconciled(
            actions=tuple(self._actions),
            entries=tuple(self._entries),
            unreadable=tuple(self._unreadable),
            hints=tuple(self._hints),
        )

    # ── names ──

    def _id_of(self, pair: Pair) -> TaskId:
        assert pair.entry is not None
        if pair.known is not None:
            return pair.known.id
        id_ = identity.fresh_id(self._repo, pair.entry, self._taken)
        self._taken.add(id_.casefold())
        stated = identity.stated_id(pair.entry)
        if stated and id_ != stated:
            why = (
                "is taken" if identity.is_usable(stated) else "is no id (letters, digits, - _ . and at most 64 of them)"
            )
            self._report(pair.entry, f"{stated[:80]!r} {why}, so the task is called {id_}: write another")
        return id_

    def _register(self, present: Iterable[tuple[TaskId, KnownEntry | None, Entry]]) -> needs.Register:
        ids = [(id_, id_) for id_ in (*self._elsewhere, *self._known_by_id)]
        titles = {id_: one.entry.title for id_, one in self._known_by_id.items() if not one.entry.gone}
        for id_, _, entry in present:
            ids += [(id_, TaskId(name)) for name in (id_, identity.stated_id(entry)) if name]
            titles[id_] = entry.title
        return needs.register(ids, titles.items())

    def _is_met(self, known: KnownEntry | None, entry: Entry) -> bool:
        """Whether a human says that it is done. What we did ourselves is met when its task has landed, not by its marker."""
        if known is None:
            return entry.mark is Mark.DONE
        by_hand = not _is_ours(known, entry.mark) and self._known_by_id[known.id].task.state not in DONE
        return by_hand and entry.mark is Mark.DONE

    # ── entries that are there ──

    def _entry(self, id_: TaskId, known: KnownEntry | None, entry: Entry, *, waits: needs.Needs, order: int) -> None:
        twin = self._count_twin(entry)
        if known is None and entry.mark is not Mark.OPEN:
            self._set_aside(entry)
            return
        read = to_task(
            entry,
            id=id_,
            repo=self._repo,
            terms=self._terms,
            defaults=self._defaults_by_path[entry.path],
            waits_for=waits.ids,
            artefacts=waits.artefacts,
            order=order,
        )
        self._unreadable += read.unreadable
        self._hints += read.hints
        if known is None:
            self._actions.append(Discover(task=read.task))
            self._entries.append(self._seen(id_, None, entry, twin))
            return
        task = self._known_by_id[id_].task
        seen = self._seen(id_, known, entry, twin)
        words = self._words(known, entry, seen, task.state)
        self._changed(known, entry, task, read.task)
        self._actions += words
        self._entries.append(seen)

    def _set_aside(self, entry: Entry) -> None:
        if entry.mark not in (Mark.DONE, Mark.CANCELLED):
            sign = SIGN_BY_MARK[entry.mark]
            why = f"it is marked [{sign}], and not by us, so it is left alone: write [ ] to put it into the queue"
            self._hints.append(Unreadable(path=entry.path, line=entry.mark_line, why=why))

    def _changed(self, known: KnownEntry, entry: Entry, old: Task, new: Task) -> None:
        kept = {name: getattr(old, name) for name in _OURS}
        if stated_not_before(entry, self._terms.zone) == known.not_before:
            kept["not_before"] = old.not_before  # it may be ours: a task that was put off
        merged = replace(new, **kept)
        differing = tuple(
            field.name for field in fields(Task) if getattr(merged, field.name) != getattr(old, field.name)
        )
        if differing:
            self._actions.append(Change(task=merged, fields=differing))

    def _words(self, known: KnownEntry, entry: Entry, seen: KnownEntry, state: TaskState) -> list[Action]:
        """What the marker says, if it says anything."""
        if _is_news(known, entry.mark) and not self._is_restored(known, entry):
            return self._humans_word(known.id, entry.mark, state)
        mark = stale_mark(seen, state, plain=self._plain)
        return [] if mark is None else [MarkerStale(id=known.id, mark=mark)]

    def _is_restored(self, known: KnownEntry, entry: Entry) -> bool:
        """Whether an older version of the file is back (a checkout, a stash), and with it an older view of ours."""
        if known.gone:
            return False
        if entry.mark is Mark.OPEN:
            return known.ours and ((known.commented and not entry.commented) or self._all_reset)
        return entry.mark not in (Mark.DONE, Mark.CANCELLED) and entry.mark in known.wrote

    def _humans_word(self, id_: TaskId, mark: Mark, state: TaskState) -> list[Action]:
        wanted = marker_of(state, plain=self._plain)
        why = f"marked [{SIGN_BY_MARK[mark]}] by hand"
        if mark is Mark.OPEN and state in _CAN_REOPEN:
            return [Reopen(id=id_, why=why)]
        if mark is wanted or _leaves_alone(mark, state):
            return []
        if mark is not Mark.OPEN and state in _CAN_CANCEL:
            return [Cancel(id=id_, why=why)]
        return [MarkerStale(id=id_, mark=wanted)]

    def _count_twin(self, entry: Entry) -> int:
        place = (entry.path, entry.heading, entry.title)
        self._twins[place] += 1
        return self._twins[place] - 1

    def _seen(self, id_: TaskId, known: KnownEntry | None, entry: Entry, twin: int) -> KnownEntry:
        return KnownEntry(
            id=id_,
            path=entry.path,
            heading=entry.heading,
            title=entry.title,
            order=entry.order,
            stated=identity.stated_id(entry),
            mark=entry.mark,
            ours=known is not None and _is_ours(known, entry.mark),
            wrote=_wrote(known, entry.mark) if known is not None else (),
            commented=entry.commented,
            twin=twin,
            not_before=stated_not_before(entry, self._terms.zone),
        )

    # ── entries that are not there any more ──

    def _gone(self, gone: Sequence[KnownEntry]) -> None:
        telling = {file.path for file in self._files if file.usable and file.entries}
        silent: defaultdict[str, int] = defaultdict(int)
        for known in gone:
            if known.gone or known.path in telling:
                self._entries.append(replace(known, gone=True, writing=None))
                self._deleted(known)
            else:
                self._entries.append(known)
                silent[known.path] += self._known_by_id[known.id].task.state in OPEN
        for path, count in silent.items():
            if count:
                why = f"no task can be read from it any more, so its {count} open ones stay as they are: cancel them by name"
                self._unreadable.append(Unreadable(path=path, line=1, why=why))

    def _deleted(self, known: KnownEntry) -> None:
        if self._known_by_id[known.id].task.state in _CAN_CANCEL and not known.gone:
            why = f"its entry was deleted from {known.path}"
            self._actions.append(Cancel(id=known.id, why=why, deleted=True))

    def _report_circles(
        self, needs_by_id: Mapping[TaskId, Sequence[TaskId]], entry_by_id: Mapping[TaskId, Entry]
    ) -> None:
        for circle in circles(needs_by_id):
            told = [f"{id_} ({entry_by_id[id_].path}:{entry_by_id[id_].line})" for id_ in circle]
            way = " → ".join((*told, circle[0])) if len(told) <= 20 else f"{told[0]} → … ({len(told)} tasks)"  # noqa: PLR2004  # still readable
            self._report(entry_by_id[circle[0]], f"these wait for each other, so none can start: {way}")

    def _report(self, entry: Entry, why: str) -> None:
        self._unreadable.append(Unreadable(path=entry.path, line=entry.line, why=why))


def apply(task: Task, action: Action) -> Task:
    """The task after the action. Raises IllegalMove where its state does not allow it."""
    match action:
        case Discover(task=new) | Change(task=new):
            return new
        case Cancel(why=why):
            return replace(task.to(TaskState.CANCELLED), note=why)
        case Reopen(why=why):
            return replace(task.to(TaskState.QUEUED), note=why, attempts=0, tried=())
        case MarkerStale():
            return task
        case _:
            assert_never(action)


def _is_ours(known: KnownEntry, mark: Mark) -> bool:
    return mark is known.writing or (known.ours and mark is known.mark)


def _wrote(known: KnownEntry, mark: Mark) -> tuple[Mark, ...]:
    """Every marker that we wrote there, the one that stands there now included if it is ours."""
    ours = _is_ours(known, mark) and mark not in known.wrote
    return (*known.wrote, mark) if ours else known.wrote


def _is_news(known: KnownEntry, mark: Mark) -> bool:
    """Whether a human said something since: another marker than the one known, or an entry that came back."""
    return known.gone or not (mark is known.mark or mark is known.writing)


def _leaves_alone(mark: Mark, state: TaskState) -> bool:
    """A human's own word for a task that is over stays as they wrote it."""
    if state is TaskState.CANCELLED:
        return mark is not Mark.OPEN
    return mark in (Mark.DONE, Mark.CANCELLED) and state in DONE


def _all_reset(present: Sequence[tuple[TaskId, KnownEntry | None, Entry]]) -> bool:
    """Whether every marker of ours, and there were several, reads [ ] now: no human does that one by one."""
    ours = [entry for _, known, entry in present if known is not None and known.ours and known.mark is not Mark.OPEN]
    return len(ours) > 1 and all(entry.mark is Mark.OPEN for entry in ours)

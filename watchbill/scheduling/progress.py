"""Progress: what a text has come to in words, what it is to come to, and what is open in it."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from watchbill.domain import claims
from watchbill.domain.ids import RepoName
from watchbill.domain.ports import Tree
from watchbill.domain.tasks import DONE, Task, TaskState, group_of
from watchbill.scheduling.detection import MOST_BYTES, is_path
from watchbill.scheduling.recurring import Recurring

_PLACEHOLDER = re.compile(r"PLACEHOLDER|TODO|STUB")  # the first user's own words for what is still to be written
_PROSE = ("txt", "md", "markdown", "rst", "adoc", "tex", "fountain", "ink", "tw", "twee")


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    path: str
    words: int
    lines: int
    bytes: int
    placeholders: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What a text is to come to, and who says so."""

    words: int | None
    bytes: int | None
    said_by: str  # "" where nobody does


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The tasks that name one file."""

    done: int
    open: int

    @property
    def all(self) -> int:
        return self.done + self.open


def wanted(
    scenes: Collection[str], entries: Iterable[Recurring], repo: RepoName, tasks: Iterable[Task]
) -> tuple[str, ...]:
    """Globs of the texts that are counted: the owner's, what recurring entries look at for its size, what tasks name."""
    looked = [glob for entry in entries if entry.repo == repo and _sizes(entry) for glob in entry.find.globs]
    named = [path for task in tasks if task.repo == repo for path in task.claims if _is_prose(path)]
    return tuple(dict.fromkeys((*scenes, *looked, *named)))


def count(tree: Tree, globs: Sequence[str], apart: Collection[str] = ()) -> Iterator[Count]:
    """Each text of the tree that fits and can be read; `apart` are paths that are none, as queues."""
    for path in tree.paths():
        if path in apart or not is_path(path) or not claims.covers(globs, path):
            continue
        body = tree.read(path)
        if len(body) <= MOST_BYTES and b"\0" not in body:
            yield counted(path, body)


def counted(path: str, body: bytes) -> Count:
    """
    >>> counted("a.txt", b"One two.\\nPLACEHOLDER\\n").words
    3
    """
    text = body.decode(errors="replace")
    return Count(
        path=path,
        words=len(text.split()),
        lines=len(text.splitlines()),
        bytes=len(body),
        placeholders=len(_PLACEHOLDER.findall(text)),
    )


def target_of(path: str, entries: Iterable[Recurring], repo: RepoName) -> Target:
    """The largest size below which a recurring entry finds work in it."""
    found = [entry for entry in entries if entry.repo == repo and _sizes(entry) and _looks_at(entry, path)]
    words = max((entry.find.smaller_words or 0 for entry in found), default=0)
    size = max((entry.find.smaller_bytes or 0 for entry in found), default=0)
    said_by = ", ".join(f"recurring {entry.name}" for entry in found)
    return Target(words=words or None, bytes=size or None, said_by=said_by)


def complete(one: Count, target: Target, group: Group) -> float | None:
    """How far it is, from 0 to 1: by its stated size, and by its tasks where it has any; None where nobody can say.

    >>> complete(counted("a", b"one two"), Target(words=4, bytes=None, said_by="x"), Group(done=3, open=1))
    0.5
    """
    shares = [
        *([one.words / target.words] if target.words else []),
        *([one.bytes / target.bytes] if target.bytes else []),
        *([group.done / group.all] if group.all else []),
    ]
    return min(1.0, *shares) if shares else None


def groups(tasks: Iterable[Task], repo: RepoName) -> Mapping[str, Group]:
    """Done and open tasks by the file that they name; what is no one's wish, or no longer, counts in neither."""
    done: dict[str, int] = {}
    still: dict[str, int] = {}
    for task in tasks:
        if task.repo == repo and task.state not in _NO_WISH:
            side = done if task.state in DONE else still
            for path in task.claims:
                side[path] = side.get(path, 0) + 1
    return {path: Group(done=done.get(path, 0), open=still.get(path, 0)) for path in {*done, *still}}


def by_group(tasks: Iterable[Task], repo: RepoName) -> Mapping[str, tuple[Group, frozenset[str]]]:
    """Done and open tasks by what they belong to, and the files that they name."""
    found: dict[str, list[Task]] = {}
    for task in tasks:
        if task.repo == repo and task.state not in _NO_WISH:
            found.setdefault(group_of(task), []).append(task)
    return {
        name: (_group(members), frozenset(path for task in members for path in task.claims))
        for name, members in found.items()
    }


def _group(members: Sequence[Task]) -> Group:
    done = sum(task.state in DONE for task in members)
    return Group(done=done, open=len(members) - done)


_NO_WISH = (TaskState.PROPOSED, TaskState.CANCELLED, TaskState.REVERTED)
NO_TASKS = Group(done=0, open=0)


def _sizes(entry: Recurring) -> bool:
    return entry.find.smaller_words is not None or entry.find.smaller_bytes is not None


def _looks_at(entry: Recurring, path: str) -> bool:
    return claims.covers(entry.find.globs, path) and not claims.covers(entry.find.exclude, path)


def _is_prose(path: str) -> bool:
    return is_path(path) and path.rpartition(".")[2].lower() in _PROSE

"""What a queue file says, as values: entries as people wrote them, and the lines that nobody could read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache

from watchbill.domain.ids import RepoName


class Mark(StrEnum):
    """What a marker means. Several spellings may mean one mark: see MARK_BY_SIGN and MARK_BY_STATUS."""

    OPEN = "open"
    RUNNING = "running"
    REVIEW = "review"
    DONE = "done"
    FAILED = "failed"  # failed or blocked
    CANCELLED = "cancelled"


SIGN_BY_MARK: Mapping[Mark, str] = {
    Mark.OPEN: " ",
    Mark.RUNNING: "→",
    Mark.REVIEW: "?",
    Mark.DONE: "x",
    Mark.FAILED: "!",
    Mark.CANCELLED: "-",
}
MARK_BY_SIGN: Mapping[str, Mark] = {
    **{sign: mark for mark, sign in SIGN_BY_MARK.items()},
    "/": Mark.RUNNING,
    ">": Mark.RUNNING,
    "X": Mark.DONE,
}

STATUS_BY_MARK: Mapping[Mark, str] = {
    Mark.OPEN: "READY",
    Mark.RUNNING: "IN_PROGRESS",
    Mark.REVIEW: "NEEDS_REVIEW",
    Mark.DONE: "DONE",
    Mark.FAILED: "FAILED",
    Mark.CANCELLED: "CANCELLED",
}
_STATUS_WORDS: Mapping[Mark, str] = {
    Mark.OPEN: "ready todo to_do open planned queued not_started backlog pending new",
    Mark.RUNNING: "in_progress running started doing active wip",
    Mark.REVIEW: "needs_review review in_review",
    Mark.DONE: "done complete completed closed merged landed released finished",
    Mark.FAILED: "failed blocked error",
    Mark.CANCELLED: "cancelled canceled dropped wontfix obsolete",
}
MARK_BY_STATUS: Mapping[str, Mark] = {word: mark for mark, words in _STATUS_WORDS.items() for word in words.split()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """A place in a queue that could not be understood; `why` also says the mend."""

    path: str
    line: int  # 1-based
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    key: str  # as written; compare folded_key
    value: str
    line: int

    @property
    def folded_key(self) -> str:
        """The key without case, blanks, dashes and underscores: "AI Autonomy" and "ai_autonomy" are one."""
        return fold_key(self.key)


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A nested checkbox: one point of its task's acceptance."""

    text: str
    done: bool
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One task as it stands in a queue file."""

    path: str
    line: int  # 1-based line of the title
    end: int  # 1-based last line that belongs to it
    text_end: int  # 1-based last line of the title's own paragraph: a comment of ours goes below it
    mark: Mark
    mark_line: int  # 1-based line of the marker (or of the status word)
    span: tuple[int, int]  # columns of the marker's text in that line, 0-based, end exclusive, in characters
    is_status: bool  # the marker is the word after "Status:"
    title: str
    explicit_id: str = ""
    trail: tuple[str, ...] = ()  # the headings and list items above it, outermost first
    priority: int | None = None  # from the headings above it
    fields: tuple[Field, ...] = ()
    tags: tuple[str, ...] = ()
    checklist: tuple[Check, ...] = ()
    body: tuple[str, ...] = ()
    commented: bool = False  # our comment line stands under the title
    order: int = 0  # place in its file

    @property
    def heading(self) -> str:
        return self.trail[-1] if self.trail else ""

    def values(self, *keys: str) -> tuple[Field, ...]:
        """The fields under any of the keys, in the order written."""
        wanted = {fold_key(key) for key in keys}
        return tuple(item for item in self.fields if item.folded_key in wanted)


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueFile:
    repo: RepoName
    path: str
    entries: tuple[Entry, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()
    defaults: Mapping[str, str] = field(default_factory=dict)  # front matter: by folded key
    usable: bool = True  # False: the file as a whole tells nothing, so nothing may be concluded from what it lacks


@lru_cache(maxsize=4096)  # queues have few keys, each as often as tasks
def fold_key(key: str) -> str:
    return "".join(mark for mark in key.casefold() if mark not in " -_\t")

"""Markers: a task's state as its queue shows it, and the one careful way of writing it.

A write changes the characters of one marker and at most one comment line under the entry. It is made on the bytes as they
are now and says None where the entry, or the marker that was expected, is not there any more: a human was faster.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from watchbill.domain.ids import RepoName
from watchbill.domain.tasks import TaskState
from watchbill.intake import identity
from watchbill.intake.entries import SIGN_BY_MARK, STATUS_BY_MARK, Entry, Mark, QueueFile
from watchbill.intake.grammar import decode, parse

MARK_BY_STATE: Mapping[TaskState, Mark] = {
    TaskState.PROPOSED: Mark.OPEN,
    TaskState.QUEUED: Mark.OPEN,
    TaskState.RUNNING: Mark.RUNNING,
    TaskState.REVIEW: Mark.REVIEW,
    TaskState.LANDED: Mark.DONE,
    TaskState.VERIFIED: Mark.DONE,
    TaskState.FAILED: Mark.FAILED,
    TaskState.CANCELLED: Mark.CANCELLED,
    TaskState.REVERTED: Mark.FAILED,
}
# Plain GitHub lists know two markers. What is over is checked, so that a lost database does not do it again.
PLAIN_BY_MARK: Mapping[Mark, Mark] = {
    Mark.OPEN: Mark.OPEN,
    Mark.RUNNING: Mark.OPEN,
    Mark.REVIEW: Mark.OPEN,
    Mark.FAILED: Mark.OPEN,
    Mark.DONE: Mark.DONE,
    Mark.CANCELLED: Mark.DONE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """Where a marker is to be written: the entry as it was known, whose `mark` is the one expected there."""

    repo: RepoName
    known: identity.KnownEntry


def marker_of(state: TaskState, *, plain: bool = False) -> Mark:
    """How a queue shows the state; `plain` keeps to `[ ]` and `[x]`."""
    mark = MARK_BY_STATE[state]
    return PLAIN_BY_MARK[mark] if plain else mark


def set_marker(data: bytes, spot: Spot, mark: Mark, comment: str | None = None) -> bytes | None:
    """The file's bytes with the marker set; None when the entry or the expected marker is not there any more.

    `comment`, when given, becomes the one line `<!-- watchbill: … -->` under the entry's title; None leaves that line as it
    is. Raises ValueError for a comment that would not stay one comment.
    """
    text = decode(data)
    queue = parse(text, spot.known.path, spot.repo)
    entry = _find(queue, spot.known)
    if entry is None or entry.mark is not spot.known.mark:
        return None
    marked = _marked(text.split("\n"), entry, mark)
    written = marked if comment is None else _commented(marked, entry, comment)
    if not _says_the_same(queue, parse("\n".join(written), spot.known.path, spot.repo), entry, mark):
        written = marked  # the comment would have changed what markdown sees: better none
    return "\n".join(written).encode("utf-8", "surrogateescape")


def _find(queue: QueueFile, known: identity.KnownEntry) -> Entry | None:
    """The known entry itself, unchanged but for its place. A renamed one is first read anew and then written."""
    stated = [entry for entry in queue.entries if identity.stated_id(entry) == known.id]
    if stated:
        return stated[0]
    twins = [entry for entry in queue.entries if (entry.heading, entry.title) == (known.heading, known.title)]
    return twins[known.twin] if known.twin < len(twins) else None


def _marked(lines: list[str], entry: Entry, mark: Mark) -> list[str]:
    start, end = entry.span
    line = lines[entry.mark_line - 1]
    if entry.mark is mark:
        return list(lines)  # another spelling of the same mark stays as the human wrote it
    sign = (STATUS_BY_MARK if entry.is_status else SIGN_BY_MARK)[mark]
    return [*lines[: entry.mark_line - 1], f"{line[:start]}{sign}{line[end:]}", *lines[entry.mark_line :]]


def _commented(lines: list[str], entry: Entry, comment: str) -> list[str]:
    if "--" in comment or not comment.isprintable() or comment != comment.strip():
        raise ValueError(f"{comment!r} cannot stand in a comment: no --, no line ends, no blank edges")
    below = entry.text_end
    ours = f"{_prefix(lines[entry.line - 1], entry)}<!-- watchbill: {comment} -->"
    if below < len(lines):
        return [*lines[:below], ours + _carriage_return(lines[below - 1]), *lines[below + entry.commented :]]
    # The entry's text is the file's last line and has no line end: ours goes between, and the file still ends without one.
    first_end = _carriage_return(lines[0]) if len(lines) > 1 else ""
    return [*lines[:-1], lines[-1] + first_end, ours]


def _prefix(line: str, entry: Entry) -> str:
    """What brings a line below into the same list item: its quote marks, and blanks in the place of its bullets."""
    if line.removeprefix("\ufeff").lstrip().startswith("#") or entry.is_status:
        return ""
    return "".join(mark if mark in " \t>" else " " for mark in line.removeprefix("\ufeff").split("[", 1)[0])


def _carriage_return(line: str) -> str:
    return "\r" if line.endswith("\r") else ""


def _says_the_same(before: QueueFile, after: QueueFile, entry: Entry, mark: Mark) -> bool:
    """Whether the writing changed nothing but this entry's mark."""
    wanted = [_gist(one, mark if one is entry else one.mark) for one in before.entries]
    return wanted == [_gist(one, one.mark) for one in after.entries]


def _gist(entry: Entry, mark: Mark) -> tuple[object, ...]:
    fields = tuple((item.key, item.value) for item in entry.fields if item.folded_key != "after")
    checks = tuple((point.text, point.done) for point in entry.checklist)
    return mark, entry.title, entry.trail, fields, entry.tags, checks, entry.body

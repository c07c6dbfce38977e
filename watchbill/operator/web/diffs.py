"""Diffs: a unified diff, by other people's hands, as files and lines that a page can colour. Pure."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher

_HUNK = re.compile(r"@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@(.*)")
MOST_LINES = 3_000  # on a page; the rest is said to be left out
LONGEST_LINE = 2_000  # characters
_WORDS = re.compile(r"\s+|\w+|[^\w\s]")
_MOST_WORDS = 200  # in a line whose words are compared; the work grows with their square
_ALIKE = 0.35  # share of words that two lines have in common, below which they are no version of each other


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    kind: str  # added | removed | same | hunk | note
    text: str
    old: int | None = None
    new: int | None = None
    parts: tuple[tuple[str, bool], ...] = ()  # of a line that was changed: pieces, and whether each is new, or gone


@dataclass(slots=True, kw_only=True)
class File:
    path: str
    lines: list[Line] = field(default_factory=list)
    word: str = ""  # created | deleted | binary; "" for changed

    @property
    def added(self) -> int:
        return sum(line.kind == "added" for line in self.lines)

    @property
    def removed(self) -> int:
        return sum(line.kind == "removed" for line in self.lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class Diff:
    files: Sequence[File]
    left_out: int = 0  # lines


def parse(text: str) -> Diff:
    """What git says with `diff --git` heads. Lines are told by their place, so that text which looks like a head stays text."""
    files: list[File] = []
    lines = text.split("\n")
    if lines and not lines[-1]:
        lines.pop()
    taken = lines[:MOST_LINES]
    for file, line in _told(taken):
        if not files or files[-1] is not file:
            files.append(file)
        if line is not None:
            file.lines.append(line)
    for file in files:
        file.lines = list(_compared(file.lines))
    return Diff(files=files, left_out=len(lines) - len(taken))


def _told(lines: Sequence[str]) -> Iterator[tuple[File, Line | None]]:
    file: File | None = None
    old = new = 0
    in_hunk = False
    for raw in lines:
        text = raw if len(raw) <= LONGEST_LINE else f"{raw[:LONGEST_LINE]} … {len(raw) - LONGEST_LINE} more characters"
        if text.startswith("diff --git "):
            file, in_hunk = File(path=_path(text)), False
            yield file, None
        elif file is None:
            continue
        elif (hunk := _HUNK.match(text)) and (text.startswith("@@")):
            old, new, in_hunk = int(hunk[1]), int(hunk[2]), True
            if old > 1:
                yield file, Line(kind="hunk", text=f"line {new}  {hunk[3].strip()}".rstrip())
        elif not in_hunk:
            _head(file, text)
        elif text.startswith("+"):
            yield file, Line(kind="added", text=text[1:], new=new)
            new += 1
        elif text.startswith("-"):
            yield file, Line(kind="removed", text=text[1:], old=old)
            old += 1
        elif text.startswith("\\"):
            yield file, Line(kind="note", text=text[1:].strip())
        else:
            yield file, Line(kind="same", text=text[1:], old=old, new=new)
            old, new = old + 1, new + 1


def _path(head: str) -> str:
    """The second of two equal halves; git quotes what is odd, and that stays as git says it."""
    said = head.removeprefix("diff --git ")
    half = said[len(said) // 2 + 1 :]
    return half.removeprefix("b/").removeprefix('"b/').removesuffix('"')


def _head(file: File, text: str) -> None:
    if text.startswith("new file"):
        file.word = "created"
    elif text.startswith("deleted file"):
        file.word = "deleted"
    elif text.startswith(("Binary files ", "GIT binary patch")):
        file.word = "binary"


def _compared(lines: Sequence[Line]) -> Iterator[Line]:
    """With the words marked that differ, where as many lines were taken away as were put in their place."""
    place = 0
    while place < len(lines):
        gone = _run_of("removed", lines, place)
        come = _run_of("added", lines, place + len(gone))
        if gone and len(gone) == len(come):
            pairs = [_pair(old, new) for old, new in zip(gone, come, strict=True)]
            yield from (old for old, _ in pairs)
            yield from (new for _, new in pairs)
            place += len(gone) + len(come)
        else:
            yield lines[place]
            place += 1


def _run_of(kind: str, lines: Sequence[Line], place: int) -> Sequence[Line]:
    end = place
    while end < len(lines) and lines[end].kind == kind:
        end += 1
    return lines[place:end]


def _pair(old: Line, new: Line) -> tuple[Line, Line]:
    before, after = _WORDS.findall(old.text), _WORDS.findall(new.text)
    if max(len(before), len(after)) > _MOST_WORDS:
        return old, new
    match = SequenceMatcher(None, before, after, autojunk=False)
    kept = sum(not word.isspace() for at, _, size in match.get_matching_blocks() for word in before[at : at + size])
    if kept < _ALIKE * sum(not word.isspace() for word in max(before, after, key=len)):
        return old, new
    gone, come = [], []
    for word, begin, end, to_begin, to_end in match.get_opcodes():
        gone.append(("".join(before[begin:end]), word != "equal"))
        come.append(("".join(after[to_begin:to_end]), word != "equal"))
    return replace(old, parts=_kept(gone)), replace(new, parts=_kept(come))


def _kept(parts: Sequence[tuple[str, bool]]) -> tuple[tuple[str, bool], ...]:
    return tuple(part for part in parts if part[0])

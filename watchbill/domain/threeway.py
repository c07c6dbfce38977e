"""Three-way merges finer than git's: by line, and in prose by sentence. Changes merge that only stand next to each other."""

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from itertools import pairwise
from typing import NamedTuple

PROSE = (".md", ".txt", ".rst", ".adoc", ".markdown")
LARGEST = 400_000  # characters of a side; what is larger is left to whoever knows its meaning
_MOST_PIECES = 20_000
_SENTENCE = re.compile(r"(?<=[.!?])(?=\s)|(?<=\n)")
_LINE = re.compile(r"(?<=\n)")


class _Change(NamedTuple):
    """Pieces of the base from begin to end become others."""

    begin: int
    end: int
    pieces: tuple[str, ...]


def merge(path: str, base: str, ours: str, theirs: str) -> str | None:
    """What both sides made of the base, or None where both changed the same lines (in prose: sentences), or too much.

    >>> merge("a.py", "a = 1\\nb = 2\\n", "a = 9\\nb = 2\\n", "a = 1\\nb = 8\\n")
    'a = 9\\nb = 8\\n'
    >>> merge("a.md", "He ran. She sat.", "He walked. She sat.", "He ran. She stood.")
    'He walked. She stood.'
    >>> merge("a.md", "He ran. She sat.", "He walked. She sat.", "He flew. She sat.")
    """
    if max(map(len, (base, ours, theirs))) > LARGEST:
        return None
    cut = _SENTENCE if path.casefold().endswith(PROSE) else _LINE
    pieces = [cut.split(text) for text in (base, ours, theirs)]
    if max(map(len, pieces)) > _MOST_PIECES:
        return None
    changes = sorted({*_changes(pieces[0], pieces[1]), *_changes(pieces[0], pieces[2])})
    if any(_meet(one, other) for one, other in pairwise(changes)):
        return None
    return "".join(_applied(pieces[0], changes))


def _changes(base: Sequence[str], side: Sequence[str]) -> Iterator[_Change]:
    matcher = SequenceMatcher(None, base, side, autojunk=False)
    for kind, begin, end, side_begin, side_end in matcher.get_opcodes():
        if kind != "equal":
            yield _Change(begin, end, tuple(side[side_begin:side_end]))


def _meet(one: _Change, other: _Change) -> bool:
    """Whether two changes, the one that begins first given first, touch the same pieces, or insert at the same place."""
    return other.begin < one.end or other.begin == one.begin or (other.begin == other.end == one.end)


def _applied(base: Sequence[str], changes: Sequence[_Change]) -> Iterator[str]:
    at = 0
    for change in changes:
        yield from base[at : change.begin]
        yield from change.pieces
        at = change.end
    yield from base[at:]

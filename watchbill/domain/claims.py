"""Claims: a run's hold on paths or globs. Two claims that could meet on one path never live at once.

Patterns are relative to the repository, with `/` between parts: a plain path, a folder (everything below it), or a glob in
which `*` and `?` stay inside a part and `**` spans parts. Comparison ignores case: on the file systems of Windows and macOS
`Notes.md` and `notes.md` are one file.
"""

import re
from collections.abc import Iterable
from functools import lru_cache

EVERYTHING = "**"


def normal(pattern: str) -> str:
    """The pattern as it is compared: no leading ./, no trailing /, folded case."""
    parts = [part for part in pattern.strip().split("/") if part not in ("", ".")]
    return "/".join(parts).casefold() or EVERYTHING


def overlaps(one: str, other: str) -> bool:
    """Whether some path could match both patterns. Errs on the side of yes for globs against globs.

    >>> overlaps("scenes/*.txt", "scenes/dunes.txt"), overlaps("docs", "docs/a.md"), overlaps("a/*.py", "b/*.py")
    (True, True, False)
    """
    return _meet(tuple(normal(one).split("/")), tuple(normal(other).split("/")))


def any_overlap(some: Iterable[str], others: Iterable[str]) -> tuple[str, str] | None:
    """The first pair of patterns that overlap, or None."""
    others = tuple(others)
    return next(((one, other) for one in some for other in others if overlaps(one, other)), None)


def covers(patterns: Iterable[str], path: str) -> bool:
    """Whether a concrete path lies inside one of the patterns (a folder covers what is below it)."""
    parts = tuple(normal(path).split("/"))
    return any(_matches(tuple(normal(pattern).split("/")), parts) for pattern in patterns)


def _matches(pattern: tuple[str, ...], path: tuple[str, ...]) -> bool:
    if not pattern:
        return True  # the pattern named a folder above the path, or the path itself
    if pattern[0] == "**":
        return any(_matches(pattern[1:], path[skip:]) for skip in range(len(path) + 1))
    return bool(path) and _part(pattern[0]).fullmatch(path[0]) is not None and _matches(pattern[1:], path[1:])


@lru_cache(maxsize=65536)
def _meet(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    if not one or not other:
        return True  # one is a folder above the other, or they are the same
    if one[0] == "**":
        return _meet(one[1:], other) or _meet(one, other[1:])
    if other[0] == "**":
        return _meet(other, one)
    return _parts_meet(one[0], other[0]) and _meet(one[1:], other[1:])


def _parts_meet(one: str, other: str) -> bool:
    if not _is_glob(one) and not _is_glob(other):
        return one == other
    if _is_glob(one) and _is_glob(other):
        return _ends_agree(one, other)
    glob, plain = (one, other) if _is_glob(one) else (other, one)
    return _part(glob).fullmatch(plain) is not None


def _ends_agree(one: str, other: str) -> bool:
    """Two globs can only meet if their fixed beginnings and fixed ends are compatible."""
    head, head2 = re.split(r"[*?\[]", one)[0], re.split(r"[*?\[]", other)[0]
    tail, tail2 = re.split(r"[*?\]]", one)[-1], re.split(r"[*?\]]", other)[-1]
    heads = head.startswith(head2) or head2.startswith(head)
    return heads and (tail.endswith(tail2) or tail2.endswith(tail))


def _is_glob(part: str) -> bool:
    return any(mark in part for mark in "*?[")


@lru_cache(maxsize=4096)
def _part(glob: str) -> re.Pattern[str]:
    pieces = {"*": "[^/]*", "?": "[^/]"}
    return re.compile("".join(pieces.get(mark, re.escape(mark)) for mark in glob))

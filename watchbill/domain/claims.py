"""Claims: a run's hold on paths or globs. Two claims that could meet on one path never live at once.

Patterns are relative to the repository, with `/` between parts: a plain path, a folder (everything below it), or a glob in
which `*` and `?` stay inside a part and `**` spans parts; `[` is a plain character. Comparison ignores case and Unicode's
ways of composing a letter: on the file systems of Windows and macOS `Notes.md` and `notes.md` are one file. Patterns come
from queues that anybody may have written: no pattern costs more than its length times that of what it is compared with.
"""

import fnmatch
import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum
from functools import lru_cache

EVERYTHING = "**"


class Widen(StrEnum):
    """Which files beside its own a task of a repository may be given."""

    NEVER = "never"
    ASKED = "asked"  # what its model asks for, where it is free; what was changed unasked waits for a person
    FREE = "free"  # that, too, where nobody has it


@lru_cache(maxsize=65536)
def normal(pattern: str) -> str:
    """The pattern as it is compared: no leading ./, no trailing /, folded case."""
    return "/".join(_parts(pattern.strip())) or EVERYTHING


def is_path(pattern: str) -> bool:
    """Whether it can only mean one file (or a folder, which no pattern tells apart).

    >>> is_path("docs/a.md"), is_path("docs/*.md")
    (True, False)
    """
    return "*" not in pattern and "?" not in pattern


def overlaps(one: str, other: str) -> bool:
    """Whether some path lies inside both patterns.

    >>> overlaps("scenes/*.txt", "scenes/dunes.txt"), overlaps("docs", "docs/a.md"), overlaps("a/*.py", "b/*.py")
    (True, True, False)
    """
    return _paths_meet(normal(one), normal(other))


def any_overlap(some: Iterable[str], others: Iterable[str]) -> tuple[str, str] | None:
    """The first pair of patterns that overlap, or None."""
    others = tuple(others)
    return next(((one, other) for one in some for other in others if overlaps(one, other)), None)


def covers(patterns: Iterable[str], path: str) -> bool:
    """Whether a concrete path lies inside one of the patterns (a folder covers what is below it)."""
    parts = _parts(path)
    if not parts or ".." in parts:
        return False  # no path inside the repository
    return any(_matches(normal(pattern).split("/"), parts) for pattern in patterns)


def absent(patterns: Iterable[str], paths: Sequence[str]) -> tuple[str, ...]:
    """The patterns that no path lies inside of.

    >>> absent(["lore/*.md", "docs"], ["docs/a.md"])
    ('lore/*.md',)
    """
    return tuple(pattern for pattern in patterns if not any(covers([pattern], path) for path in paths))


def _parts(path: str) -> list[str]:
    folded = unicodedata.normalize("NFC", unicodedata.normalize("NFD", path).casefold())
    return [part for part in folded.split("/") if part not in ("", ".")]


def _matches(pattern: Sequence[str], path: Sequence[str]) -> bool:
    """Goes along the path with every place of the pattern that it can have come to; past its end is a folder above."""
    places = _past_stars({0}, pattern)
    for part in path:
        if len(pattern) in places:
            return True
        stay = {place for place in places if pattern[place] == EVERYTHING}
        step = {place + 1 for place in places - stay if _fits(part, pattern[place])}
        places = _past_stars(stay | step, pattern)
    return len(pattern) in places


def _past_stars(places: set[int], pattern: Sequence[str]) -> set[int]:
    """With the places after each `**`, which may also span nothing."""
    reached = set(places)
    for place in range(len(pattern)):
        if place in reached and pattern[place] == EVERYTHING:
            reached.add(place + 1)
    return reached


@lru_cache(maxsize=65536)
def _paths_meet(one: str, other: str) -> bool:
    # a pattern holds everything below what it names
    if not any(sign in pattern for pattern in (one, other) for sign in "*?"):
        return f"{one}/".startswith(f"{other}/") or f"{other}/".startswith(f"{one}/")
    return _meet((*one.split("/"), EVERYTHING), (*other.split("/"), EVERYTHING), star=EVERYTHING, agree=_names_meet)


@lru_cache(maxsize=65536)
def _names_meet(one: str, other: str) -> bool:
    return one == other or _meet(one, other, star="*", agree=_signs_meet)


def _signs_meet(one: str, other: str) -> bool:
    return one == other or "?" in (one, other)


def _meet(one: Sequence[str], other: Sequence[str], *, star: str, agree: Callable[[str, str], bool]) -> bool:
    """Whether some sequence fits both patterns, where star stands for any number of items."""
    todo, seen = [(0, 0)], set()
    while todo:
        place = todo.pop()
        if place in seen:
            continue
        seen.add(place)
        here, there = place
        ended, other_ended = here == len(one), there == len(other)
        if ended and other_ended:
            return True
        if not ended and one[here] == star:
            todo += [(here + 1, there)] if other_ended else [(here, there + 1), (here + 1, there)]
        elif not other_ended and other[there] == star:
            todo += [(here, there + 1)] if ended else [(here + 1, there), (here, there + 1)]
        elif not ended and not other_ended and agree(one[here], other[there]):
            todo.append((here + 1, there + 1))
    return False


def _fits(part: str, pattern: str) -> bool:
    return part == pattern if is_path(pattern) else _glob(pattern).fullmatch(part) is not None


@lru_cache(maxsize=4096)
def _glob(part: str) -> re.Pattern[str]:
    return re.compile(fnmatch.translate(part.replace("[", "[[]")))

"""From what people write behind "Files:" to claims: paths and globs that a run may write.

A part that is neither a usable path nor an alias makes the whole claim an exclusive `**`: too wide is slow, too narrow is wrong.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from watchbill.domain.claims import EVERYTHING

MAX_PATTERNS = 200
MAX_LENGTH = 300  # characters of one path

_QUOTED = re.compile(r"`([^`\n]{1,400})`|\[[^\[\]\n]{0,400}\]\(([^()\s]{1,400})\)")
_BETWEEN = re.compile(r"[,;\n]|\s[+&]\s|\s(?:and|plus|und|as well as)\s", re.IGNORECASE)
_ASIDE = re.compile(r"\([^()]*\)")
_BULLET = re.compile(r"^\s*(?:[-*+]|\d{1,3}[.)])\s+")
_FILLER = frozenset(
    ["a", "also", "and", "file", "files", "in", "new", "only", "plus", "the", "to", "und", "see", "update", "updated"]
)
_NONE = frozenset(("none", "n/a", "na", "-", "–", "—", "tbd", "?", "any", "all", "all files", "everything", "*"))  # noqa: RUF001  # the dash that people type
_BARE_NAMES = frozenset(
    [
        "makefile",
        "dockerfile",
        "license",
        "readme",
        "changelog",
        "authors",
        "codeowners",
        "procfile",
        "gemfile",
        "rakefile",
    ]
)
_HERE = re.compile(r"^(?:\./)+")  # what follows it must stand on its own
_LEAVES = re.compile(r"^(?:[/~]|[A-Za-z]:|[A-Za-z][A-Za-z0-9+.-]*://)")
_FILE_NAME = re.compile(r"\.?[^\s./]+(?:\.[^\s./]+)*\.[A-Za-z0-9*?_-]{1,12}|\.[A-Za-z][\w.-]*|[^\s.]*[*?][^\s.]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """What names of files mean in one repository."""

    aliases: Mapping[str, tuple[str, ...]] = field(
        default_factory=dict
    )  # "all scene files" → globs; case does not count
    paths_by_name: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # "startup.txt" → where such a file is


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    patterns: tuple[str, ...]
    refused: tuple[str, ...] = ()  # paths that nobody may claim, each with the mend
    unknown: tuple[str, ...] = ()  # parts that are neither a path nor an alias


def names(aliases: Mapping[str, Iterable[str]], paths: Iterable[str] = ()) -> Names:
    """Names for claims_of: `paths` are the repository's own, so that a bare file name finds its place."""
    by_name: dict[str, list[str]] = {}
    for path in paths:
        by_name.setdefault(path.rsplit("/", 1)[-1].casefold(), []).append(path)
    return Names(
        aliases={_folded(alias): tuple(patterns) for alias, patterns in aliases.items()},
        paths_by_name={name: tuple(found) for name, found in by_name.items()},
    )


def claims_of(text: str, known: Names) -> Reading:
    """What a task that says `text` behind "Files:" claims.

    >>> claims_of("scenes/a.txt, `b c.md` (new)", names({})).patterns
    ('scenes/a.txt', 'b c.md')
    >>> claims_of("Scene files + startup.txt", names({"scene files": ["scenes/*.txt"]})).patterns
    ('scenes/*.txt', 'startup.txt')
    >>> claims_of("whatever it takes", names({})).patterns
    ('**',)
    """
    patterns: dict[str, None] = {}
    refused: list[str] = []
    unknown: list[str] = []
    for part, quoted in _parts(text):
        if why := _refusal(_HERE.sub("", part)):
            refused.append(f"{part[:80]!r} {why}")
        elif found := _meaning(part, known, quoted=quoted):
            patterns.update(dict.fromkeys(found))
        else:
            unknown.append(part[:80])
    narrow = patterns and not refused and not unknown and EVERYTHING not in patterns and len(patterns) <= MAX_PATTERNS
    return Reading(
        patterns=tuple(patterns) if narrow else (EVERYTHING,), refused=tuple(refused), unknown=tuple(unknown)
    )


def _parts(text: str) -> Iterator[tuple[str, bool]]:
    """The parts of a list of files, and whether each was quoted (so that it may hold blanks)."""
    for found in _QUOTED.finditer(text):
        yield (found[1] or found[2]).strip(), True
    rest = _ASIDE.sub(" ", _QUOTED.sub("\n", text))
    for piece in _BETWEEN.split(rest):
        part = _BULLET.sub("", piece).strip(" \t\r\"'")
        words = set(part.casefold().rstrip(".:").split())
        if words - _FILLER and part.casefold() not in _NONE:
            yield part, False


def _refusal(part: str) -> str:
    if "\\" in part:
        return "has a backslash: write / between the parts of a path"
    if _LEAVES.match(part) or ".." in part.split("/"):
        return "leaves the repository: write a path relative to it"
    if part.split("/", maxsplit=1)[0].casefold() == ".git":
        return "is git's own: nothing of a task's"
    if any(not mark.isprintable() for mark in part):
        return "holds characters that cannot be shown"
    return ""


def _meaning(part: str, known: Names, *, quoted: bool) -> tuple[str, ...]:
    path = part.rstrip(".").removeprefix("./")
    if _is_path(path, quoted=quoted):
        plain = "/".join(piece for piece in path.split("/") if piece not in ("", "."))
        return (_placed(plain, known),)
    folded = f" {_folded(part)} "
    fitting = [alias for alias in known.aliases if alias and f" {alias} " in folded]
    return known.aliases[max(fitting, key=len)] if fitting else ()


def _is_path(path: str, *, quoted: bool) -> bool:
    if not path.strip("/") or len(path) > MAX_LENGTH or (not quoted and any(mark.isspace() for mark in path)):
        return False
    name = path.rsplit("/", 1)[-1]
    return "/" in path or name.casefold() in _BARE_NAMES or _FILE_NAME.fullmatch(name.replace(" ", "_")) is not None


def _placed(path: str, known: Names) -> str:
    """A bare file name is where the repository's only file of that name is."""
    found = known.paths_by_name.get(path.casefold(), ()) if "/" not in path else ()
    return found[0] if len(found) == 1 else path


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())

"""Needs: what an entry says it comes after, as ids and as files that must be there; what is unknown or in a circle is reported."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from watchbill.domain.ids import TaskId
from watchbill.intake.entries import Entry, Field, Unreadable

KEYS = ("after", "needs", "depends on", "dependencies", "dependency", "blocked by")
FILE_KEYS = ("needs file", "needs files", "needs path", "needs paths", "requires file", "requires files")
_NONE = frozenset(("", "none", "n/a", "-", "–", "—", "nothing", "no"))  # noqa: RUF001  # the dash that people type
_BETWEEN = re.compile(r"[,;\n]|\s+(?:and|&|\+)\s+")
_FILE_NAME = re.compile(r"[\w.*?-]*\.[A-Za-z][A-Za-z0-9]{0,4}")
_PATH_TRIM = " \t`\"'"
_TRIM = " \t*`\"'[]#."


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """Every name by which a task of one repository may be called. All names have folded case and single blanks."""

    id_by_name: Mapping[str, TaskId]  # ids, stated ids and unique titles
    ambiguous: frozenset[str] = frozenset()  # titles that several tasks have


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """`ids` holds unknown names too: a task never starts before what it was said to wait for."""

    ids: tuple[TaskId, ...] = ()
    artefacts: tuple[str, ...] = ()  # paths or globs
    unreadable: tuple[Unreadable, ...] = field(default=())


def register(ids: Iterable[tuple[TaskId, str]], titles: Iterable[tuple[TaskId, str]]) -> Register:
    """`ids`: a task and an id that it goes by; `titles`: a task and its title."""
    by_title: dict[str, set[TaskId]] = {}
    for id_, title in titles:
        by_title.setdefault(_folded(title), set()).add(id_)
    unique = {name: next(iter(found)) for name, found in by_title.items() if len(found) == 1}
    by_id = {_folded(name): id_ for id_, name in ids}
    return Register(
        id_by_name={**unique, **by_id}, ambiguous=frozenset(by_title) - frozenset(unique) - frozenset(by_id)
    )


def needs_of(entry: Entry, known: Register, *, own: TaskId) -> Needs:
    """What the entry waits for. A need on itself is reported and dropped."""
    ids: dict[TaskId, None] = {}
    artefacts: dict[str, None] = {}
    unreadable: list[Unreadable] = []
    for stated in entry.values(*KEYS):
        for name in _named(stated, known):
            id_ = known.id_by_name.get(_folded(name))
            if id_ is None and _is_path(name):
                artefacts[name] = None
                continue
            if why := _trouble(name, id_, known, own):
                unreadable.append(Unreadable(path=entry.path, line=stated.line, why=why))
            if id_ != own:
                ids[id_ or TaskId(name[:200])] = None
    for stated in entry.values(*FILE_KEYS):
        artefacts.update(dict.fromkeys(_files(stated)))
    return Needs(ids=tuple(ids), artefacts=tuple(artefacts), unreadable=tuple(unreadable))


def _named(stated: Field, known: Register) -> list[str]:
    """The names in a value: the whole of it where that is a name (titles may hold commas), else its parts."""
    whole = stated.value.strip(_TRIM)
    if _folded(whole) in known.id_by_name:
        return [whole]
    parts = (part.strip(_TRIM).removeprefix("- ") for part in _BETWEEN.split(stated.value))
    return [part for part in parts if part.casefold() not in _NONE]


def _is_path(name: str) -> bool:
    """Whether a name that no task has is one of a file: `scenes/ch4.txt`, `docs/*.md`, `canon.yaml`."""
    return not any(map(str.isspace, name)) and ("/" in name or _FILE_NAME.fullmatch(name) is not None)


def _files(stated: Field) -> Iterator[str]:
    for part in re.split(r"[,;\n]", stated.value):
        if name := part.strip(_PATH_TRIM).removeprefix("./"):
            yield name


def _trouble(name: str, id_: TaskId | None, known: Register, own: TaskId) -> str:
    if id_ == own:
        return f"it says that it comes after itself ({name[:60]!r}): remove that"
    if id_ is not None:
        return ""
    if _folded(name) in known.ambiguous:
        return f"several tasks are called {name[:60]!r}, so it waits for none that can end: give the one meant an [id:: …] and name that"
    return f"it comes after {name[:60]!r}, which no task here is called, so it waits: correct the name"


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())

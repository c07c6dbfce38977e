"""Rules: what may become of one key of a foreign file, and the few kinds of rules that the tables are made of."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from watchbill.config.imports.leaves import Leaf, Path
from watchbill.config.imports.targets import At, Unfit, is_default


class Verdict(StrEnum):
    IMPORTED = "imported"
    DEFAULT = "same as default"
    NONE = "no counterpart"


class Merge(StrEnum):
    """Which value counts where several keys of the files mean one of ours."""

    FIRST = "the first"
    LEAST = "the smaller"
    MOST = "the larger"


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One value for one key of watchbill.toml."""

    at: At
    value: object
    merge: Merge = Merge.FIRST


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What becomes of a key."""

    verdict: Verdict
    why: str = ""
    pieces: tuple[Piece, ...] = ()
    to: str = ""  # the key of ours, or the section, that stands for it


@dataclass(frozen=True, slots=True, kw_only=True)
class Berth:
    """Where a provider of a foreign file goes."""

    name: str  # as it is called in watchbill.toml
    kind: str  # "" when nobody knows what it is
    lacks: str = ""  # what keeps it from being taken over ready for work

    @property
    def is_ready(self) -> bool:
        return not self.lacks


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What an import has to know of the day and of this installation."""

    kinds: frozenset[str]  # of providers that are installed
    is_priced: Callable[[str, str], bool]  # vendor, model
    today: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A key under a rule's eyes."""

    leaf: Leaf
    names: tuple[str, ...]  # what the pattern's stars stand for
    world: World
    berths: Mapping[str, Berth] = field(default_factory=dict)  # by the provider's name in the file
    workflows: tuple[str, ...] = ()  # their names in the file, in its order

    @property
    def value(self) -> object:
        return self.leaf.value


Rule = Callable[[Seen], Outcome]
Convert = Callable[[object], object]  # raises Unfit

UNKNOWN = Outcome(verdict=Verdict.NONE, why="no key that is known of this kind of file")


def lookup(table: Mapping[str, Rule], path: Path) -> tuple[Rule, tuple[str, ...]]:
    """The first rule whose pattern fits, and what its stars stand for. `*` is one name, `**` at the end any rest."""
    for pattern, rule in table.items():
        names = _match(pattern.split("."), path)
        if names is not None:
            return rule, names
    return lambda _: UNKNOWN, ()


def _match(pattern: list[str], path: Path) -> tuple[str, ...] | None:
    if pattern[-1] == "**":
        pattern, path = pattern[:-1], path[: len(pattern) - 1] if len(path) >= len(pattern) else ()
    if len(pattern) != len(path) or any(want not in ("*", part) for want, part in zip(pattern, path, strict=True)):
        return None
    return tuple(str(part) for want, part in zip(pattern, path, strict=True) if want == "*")


def setting(key: str, convert: Convert, *, merge: Merge = Merge.FIRST, why: str = "") -> Rule:
    """It is a key of ours."""
    at = tuple(key.split("."))

    def rule(seen: Seen) -> Outcome:
        return place(at, seen.value, convert, merge=merge, why=why)

    return rule


def place(at: At, value: object, convert: Convert, *, merge: Merge = Merge.FIRST, why: str = "") -> Outcome:
    to = ".".join(at)
    try:
        ours = convert(value)
        verdict = Verdict.DEFAULT if is_default(at, ours) else Verdict.IMPORTED
    except Unfit as error:
        return Outcome(verdict=Verdict.NONE, why=f"{to} cannot take its value: {error}")
    return Outcome(verdict=verdict, to=to, why=why, pieces=(Piece(at=at, value=ours, merge=merge),))


def always(value: object, why: str) -> Rule:
    """watchbill does just so, and it is no setting. `why` says what it does."""

    def rule(seen: Seen) -> Outcome:
        if type(seen.value) is type(value) and seen.value == value:
            return Outcome(verdict=Verdict.DEFAULT, why=why)
        return Outcome(verdict=Verdict.NONE, why=f"it is no setting: {why}")

    return rule


def lacking(why: str) -> Rule:
    """watchbill has no such thing. What is off in the file is off here."""

    def rule(seen: Seen) -> Outcome:
        if seen.value in (False, None, "", "none", [], {}):
            return Outcome(verdict=Verdict.DEFAULT, why="off here too")
        return Outcome(verdict=Verdict.NONE, why=why)

    return rule


def note(why: str) -> Rule:
    """It says nothing that a setting could take."""

    def rule(_: Seen) -> Outcome:
        return Outcome(verdict=Verdict.NONE, why=why)

    return rule


def name_for(text: str, longest: int = 64) -> str:
    """The text as a name of ours."""
    kept = "".join(mark if mark.isascii() and (mark.isalnum() or mark in "._-") else "-" for mark in text)
    return kept.strip("._-")[:longest] or "unnamed"


# --- conversions


def amount(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Unfit("it is no number")
    return value


def count(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise Unfit("it is no whole number")
    return value


def claim(value: object) -> bool:
    if not isinstance(value, bool):
        raise Unfit("it is neither true nor false")
    return value


def text(value: object) -> str:
    if not isinstance(value, str):
        raise Unfit("it is no text")
    return value


def minutes(value: object) -> str:
    """A span as watchbill.toml writes it."""
    return f"{amount(value)}m"


def days(value: object) -> str:
    return f"{amount(value)}d"


def hours(value: object) -> str:
    return f"{amount(value)}h"


def when(yes: object, no: object) -> Convert:
    """One value for true, another for false."""
    return lambda value: yes if claim(value) else no

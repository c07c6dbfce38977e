"""The canon: a world's facts as frozen values, whichever form their authors wrote them in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from watchbill.gates.lore.positions import Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Alias:
    text: str
    only_by: str = ""  # who alone says it, as the canon names them; "" is everybody


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    text: str
    span: Span = field(default_factory=Span)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribute:
    key: str  # lower case, words apart, British: "eye colour"
    values: tuple[Value, ...]
    words: str  # the canon's own


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    word: str  # "brother": what the other one is to the entry
    other: str  # an id, or a name that the canon says nothing else of
    words: str
    span: Span = field(default_factory=Span)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """Somebody, somewhere or something with a name."""

    id: str
    name: str
    kind: str = ""
    aliases: tuple[Alias, ...] = ()
    attributes: tuple[Attribute, ...] = ()
    relations: tuple[Relation, ...] = ()
    notes: tuple[str, ...] = ()  # sentences about it
    is_place: bool = False

    @property
    def spoken_of(self) -> tuple[str, ...]:
        """Every name that anybody gives it."""
        return (self.name, *(alias.text for alias in self.aliases))


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    id: str
    about: str
    text: str
    span: Span = field(default_factory=Span)


@dataclass(frozen=True, slots=True, kw_only=True)
class Death:
    id: str
    who: str
    position: float | None  # None: before the story, or only the date is known
    date: date | None
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Knowledge:
    id: str
    who: str  # "" is anybody
    what: str
    position: float
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """From one place to another, in either direction."""

    id: str
    ends: tuple[str, str]
    days: float | None = None
    distance: float | None = None
    unit: str = ""  # singular
    words: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    id: str
    position: float | None
    date: date | None
    weekday: str
    event: str
    words: str
    place: str = ""
    told: str = ""  # the date as it is written, in whatever calendar


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """Words that are not to be written, and what stands in their place."""

    id: str
    rule: str  # banned-word | spelling | unit
    never: tuple[str, ...]
    use: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    id: str
    who: str
    check: str  # as the canon writes it, or its rule where it names no check
    arguments: tuple[str, ...]
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    id: str
    name: str
    type: str
    low: float | None
    high: float | None
    words: str
    initial: str = ""  # as a *create line writes it, "" where the canon does not tell
    choices: tuple[str, ...] = ()  # the only texts that it may hold, lower case


@dataclass(frozen=True, slots=True, kw_only=True)
class SceneFacts:
    id: str
    name: str
    labels: frozenset[str]
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    is_own: bool = False
    months: tuple[str, ...] = ()
    weekdays: tuple[str, ...] = ()
    days_by_month: Mapping[str, int] = field(default_factory=dict)
    month_starts_on: str = ""  # the weekday on which every month begins, where it is always the same
    year: int | None = None  # in which the whole story stands
    words: str = ""
    id: str = "calendar"


@dataclass(frozen=True, slots=True, kw_only=True)
class Canon:
    unit: str = "chapter"
    narrator: str = ""  # who says "I" throughout, where one person does
    calendar: Calendar = field(default_factory=Calendar)
    entries: tuple[Entry, ...] = ()
    facts: tuple[Fact, ...] = ()
    deaths: tuple[Death, ...] = ()
    knowledge: tuple[Knowledge, ...] = ()
    ways: tuple[Way, ...] = ()
    timeline: tuple[Moment, ...] = ()
    wording: tuple[Words, ...] = ()
    voices: tuple[Voice, ...] = ()
    variables: tuple[Variable, ...] = ()
    scenes: tuple[SceneFacts, ...] = ()

    @property
    def entry_by_id(self) -> dict[str, Entry]:
        return {entry.id: entry for entry in self.entries}

    def find(self, name: str) -> Entry | None:
        """The entry of this id, name or alias, whatever the case and the article."""
        wanted = bare(name)
        if not wanted:
            return None
        for entry in self.entries:
            if bare(entry.id) == wanted or any(bare(one) == wanted for one in entry.spoken_of):
                return entry
        shorter = [one for one in self.entries if wanted in (bare(part) for part in one.name.split())]
        if len(shorter) == 1:
            return shorter[0]
        parts = set(wanted.split())
        within = [one for one in self.entries if len(parts) > 1 and parts <= set(bare(one.name).split())]
        return within[0] if len(within) == 1 else None  # "Captain Brandt" of Captain Josef Brandt


def bare(name: str) -> str:
    """A name without its article, its case and its punctuation.

    >>> bare("The Long  Quay"), bare("long_quay")
    ('long quay', 'long quay')
    """
    words = "".join(mark if mark.isalnum() or mark in "'-" else " " for mark in name.casefold()).split()
    return " ".join(words[1:] if words[:1] in (["the"], ["a"], ["an"]) and len(words) > 1 else words)

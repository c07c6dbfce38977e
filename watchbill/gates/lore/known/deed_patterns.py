"""Deed patterns: how the table of affordances writes what is done by whom to what, and where."""

from dataclasses import dataclass, replace

from watchbill.gates.lore.english.language import nouns, stems

ANY = "%"  # whatever somebody does with their body
THING = "*"  # the thing itself


@dataclass(frozen=True, slots=True)
class Deed:
    """A verb with who or what does it, and what it is done to or where; what is left out may be anything."""

    subjects: frozenset[str]
    verbs: frozenset[str]  # stems
    prepositions: frozenset[str]
    objects: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """A state that a canon may tell of, and what cannot be while it lasts."""

    said: str  # a pattern: what the canon says
    things: frozenset[str]  # nouns of what it may be said of; none: of anything
    deeds: tuple[Deed, ...]
    where: frozenset[str]  # nouns one of which shows that a text is there, where it does not name the thing
    unless: str  # a pattern: what in the paragraph excuses it
    is_everywhere: bool  # it needs no thing, and holds wherever no other place is named
    is_owned: bool  # whose it was, or where, must be near


def deed(text: str) -> Deed:
    """A deed as the table below writes it: "subjects : verbs /prepositions > objects".

    >>> sorted(deed("drink /from > well").prepositions), sorted(deed("boat : rock").subjects)
    (['from'], ['boat'])
    """
    subjects, _, rest = text.rpartition(":")
    done, _, objects = rest.partition(">")
    verbs, _, prepositions = done.partition("/")
    return Deed(
        nouns(subjects),
        stems(verbs),
        frozenset(prepositions.split()),
        nouns(objects),
    )


def _apart(one: Deed) -> tuple[Deed, ...]:
    """The deeds of the thing itself apart from those of others, which count only where the thing is."""
    if THING not in one.subjects or len(one.subjects) == 1:
        return (one,)
    return replace(one, subjects=frozenset((THING,))), replace(one, subjects=one.subjects - {THING})


def condition(
    said: str,
    deeds: str,
    *,
    things: str = "",
    where: str = "",
    unless: str = "$^",
    is_everywhere: bool = False,
    is_owned: bool = False,
) -> Condition:
    return Condition(
        said=said,
        things=nouns(things),
        deeds=tuple(one for line in deeds.strip().split("\n") for one in _apart(deed(line))),
        where=nouns(where),
        unless=unless,
        is_everywhere=is_everywhere,
        is_owned=is_owned,
    )

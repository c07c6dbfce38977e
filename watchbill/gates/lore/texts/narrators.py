"""Narrators: who says "I" in a text, by its canon or by whom others call by name."""

import re
from typing import TYPE_CHECKING

from watchbill.gates.lore.canon import Canon, Entry
from watchbill.gates.lore.english.bags import loose

if TYPE_CHECKING:
    from watchbill.gates.lore.texts.reading import Reading

_WHO = r"(?P<who>[A-ZÀ-Þ][\w'-]+(?: [A-ZÀ-Þ][\w'-]+){0,2})"
_TOLD = tuple(
    re.compile(pattern)
    for pattern in (
        rf"\b(?:[Nn]arrated|[Tt]old)(?: (?:throughout|entirely|in (?:the )?first person(?:,? past tense)?|in the voice))?,? (?:by|of) {_WHO}(?=[^.]*\bfirst[- ]person\b|[^.]*\bI\b|\s*[.,;(]|$)",
        rf"\b{_WHO} (?:tells|narrates) (?:it|this|the (?:whole )?(?:story|book|tale)|everything|all of it)\b",
        rf"\b[Nn]arrator\W{{1,8}}{_WHO}",
        rf"\b{_WHO}(?:,| is)? (?:the|our|its|sole) narrator\b",
        rf"\b[Ff]irst[- ]person(?: narration| past| past tense| present)?,? (?:by|from|in the voice of|through) {_WHO}",
        rf"\b\"?I\"? (?:is|means) (?:always )?{_WHO}",
    )
)
_NARRATING = loose(r"\bnarrator\b|\bnarrates\b|\bfirst[- ]person\b|\btells (?:the|this) (?:story|book|tale)\b")


def told_by(text: str) -> str | None:
    """Whom a document names as saying "I" all through.

    >>> told_by("Ada Crane tells it herself, first person."), told_by("Told in five parts.")
    ('Ada Crane', None)
    """
    return next((found["who"] for pattern in _TOLD if (found := pattern.search(text)) is not None), None)


def narrator_of(canon: Canon) -> Entry | None:
    """Who says "I" all through a world."""
    if canon.narrator:
        return _called(canon, canon.narrator)
    narrating = [
        entry
        for entry in canon.entries
        if not entry.is_place
        and (
            any(_NARRATING.search(f"{one.key} {one.words}") for one in entry.attributes)
            or any(_NARRATING.search(note) for note in entry.notes)
        )
    ]
    return narrating[0] if len(narrating) == 1 else None


def _called(canon: Canon, name: str) -> Entry | None:
    """Also by a longer or shorter given name: Dolly Marsh is Dolores Marsh."""
    found = canon.find(name)
    if found is not None:
        return found
    first, *rest = name.split()
    near = [
        entry
        for entry in canon.entries
        if rest
        and rest[-1] == entry.name.split()[-1]
        and any(one[:3].lower() == first[:3].lower() for one in entry.spoken_of)
    ]
    return near[0] if len(near) == 1 else None


def called_in_speech(reading: "Reading") -> Entry | None:
    """Who alone of the canon is called by name in the speeches of a text told by "I", and never named by its narration."""
    narrated = {
        one.entry.id
        for place, sentence in enumerate(reading.sentences)
        if not sentence.is_speech
        for one in reading.mentions[place]
    }
    called: dict[str, Entry] = {}
    for place, sentence in enumerate(reading.sentences):
        if (
            sentence.is_speech
            and (one := reading.addressed(place)) is not None
            and not _is_mine(reading, sentence.paragraph)
        ):
            called[one.id] = one
    alone = [one for key, one in called.items() if key not in narrated and not one.is_place]
    return alone[0] if len(alone) == 1 and len(called) == 1 else None


def _is_mine(reading: "Reading", paragraph: int) -> bool:
    """Whether "I" says what a paragraph quotes."""
    return any("i" in (word.lower for word in reading.sentences[near].tokens[:6]) for near in reading.beside(paragraph))

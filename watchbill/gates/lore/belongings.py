"""Belongings: what somebody wears until a chapter, or from one on, or never: worn all the same."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from watchbill.gates.lore.bags import bag
from watchbill.gates.lore.canon import Canon, Entry
from watchbill.gates.lore.deeds import Statement, statements
from watchbill.gates.lore.forms import is_person
from watchbill.gates.lore.language import noun
from watchbill.gates.lore.marks import Mark
from watchbill.gates.lore.phrases import POSSESSIVES, owner_of, phrase_at
from watchbill.gates.lore.reading import Reading

_WORN = bag(
    "brace plait braid pigtail ponytail beard moustache cast plaster crutch sling bandage spectacles glasses wig veil eyepatch earring necklace locket bracelet badge collar cane apron"
)
_NONE = re.compile(r"\b(?:wears?|has|carries|needs) no (?P<what>[a-z]+)\b|^no (?P<what2>[a-z]+)$", re.IGNORECASE)
_TOLD = re.compile(r"^(?:has|had|wears|wore|with)?\s*(?:an?|two|his|her|the)?\s*(?:[a-z-]+ ){0,3}?(?P<what>[a-z]+)(?: (?:on|in|over|round|across|around)\b.*|\s*,.*)?$", re.IGNORECASE)  # fmt: skip
_GONE = re.compile(
    r"\b(?:gone|without|used to|once|lost|missing|no longer|where|cut (?:off|away)|shorn|shaved|taken off|removed|borrow\w*|new|again|remember\w*|false|pretend\w*|mother's|father's|sister's|brother's)\b",
    re.IGNORECASE,
)
_ON = bag("on in round over across around")


@dataclass(frozen=True, slots=True, kw_only=True)
class Belonging:
    stated: Statement
    entry: Entry
    what: str
    is_never: bool


class Belongings:
    def __init__(self, canon: Canon) -> None:
        self._every = [one for stated in statements(canon) if (one := belonging_of(stated)) is not None]

    def check(self, reading: Reading) -> Iterator[Mark]:
        position = reading.standing.position
        held = {(one.entry.id, one.what) for one in self._every if not one.is_never and one.stated.span.holds(position)}
        wrong = [
            one
            for one in self._every
            if (one.entry.id, one.what) not in held and one.stated.span.holds(position) is one.is_never
        ]
        frames = reading.frames
        for place, sentence in enumerate(reading.sentences):
            if not wrong or not frames.is_narrated(sentence):
                continue
            for at, word in enumerate(sentence.tokens):
                for one in wrong:
                    if noun(word.text) != one.what or _GONE.search(reading.passage.in_paragraph(sentence.paragraph)):
                        continue
                    first = _owned(reading, place, at, one.entry)
                    if (
                        first is None
                        or frames.is_hedged(sentence, word.start)
                        or frames.is_compared(sentence, word.start)
                    ):
                        continue
                    yield Mark(
                        rule="attribute",
                        canon_id=one.stated.id,
                        start=sentence.tokens[first].start,
                        end=word.end,
                        canon=one.stated.words,
                        confidence=0.75,
                    )


def belonging_of(stated: Statement) -> Belonging | None:
    entry = stated.entry
    if entry is None or not is_person(entry):
        return None
    if (none := _NONE.search(stated.text)) is not None:
        what = noun(none["what"] or none["what2"])
        return Belonging(stated=stated, entry=entry, what=what, is_never=True) if what in _WORN else None
    told = _TOLD.match(stated.text.strip(" ,"))
    if told is None or stated.span.is_open or noun(told["what"]) not in _WORN:
        return None
    return Belonging(stated=stated, entry=entry, what=noun(told["what"]), is_never=False)


def _owned(reading: Reading, place: int, at: int, entry: Entry) -> int | None:
    """The first token of "her plaits", "Mary's plaits", "the brace on her teeth", where they are the entry's."""
    words = reading.sentences[place].tokens
    phrase = phrase_at(words, at)
    determiner = words[phrase.determiner].lower if phrase.determiner >= 0 else ""
    if determiner in POSSESSIVES or determiner in ("'s", "'"):
        owner, _ = owner_of(reading, place, phrase)
        first = phrase.first - 1 if determiner.startswith("'") else phrase.first
        return first if owner is not None and owner.id == entry.id else None
    behind = words[at + 1 : at + 3]
    if len(behind) > 1 and behind[0].lower in _ON and behind[1].lower in ("his", "her"):
        owner = reading.meant(place, at + 2)
        return phrase.first if owner is not None and owner.id == entry.id else None
    return None

"""Parts of things that are gone: a mast shot away, a tower fallen, a wheel lost."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from watchbill.gates.lore.canon import Canon, Entry
from watchbill.gates.lore.english.bags import bag, either, row
from watchbill.gates.lore.english.language import Token, low_at, noun
from watchbill.gates.lore.known.deeds import Statement, statements
from watchbill.gates.lore.texts.marks import Mark
from watchbill.gates.lore.texts.phrases import acts
from watchbill.gates.lore.texts.reading import Reading

_GONE = re.compile(
    r"(?:\b(?:[Tt]he )?(?P<owner>[A-ZÀ-Þ][\w' ]*?)'s|^The) (?P<part>[a-z-]+) (?:is|was|has been|are|has) (?:gone|lost|missing|shot away|carried away|down|destroyed|fallen|broken off|torn away|cut away|collapsed)\b"
)
_BASES = row("mast tower wing funnel chimney sail wheel turret spire rudder anchor engine")
_ALOFT = bag("climbed climbs swarmed clung up aloft down at on to against from of atop ascended scaled")
_STUMP = either(
    r"stump|remains|wreck\w*|jury|new|where|missing|lost|fallen|gone|splinter\w*|replac\w*|repair\w*|step(?:ped|ping)|without|used to|had been|instead|spare"
)
_ANOTHERS = bag("enemy frigate prize chase stranger sloop merchantman flagship consort wreck other others second")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    stated: Statement
    owner: Entry
    noun: str  # "foremast"
    base: str  # "mast"


class Parts:
    def __init__(self, canon: Canon) -> None:
        self._parts = [part for one in statements(canon) if (part := _part(canon, one)) is not None]

    def check(self, reading: Reading) -> Iterator[Mark]:
        held = [one for one in self._parts if one.stated.span.holds(reading.standing.position)]
        frames = reading.frames
        for sentence in reading.sentences:
            if not held or sentence.is_speech or frames.is_framed(sentence) or frames.is_hedged(sentence):
                continue
            around = reading.passage.in_paragraph(sentence.paragraph)
            for part in held:
                span = _used(sentence.tokens, part)
                if span is None or _STUMP.search(around) or _is_anothers(reading, sentence.paragraph, part):
                    continue
                yield Mark.at(
                    sentence.tokens[span[0]].start,
                    sentence.tokens[span[1]].end,
                    "fact",
                    part.stated.id,
                    part.stated.words,
                    0.75,
                )


def _part(canon: Canon, stated: Statement) -> _Part | None:
    found = _GONE.search(stated.text)
    if found is None:
        return None
    owner = canon.find(found["owner"]) if found["owner"] else stated.entry
    base = next((one for one in _BASES if found["part"].endswith(one)), "")
    if owner is None or not base:
        return None
    return _Part(stated=stated, owner=owner, noun=found["part"], base=base)


def _used(words: Sequence[Token], part: _Part) -> tuple[int, int] | None:
    """ "Both masts", and the foremast itself: climbed, or doing something."""
    for at in range(1, len(words)):
        low, before = words[at].lower, words[at - 1].lower
        if noun(low) == part.base and low != part.base and before in ("both", "two") and part.noun != part.base:
            return at - 1, at
        if noun(low) != part.noun or before not in ("the", "her", "its"):
            continue
        after = low_at(words, at + 1)
        if acts(after) or (at > 1 and words[at - 2].lower in _ALOFT):
            return at - 1, at
    return None


def _is_anothers(reading: Reading, paragraph: int, part: _Part) -> bool:
    """Whether another such thing is in the paragraph."""
    places = reading.in_paragraph(paragraph)
    kinds = set(part.owner.kind.split())
    others = any(
        one.entry.id != part.owner.id and kinds & set(one.entry.kind.split())
        for near in places
        for one in reading.mentions[near]
    )
    return others or any(word.lower in _ANOTHERS for near in places for word in reading.sentences[near].tokens)

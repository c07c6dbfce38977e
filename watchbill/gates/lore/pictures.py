"""Pictures on somebody's skin: a ship where the canon has a swallow."""

import re
from collections.abc import Iterator

from watchbill.gates.lore.bags import bag, loose
from watchbill.gates.lore.canon import Canon
from watchbill.gates.lore.language import noun, tokens
from watchbill.gates.lore.marks import Mark
from watchbill.gates.lore.reading import Reading

_KEYS = bag("tattoo tattoos ink brand birthmark")
_ARTICLES = bag("a an the his her its")
_PLACING = bag("on over across behind under at around round upon along down beneath")
_INKED = loose(
    r"\b(?P<what>[a-z][\w-]*) (?:that (?:was|is|had been) |he had |she had )?(?:inked|tattooed|pricked|needled|branded) (?:\w+ )?(?:across|on|upon|over|into|in|onto|behind|around|round|under|along|down) (?:(?P<whose>his|her|the)|[A-ZÀ-Þ][\w-]*(?P<owner>'s)) "
)
_OF = loose(
    r"\b(?P<whose>his|her) (?:\w+ )?tattoo(?: was)?(?: of)? (?:an?|the) (?:(?:\w+ )??)(?P<what>[a-z][\w-]*)\b(?= (?:on|over|across|behind|in|at|showed|spread)\b|[,.;])"
)
_TATTOO = loose(r"\b(?P<whose>his|her|the) (?P<what>[a-z]+) tattoo\b")
_PLAIN = bag("old new faded blue black green red little small big great crude only first last whole single large ugly fresh half-hidden that this name mark marks picture thing design pattern ink words word letters number lines image likeness one tattoo")  # fmt: skip
_SAME = (bag("bird swallow swift dove eagle gull hawk raven crow heron owl sparrow swan"), bag("snake serpent adder viper cobra"), bag("ship boat brig schooner frigate sloop vessel"), bag("fish trout salmon shark whale dolphin"), bag("flower rose lily lotus thistle poppy"), bag("cross crucifix"), bag("beast dragon lion wolf tiger bear"))  # fmt: skip
_GENERAL = bag("bird snake ship fish flower beast")


class Pictures:
    def __init__(self, canon: Canon) -> None:
        self._pictures = [
            (entry, nouns, value.span, one.words)
            for entry in canon.entries
            for one in entry.attributes
            if set(one.key.split()) & _KEYS
            for value in one.values
            if (nouns := _pictured(value.text))
        ]

    def check(self, reading: Reading) -> Iterator[Mark]:
        frames = reading.frames
        for place, sentence in enumerate(reading.sentences):
            if not self._pictures or not frames.is_narrated(sentence):
                continue
            text = reading.passage.prose[sentence.start : sentence.end]
            for pattern in (_INKED, _OF, _TATTOO):
                for found in pattern.finditer(text):
                    start = sentence.start + found.start("what")
                    if not frames.is_negated(sentence, start, start):
                        yield from self._judged(reading, place, found, sentence.start)

    def _judged(self, reading: Reading, place: int, found: re.Match[str], offset: int) -> Iterator[Mark]:
        words = reading.sentences[place].tokens
        group = "whose" if found["whose"] else "owner"
        at = next((to for to, word in enumerate(words) if word.start == offset + found.start(group)), 0)
        if group == "owner":
            owner = reading.owner_before(place, at)
        else:
            owner = reading.meant(place, at) if words[at].lower in ("his", "her") else reading.subject(place, at)
        what = noun(found["what"])
        for entry, nouns, span, shown in self._pictures:
            if (
                owner is not None
                and entry.id == owner.id
                and span.holds(reading.standing.position)
                and _differs(what, nouns)
            ):
                yield Mark.at(offset + found.start(), offset + found.end(), "attribute", entry.id, shown, 0.75)
                return


def _differs(what: str, nouns: frozenset[str]) -> bool:
    if what in _PLAIN or what in nouns:
        return False
    return not any(what in group and nouns & group and (what in _GENERAL or nouns & _GENERAL) for group in _SAME)


def _pictured(text: str) -> frozenset[str]:
    """The nouns of what it shows: "a swallow on the throat"."""
    words = tokens(text)
    end = next((at for at, word in enumerate(words) if word.lower in _PLACING or word.text in ",;"), len(words))
    kept = frozenset(noun(word.text) for word in words[:end] if word.is_word and word.lower not in _ARTICLES | _PLAIN)
    return kept if words and words[0].lower in ("a", "an", "the", "two", "three") else frozenset()

"""Skin: a scar, a birthmark or a tattoo on another part of the body than the canon's; a tattoo of something else."""

import re
from collections.abc import Iterator

from watchbill.gates.lore.canon import Canon, Entry
from watchbill.gates.lore.english.bags import bag, loose
from watchbill.gates.lore.english.language import lows, noun, tokens
from watchbill.gates.lore.known.deeds import Statement, statements
from watchbill.gates.lore.known.forms import is_person
from watchbill.gates.lore.texts.marks import Mark
from watchbill.gates.lore.texts.reading import Reading

_MARKS = bag("scar birthmark tattoo")
# Parts beside each other, of which one may be called the other.
_NEAR = tuple(
    frozenset(pair.split("-"))
    for pair in bag(
        "cheek-cheekbone cheek-jaw jaw-chin lip-mouth throat-neck hand-palm hand-knuckle hand-wrist hand-thumb hand-finger wrist-forearm forearm-arm arm-elbow arm-shoulder brow-forehead brow-eyebrow eyebrow-forehead temple-forehead temple-brow eye-brow eye-eyebrow eye-cheek eye-temple leg-thigh leg-shin leg-calf leg-knee leg-ankle foot-ankle back-shoulder chest-breast chest-rib side-rib side-flank neck-nape scalp-head collarbone-shoulder collarbone-neck"
    )
)
_FACE = bag("cheek cheekbone jaw chin lip mouth brow forehead eyebrow eye temple nose")
_PARTS = frozenset(part for pair in _NEAR for part in pair) | _FACE | {"face", "belly", "hip"}
_PLACED = loose(
    r"\b(?P<mark>scar|birthmark|tattoo)(?: that (?:ran|crossed|split|marked|divided|went|lay)|,? (?:running|crossing))?(?: (?:on|across|over|along|down|above|below|under|through|behind|beneath|at|in))? (?P<whose>his|her|my) (?:\w+ )??(?P<part>[a-z]+)\b"
)
_ALONG = loose(
    rf"\bfrom (?:the |his |her )?(?:{'|'.join(sorted(_PARTS))}) to\b|\bbetween\b"
)  # from brow to jaw: over whatever lies between


class Scars:
    def __init__(self, canon: Canon) -> None:
        self._scars = [
            (one.entry, mark, parts, one)
            for one in statements(canon)
            if one.entry is not None and is_person(one.entry) and not _ALONG.search(one.text)
            for mark, parts in _marked(one)
        ]

    def check(self, reading: Reading) -> Iterator[Mark]:
        for place, sentence in reading.narrated if self._scars else ():
            words = sentence.tokens
            for found in _PLACED.finditer(reading.passage.prose, sentence.start, sentence.end):
                part = noun(found["part"])
                at = next(to for to, word in enumerate(words) if word.start == found.start("whose"))
                first = next(to for to, word in enumerate(words) if word.start == found.start())
                if part not in _PARTS or not _is_definite(lows(words[max(0, first - 4) : first])):
                    continue
                owner = reading.meant(place, at)
                if owner is None and (subject := reading.subject(place, first)) is not None:
                    gender = {"his": "m", "her": "f"}.get(words[at].lower, "")
                    owner = subject if reading.cast.gender_by_id[subject.id] in (gender, "") or not gender else None
                known = self._of(owner, found["mark"].lower(), reading) if owner is not None else []
                if known and not any(_is_near(part, one) for _, parts in known for one in parts):
                    stated = known[0][0]
                    yield Mark.at(found.start(), found.end(), "attribute", stated.id, stated.words, 0.75)

    def _of(self, owner: Entry, mark: str, reading: Reading) -> list[tuple[Statement, frozenset[str]]]:
        position = reading.standing.position
        return [
            (one, parts)
            for entry, what, parts, one in self._scars
            if entry.id == owner.id and what == mark and one.holds(position)
        ]


def _is_definite(before: list[str]) -> bool:
    """ "The scar", "her old scar", and not "a scar", which may be another."""
    return bool(set(before) & {"the", "his", "her", "my", "'s"}) and not {"a", "an", "another", "new"} & set(
        before[-3:]
    )


def _is_near(one: str, other: str) -> bool:
    if one == other or ("face" in (one, other) and {one, other} <= _FACE | {"face"}):
        return True
    return any({one, other} <= pair for pair in _NEAR)


def _marked(stated: Statement) -> Iterator[tuple[str, frozenset[str]]]:
    words = [noun(word.text) for word in tokens(stated.text)]
    parts = frozenset(word for word in words if word in _PARTS)
    for mark in _MARKS & set(words):
        if parts:
            yield mark, parts


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
        for place, sentence in reading.narrated if self._pictures else ():
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

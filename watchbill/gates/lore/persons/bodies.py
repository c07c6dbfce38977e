"""Bodies: what is missing of them, and used all the same."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from watchbill.gates.lore.canon import Canon, Entry
from watchbill.gates.lore.english.bags import bag, loose
from watchbill.gates.lore.english.language import Token, is_past, lows, noun, number_at, tokens
from watchbill.gates.lore.known.deeds import Statement, statements
from watchbill.gates.lore.persons.abilities import mark
from watchbill.gates.lore.texts.marks import Mark
from watchbill.gates.lore.texts.reading import Reading

# Another word for a part, and how many of it a body has.
PART = {
    "hand": "hand", "fist": "hand", "palm": "hand", "arm": "arm", "forearm": "arm", "leg": "leg", "foreleg": "leg", "foot": "foot", "eye": "eye", "ear": "ear", "wrist": "arm",
    "finger": "finger", "thumb": "thumb", "toe": "toe", "paw": "paw", "forepaw": "paw", "wing": "wing", "horn": "horn", "antler": "horn", "hoof": "paw", "tail": "tail",
    "tooth": "tooth", "nose": "nose",
}  # fmt: skip
_WHOLE = {
    "hand": 2,
    "arm": 2,
    "leg": 2,
    "foot": 2,
    "eye": 2,
    "ear": 2,
    "finger": 10,
    "thumb": 2,
    "toe": 10,
    "wing": 2,
    "horn": 2,
    "paw": 4,
}
ON_FOUR = bag(
    "animal dog cat horse fox wolf bear rat mouse badger pony mare stallion goat donkey mule hare lynx hound vixen otter"
)
# With what is gone, what else is gone with it.
WITH = {
    "arm": ("arm", "hand", "finger"),
    "hand": ("hand", "finger"),
    "leg": ("leg", "foot"),
    "foot": ("foot",),
    "paw": ("paw",),
}
_GONE = bag("missing lost amputated gone severed cut without")
_COMPOUND = {
    "legged": "leg",
    "armed": "arm",
    "handed": "hand",
    "eyed": "eye",
    "eared": "ear",
    "fingered": "finger",
    "winged": "wing",
    "horned": "horn",
}
_PAIRED = bag("both two")
_NOT_IT = bag(
    "stump missing of lost empty pinned phantom where no neither stitched sleeve glove boot mechanical artificial wooden iron prosthetic false clockwork brass steel metal bionic"
)
_TOLD = bag("gone missing lost severed off not no nothing used")
_PHANTOM = bag("felt feel feels itch itched ache ached aching throbbed tingled pain")
_OWN = bag("his her its")
_REACH = 4  # tokens before a part in which "all ten" or "both his" may stand
_PREPOSITIONS = bag("in with on by at from of to between under over against into")
_TOGETHER = bag("clapped claps clapping wrung wrings steepled steeples clasped clasps cupped cups")

_JOINED = bag("rubbed rubs rubbing pressed presses pressing put puts folded folds laced laces locked brought")


_ONLY_ONE = loose(r"\bonly (?:the|his|her) (?P<side>left|right)\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Lack:
    """What somebody no longer has."""

    stated: Statement
    entry: Entry
    part: str
    side: str  # "" where the canon does not say, or it is one of many
    left: int  # how many of it there are still
    is_hurt: bool = False  # it is there, and of no use


class Bodies:
    def __init__(self, canon: Canon) -> None:
        every = [one for one in statements(canon) if one.entry is not None and not one.entry.is_place]
        self._lacks = [lack for one in every for lack in _lacks(one)]

    def check(self, reading: Reading) -> Iterator[Mark]:
        position = reading.standing.position
        lacks = [one for one in self._lacks if one.stated.holds(position) and not _happens_at(one.stated, position)]
        frames = reading.frames
        for place, sentence in reading.narrated if lacks else ():
            for at, word in enumerate(sentence.tokens):
                part = PART.get(noun(word.text))
                if (
                    part is None
                    or is_past_told(sentence.tokens, at)
                    or frames.is_hedged(sentence, word.start)
                    or frames.is_compared(sentence, word.start)
                ):
                    continue
                for lack in lacks:
                    if (first := _whole(sentence.tokens, at, part, lack)) is not None:
                        yield from marked_of(reading, place, lack.entry, lack.stated, first, at)


def _happens_at(stated: Statement, position: float | None) -> bool:
    """Whether it is lost in that very chapter, before which it was there: "lost at the wrist in chapter 6"."""
    first = stated.span.first
    return first is not None and position == first and re.search(rf"\bin \w+ {first:g}\b", stated.words) is not None


def is_past_told(words: Sequence[Token], at: int) -> bool:
    """Whether it is told of an earlier time: "he had waved with his left hand"."""
    return any(
        word.lower in ("had", "'d") and is_past(after.lower) for word, after in pairwise(words[max(0, at - 8) : at])
    )


def marked_of(
    reading: Reading, place: int, entry: Entry, stated: Statement, first: int, last: int, part: int | None = None
) -> Iterator[Mark]:
    """The mark on some tokens, if the part among them is the entry's; it stands at the last one where no other is told."""
    owner = _owner(reading, place, first, last if part is None else part)
    if owner is not None and owner.id == entry.id:
        yield mark(reading, place, stated.id, stated.words, first, last, 0.8)


def _owner(reading: Reading, place: int, first: int, last: int) -> Entry | None:
    words = reading.sentences[place].tokens
    for to in range(last - 1, max(-1, last - _REACH - 1), -1):
        if words[to].lower in ("his", "her", "its", "my"):
            return reading.meant(place, to) or _beast(reading, place, last)
        if words[to].lower in ("'s", "'"):
            return reading.owner_before(place, to)
        if words[to].lower in _PREPOSITIONS:
            break
    subject = reading.subject(place, first)
    if subject is None:
        return _beast(reading, place, last)
    at = max((one.at for one in reading.people_in(place) if one.entry is subject and one.at < first), default=-1)
    is_anothers = any(at < one.at < first and one.entry is not subject for one in reading.people_in(place))
    return None if is_anothers else subject


def _beast(reading: Reading, place: int, last: int) -> Entry | None:
    """The only animal of a paragraph, where the part is one that only animals have."""
    if PART.get(noun(reading.sentences[place].tokens[last].text)) not in ("paw", "tail", "wing", "horn"):
        return None
    named = {
        one.entry.id: one.entry
        for near in reading.in_paragraph(reading.sentences[place].paragraph)
        for one in reading.people_in(near)
        if one.entry is not None and set(one.entry.kind.split()) & ON_FOUR
    }
    return next(iter(named.values())) if len(named) == 1 else None


def _whole(words: Sequence[Token], at: int, part: str, lack: Lack) -> int | None:
    """The first token of "both hands", "all ten fingers", "his right hand" of somebody who lacks it."""
    if part not in WITH.get(lack.part, (lack.part,)) and not (lack.part == "leg" and part == "paw"):
        return None
    near = range(max(0, at - _REACH), at)
    if lack.is_hurt:
        return next((to for to in near if words[to].lower == "both" and words[at].lower != part), None)
    if {words[to].lower for to in near if not _is_part_of(words, to)} & _NOT_IT or _is_told(words, at):
        return None
    for to in near:
        if (first := _counted(words, to, at, part, lack)) is not None:
            return first
    if lack.left == 1 and lack.side and at and words[at - 1].lower == lack.side and not _is_felt(words):
        return at - 1
    is_plural = words[at].lower != part and at > 1 and words[at - 1].lower in _OWN
    is_joined = words[at - 2].lower in _TOGETHER or (
        words[at - 2].lower in _JOINED and at + 1 < len(words) and words[at + 1].lower == "together"
    )
    is_folded = lack.part == part == "arm" and words[at - 2].lower in ("folded", "folds", "crossed", "crosses")
    return at - 2 if is_plural and ((part == "hand" and is_joined) or is_folded) else None


def _is_part_of(words: Sequence[Token], at: int) -> bool:
    """ "The fingers of his right hand": of what there would have to be."""
    return (
        words[at].lower == "of"
        and at > 0
        and noun(words[at - 1].text) in ("finger", "thumb", "palm", "knuckle", "back")
    )


def _is_felt(words: Sequence[Token]) -> bool:
    """ "She felt an itch in her right hand": where there is none any more."""
    return bool(set(lows(words)) & _PHANTOM)


def _is_told(words: Sequence[Token], at: int) -> bool:
    """ "both hands gone", "both hands of cards", "both hands' worth"."""
    after = lows(words[at + 1 : at + 5])
    is_of_else = after[:1] == ["of"] and not set(after[1:2]) & _OWN
    return bool(set(after) & _TOLD) or after[:1] == ["'"] or is_of_else


def _counted(words: Sequence[Token], to: int, at: int, part: str, lack: Lack) -> int | None:
    """Where a word begins that counts more of a part than there are."""
    low, total = words[to].lower, _total(lack.entry, part)
    if low in _PAIRED:
        return to if total == 2 and words[at].lower != part else None
    if low == "all":
        is_each = total > 2 and part == lack.part and words[to + 1].lower in _OWN and words[at].lower != part
        return to if is_each else None
    if low == "five" and part == "finger" and lack.side:
        return to if lack.side in set(lows(words[at + 1 : at + 6])) else None
    counted = number_at(words, to)
    if counted is None or not counted[0] == total > 2:
        return None
    return to - 1 if to and words[to - 1].lower == "all" else to


def _total(entry: Entry, part: str) -> int:
    is_beast = bool(set(entry.kind.split()) & ON_FOUR) or any(
        attribute.key in ("species", "animal", "breed") for attribute in entry.attributes
    )
    return 4 if part in ("leg", "paw", "foot") and is_beast else _WHOLE.get(part, 1)


def _lacks(stated: Statement) -> Iterator[Lack]:
    assert stated.entry is not None
    words = tokens(said_of_body(stated.text))
    low = lows(words)
    side = next((word for word in low if word in ("left", "right")), "")
    parts = [(at, PART[noun(word)]) for at, word in enumerate(low) if noun(word) in PART]
    for word in low:
        count, _, ending = word.rpartition("-")
        if ending in _COMPOUND and count in ("one", "three", "two") and not (ending == "handed" and count == "two"):
            yield _lack(stated, _COMPOUND[ending], "", ("one", "two", "three").index(count) + 1)
    is_none = any(
        word == "no" and any(noun(one) in PART for one in low[at + 1 : at + 4]) for at, word in enumerate(low)
    )
    if set(low) & _GONE or is_none:
        gone = [(at, part) for at, part in parts if not (part == "hand" and any(one == "finger" for _, one in parts))]
        for part in {part for _, part in gone}:
            lost = _count(words, [at for at, one in gone if one == part], part)
            total = _total(stated.entry, part)
            yield _lack(stated, part, side if total == 2 or part == "finger" else "", max(0, total - lost))
    elif (left := _ONLY_ONE.search(stated.text)) is not None and parts:
        yield _lack(stated, parts[0][1], "right" if left["side"].lower() == "left" else "left", 1)
    elif "hook" in low and ("hand" in low or "arm" in low):
        yield _lack(stated, "hand", side, 1)
    elif (hurt := _HURT.search(stated.text)) is not None and side:
        yield replace(_lack(stated, PART[noun(hurt["part"] or hurt["part2"])], side, 1), is_hurt=True)
    elif parts and (legs := _few_legs(words)) is not None:
        yield _lack(stated, parts[0][1], "", legs)


_HURT = loose(
    r"\b(?P<part>arm|hand|wrist)\b[^.;]{0,25}\b(?:in (?:plaster|a cast|a sling|splints)|broken|useless|paraly[sz]ed|crippled|withered|crushed)\b"
    r"|\b(?:broke|breaks|broken|fractured|crushed|shattered|withered|useless|paraly[sz]ed) (?:\w+ )?(?:his|her|the|a)? ?(?:left|right) (?P<part2>arm|hand|wrist)\b"
)


def said_of_body(text: str) -> str:
    """The value of "arms: right arm missing", whose key would count as another arm; the whole of "leg: missing"."""
    key, _, value = text.partition(": ")
    return value if all(any(noun(word.text) in PART for word in tokens(one)) for one in (key, value)) else text


def _few_legs(words: Sequence[Token]) -> int | None:
    """ "legs: three", "has only three legs"."""
    found = next((number_at(words, at) for at, word in enumerate(words) if word.lower in ("one", "three")), None)
    text = " ".join(word.lower for word in words)
    is_told = bool(re.search(r"(?:: |\bonly )(?:one|three)(?: only)?$", text)) or (
        any(noun(word.text) == "leg" for word in words) and (":" in text or "only" in text)
    )
    return found[0] if found is not None and is_told else None


def _count(words: Sequence[Token], places: Sequence[int], part: str) -> int:
    """How many are gone: "two fingers", "thumb and forefinger", "both ears"."""
    total = 0
    for at in places:
        near = [words[to].lower for to in range(max(0, at - 3), at)]
        numbers = [
            {"both": 2, "two": 2, "three": 3, "four": 4, "half": 1}[one]
            for one in near
            if one in ("both", "two", "three", "four", "half")
        ]
        total += numbers[-1] if numbers and part != "leg" else 1
    return total


def _lack(stated: Statement, part: str, side: str, left: int) -> Lack:
    assert stated.entry is not None
    return Lack(stated=stated, entry=stated.entry, part=part, side=side, left=left)

"""Halves: which of two is the blind, the deaf, the lame or the artificial one, and the other one, or its use, told instead."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from watchbill.gates.lore.canon import Canon, Entry
from watchbill.gates.lore.english.bags import bag
from watchbill.gates.lore.english.language import Token, lows, noun, tokens
from watchbill.gates.lore.known.deeds import Statement, statements
from watchbill.gates.lore.persons.bodies import PART, is_past_told, marked_of
from watchbill.gates.lore.texts.marks import Mark
from watchbill.gates.lore.texts.reading import Reading

_BAD = {
    "eye": bag("blind sightless dead glass milky clouded bad"),
    "ear": bag("deaf dead bad"),
    "leg": bag("lame bad stiff wooden game crippled limping false"),
    "foot": bag("lame bad club crippled"),
    "hand": bag("crippled withered bad maimed dead"),
    "arm": bag("crippled withered bad maimed dead"),
    "wing": bag("bent broken bad crippled"),
}  # fmt: skip
_MADE = bag(
    "artificial made false prosthetic prosthesis mechanical bionic clockwork metal steel wooden brass iron glass chrome"
)
_LIMP = bag("limp limps limped blind deaf lame bad")
_GOOD = bag("good sound seeing hearing")
# What lies within a part: of an arm of steel the fingers are steel.
_WITHIN = {
    "arm": bag("arm forearm hand fist palm wrist elbow finger thumb knuckle fingertip"),
    "hand": bag("hand fist palm finger thumb knuckle fingertip"),
    "leg": bag("leg foot knee calf shin thigh ankle heel toe"),
    "foot": bag("foot heel toe"),
}
_LIVING = bag(
    "pulse bruise bruised blister blisters cramp gooseflesh goosebumps freckle freckles freckled vein veins pins-and-needles chilblains flesh"
)
_LAMED = bag("dragging dragged drags favouring favoured favoring favored limping limped")
_LISTENING = bag("put puts pressed presses laid lays bent inclined cocked turned tilted held clapped")
_TOWARDS = bag("to against towards toward")
_OWNING = bag("his her my its the 's")
_SIDES = bag("left right")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bad:
    """Which of two is the blind, lame or artificial one."""

    stated: Statement
    entry: Entry
    part: str
    side: str
    is_made: bool


class Halves:
    def __init__(self, canon: Canon) -> None:
        every = [one for one in statements(canon) if one.entry is not None and not one.entry.is_place]
        self._bad = [bad for one in every for bad in _bad(one)]

    def check(self, reading: Reading) -> Iterator[Mark]:
        bad = [one for one in self._bad if one.stated.holds(reading.standing.position)]
        frames = reading.frames
        for place, sentence in reading.narrated if bad else ():
            words = sentence.tokens
            for at, word in enumerate(words):
                part = noun(word.text)
                for one in bad:
                    if part not in _WITHIN.get(one.part, (one.part,)) and PART.get(part) != one.part:
                        continue
                    span = _wrong(words, at, one)
                    if (
                        span is not None
                        and not is_past_told(words, at)
                        and not frames.is_hedged(sentence, word.start)
                        and not frames.is_compared(sentence, word.start)
                    ):
                        yield from marked_of(reading, place, one.entry, one.stated, *span, at)


def _wrong(words: Sequence[Token], at: int, bad: Bad) -> tuple[int, int] | None:
    """From which token to which the words at a part tell the other half to be the bad one, or the bad one to be sound."""
    side, low = _side_at(words, at), lows(words)
    qualities = _BAD[bad.part] | (_MADE if bad.is_made or not _BAD[bad.part] & _MADE else frozenset())
    if side is None:
        after = low[at + 1 : at + 5]
        is_told = at > 0 and low[at - 1] in qualities and after[:2] == [",", "the"] and after[3:] == ["one"]
        return (at - 2, at + 4) if is_told and at > 1 and after[2] in _SIDES - {bad.side} else None
    place, told = side
    before = low[max(0, place - 6) : place]
    if told == bad.side:
        if place and low[place - 1] in _GOOD:
            return place - 1, at
        is_deaf = bad.part == "ear" and bool(set(before) & _LISTENING) and bool(set(low[at + 1 : at + 2]) & _TOWARDS)
        is_alive = bad.is_made and bool(set(low[max(0, place - 4) : at + 5]) & _LIVING) and not set(low) & _MADE
        return (place, at) if is_deaf or is_alive else None
    if place > 1 and low[place - 1] in qualities:
        return place - 1, at
    if at == place + 1 and _tells(low, at, qualities):
        return place, at
    if place > 2 and low[place - 1] in _OWNING | {"'s"} and (start := _of_it(low, place, qualities)) is not None:
        return start, at
    doing = [word for word in before[-3:-1] if word != "on"]
    is_lamed = bad.part in ("leg", "foot") and not bad.is_made and bool(set(doing[-1:]) & _LAMED)
    says_bad = place > 2 and low[place - 2] == "in" and low[place - 3] in ("blind", "deaf", "lame")
    return (place, at) if is_lamed else (place - 3, at) if says_bad else None


def _side_at(words: Sequence[Token], at: int) -> tuple[int, str] | None:
    """Where "left" or "right" stands before a part, with one word between them at most: "her left, blind eye"."""
    for place in (at - 1, at - 2):
        if place > 0 and words[place].lower in _SIDES and words[at - 1].lower not in ("and", "or"):
            return place, words[place].lower
    return None


def _tells(low: Sequence[str], at: int, qualities: frozenset[str]) -> bool:
    """ "His right arm, all steel and oil", "her right leg, the wooden one", "her right hand was of brass"."""
    after = low[at + 1 : at + 6]
    if after[:2] == [",", "the"]:
        return after[2:3] != [] and after[2] in qualities and after[3:4] == ["one"]
    return after[:1] in (["was"], ["is"]) and any(
        word in qualities for word in after[1 : 2 + sum(one in ("of", "made", "all") for one in after[1:4])]
    )


def _of_it(low: Sequence[str], place: int, qualities: frozenset[str]) -> int | None:
    """ "The iron thumb of her right hand", "the metal of Piet's right arm": where it begins."""
    of = next((to for to in range(place - 2, max(0, place - 5), -1) if low[to] == "of"), None)
    if of is None:
        return None
    return next((to for to in (of - 1, of - 2) if to >= 0 and low[to] in qualities), None)


def _bad(stated: Statement) -> Iterator[Bad]:
    """ "blind in the left eye", "deaf in the right ear", "limp: left leg", "left arm is a steel prosthetic"."""
    assert stated.entry is not None
    low = lows(tokens(stated.text))
    for at in range(1, len(low)):
        part = PART.get(low[at], "")
        if part not in _BAD:
            continue
        before, after = set(low[max(0, at - 6) : at]), set(low[at + 1 : at + 5])
        is_made = bool((before | after) & _MADE)
        if low[at - 1] in _SIDES and (before & (_BAD[part] | _LIMP | _MADE) or after & _MADE):
            yield Bad(stated=stated, entry=stated.entry, part=part, side=low[at - 1], is_made=is_made)
        elif low[at - 1] in _BAD[part] | _MADE and (
            low[at + 1 : at + 3] == ["(", "the"] or low[at + 1 : at + 3] == [",", "the"]
        ):
            yield from (
                Bad(stated=stated, entry=stated.entry, part=part, side=side, is_made=is_made)
                for side in low[at + 3 : at + 4]
                if side in _SIDES
            )  # "one glass eye (the left)"

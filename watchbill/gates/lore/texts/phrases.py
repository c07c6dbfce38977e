"""Noun phrases of a sentence: what is said of a noun in front of it and behind it, and whose it is."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from watchbill.gates.lore.canon import Entry
from watchbill.gates.lore.english.bags import bag
from watchbill.gates.lore.english.language import Token, is_past, is_present, low_at, lows, noun, number_at
from watchbill.gates.lore.english.lexicon import kinds_of, meanings
from watchbill.gates.lore.known.family import group_of
from watchbill.gates.lore.texts.reading import Reading

POSSESSIVES = bag("his her its their my your our")
BE = bag("is are was were be been being am 's 're")
_LOOK = BE | bag(
    "stood stands lay lies hung hangs remained remains looked looks shone gleamed glittered glinted glowed ran runs flowed flows rose swung seemed burned burnt was"
)
_FACING = bag("faced faces")  # "the door faced west"
_STOP = bag(
    "in on at by with of to from for over under into onto through across behind before after between near against about around down up off out as than like "
    "and but or that which who whom whose when where while if because so then he she it they we you i him them us me not is are was were has have had do does did"
)
_EDGES = bag("bank side shore edge end coast")
_DETERMINERS = bag("the a an this that these those some any every each no both all")
HAVING = bag(
    "had has have having wore wears wearing with showed carried carries bore bears kept keeps sported boasted possessed drove drives owned owns rode rides"
)


@dataclass(frozen=True, slots=True)
class Phrase:
    first: int  # place of its first token: the determiner, if there is one
    head: int
    determiner: int  # place of the article, possessive or 's; -1 when it has none
    end: int  # place of the last token that says something of it


def phrase_at(words: Sequence[Token], head: int) -> Phrase:
    """The noun phrase that ends at a head noun."""
    first, determiner = head, -1
    for place in range(head - 1, max(-1, head - 8), -1):
        word = words[place]
        low = word.lower
        if low in POSSESSIVES or low in _DETERMINERS or low in ("'s", "'"):
            first = determiner = place
            break
        if low == "and" or word.text == ",":
            if place and _is_adjective(words[place - 1].lower) and _is_modifier(words[place + 1]):
                continue
            break
        if low in _STOP or not (word.text[0].isalnum()):
            break
        if not _is_modifier(word):
            break
        first = place
    return Phrase(first, head, determiner, head)


def _is_adjective(word: str) -> bool:
    return bool(kinds_of(word)) or word.endswith(("y", "ful", "ous", "less", "ish", "ive", "ing", "ed", "en", "ern"))


def _is_modifier(word: Token) -> bool:
    low = word.lower
    return word.text[0].isalnum() and low not in _STOP and low not in _DETERMINERS and low not in POSSESSIVES


def said_before(words: Sequence[Token], phrase: Phrase, kind: str) -> list[tuple[frozenset[str], int]]:
    """What of a class stands in front of the head, with its place."""
    inner = range(phrase.first if phrase.determiner < 0 else phrase.determiner + 1, phrase.head)
    if kind in ("number", "ordinal"):
        return _numbered(words, inner, kind)
    return [(found, place) for place in inner if (found := meanings(words[place].text, kind))]


def _numbered(words: Sequence[Token], inner: range, kind: str) -> list[tuple[frozenset[str], int]]:
    for place in inner:
        low = words[place].lower
        if low == "both" and kind == "number":
            return [(frozenset(("2",)), place)]
        is_ordinal = low.endswith(("st", "nd", "rd", "th")) and not low.endswith("thousand")
        if is_ordinal != (kind == "ordinal") or low in ("single", "twin"):
            continue
        found = number_at(words, place)
        if found is not None and words[place + found[1]].lower not in ("more", "other", "further", "fewer"):
            return [(frozenset((str(found[0]),)), place)]
    return []


def said_after(
    words: Sequence[Token], place: int, kind: str, *, verbs: frozenset[str] = _LOOK
) -> list[tuple[frozenset[str], int]]:
    """What a predicate says: "eyes were a startling green". `place` is the subject's last token."""
    at, verbs = place + 1, verbs | _FACING if kind == "compass" else verbs
    if at < len(words) and words[at].lower in ("of", "at", "in", "on"):  # "the walls of Ashford were grey"
        at += 1
        while at < len(words) and at < place + 8 and words[at].lower not in verbs and words[at].is_word:
            at += 1
    while at < len(words) and at < place + 4 and words[at].lower.endswith("ly"):
        at += 1
    if at >= len(words) or words[at].lower not in verbs:
        return []
    if at + 3 < len(words) and words[at + 1].lower == words[at + 3].lower == "as":  # "as brown as peat"
        meaning = meanings(words[at + 2].text, kind) if kind not in ("number", "ordinal") else frozenset()
        return [(meaning, at + 2)] if meaning else []
    return _until_the_next(words, at + 1, kind)


_TURNS = bag("but like than as with when while because who which that if for by from where")


def _until_the_next(words: Sequence[Token], start: int, kind: str) -> list[tuple[frozenset[str], int]]:
    found = []
    for at in range(start, min(len(words), start + 6)):
        word = words[at]
        if word.text in ",;:—–()" or word.lower in _TURNS:
            break
        after = low_at(words, at + 1)
        if (meaning := meanings(word.text, kind)) and not (kind == "height" and after in ("with", "of", "on")):
            found.append((meaning, at))  # but not "short with her", "short of money"
    return found


def owner_of(reading: Reading, place: int, phrase: Phrase) -> tuple[Entry | None, float]:
    """Whose a noun phrase is, and how sure that is (0 to 1); None when it is nobody's of the canon, or unclear."""
    words = reading.sentences[place].tokens
    determiner = low_at(words, phrase.determiner)
    if determiner in POSSESSIVES:
        return reading.meant(place, phrase.determiner), 0.9
    if determiner in ("'s", "'") and _is_inherited(words, phrase.determiner):
        return reading.subject(place, phrase.determiner), 0.8
    if determiner in ("'s", "'"):
        return reading.owner_before(place, phrase.determiner), 0.95
    if _is_of_a_pronoun(words, phrase.head):
        return reading.meant(place, phrase.head + 2), 0.85
    of = next(
        (
            one
            for one in reading.mentions[place]
            if phrase.head + 2 <= one.first <= phrase.head + 3
            and words[phrase.head + 1].lower in (("of", "at", "on", "in") if determiner not in ("a", "an") else ("of",))
        ),
        None,
    )
    worn = _worn_on(words, phrase) if determiner in ("the", "a", "an") else None
    if worn is not None:
        return reading.meant(place, worn), 0.8
    is_part = words[phrase.head].lower in _EDGES  # "on the south bank of the Arrow": of whatever lies there
    if of is not None and not is_part:
        return of.entry, 0.95
    if (
        phrase.head + 2 < len(words)
        and words[phrase.head + 1].lower == "of"
        and not is_part
        and not any(meanings(word.text, "colour") for word in words[phrase.head + 3 : phrase.head + 5])
        and (words[phrase.head + 2].is_capital or words[phrase.head + 2].lower in _DETERMINERS | POSSESSIVES)
    ):
        return None, 0  # somebody else's
    return _by_subject(reading, place, phrase, determiner)


def _is_of_a_pronoun(words: Sequence[Token], head: int) -> bool:
    """ "Those green eyes of hers"."""
    after = lows(words[head + 1 : head + 3])
    shown = set(lows(words[max(0, head - 4) : head])) & {"this", "that", "these", "those"}
    return bool(shown) and after[:1] == ["of"] and after[1:] in (["his"], ["hers"], ["mine"])


def _is_inherited(words: Sequence[Token], mark: int) -> bool:
    """ "She had her grandmother's green eyes"."""
    is_earlier = any(word.lower in ("had", "'d") for word in words[max(0, mark - 9) : mark - 3])
    return (
        mark > 2
        and bool(group_of(words[mark - 1].lower))
        and words[mark - 2].lower in ("his", "her")
        and words[mark - 3].lower in (("had", "has") if is_earlier else ("had", "has", "with"))
    )


def _by_subject(reading: Reading, place: int, phrase: Phrase, determiner: str) -> tuple[Entry | None, float]:
    """ "Ines had green eyes", "Jax looked up, brown eyes narrowed", "Jax pulls the red jacket tighter"."""
    sentence = reading.sentences[place]
    words = sentence.tokens
    subject = reading.subject(place, phrase.first)
    before = words[phrase.first - 1].lower if phrase.first else ""
    compound = next(
        (
            one
            for one in reading.mentions[place]
            if one.first < phrase.head <= one.last + 3 and one.last < phrase.first <= one.last + 1
        ),
        None,
    )
    if compound is not None and not determiner:
        return compound.entry, 0.8
    if subject is None:
        is_shown = determiner in ("those", "these") and phrase.first == 0
        return (reading.last_shown(place), 0.75) if is_shown else _only_thing(reading, place, phrase, determiner)
    if reading.others_between(place, _last_mention(reading, place, phrase.first), phrase.head):
        return None, 0
    if (sure := _as_had(words, phrase, determiner, subject)) is not None:
        return subject, sure
    is_seen = determiner == "the" and any(word.lower in _SEEN for word in words[: phrase.first])
    if (
        determiner in ("the", "those", "these", "all", "both")
        and not is_seen
        and (before not in ("at", "from", "in", "of", "to") or determiner != "the")
        and not _people_after(reading, place, phrase.head)
    ):
        return subject, 0.7
    return _only_thing(reading, place, phrase, determiner)


def _as_had(words: Sequence[Token], phrase: Phrase, determiner: str, subject: Entry) -> float | None:
    """How surely a phrase tells of what its subject has, by the words before it."""
    before = words[phrase.first - 1].lower if phrase.first else ""
    earlier = words[phrase.first - 2].lower if phrase.first > 1 else ""
    if before in HAVING:
        return 0.85
    if before == "of" and not determiner and earlier == "out":
        return 0.8  # "she looked at him out of large brown eyes"
    if before in BE and _is_thing(subject):
        return 0.8
    lead = set(lows(words[max(0, phrase.first - 5) : max(0, phrase.first - 2)]))
    if before == "of" and earlier == "pair" and lead & (HAVING | _BLINKING):
        return 0.8  # "she lifted a pair of green eyes to him"
    is_beside = before == "," and not determiner and phrase.head + 1 < len(words)
    is_listed = before in ("and", ",") and not determiner and _is_had(words, phrase.first)
    return 0.75 if is_beside or is_listed else None


def _is_had(words: Sequence[Token], first: int) -> bool:
    """ "She had red hair in two plaits, and black eyes": one of several things that somebody has."""
    had = next((at for at in range(first - 1, max(-1, first - 14), -1) if words[at].lower in HAVING), None)
    return had is not None and not any(is_past(word.lower) for word in words[had + 1 : first])


_SEEN = bag("looked looks stared saw sees watched studied examined noticed regarded gazed touched stroked found met")


_ON_BODY = bag("shoulder shoulders back neck face eyes head brow ears forehead nape waist temple temples")


def _worn_on(words: Sequence[Token], phrase: Phrase) -> int | None:
    """The "her" of "the braid off her shoulder"."""
    after = words[phrase.head + 1 : phrase.head + 6]
    if noun(words[phrase.head].text) not in _STRANDS:
        return None
    return next(
        (
            phrase.head + 1 + to
            for to, word in enumerate(after[:-1])
            if word.lower in ("his", "her") and noun(after[to + 1].text) in {noun(one) for one in _ON_BODY}
        ),
        None,
    )


_STRANDS = bag("strand wisp lock curl braid plait tress ringlet hair fringe ponytail")
_BLINKING = bag(
    "blinked blinks narrowed narrows lifted lifts raised raises opened opens rolled rolls lowered lowers turned turns fixed fixes"
)


def _last_mention(reading: Reading, place: int, token: int) -> int:
    return max((one.first for one in reading.mentions[place] if one.first < token), default=-1)


def _people_after(reading: Reading, place: int, token: int) -> bool:
    return any(one.at > token for one in reading.people_in(place))


def _is_thing(entry: Entry) -> bool:
    return entry.is_place or entry.kind not in ("", "person")


def _only_thing(reading: Reading, place: int, phrase: Phrase, determiner: str) -> tuple[Entry | None, float]:
    """The one place or thing that the sentence names: "In the Garden the green lamps hummed"."""
    if determiner not in ("the", "all", ""):
        return None, 0
    things = {one.entry.id: one.entry for one in reading.mentions[place] if _is_thing(one.entry)}
    words = reading.sentences[place].tokens
    if (
        not things and determiner == "the" and phrase.first == 0 and not _is_elsewhere(words, phrase)
    ):  # "They stopped at the inn. The red door was ajar."
        beside = [near for near in reading.beside(reading.sentences[place].paragraph) if near < place][-1:]
        before = {one.entry.id: one.entry for near in beside for one in reading.mentions[near] if _is_thing(one.entry)}
        return (next(iter(before.values())), 0.7) if len(before) == 1 else (None, 0)
    is_named_first = any(one.first < phrase.head for one in reading.mentions[place] if _is_thing(one.entry))
    if not is_named_first and (determiner == "" or words[phrase.head].lower in _EDGES):
        return None, 0  # "a goat with two horns stood beside Kess", "from the east bank one saw Kess"
    if len(things) != 1 or (determiner == "" and len(reading.people_in(place)) > 1):
        return None, 0
    return next(iter(things.values())), 0.7


def acts(word: str) -> bool:
    return is_past(word) or is_present(word)


def is_told(words: Sequence[Token], at: int) -> bool:
    """Whether a word is a verb of the present behind its subject: "Tomas peels it slowly"."""
    low, after = words[at].lower, words[at + 1] if at + 1 < len(words) else None
    if not low.endswith("s") or len(low) < 4 or low.endswith(("ss", "us", "is", "ous")) or not words[at].text.islower():
        return False
    return after is None or after.lower in _BEHIND_A_VERB or after.lower.endswith("ly") or not after.is_word


_BEHIND_A_VERB = bag(
    "a an the his her its their my your him them it me us you up down out in on off over at to into from with for like round back away toward towards across through and as past along himself herself"
)


def is_base(word: str) -> bool:
    """Whether a word may be a verb's plain form: "heard Tomas laugh"."""
    return acts(f"{word}s") or acts(f"{word}es")


def _is_elsewhere(words: Sequence[Token], phrase: Phrase) -> bool:
    """ "The green door opposite", "three wells that they had passed": of something else than was named."""
    after = lows(words[phrase.head + 1 : phrase.head + 4])
    is_of_others = after[:1] != [] and after[0] in _RELATIVE
    is_in_others = after[1:2] == ["the"] and after[0] in ("of", "in", "on", "at")
    return bool(set(after) & _OPPOSITE) or is_of_others or is_in_others


_RELATIVE = bag("that which they he she we i")
_OPPOSITE = bag("opposite across beside next behind over beyond farther further away off elsewhere along")


def is_counted_there(reading: Reading, place: int, phrase: Phrase, entry: Entry) -> bool:
    """ "They came to the Weir. Twelve steps went down", "there were two doors": of the one place that the paragraph has named."""
    words = reading.sentences[place].tokens
    lead = lows(words[max(0, phrase.first - 2) : phrase.first])
    is_shown = phrase.first == 0 or lead[-2:-1] == ["there"]
    if not is_shown or _is_elsewhere(words, phrase) or phrase.determiner >= 0 or entry.kind == "person":
        return False
    if reading.sentences[place].is_speech:  # "there are nine steps to this cellar"
        behind = " ".join(word.lower for word in words[phrase.head + 1 : phrase.head + 4])
        return (
            re.fullmatch(rf"(?:to|in|of) (?:this|the) {re.escape(entry.name.split()[-1].lower())}", behind) is not None
        )
    paragraph = reading.sentences[place].paragraph
    named = [
        one.entry
        for near in reading.beside(paragraph)
        if near <= place
        for one in reading.mentions[near]
        if one.entry.is_place or one.entry.kind not in ("", "person")
    ]
    return bool(named) and all(one is entry for one in named)


def is_of_here(reading: Reading, place: int, phrase: Phrase, entry: Entry) -> bool:
    """ "She went over to the window": of the place where the text stands, and no other is near."""
    words, sentence = reading.sentences[place].tokens, reading.sentences[place]
    at, behind = phrase.determiner, lows(words[phrase.head + 1 : phrase.head + 2])
    if sentence.is_speech or at < 1 or at != phrase.head - 1 or words[at].lower != "the" or behind in (["of"], ["'s"]):
        return False
    near = [one.entry for other in reading.beside(sentence.paragraph) for one in reading.mentions[other]]
    return (
        words[at - 1].lower in ("to", "at", "by", "from", "through")
        and reading.canon.find(reading.standing.place) is entry
        and all(one is entry for one in near if one.is_place)
    )

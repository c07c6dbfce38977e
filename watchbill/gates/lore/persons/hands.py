"""Hands: who writes, fights and eats with the left, doing so with the right, or the other way round."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from watchbill.gates.lore.canon import Canon, Entry
from watchbill.gates.lore.english.bags import bag, either, loose
from watchbill.gates.lore.english.language import Token, low_at, lows, stem, stems
from watchbill.gates.lore.known.deeds import statements
from watchbill.gates.lore.persons.abilities import mark
from watchbill.gates.lore.positions import Span
from watchbill.gates.lore.texts.marks import Mark
from watchbill.gates.lore.texts.phrases import acts
from watchbill.gates.lore.texts.reading import Reading

_SIDED = re.compile(r"\b(left|right)(?: |-)(?:handed|pawed|hander|winged|clawed)|\b(?:handed|handedness|dominant hand|writing hand|sword hand|hand|paw)\b: ?(?:the )?(left|right)\b|\b(?:writes|throws|strikes|fights|fences|eats|draws|shoots)(?: and [a-z]+s)? (?:only |always )?with (?:her|his|the) (left|right)\b|\b(south)paw\b")  # fmt: skip
_HANDS = bag("hand paw fist claw")
_TOOLS = bag("pen quill brush pencil chalk scalpel needle sword foil rapier spoon racket thorn razor bow stylus")
_GRIPPING = bag("in of with into between")
_JOINTS = bag("and so like because since but when as in from while or for by")
_PASSING = bag("gave gives passed passes handed hands laid lays put puts set sets offered offers threw throws")
_SKILLED = stems("write sign draw scribble pen sketch paint scrawl jot bowl fence stitch sew carve throw")
_ALWAYS = either(
    r"always|ever|only|everything|whenever|every time|each time|all (?:his|her) life|usual\w*|as (?:he|she) (?:did|does)|(?:he|she|it|they) (?:writes?|wrote|uses?|used|signs?|signed|draws?|drew|eats?|ate|fights?|fought|held|holds|trust\w*) "
    r"(?:\w+ ){0,3}(?:with|for)|(?:one|hand|paw) (?:he|she) (?:writes|wrote|uses|used)|no (?:skill|use|good|cunning) (?:in|with|of)|sword hand|writing hand|better hand|stronger hand|natural\w*|clever"
)
_HURT = either(
    r"bandag\w+|sling|splint|broken|sprain\w*|ice on|(?:his|her) (?:left|right) (?:wrist|shoulder|elbow)|hurt|burn\w*|burnt|cast|plaster|stitches|swollen|bruis\w+|wound\w*|injur\w+|sore|bound|tied|learn\w*|practis\w+|awkward\w*|clums\w+|badly|"
    r"for once|wrong hand|other hand|numb|frost\w*|stump|as if|mirror|reflection|ambidextrous|either hand|both hands|imitat\w+|mock\w*|forg\w+"
)


# "her right, the one she drew with", "my left hand, which is the one that did the sewing".
_SKILLED_ONE = loose(
    r"(?: hand| paw| fist)?,? (?:which (?:does|did) (?:all )?(?:the|his|her|my) (?:writing|drawing|work|fighting|cooking|sewing)|(?:which (?:is|was) )?the (?:one|hand) (?:(?:he|she|I) (?:always |usually )?"
    r"(?:fl(?:ew|ies|y)|wr(?:ote|ites?)|dr(?:ew|aws?)|fights?|fought|sh(?:oots?|ot)|thr(?:ew|ows?)|paint(?:s|ed)?|sew(?:s|ed)?|carve[sd]?|steer(?:s|ed)?|cooks?|cooked|works?|worked|ate|eats?|signs?|signed|bowls?|bowled|fence[sd]?|play(?:s|ed)?|deals?|dealt) with"
    r"|that (?:knows|knew) how to|that (?:does|did) the (?:writing|drawing|work|fighting|cooking|sewing)))\b"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Handed:
    entry: Entry
    other: str  # the side that is not theirs
    span: Span
    id: str
    words: str


class Hands:
    def __init__(self, canon: Canon) -> None:
        self._handed = list(handed(canon))

    def check(self, reading: Reading) -> Iterator[Mark]:
        held = [one for one in self._handed if one.span.surely(reading.standing.position)]
        frames = reading.frames
        for place, sentence in enumerate(reading.sentences):
            is_told = frames.is_narrated(sentence)
            if not held or not (is_told or (sentence.is_speech and frames.is_meant(sentence))):
                continue
            for at, word in enumerate(sentence.tokens):
                if not is_told and word.lower not in ("left-handed", "right-handed"):
                    continue
                side = word.lower.partition("-")[0]
                for one in held:
                    if side != one.other or frames.is_hedged(sentence, word.start):
                        continue
                    told = _skilled(reading, place, at, one)
                    found = told or _used(reading, place, at, one)
                    if found is not None and (told or not _is_hurt(reading, place)):
                        yield mark(reading, place, one.id, one.words, *found, 0.8)


def handed(canon: Canon) -> Iterator[Handed]:
    for stated in statements(canon):
        found = _SIDED.search(stated.text.lower())
        if found is None or stated.entry is None or stated.entry.is_place or "ambidextrous" in stated.text.lower():
            continue
        side = next(one for one in found.groups() if one)
        yield Handed(
            entry=stated.entry,
            other="left" if side == "right" else "right",
            span=stated.span,
            id=stated.id,
            words=stated.words,
        )


def _skilled(reading: Reading, place: int, at: int, one: Handed) -> tuple[int, int] | None:
    """The tokens of "her right, the one she drew with"."""
    words = reading.sentences[place].tokens
    told = _SKILLED_ONE.match(reading.passage.prose[words[at].end : reading.sentences[place].end])
    if told is None or words[at - 1].lower not in ("his", "her", "my") or not _is_theirs(reading, place, at, one):
        return None
    end = words[at].end + told.end()
    return at - 1, max(to for to, word in enumerate(words) if word.end <= end)


def _used(reading: Reading, place: int, at: int, one: Handed) -> tuple[int, int] | None:
    """The tokens of what is done with the other hand as with one's own: by habit, or a thing of skill."""
    words = reading.sentences[place].tokens
    text = reading.passage.prose[reading.sentences[place].start : reading.sentences[place].end]
    low = words[at].lower
    after = low_at(words, at + 1)
    if low.partition("-")[2] in ("handed", "pawed", "hander"):
        is_alone = not after or not words[at + 1].is_word or after in _JOINTS
        return (at, at) if is_alone and not _is_earlier(words, at) and _is_theirs(reading, place, at, one) else None
    is_hand = after in _HANDS
    is_alone = not after or not words[at + 1].is_word or after in ("for", "and", "while", "because", "since", "as")
    if (
        not (is_hand or is_alone)
        or at < 2
        or words[at - 1].lower not in ("his", "her", "the", "its", "my", "same", "own", "good", "'s")
    ):
        return None
    is_gripped = (
        is_hand
        and _TOOLS & set(lows(words[max(0, at - 8) : at]))
        and words[at - 2].lower in _GRIPPING
        and not any(word.lower == _own(one) for word in words)
        and not _PASSING & set(lows(words[at + 1 : at + 4]))
    )
    if is_gripped and _is_theirs(reading, place, at, one):
        return at - 1, at + 1  # "the pen in his right hand"
    verb = _verb(words, at)
    tail = lows(words[at + 1 : at + 4])
    if verb is None or ("and" in tail and set(tail) & _PASSING) or not _is_theirs(reading, place, at, one):
        return None
    own_at = at - 3 if words[at - 1].lower in ("own", "good", "bare") and at > 2 else at - 2
    with_it = words[own_at].lower in ("with", "in", "into", "used", "uses") or words[at - 1].lower == "same"
    own = _own(one)
    is_habit = bool(_ALWAYS.search(text))
    is_skilled = stem(words[verb].text) in _SKILLED or bool(_TOOLS & set(lows(words[verb:at])))
    is_busy = any(word.lower == own for word in words)
    is_used = words[verb].lower in ("used", "uses")
    if with_it and ((is_habit and (is_hand or is_skilled or is_used)) or (is_skilled and not is_busy)):
        return verb, at + is_hand
    return None


def _own(one: Handed) -> str:
    return "left" if one.other == "right" else "right"


def _is_earlier(words: Sequence[Token], at: int) -> bool:
    """ "She had once sewn right-handed": once."""
    return any(
        word.lower in ("had", "'d", "tried", "try", "once")
        for word in (*words[max(0, at - 6) : at], *words[at : at + 6])
    )


def _verb(words: Sequence[Token], at: int) -> int | None:
    found = [
        to
        for to in range(max(0, at - 14), at)
        if acts(words[to].lower)
        or words[to].lower.endswith("ing")
        or (words[to].lower.endswith("s") and stem(words[to].text) in _SKILLED | {"grip", "hold", "take"})
    ]
    return found[-1] if found else None


def _is_theirs(reading: Reading, place: int, at: int, one: Handed) -> bool:
    words = reading.sentences[place].tokens
    owner = reading.meant(place, at - 1) if words[at - 1].lower in ("his", "her", "my") else None
    owner = owner or reading.doer(place, at)
    return owner is not None and owner.id == one.entry.id


def _is_hurt(reading: Reading, place: int) -> bool:
    """Whether the text has told why it is the other hand: here, or in the two paragraphs before."""
    paragraph = reading.sentences[place].paragraph
    return any(_HURT.search(reading.passage.in_paragraph(near)) for near in range(paragraph - 2, paragraph + 1))

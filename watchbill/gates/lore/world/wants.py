"""What a place has none or only one of: a spring on a cay without water, a second saloon in a town of one."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from watchbill.gates.lore.canon import Attribute, Canon, Entry
from watchbill.gates.lore.english.bags import bag, either, loose
from watchbill.gates.lore.english.language import Token, lows, noun, number_at, number_of
from watchbill.gates.lore.positions import Span, apart
from watchbill.gates.lore.texts.marks import Mark
from watchbill.gates.lore.texts.reading import Reading

_NONE = loose(r"^(?:none|no|nil|0|zero|not (?:one|any|a single one))\b(?: (?P<what>[a-z][\w ]*))?")
_COUNT = loose(r"^(?:only |just )?(?P<n>[a-z]+|\d+)\s*(?:[a-z]+)?$")
_ONE = re.compile(
    r"^(?:only |just )?(?:one|1|a single)\b(?:[,:;(] ?(?:called |named )?(?:the )?(?P<name>[A-ZÀ-Þ][\w' ]*))?"
)
# What shows that there is some of it.
_SHOWS = {
    "water": "spring well brook stream fountain pool pond creek waterfall rivulet", "tree": "tree palm oak pine grove wood copse orchard elm birch beech ash willow cedar forest",
    "church": "church chapel steeple spire vicar", "wood": "wood copse grove forest", "inn": "inn tavern alehouse pub", "road": "road lane highway", "wall": "wall rampart",
    "air": "shirtsleeve lung breeze wind", "atmosphere": "shirtsleeve lung breeze wind", "harbour": "harbour quay dock", "school": "school schoolhouse", "light": "lamp lantern streetlamp", "window": "window pane", "well": "well",
    "fish": "fish trout salmon pike perch eel carp", "cattle": "cattle cow bull ox calf heifer", "sheep": "sheep ewe lamb ram", "horse": "horse mare stallion pony",
    "railway": "railway train", "railroad": "railroad train", "garden": "garden lawn flowerbed", "dog": "dog hound", "saloon": "saloon barroom bar", "tavern": "tavern inn alehouse pub", "pub": "pub inn tavern", "bridge": "bridge", "stair": "stair staircase",
}  # fmt: skip
_OTHERS = bag(
    "second third fourth fifth sixth another other next both two three four several many few most all every each"
)
_ENTERED = bag("in into inside entered at reached on onto to")
_LEFT = either(
    r"left|leaves|went|goes|out|outside|away|home|down|back|later|once|until|from|next door|past|towards?|next|days?|morning|hours?"
)
_NO = loose(
    r"(?:^|[;,.] (?:and )?|\b(?:has|have|with|but|and) )no (?P<what>[a-z]+)(?=\s*(?:$|[;,.]| at all\b| of any kind\b| whatever\b))"
)
_NOT_LACKED = bag("one more longer other way doubt matter air atmosphere")
_ABSENT = loose(
    r"\b(?:no|not|never|without|neither|nor|dry|dried|salt|brackish|dead|nearest|far from|miles (?:from|off|away)|elsewhere|mainland|brought|carried from|ruins?|painted|drawn|map|chart|like|as|than|the way an?)\b|n't\b"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Want:
    entry: Entry
    nouns: frozenset[str]
    most: int
    name: str  # of the one there is
    span: Span
    words: str


class Wants:
    def __init__(self, canon: Canon) -> None:
        self._wants = [
            want for entry in canon.entries if entry.is_place for one in entry.attributes for want in _wants(entry, one)
        ]
        self._wants += [want for entry in canon.entries if entry.is_place for want in _lacking(entry)]

    def check(self, reading: Reading) -> Iterator[Mark]:
        held = [one for one in self._wants if one.span.holds(reading.standing.position)]
        frames = reading.frames
        for place, sentence in enumerate(reading.sentences):
            if not held or sentence.is_speech or frames.is_framed(sentence) or frames.is_hedged(sentence):
                continue
            if _ABSENT.search(reading.passage.prose, sentence.start, sentence.end):
                continue
            named = {one.entry.id for one in reading.mentions[place] if one.entry.is_place} or stood_at(reading, place)
            for want in held:
                if named == {want.entry.id} and (span := _shown(sentence.tokens, want)) is not None:
                    first, last = span
                    yield Mark.over(sentence.tokens, first, last, "place", want.entry.id, want.words, 0.75)


def _wants(entry: Entry, attribute: Attribute) -> Iterator[_Want]:
    for value in attribute.values:
        none, one = _NONE.match(value.text), _ONE.match(value.text)
        count = _COUNT.match(value.text)
        most = 0 if none is not None else 1 if one is not None else number_of(count["n"]) if count is not None else None
        if most is None:
            continue
        what = noun(attribute.key.split()[-1])
        said = noun((none["what"] or "").split()[-1]) if none is not None and none["what"] else ""
        head = said if said in _SHOWS else what
        yield _Want(
            entry=entry,
            nouns=frozenset(_SHOWS.get(head, head).split()),
            most=most,
            name=(one["name"] or "").strip() if one is not None else "",
            span=value.span,
            words=attribute.words,
        )


def stood_at(reading: Reading, place: int) -> set[str]:
    """The one place that the paragraph has named before a sentence that names none."""
    sentence = reading.sentences[place]
    beside = [near for near in reading.beside(sentence.paragraph) if near < place]
    named = [(near, one) for near in beside for one in reading.mentions[near] if one.entry.is_place]
    is_there = all(
        one.first < 2 or _ENTERED & set(lows(reading.sentences[near].tokens[max(0, one.first - 2) : one.first]))
        for near, one in named
    )
    has_left = _LEFT.search(reading.passage.prose, reading.sentences[named[0][0]].start if named else 0, sentence.end)
    ids = {one.entry.id for _, one in named}
    return ids if len(ids) == 1 and is_there and not has_left else set()


def _lacking(entry: Entry) -> Iterator[_Want]:
    """ "Square; no spire", "a house of red brick, it has no garden": whatever a value or a note says that there is none of."""
    told = [(value.text, value.span, one.words) for one in entry.attributes for value in one.values]
    notes = [note for note in entry.notes if not note.lower().startswith("no ")]  # that is a fact of its own
    for text, span, words in (*told, *((note, Span(), note) for note in notes)):
        for found in _NO.finditer(text):
            what = noun(found["what"])
            if what not in _NOT_LACKED and apart(text)[1].is_open:
                nouns = frozenset(_SHOWS.get(what, what).split())
                yield _Want(entry=entry, nouns=nouns, most=0, name="", span=span, words=f"{entry.name}: {words}")


def _shown(words: Sequence[Token], want: _Want) -> tuple[int, int] | None:
    """The tokens of what the place is shown to have too much of."""
    for at, word in enumerate(words):
        if noun(word.text) not in want.nouns or word.is_capital:
            continue
        if want.most == 0 and lows(words[at + 1 : at + 3]) in (["of", "the"], ["of", "a"]):
            continue  # "the pines of the valley"
        if want.most == 0:
            return (at - 1 if at else at), at
        first = next((to for to in range(max(0, at - 3), at) if _counts_more(words, to, want.most)), None)
        if first is not None:
            return first, at
    return None


def _counts_more(words: Sequence[Token], at: int, most: int) -> bool:
    counted = number_at(words, at)
    is_other = most == 1 and words[at].lower in _OTHERS
    is_more = counted is not None and counted[0] > most
    return is_other or (is_more and (most == 1 or words[at].lower.endswith(("rd", "th"))))

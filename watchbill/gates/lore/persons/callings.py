"""Callings: of which rank, people or faith somebody is said to be, where the canon names another."""

from collections.abc import Iterator
from dataclasses import dataclass

from watchbill.gates.lore.canon import Attribute, Canon, Entry
from watchbill.gates.lore.english.bags import bag
from watchbill.gates.lore.english.language import noun, tokens
from watchbill.gates.lore.known.forms import is_person
from watchbill.gates.lore.persons.traits import said_to_be
from watchbill.gates.lore.texts.marks import Mark
from watchbill.gates.lore.texts.phrases import owner_of, phrase_at
from watchbill.gates.lore.texts.reading import Reading

_RANKS = "private corporal sergeant ensign midshipman lieutenant captain major commander colonel brigadier general commodore admiral constable inspector superintendent cadet bosun"
_PEOPLES = (
    "dane danish", "norwegian norseman", "swede swedish", "finn finnish", "german", "french frenchman frenchwoman", "english englishman englishwoman", "irish irishman irishwoman",
    "scot scottish scotsman scotch", "welsh welshman welshwoman", "italian", "spaniard spanish", "portuguese", "pole polish", "russian", "greek", "turk turkish", "dutch dutchman dutchwoman",
    "belgian", "swiss", "austrian", "hungarian", "czech", "american yankee", "canadian", "australian", "mexican", "chinese", "japanese", "korean", "egyptian", "nigerian", "ghanaian", "kenyan",
    "ethiopian", "brazilian", "argentine", "cuban", "jamaican", "persian iranian", "syrian", "moroccan", "icelander icelandic", "latvian", "lithuanian", "estonian", "ukrainian", "serb serbian", "croat croatian", "bulgarian", "romanian", "armenian", "basque", "breton", "catalan", "cornish cornishman", "venetian", "flemish fleming",
)  # fmt: skip
_FAITHS = (
    "catholic papist", "protestant lutheran methodist baptist presbyterian calvinist anglican quaker puritan congregationalist", "orthodox", "jew jewish jewess", "muslim moslem mohammedan",
    "hindu", "buddhist", "sikh", "atheist unbeliever", "mormon", "pagan heathen", "taoist", "zoroastrian",
)  # fmt: skip
_WITHIN = "lutheran methodist baptist presbyterian calvinist anglican quaker puritan congregationalist"


@dataclass(frozen=True, slots=True)
class _Kind:
    keys: frozenset[str]  # of the canon
    groups: tuple[frozenset[str], ...]  # of words for the same


_KINDS = (
    _Kind(bag("rank title position grade post"), tuple(frozenset((one,)) for one in _RANKS.split())),
    _Kind(
        bag("nationality nation origin people ethnicity race citizenship country"),
        tuple(frozenset(one.split()) for one in _PEOPLES),
    ),
    _Kind(bag("accent dialect brogue"), tuple(frozenset(one.split()) for one in _PEOPLES)),
    _Kind(
        bag("faith religion denomination church belief beliefs creed religious"),
        (*(frozenset(one.split()) for one in _FAITHS), *(frozenset((one, "protestant")) for one in _WITHIN.split())),
    ),
)


_ACCENT = _KINDS[2]
_ACCENTS = bag("accent lilt burr brogue drawl vowels")


class Callings:
    def __init__(self, canon: Canon) -> None:
        self._told = [
            (entry, kind, one)
            for entry in canon.entries
            if is_person(entry)
            for one in entry.attributes
            for kind in _KINDS
            if set(one.key.split()) & kind.keys and _words(one, kind)
        ]

    def check(self, reading: Reading) -> Iterator[Mark]:
        frames = reading.frames
        for place, sentence in reading.meant_as_said if self._told else ():
            words = sentence.tokens
            for at, word in enumerate(words):
                low = noun(word.text)
                kind = next((one for one in _KINDS if any(low in group for group in one.groups)), None)
                if kind is None:
                    continue
                entry, first = said_to_be(reading, place, at, is_quality=kind is not _KINDS[0])
                last = at
                if at + 1 < len(words) and words[at + 1].lower in _ACCENTS:  # "her Scottish burr"
                    phrase = phrase_at(words, at + 1)
                    entry, _ = owner_of(reading, place, phrase)
                    kind, first, last = _ACCENT, phrase.first, at + 1
                if entry is None and kind is _KINDS[0] and word.is_capital:
                    entry, first, last = _titled(reading, place, at)
                stated = self._against(entry, kind, low, reading) if entry is not None else None
                is_unsaid = frames.is_negated(sentence, words[first].start, word.end) or frames.is_supposed(
                    sentence, words[first].start
                )
                if (
                    stated is not None
                    and entry is not None
                    and not is_unsaid
                    and not frames.is_compared(sentence, words[first].start)
                ):
                    yield Mark.over(words, first, last, "attribute", entry.id, stated.words, 0.75)

    def _against(self, entry: Entry, kind: _Kind, said: str, reading: Reading) -> Attribute | None:
        """What the canon says against that word for somebody at a position."""
        if said in {word.lower() for name in entry.spoken_of for word in name.split()}:
            return None
        for other, theirs, attribute in self._told:
            if other.id != entry.id or theirs is not kind:
                continue
            known = {
                word
                for value in attribute.values
                if value.span.holds(reading.standing.position)
                for word in _known(value.text, kind)
            }
            if known and not any(said in group and known & group for group in kind.groups):
                return attribute
        return None


def _titled(reading: Reading, place: int, at: int) -> tuple[Entry | None, int, int]:
    """ "Captain Orre": whose name follows."""
    words = reading.sentences[place].tokens
    is_alone = not at or not (words[at - 1].is_capital and words[at - 1].is_word and at > 1)
    named = next((one for one in reading.mentions[place] if one.first == at + 1), None)
    return (named.entry, at, named.last) if named is not None and is_alone else (None, at, at)


def _known(text: str, kind: _Kind) -> set[str]:
    return {low for word in tokens(text) if any((low := noun(word.text)) in group for group in kind.groups)}


def _words(attribute: Attribute, kind: _Kind) -> bool:
    return any(_known(value.text, kind) for value in attribute.values)

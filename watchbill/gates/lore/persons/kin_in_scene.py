"""Kin in the scene: "her husband's brother" of her own, "his cousin" of the brother he helps, "his aunt, who ran the forge" of a sister."""

from collections.abc import Iterator, Sequence

from watchbill.gates.lore.canon import Canon, Entry
from watchbill.gates.lore.english.bags import bag
from watchbill.gates.lore.english.language import lows, stem
from watchbill.gates.lore.english.people import BLOOD, GENDER
from watchbill.gates.lore.known.family import Family, group_of
from watchbill.gates.lore.texts.candidates import Candidate
from watchbill.gates.lore.texts.marks import Mark
from watchbill.gates.lore.texts.reading import Reading

_TRADE_KEYS = bag("trade occupation job profession work role keeps runs owns")
# Towards whom somebody in the scene feels or does something.
_DOING = bag("careful fond proud ashamed afraid jealous smiled looked nodded turned bowed listened leaned waved winked glared frowned scowled beamed gazed bent")  # fmt: skip
_TOWARDS = bag("of to at for with upon on over")
_HANDLING = bag("kissed embraced hugged helped thanked steadied supported slapped pushed pulled lifted handed shook seized caught held hugging kissing helping")  # fmt: skip
_SMALL = bag("the a an at in of on to and called with for that who")


class KinInScene:
    def __init__(self, canon: Canon, family: Family) -> None:
        self._family = family
        self._trades = [
            (entry, words)
            for entry in canon.entries
            for one in entry.attributes
            if not entry.is_place and set(one.key.split()) & _TRADE_KEYS
            for value in one.values
            if len(words := _content(f"{one.key} {value.text}")) > 1
        ]

    def check(self, reading: Reading) -> Iterator[Mark]:
        frames = reading.frames
        for place, sentence in reading.narrated:
            words = sentence.tokens
            for at in range(1, len(words)):
                group = group_of(words[at].lower)
                if group not in BLOOD | {"cousin"} or words[at].is_capital:
                    continue
                if frames.is_negated(sentence, words[at].start, words[at].end) or frames.is_compared(
                    sentence, words[at].start
                ):
                    continue
                if words[at - 1].lower in ("his", "her"):
                    yield from self._met(reading, place, at, group)
                    yield from self._practising(reading, place, at, group)

    def _met(self, reading: Reading, place: int, at: int, group: str) -> Iterator[Mark]:
        """ "Hamo filled the cup, careful of his cousin, and Godfrey thanked him": of two brothers."""
        words = reading.sentences[place].tokens
        before = lows(words[max(0, at - 3) : at - 1])
        is_towards = len(before) > 1 and before[-1] in _TOWARDS and before[-2] in _DOING
        is_towards = is_towards or (bool(before) and before[-1] in _HANDLING)
        answers = {
            word.lower
            for one in reading.mentions[place]
            if one.first > at
            for word in words[one.last + 1 : one.last + 5]
        }
        owner = reading.meant(place, at - 1)
        if owner is None or not is_towards or not answers & {"him", "her"}:
            return
        others = _others(reading.people_in(place), owner, at)
        if len(others) != 1 or None in others:
            return
        other = others.pop()
        known = self._family.between.get((owner.id, other.id)) if other is not None else None
        wanted = GENDER.get(words[at].lower, "")
        if other is None or not known or not known & BLOOD or group in known:
            return
        if not wanted or reading.cast.gender_by_id[other.id] in (wanted, ""):
            yield self._mark(reading, place, owner, other, at - 1, at, 0.7)

    def _practising(self, reading: Reading, place: int, at: int, group: str) -> Iterator[Mark]:
        """ "His aunt, who ran the forge": where his sister keeps it."""
        words = reading.sentences[place].tokens
        if at + 3 >= len(words) or words[at + 1].text != "," or words[at + 2].lower not in ("who", "the"):
            return
        end = next((to for to in range(at + 3, len(words)) if words[to].text in ",.;"), len(words))
        said = _content(" ".join(word.text for word in words[at + 2 : end]))
        owner = reading.meant(place, at - 1)
        for entry, trade in self._trades:
            known = self._family.between.get((owner.id, entry.id)) if owner is not None else None
            if owner is not None and known and known & BLOOD and group not in known and len(said & trade) > 1:
                yield self._mark(reading, place, owner, entry, at - 1, end - 1, 0.75)

    def _mark(
        self, reading: Reading, place: int, owner: Entry, other: Entry, first: int, last: int, sure: float
    ) -> Mark:
        words = reading.sentences[place].tokens
        return Mark.over(words, first, last, "relation", other.id, self._family.words[owner.id, other.id], sure)


def _others(people: Sequence[Candidate], owner: Entry, at: int) -> list[Entry | None]:
    """Everybody in the sentence but the owner and the noun for kin itself."""
    return list(
        {
            one.entry.id if one.entry else "": one.entry for one in people if one.at != at and one.entry is not owner
        }.values()
    )


def _content(text: str) -> frozenset[str]:
    irregular = {"kept": "keep", "ran": "run", "owned": "own", "held": "hold", "sold": "sell", "made": "make"}
    words = [word.strip(".,;:'").lower() for word in text.split()]
    return frozenset(stem(irregular.get(word, word)) for word in words if word and word not in _SMALL)

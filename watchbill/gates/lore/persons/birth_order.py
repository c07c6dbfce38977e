"""Birth order: a little sister who is the eldest, an elder brother who was born later."""

import re
from collections.abc import Iterator

from watchbill.gates.lore.canon import Canon, Entry, bare
from watchbill.gates.lore.english.bags import bag, loose
from watchbill.gates.lore.known.deeds import Statement, statements
from watchbill.gates.lore.known.family import Family, group_of
from watchbill.gates.lore.texts.marks import Mark
from watchbill.gates.lore.texts.phrases import BE, phrase_at
from watchbill.gates.lore.texts.reading import Reading

_YOUNGER = bag("little younger kid baby youngest")
_OLDER = bag("older elder big eldest oldest firstborn first-born")
_LAST, _FIRST = bag("youngest"), bag("eldest oldest firstborn first-born")
_RANK = loose(r"\b(?P<rank>youngest|eldest|oldest|first-?born)\b")
_OTHERS = loose(r"(?P<name>[A-ZÀ-Þ][\w'-]+)(?: is|,| was)? (?:the )?(?P<rank>youngest|eldest|oldest|first-?born)\b")
_PAIR = re.compile(
    r"(?P<other>[A-ZÀ-Þ][\w.'-]*)'s (?P<which>(?i:younger|elder|older|little|big)) (?:half-)?(?:brother|sister)\b"
    r"|\b(?P<which2>(?i:younger|elder|older|little|big)) (?:half-)?(?:brother|sister) (?:of|to) (?P<other2>[A-ZÀ-Þ][\w.'-]*)"
)
_YEAR = re.compile(r"\b(\d{3,4})\b(?:-\d\d-\d\d)?")

Said = tuple[str, str]  # the id in the canon, and its words


class BirthOrder:
    def __init__(self, canon: Canon, family: Family) -> None:
        self._family = family
        self._canon = canon
        self._last: dict[str, Said] = {}  # by bare name or id: who is the youngest
        self._first: dict[str, Said] = {}
        self._younger: dict[tuple[str, str], Said] = {}  # the first one is the younger
        for one in statements(canon):
            self._learn(one)
        self._born = {entry.id: year for entry in canon.entries if (year := _year(entry)) is not None}

    def _learn(self, stated: Statement) -> None:
        entry = stated.entry
        if entry is None or entry.is_place:
            return
        said = (entry.id, stated.words)
        if (pair := _PAIR.search(stated.text)) is not None:
            other = self._canon.find(pair["other"] or pair["other2"])
            if other is not None:
                is_younger = (pair["which"] or pair["which2"]).lower() in _YOUNGER
                self._younger[(entry.id, other.id) if is_younger else (other.id, entry.id)] = said
            return
        named = _OTHERS.search(stated.text)
        ranked = _RANK.search(stated.text)
        if named is not None and named["name"].lower() not in ("the", "is", "family"):
            other = self._canon.find(named["name"])
            self._rank(named["rank"], other.id if other else bare(named["name"]), said)
        elif ranked is not None and not re.search(r"\b(?:son|daughter|child)\b.*\bof\b.*'s", stated.text):
            self._rank(ranked["rank"], entry.id, said)

    def _rank(self, word: str, whose: str, said: Said) -> None:
        (self._last if word.lower() in _LAST else self._first)[whose] = said

    def check(self, reading: Reading) -> Iterator[Mark]:
        frames = reading.frames
        for place, sentence in reading.meant_as_said:
            for at, word in enumerate(sentence.tokens):
                low = word.lower
                if low not in _YOUNGER | _OLDER or frames.is_negated(sentence, word.start, word.end):
                    continue
                found = self._of_kin(reading, place, at) or self._of_oneself(reading, place, at)
                if found is not None:
                    first, last, (canon_id, shown) = found
                    yield Mark.over(sentence.tokens, first, last, "relation", canon_id, shown, 0.8)

    def _of_kin(self, reading: Reading, place: int, at: int) -> tuple[int, int, Said] | None:
        """ "her little sister Pin"."""
        words = reading.sentences[place].tokens
        kin = next(
            (to for to in range(at + 1, min(len(words), at + 3)) if group_of(words[to].lower) == "sibling"), None
        )
        if kin is None:
            return None
        phrase = phrase_at(words, kin)
        if phrase.determiner < 0:
            return None
        low = words[phrase.determiner].lower
        owner = (
            reading.owner_before(place, phrase.determiner)
            if low in ("'s", "'")
            else reading.meant(place, phrase.determiner)
        )
        if owner is None:
            return None
        named = kin + 1 < len(words) and words[kin + 1].is_capital
        name = words[kin + 1].text if named else ""
        other = self._canon.find(name) if named else self._family.kin(owner.id, words[kin].lower)
        said = self._wrong(owner, other.id if other else bare(name), is_younger=words[at].lower in _YOUNGER)
        return (phrase.first, kin + named, said) if said is not None else None

    def _wrong(self, owner: Entry, other: str, *, is_younger: bool) -> Said | None:
        """The canon's words against one being the younger, or the older, sibling of another."""
        ranks = (
            (self._last.get(owner.id), self._first.get(other))
            if is_younger
            else (self._first.get(owner.id), self._last.get(other))
        )
        pair = self._younger.get((owner.id, other) if is_younger else (other, owner.id))
        for said in (*ranks, pair):
            if said is not None:
                return said
        mine, theirs = self._born.get(owner.id), self._born.get(other)
        if mine is None or theirs is None or mine[0] == theirs[0] or (theirs[0] > mine[0]) is is_younger:
            return None
        return (other, theirs[1])

    def _of_oneself(self, reading: Reading, place: int, at: int) -> tuple[int, int, Said] | None:
        """ "Pin, the youngest,", "Pin was the youngest"."""
        words = reading.sentences[place].tokens
        low = words[at].lower
        if low not in _LAST | _FIRST or at < 2 or words[at - 1].lower != "the":
            return None
        if low in _FIRST and words[at - 2].lower in BE and words[at - 3].lower in ("he", "she"):
            subject = reading.meant(place, at - 3)
            said = next((told for (one, _), told in self._younger.items() if subject and one == subject.id), None)
            return (at - 3, at, said) if said is not None else None
        before = words[at - 2]
        mention = next((one for one in reading.mentions[place] if one.last in (at - 3, at - 4)), None)
        if mention is None or not (before.text == "," or before.lower in BE) or mention.last != at - 3:
            return None
        if (
            at + 1 < len(words)
            and words[at + 1].is_word
            and words[at + 1].lower not in ("of", "and", "by", "was", "had", "in", "sister", "brother")
        ):
            return None
        said = (self._first if low in _LAST else self._last).get(mention.entry.id)
        return (mention.first, at, said) if said is not None else None


_BORN = frozenset(("born", "birth", "birth year", "year of birth", "date of birth"))


def _year(entry: Entry) -> tuple[int, str] | None:
    stated = ((one, one.values[0].text) for one in entry.attributes if one.key in _BORN and one.values)
    return next(((int(found[1]), one.words) for one, text in stated if (found := _YEAR.search(text)) is not None), None)

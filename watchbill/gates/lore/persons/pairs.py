"""Pairs: what two people are said to be to each other, and that somebody has no kin of a kind whom the canon names."""

import re
from collections.abc import Iterator

from watchbill.gates.lore.canon import Canon, Entry
from watchbill.gates.lore.english.bags import bag, either
from watchbill.gates.lore.english.language import low_at, lows, noun
from watchbill.gates.lore.english.people import BLOOD, GENDER
from watchbill.gates.lore.known.family import Family, group_of
from watchbill.gates.lore.known.forms import is_person
from watchbill.gates.lore.texts.marks import Mark
from watchbill.gates.lore.texts.phrases import BE
from watchbill.gates.lore.texts.reading import Reading

_BOTH = either(r"they|the two of them|the pair of them|both of them|them both|the two")
_KIN_OF_MANY = bag("cousins brothers sisters siblings")
_MARRIED = re.compile(
    r"\b(?:(?:was|were|is|are|been|being|got|get) (?:\w+ )?(?:married|wed)(?: to (?P<to>him|her|[A-ZÀ-Þ][\w'-]+))?|(?:had|has|have) been (?:his|her) (?:husband|wife)|(?:married|wedded) (?P<whom>him|her|[A-ZÀ-Þ][\w'-]+)|(?:man|husband) and wife)\b"
)
_ENGAGED = re.compile(r"\b(?:engaged|betrothed|promised) to (?P<to>him|her|[A-ZÀ-Þ][\w'-]+)\b")
_NOT_SO = bag("almost nearly not never if would as like unless might could")
# Words by which somebody has none, and whom they then have not.
_DENIED = (
    (re.compile(r"\b(?:was|is|am|'m|been) (?:\w+ )?childless\b|\b(?:had|has|have) (?:never had (?:a|any) (?:child|children)|no (?:child|children))\b"), "child", ""),
    (re.compile(r"\b(?:had|has|have) (?:never had (?:a|any)|no) (?P<who>brother|sister|son|daughter|sibling|wife|husband)s?\b(?! (?:there|here|left|to|now|any|with))"), "", ""),
    (re.compile(r"\bnever had (?:a|any) (?P<who>brother|sister|son|daughter)s?\b"), "", ""),
    (re.compile(r"\b(?:was|is|am|'m|been) (?:\w+ )?an only child\b"), "sibling", ""),
    (re.compile(r"\b(?:had|has|have) never (?:been )?married\b|\b(?:was|is|been|remained|still) (?:still )?(?:a (?:\w+ )?(?:bachelor|spinster)|unmarried)\b"), "spouse", ""),
)  # fmt: skip


class Pairs:
    def __init__(self, canon: Canon, family: Family) -> None:
        self._family = family
        self._canon = canon
        self._is_any = bool(family.between)

    def check(self, reading: Reading) -> Iterator[Mark]:
        frames = reading.frames
        for place, sentence in enumerate(reading.sentences):
            if not self._is_any or frames.is_unreal(sentence) or frames.is_lie(sentence):
                continue
            if not frames.is_framed(sentence, but_memory=True):
                yield from self._alike(reading, place)  # brothers are so at all times
            if frames.is_framed(sentence):
                continue
            yield from self._wed(reading, place)
            yield from self._called(reading, place)
            yield from self._denied(reading, place)

    def _alike(self, reading: Reading, place: int) -> Iterator[Mark]:
        """ "Dagna and Hanne were cousins", "cousins, people said of the two of them": of two sisters."""
        words = reading.sentences[place].tokens
        for at, word in enumerate(words):
            if word.lower not in _KIN_OF_MANY:
                continue
            is_said = any(one.lower in BE for one in words[max(0, at - 3) : at]) or at == 0
            pair = self._two(reading, place)
            before = set(lows(words[max(0, at - 4) : at]))
            if not is_said or pair is None or before & (_NOT_SO | {"their", "his", "her"}):
                continue
            yield from self._judged(reading, place, *pair, group_of(word.lower), at, at)

    def _two(self, reading: Reading, place: int) -> tuple[Entry, Entry] | None:
        """The two people of a sentence, "X and Y"; or whom "they" means, where the sentences before name just two."""
        sentence = reading.sentences[place]
        words = sentence.tokens
        named = {one.entry.id: one.entry for one in reading.mentions[place] if is_person(one.entry)}
        for one, other in zip(reading.mentions[place], reading.mentions[place][1:], strict=False):
            if other.first == one.last + 2 and words[one.last + 1].lower == "and" and one.entry is not other.entry:
                return (one.entry, other.entry) if len(named) == 2 else None
        if not _BOTH.search(reading.passage.prose, sentence.start, sentence.end):
            return None
        for paragraph in (sentence.paragraph, sentence.paragraph - 1):
            shown = {
                one.entry.id if one.entry else "": one.entry
                for near in reading.in_paragraph(paragraph)
                if near <= place
                for one in reading.people_in(near)
                if one.entry is None or is_person(one.entry)
            }
            known = [one for one in shown.values() if one is not None]
            if len(known) == 2 and self._family.between.get((known[0].id, known[1].id)):
                return known[0], known[1]
            if shown:
                return None
        return None

    def _wed(self, reading: Reading, place: int) -> Iterator[Mark]:
        """ "Piet was married to Dagna", "her husband these ten years", "engaged to Joss"."""
        sentence = reading.sentences[place]
        words = sentence.tokens
        for pattern, group in ((_MARRIED, "spouse"), (_ENGAGED, "betrothed")):
            for found in pattern.finditer(reading.passage.prose, sentence.start, sentence.end):
                first = next(at for at, word in enumerate(words) if word.end > found.start())
                last = max(at for at, word in enumerate(words) if word.start < found.end())
                if set(lows(words[max(0, first - 4) : first])) & _NOT_SO:
                    continue
                if reading.frames.is_supposed(sentence, found.start()):
                    continue
                told = next((one for one in ("to", "whom") if one in pattern.groupindex and found[one]), "")
                subject = reading.subject(place, first)
                if not told:
                    pair = self._two(reading, place)
                else:
                    named = next((one.entry for one in reading.mentions[place] if one.first <= last <= one.last), None)
                    other = named or (reading.meant(place, last) if found[told] in ("him", "her") else None)
                    pair = (subject, other) if subject is not None and other is not None else None
                if pair is not None and pair[0] is not pair[1]:
                    yield from self._judged(reading, place, *pair, group, first, last)

    def _called(self, reading: Reading, place: int) -> Iterator[Mark]:
        """ "Aunt Hanne!" from her sister; "Father," said Joss to his brother."""
        sentence = reading.sentences[place]
        if not sentence.is_speech or (speaker := reading.speaker(sentence)) is None:
            return
        words = sentence.tokens
        for mention in reading.mentions[place]:
            first = mention.first - 1 if mention.first else mention.first
            title = words[first].lower
            if group_of(title) in ("uncle", "parent", "grandparent") and title in _TITLES and words[first].is_capital:
                yield from self._judged(reading, place, speaker, mention.entry, group_of(title), first, mention.last)
        if words[0].lower in _TITLES and words[0].is_capital and (len(words) == 1 or not words[1].is_word):
            listener = self._listener(reading, place, speaker)
            if listener is not None:
                yield from self._judged(reading, place, speaker, listener, group_of(words[0].lower), 0, 0)

    def _listener(self, reading: Reading, place: int, speaker: Entry) -> Entry | None:
        """Whom the narration beside says is spoken to: "said Joss to Piet"."""
        sentence = reading.sentences[place]
        for near in reading.beside(sentence.paragraph):
            words = reading.sentences[near].tokens
            for mention in reading.mentions[near]:
                is_told = mention.first > 1 and words[mention.first - 1].lower in ("to", "asked", "told")
                if is_told and mention.entry is not speaker and reading.sentences[near].start >= sentence.end:
                    return mention.entry
        return None

    def _denied(self, reading: Reading, place: int) -> Iterator[Mark]:
        """ "Piet had no brothers", "she was childless", "he never married": where the canon names one."""
        sentence = reading.sentences[place]
        words = sentence.tokens
        for pattern, group, gender in _DENIED:
            for found in pattern.finditer(reading.passage.prose, sentence.start, sentence.end):
                first = next(at for at, word in enumerate(words) if word.end > found.start())
                last = max(at for at, word in enumerate(words) if word.start < found.end())
                subject = reading.subject(place, first)
                if (
                    subject is None
                    or reading.frames.is_supposed(sentence, found.start())
                    or _is_of_other(low_at(words, first - 1))
                ):
                    continue
                who = found["who"] if "who" in pattern.groupindex else ""
                wanted, sex = (group_of(who), GENDER.get(who, "")) if who else (group, gender)
                shown = self._named(reading, subject, wanted, sex)
                if shown:
                    yield Mark.over(words, first, last, "relation", subject.id, shown, 0.8)

    def _named(self, reading: Reading, whose: Entry, group: str, gender: str) -> str:
        for (one, other), groups in self._family.between.items():
            is_one = one == whose.id and group in groups and self._family.words.get((one, other))
            if is_one and (not gender or reading.cast.gender_by_id.get(other) == gender):
                return self._family.words[one, other]
        return ""

    def _judged(
        self, reading: Reading, place: int, one: Entry, other: Entry, group: str, first: int, last: int
    ) -> Iterator[Mark]:
        known = self._family.between.get((one.id, other.id), set())
        words = reading.sentences[place].tokens
        shown = self._family.words.get((one.id, other.id), "")
        if not known and group in ("spouse", "betrothed"):
            shown = self._of_another(one, other) or self._of_another(other, one)
        elif not known & (BLOOD | {"in-law", "betrothed"}) or group in known:
            return
        elif known <= {"betrothed"} and group != "betrothed":
            return  # they may have married since
        if shown:
            yield Mark.over(words, first, last, "relation", other.id, shown, 0.8)

    def _of_another(self, one: Entry, other: Entry) -> str:
        """The canon's words where one is married, or engaged, to somebody else of the canon."""
        for word in ("wife", "husband", "fiance"):
            told = self._family.only.get((one.id, word))
            found = self._canon.find(told[0]) if told is not None else None
            if told is not None and found is not None and found is not other and not _LATE.search(told[1]):
                return told[1]
        return ""


_LATE = either(r"late|former|ex|first|second|dead|died|divorced|until|from")
_TITLES = bag("uncle aunt auntie father mother papa mama grandfather grandmother granny grandpa grandma dad mum")


def _is_of_other(word: str) -> bool:
    """ "A man who had no brothers": of whoever that is."""
    return word in ("who", "whom", "that", "which") or noun(word) == "people"

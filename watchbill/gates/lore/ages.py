"""Ages: how old somebody is said to be, against their age or birth in the canon and the story's date."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from watchbill.gates.lore.canon import Canon, Entry
from watchbill.gates.lore.language import Token, number_at, number_of, tokens
from watchbill.gates.lore.marks import Mark
from watchbill.gates.lore.phrases import BE
from watchbill.gates.lore.reading import Reading
from watchbill.gates.lore.standing import date_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Age:
    entry: Entry
    years: int | None
    born: date | None
    year: int | None  # of birth, in whatever calendar
    words: str


class Ages:
    def __init__(self, canon: Canon) -> None:
        self._canon = canon
        people = (entry for entry in canon.entries if not entry.is_place)
        self._ages = {entry.id: age for entry in people if (age := _age(entry)) is not None}

    def check(self, reading: Reading) -> Iterator[Mark]:
        frames = reading.frames
        for place, sentence in enumerate(reading.sentences):
            if not self._ages or frames.is_framed(sentence) or frames.is_unreal(sentence) or frames.is_lie(sentence):
                continue
            for mark in (*self._of_age(reading, place), *self._born(reading, place)):
                if not any(
                    (
                        frames.is_negated(sentence, mark.start, mark.start),
                        frames.is_supposed(sentence, mark.start),
                        frames.is_compared(sentence, mark.start),
                    )
                ):
                    yield mark

    def _of_age(self, reading: Reading, place: int) -> Iterator[Mark]:
        words = reading.sentences[place].tokens
        for at in range(len(words)):
            found = _counted(words, at)
            if found is None or (
                at and number_at(list(words[max(0, at - 1) : at + 1]), 0) is not None and words[at - 1].lower not in BE
            ):
                continue
            years, last = found[0], at + found[1] - 1
            end = _age_end(words, at, last)
            if end is None or not 0 < years < 1000:
                continue
            owner = self._aged(reading, place, at, last)
            age = self._ages.get(owner.id) if owner is not None else None
            if age is not None and not self._can_be(age, years, reading):
                yield Mark(
                    rule="attribute",
                    canon_id=age.entry.id,
                    start=words[at].start,
                    end=words[end].end,
                    canon=age.words,
                    confidence=0.8,
                )

    def _aged(self, reading: Reading, place: int, at: int, last: int) -> Entry | None:
        sentence = reading.sentences[place]
        words = sentence.tokens
        if at == 1 and words[0].lower == "at":  # "At thirty-nine, Marisol ran"
            return next((one.entry for one in reading.mentions[place] if one.first == last + 2), None)
        named = next((one for one in reading.mentions[place] if one.last == at - 2 and words[at - 1].text == ","), None)
        if named is not None:
            return named.entry
        subject = reading.subject(place, at)
        between = reading.others_between(
            place, max((one.first for one in reading.mentions[place] if one.first < at), default=-1), at
        )
        if subject is not None and not between:
            return subject
        is_own = not any(
            word.lower in ("he", "she", "it", "they", "you", "his", "her", "ago", "is", "was") for word in words
        )
        return reading.speaker(sentence) if is_own and sentence.is_speech and not reading.people_in(place) else None

    def _can_be(self, age: Age, years: int, reading: Reading) -> bool:
        if age.born is not None or (age.year is not None and not self._canon.calendar.is_own):
            day = self._day(reading)
            if day is None:
                return age.years is None or abs(age.years - years) <= 1
            born = age.born or date(age.year or 1, 7, 1)
            low = day.year - born.year - 1
            return low - (age.born is None) <= years <= low + 1 + (age.born is None)
        if age.years is None:
            return True
        spread = 1 if self._canon.timeline or reading.standing.position is not None else 0
        return abs(age.years - years) <= spread

    def _day(self, reading: Reading) -> date | None:
        if reading.standing.day is not None:
            return reading.standing.day
        dated = [one for one in self._canon.timeline if one.date is not None and one.position is not None]
        position = reading.standing.position
        near = min(dated, key=lambda one: abs((one.position or 0) - (position or 0)), default=None)
        years = {one.date.year for one in dated if one.date is not None}
        return (
            near.date
            if near is not None and (len(years) == 1 or (position is not None and near.position == position))
            else None
        )

    def _born(self, reading: Reading, place: int) -> Iterator[Mark]:
        words = reading.sentences[place].tokens
        for at, word in enumerate(words):
            if word.lower != "born" or (subject := reading.subject(place, at)) is None or subject.id not in self._ages:
                continue
            age = self._ages[subject.id]
            year = next(
                (to for to in range(at + 1, min(len(words), at + 9)) if re.fullmatch(r"\d{3,4}", words[to].text)), None
            )
            if year is not None and age.year is not None and int(words[year].text) != age.year:
                yield Mark(
                    rule="attribute",
                    canon_id=age.entry.id,
                    start=word.start,
                    end=words[year].end,
                    canon=age.words,
                    confidence=0.85,
                )


def _counted(words: Sequence[Token], at: int) -> tuple[int, int] | None:
    """The number that begins at a token, also within "fifty-one-year-old"."""
    whole = number_of(words[at].lower.removesuffix("-year-old")) if words[at].lower.endswith("-year-old") else None
    return (whole, 1) if whole is not None else number_at(words, at)


def _age_end(words: Sequence[Token], at: int, last: int) -> int | None:
    """The last token of an age that is told there; None when the number is none."""
    after = [word.lower for word in words[last + 1 : last + 4]]
    before = words[at - 1].lower if at else ""
    if after[:2] in (["years", "old"], ["year", "old"]) or (after[:2] == ["years", "of"] and after[2:] == ["age"]):
        return last + 2
    if "-" in words[at].text and words[at].text.lower().endswith("-year-old"):
        return last
    if before == "aged" or (before in ("at", "of") and at > 1 and words[at - 2].lower == "age"):
        return last
    ends = (
        not after
        or after[0] in (".", ",", ";", "now", "that", "and", "this", "but", "!", "years")
        or after[:1] == ["when"]
    )
    if (
        before in ("was", "is", "turned", "am", "'m")
        and ends
        and number_at(words, at) is not None
        and after[:1] != ["years"]
        and not (before in ("is", "was") and at > 1 and words[at - 2].lower in ("it", "this", "that", "there"))
    ):
        return last
    if before == "at" and after[:1] == [","] and (at == 1 or words[at - 2].text == ","):
        return last
    if before == "," and after[:1] == [","] and words[at].text.isdecimal():
        return last
    return None


def _age(entry: Entry) -> Age | None:
    years: int | None = None
    born: date | None = None
    year: int | None = None
    shown = ""
    for attribute in entry.attributes:
        text = attribute.values[0].text if attribute.values else ""
        if attribute.key in ("age", "aged", "years old"):
            words = tokens(text)
            found = next((number_at(words, at) for at in range(len(words)) if number_at(words, at)), None)
            if (
                found is not None
                and len(attribute.values) == 1
                and not re.search(r"about|around|~|unknown|looks|appears", text)
            ):
                years, shown = found[0], shown or attribute.words
        if attribute.key in (
            "born",
            "birthday",
            "date of birth",
            "birth",
            "born on",
            "birth date",
            "year of birth",
            "birthdate",
        ):
            born = date_of(text)
            number = re.search(r"\b(\d{3,4})\b", text)
            year = born.year if born else int(number[1]) if number else None
            shown = attribute.words if year is not None else shown
    return (
        Age(entry=entry, years=years, born=born, year=year, words=shown)
        if years is not None or year is not None
        else None
    )

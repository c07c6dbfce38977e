"""Ages: how old somebody is said to be, against their age or birth in the canon and the story's day, in any calendar."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from watchbill.gates.lore.canon import Canon, Entry
from watchbill.gates.lore.english.language import Token, number_at, tokens
from watchbill.gates.lore.known.almanac import Almanac, Day
from watchbill.gates.lore.persons.years import Years, years_at
from watchbill.gates.lore.texts.marks import Mark
from watchbill.gates.lore.texts.reading import Reading

_BORN = frozenset(
    ("born", "birthday", "date of birth", "birth", "born on", "birth date", "year of birth", "birthdate", "birth year")
)
# What puts an age into another time than the text's.
_THEN = re.compile(
    r"\b(?:[Ww]hen|[Ww]hile|[Ss]ince|[Bb]efore|[Uu]ntil)\s+(?:I|he|she|they|you|we|[A-ZÀ-Þ]\w+)(?:\s+(?:was|were|had been|is|am|are|turn(?:s|ed)?))?\W*$|\bback\b|\bwould\b(?! be $)",
)
_WAS_WHEN = re.compile(
    r"^\W*(?:years old\W+)?when\b|^\W*(?:years old\W+)?(?:the (?:year|summer|winter)|that (?:year|summer|winter|spring|autumn))\b"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Age:
    entry: Entry
    years: int | None
    born: tuple[Day, Day] | None  # the earliest and the latest day of birth
    year: int | None  # of birth
    words: str


class Ages:
    def __init__(self, canon: Canon) -> None:
        self._canon = canon
        self._almanac = Almanac(canon)
        people = (entry for entry in canon.entries if not entry.is_place)
        self._ages = {entry.id: age for entry in people if (age := _age(entry, self._almanac)) is not None}
        years = [day.year for one in canon.timeline if (day := self._almanac.day_of(one.told)) and day.year is not None]
        self._span = max(years) - min(years) if years else 0  # of the whole story, in years

    def check(self, reading: Reading) -> Iterator[Mark]:
        frames = reading.frames
        for place, sentence in reading.meant_as_said if self._ages else ():
            for mark in (*self._of_age(reading, place), *self._born(reading, place)):
                clause = max(sentence.start, reading.passage.prose.rfind(",", sentence.start, mark.start) + 1)
                is_compared = frames.is_compared(replace(sentence, start=clause), mark.start)
                if not frames.is_negated(sentence, mark.start, mark.start) and not is_compared:
                    yield mark

    def _of_age(self, reading: Reading, place: int) -> Iterator[Mark]:
        sentence = reading.sentences[place]
        words = sentence.tokens
        text = reading.passage.prose[sentence.start : sentence.end]
        for at in range(len(words)):
            told = years_at(words, at, text)
            if told is None or self._is_then(
                text, words[told.first].start - sentence.start, words[told.last].end - sentence.start
            ):
                continue
            if not told.is_ahead and reading.frames.is_supposed(sentence, words[told.first].start):
                continue
            if sentence.is_speech and _is_past_told(words, told.first):
                continue  # "I was eight": then
            owner = self._aged(reading, place, told)
            age = self._ages.get(owner.id) if owner is not None else None
            if age is not None and not self._can_be(age, told, reading):
                yield Mark.over(words, told.first, told.last, "attribute", age.entry.id, age.words, 0.8)

    def _is_then(self, text: str, start: int, end: int) -> bool:
        return bool(_THEN.search(text[:start]) or _WAS_WHEN.match(text[end:]))

    def _aged(self, reading: Reading, place: int, told: Years) -> Entry | None:
        sentence = reading.sentences[place]
        words = sentence.tokens
        at, last = told.first, told.last
        if at == 1 and words[0].lower == "at":  # "At thirty-nine, Marisol ran"
            return next((one.entry for one in reading.mentions[place] if one.first == last + 2), None)
        named = next((one for one in reading.mentions[place] if one.last == at - 2 and words[at - 1].text == ","), None)
        if named is not None:
            return named.entry
        subject = reading.subject(place, at)
        between = reading.others_between(
            place, max((one.first for one in reading.mentions[place] if one.first < at), default=-1), at
        )
        if told.of_noun:
            is_called = at > 1 and words[at - 1].lower in ("a", "the") and words[at - 2].lower in ("was", "is", ",")
            return subject if is_called and subject is not None else None
        if subject is not None and not between:
            return subject
        if sentence.is_speech and any(_pronoun(word.lower) for word in words[:at]):
            return self._spoken_of(reading, place, at)
        is_own = not any(
            word.lower in ("he", "she", "it", "they", "you", "his", "her", "ago", "is", "was") for word in words
        )
        return reading.speaker(sentence) if is_own and sentence.is_speech and not reading.people_in(place) else None

    def _spoken_of(self, reading: Reading, place: int, at: int) -> Entry | None:
        """Whom "she" means in speech: the one woman whom the speech beside names, not who speaks it."""
        sentence = reading.sentences[place]
        words = sentence.tokens
        gender = next((found for word in reversed(words[:at]) if (found := _pronoun(word.lower))), "")
        speaker = reading.speaker(sentence)
        near = {
            one.entry.id: one.entry
            for other in reading.in_paragraph(sentence.paragraph)
            if reading.sentences[other].is_speech
            for one in reading.mentions[other]
            if reading.cast.gender_by_id[one.entry.id] in (gender, "") and not one.entry.is_place
        }
        near.pop(speaker.id if speaker is not None else "", None)
        return next(iter(near.values())) if len(near) == 1 else None

    def _can_be(self, age: Age, told: Years, reading: Reading) -> bool:
        lived = self._lived(age, reading) if age.born is not None else None
        if lived is not None:
            return told.low <= lived[1] and lived[0] <= told.high
        if age.years is None:
            return True
        is_moving = bool(self._canon.timeline) or reading.standing.position is not None
        spread = max(1, self._span) if is_moving else 0
        return told.low <= age.years + spread and age.years - spread <= told.high

    def _lived(self, age: Age, reading: Reading) -> tuple[int, int] | None:
        """From how many full years to how many somebody has lived when a text stands."""
        days = self._days(reading)
        if days is None or age.born is None:
            return None
        return _between(age.born[1], days[0]), _between(age.born[0], days[1])

    def _days(self, reading: Reading) -> tuple[Day, Day] | None:
        """The earliest and the latest day that a text may be of."""
        standing, almanac = reading.standing, self._almanac
        year = almanac.year(standing)
        here = almanac.here(standing)
        if here is not None:
            day = here if here.year is not None else Day(here.day, here.month, year) if year is not None else None
            return (day, day) if day is not None else None
        dated = sorted(
            (
                (one.position, _key(day))
                for one in self._canon.timeline
                if one.position is not None and (day := self._with_year(almanac.day_of(one.told))) is not None
            ),
        )
        if not dated:
            return None
        if standing.position is None:
            first, last = dated[0][1], dated[-1][1]
            return (_day(first), _day(last)) if last[0] - first[0] <= 1 else None
        before = [key for position, key in dated if position <= standing.position]
        after = [key for position, key in dated if position > standing.position]
        low = max(before) if before else min(after)
        high = min(after) if after else low
        return (_day(low), _day(max(low, high))) if high[0] - low[0] <= 1 else None

    def _with_year(self, day: Day | None) -> Day | None:
        if day is None or day.year is not None:
            return day
        year = self._canon.calendar.year
        return Day(day.day, day.month, year) if year is not None else None

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
                yield _mark(age, word.start, words[year].end)
                continue
            told = next(
                self._almanac.days_in(
                    reading.passage.prose[word.end : min(reading.sentences[place].end, word.end + 40)]
                ),
                None,
            )
            if told is not None and told.month and _is_other_day(age, told.day):
                yield _mark(age, word.start, word.end + told.end)


def _is_past_told(words: Sequence[Token], first: int) -> bool:
    return any(word.lower in ("was", "were") for word in words[max(0, first - 3) : first])


def _pronoun(word: str) -> str:
    """The gender of "he", "she'll"."""
    return {"he": "m", "she": "f"}.get(word.split("'", maxsplit=1)[0], "")


def _is_other_day(age: Age, day: Day) -> bool:
    """Whether a day is not that of a birth that the canon dates to the day."""
    return (
        age.born is not None
        and age.born[0] == age.born[1]
        and (day.day, day.month) != (age.born[0].day, age.born[0].month)
    )


def _mark(age: Age, start: int, end: int) -> Mark:
    return Mark.at(start, end, "attribute", age.entry.id, age.words, 0.85)


def _key(day: Day) -> tuple[int, int, int]:
    return (day.year or 0, day.month, day.day)


def _day(key: tuple[int, int, int]) -> Day:
    return Day(key[2], key[1], key[0])


def _between(born: Day, day: Day) -> int:
    """Full years from one day to another.

    >>> _between(Day(19, 3, 1930), Day(13, 9, 1936)), _between(Day(19, 3, 1930), Day(18, 3, 1936))
    (6, 5)
    """
    return (day.year or 0) - (born.year or 0) - ((day.month, day.day) < (born.month, born.day))


def _age(entry: Entry, almanac: Almanac) -> Age | None:
    years: int | None = None
    born: tuple[Day, Day] | None = None
    year: int | None = None
    shown = ""
    for attribute in entry.attributes:
        text = attribute.values[0].text if attribute.values else ""
        if attribute.key in ("age", "aged", "years old"):
            words = tokens(text)
            found = next((number_at(words, at) for at in range(len(words)) if number_at(words, at)), None)
            is_sure = len(attribute.values) == 1 and not re.search(r"about|around|~|unknown|looks|appears", text)
            if found is not None and is_sure:
                years, shown = found[0], shown or attribute.words
        elif attribute.key in _BORN:
            born = _birth(text, almanac)
            year = born[0].year if born is not None else None
            shown = attribute.words if born is not None else shown
    if years is None and born is None:
        return None
    return Age(entry=entry, years=years, born=born, year=year, words=shown)


def _birth(text: str, almanac: Almanac) -> tuple[Day, Day] | None:
    """Between which days a birth lies: one day, a month, or a year."""
    day = almanac.day_of(text)
    if day is not None and day.year is not None:
        return day, day
    number = re.search(r"\b(\d{3,4})\b", text)
    if number is None:
        return None
    year = int(number[1])
    month = next((place for place, name in enumerate(almanac.months, start=1) if name.lower() in text.lower()), None)
    return (Day(1, month or 1, year), Day(31, month or max(1, len(almanac.months)), year))

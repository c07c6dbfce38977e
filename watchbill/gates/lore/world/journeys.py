"""Journeys: where a text shows somebody to be, one station after another, and how much time lies between two of them at most."""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from watchbill.gates.lore.canon import Entry
from watchbill.gates.lore.english.bags import loose
from watchbill.gates.lore.english.durations import Kind, Lapse, lapses, most_days
from watchbill.gates.lore.english.language import lows, number_of
from watchbill.gates.lore.known.almanac import Almanac, Day
from watchbill.gates.lore.texts.candidates import Candidate
from watchbill.gates.lore.texts.reading import Reading
from watchbill.gates.lore.world.whereabouts import (
    PERSONAL,
    SUBJECTS,
    UNSAID,
    clause_of,
    is_of_a_name,
    is_subject,
    shown_at,
)


@dataclass(frozen=True, slots=True)
class Station:
    """Somebody at a place: there, or just leaving it."""

    place: str  # the id of the canon's entry
    sentence: int
    start: int  # of the name in the text
    end: int
    is_left: bool
    is_before: bool  # "they had left it at dawn": told of what was before
    who: Entry | None
    pronoun: str  # "m", "f", "p", "w" of the clause's own, "" when it has none


@dataclass(frozen=True, slots=True)
class Leg:
    """From one station to the next one of the same party."""

    start: Station
    end: Station
    days: float  # at most


_BY = loose(r"(?:by|before|within|in) ")
_ON_THE = re.compile(
    r"\b[Oo]n the (?P<n>[a-z-]+(?:st|nd|rd|th)|\d+(?:st|nd|rd|th))\b(?! (?:floor|deck|try|attempt|step|stair|hand|bank|side|morning of [A-ZÀ-Þ]))"
)
_NEXT_CLAUSE = re.compile(r"[,;:—.]|\band\b|\bbut\b")
_AT_HOUR = loose(r"\bat (?:nightfall|noon|dusk|sunset|sundown|midnight|midday|evening|supper|dark)\b")
_SINCE = loose(r"\s*(?:since|after|out of|from|gone from)\b")
_PLANNED = loose(
    r"\b(?:(?:we|I)'ll|we|I|let's|shall we) (?:\w+ )?(?:start|leave|set (?:out|off)|begin|sail|ride out)\b"
)
_MOST_SENTENCES = 5  # of narration, from one station to the next
_NEAR = 8  # tokens before a name that say whether its clause is meant


@dataclass(frozen=True, slots=True)
class _Nth:
    """ "On the sixth": of the month, or of the journey, that was spoken of."""

    day: int


class Journeys:
    """What a reading tells of who is where and when."""

    def __init__(self, reading: Reading, places: Collection[str], by_word: Mapping[str, str], almanac: Almanac) -> None:
        self._reading = reading
        self._places = places
        self._by_word = by_word  # what some are called alone: "the cay", "Halden" of Halden Station
        self._almanac = almanac
        self._named: dict[int, list[tuple[str, int, int]]] = {}  # what was asked of a sentence before
        self._alone = frozenset(key.removeprefix("the ") for key in by_word)

    def legs(self) -> Iterator[Leg]:
        stations = [one for place in range(len(self._reading.sentences)) for one in self._stations(place)]
        for at, end in enumerate(stations):
            later = next(
                (one for one in stations[at + 1 :] if one.is_before and one.sentence <= end.sentence + 1), None
            )
            for start in (*((later,) if later else ()), *reversed(stations[:at])):
                if start.place == end.place or end.is_left:
                    break
                if not self._is_same_party(start, end):
                    continue
                days = self._days_between(start, end)
                if days is not None:
                    yield Leg(start, end, days)
                break

    def named_in(self, place: int) -> list[tuple[str, int, int]]:
        """The places of a sentence with their first and last token, also "the cay" where the canon has one."""
        if place not in self._named:
            self._named[place] = self._find_named(place)
        return self._named[place]

    def _find_named(self, place: int) -> list[tuple[str, int, int]]:
        words = self._reading.sentences[place].tokens
        named = [
            (one.entry.id, one.first, one.last) for one in self._reading.mentions[place] if one.entry.id in self._places
        ]
        taken = {at for _, first, last in named for at in range(first, last + 1)}
        named += [
            (self._by_word[key], at, at)
            for at, word in enumerate(words)
            if word.text in self._alone
            and at
            and at not in taken
            and (key := f"the {word.text}" if words[at - 1].lower == "the" else word.text) in self._by_word
            and not is_of_a_name(words, at)
        ]
        return sorted(named, key=lambda one: one[1])

    def _stations(self, place: int) -> Iterator[Station]:
        """Where a sentence of narration shows somebody."""
        sentence, frames = self._reading.sentences[place], self._reading.frames
        if not self.named_in(place) or frames.is_framed(sentence):
            return
        if not sentence.is_speech:
            yield from self._shown(place)
        elif (plan := _PLANNED.search(self._reading.passage.prose, sentence.start, sentence.end)) and not frames.is_lie(
            sentence
        ):
            words = sentence.tokens  # "We'll start from Hythe at sun-up": and then they do
            for entry, first, last in self.named_in(place):
                if plan.end() < words[first].start and words[max(0, first - 2)].lower not in ("for", "to"):
                    yield Station(
                        entry,
                        place,
                        words[first].start,
                        words[last].end,
                        is_left=True,
                        is_before=False,
                        who=None,
                        pronoun="p",
                    )

    def _shown(self, place: int) -> Iterator[Station]:
        sentence = self._reading.sentences[place]
        words = sentence.tokens
        for entry, first, last in self.named_in(place):
            clause = clause_of(words, first)
            how = shown_at(words, clause, first, last)
            if not how or self._is_unsaid(place, clause, first):
                continue
            who, pronoun = self._party(place, first, last)
            yield Station(
                place=entry,
                sentence=place,
                start=words[first].start,
                end=words[last].end,
                is_left=how == "left",
                is_before=how == "left" and "had" in lows(words[clause:first]),
                who=who,
                pronoun=pronoun,
            )

    def _is_unsaid(self, place: int, clause: int, first: int) -> bool:
        """Whether the clause of a name only supposes, asks, plans or denies."""
        sentence, words = self._reading.sentences[place], self._reading.sentences[place].tokens
        frames = self._reading.frames
        start = words[first].start
        joints = [at + 1 for at in range(clause, first) if words[at].lower in ("and", "but")]
        said = set(lows(words[max(clause, first - _NEAR, *joints[-1:]) : first]))
        return (
            frames.is_conditional(sentence, start)
            or frames.is_supposed(sentence, start)
            or bool(said & UNSAID)
            or (frames.is_negated(sentence, start, start) and bool(said & {"not", "never", "n't", "nobody"}))
        )

    def _party(self, place: int, first: int, last: int) -> tuple[Entry | None, str]:
        """Who is at a place by its clause: the nearest subject before it, or whom the place is before."""
        reading, words = self._reading, self._reading.sentences[place].tokens
        subjects = [at for at in range(first) if words[at].lower in SUBJECTS]
        beside = (*words[last + 1 : last + 10], *words[:first])
        objects = [word.lower for word in beside if word.lower in PERSONAL]
        at = subjects[-1] if subjects else -1
        named = [
            one
            for one in reading.mentions[place]
            if at < one.last < first and not one.entry.is_place and is_subject(words, one)
        ]
        if named:
            return named[-1].entry, ""
        if at < 0:
            return None, PERSONAL.get(objects[0], "") if objects else ""
        said = words[at].lower
        return reading.meant(place, at) if said in ("he", "she", "i") else None, PERSONAL[said]

    def _is_same_party(self, start: Station, end: Station) -> bool:
        """Whether nobody else is at the end than was at the start."""
        if start.sentence == end.sentence and start.is_left and not self._acts_between(start, end):
            return True
        if start.who is not None and end.who is not None:
            return start.who is end.who
        if start.sentence == end.sentence and end.who is not None and start.who is None:
            return (
                self._reading.cast.gender_by_id[end.who.id] == start.pronoun
            )  # "an hour after she left Hythe, Ada was in Rye"
        between = {
            one.entry.id if one.entry is not None else ""
            for place in range(start.sentence + 1, end.sentence + 1)
            if not self._reading.sentences[place].is_speech
            for one in self._reading.candidates[place]
            if self._is_before(place, one, end)
        }
        if end.who is not None:  # "They left Hythe. Ada set them down in Rye by noon"
            if start.pronoun:
                return start.pronoun in ("p", "w") and start.pronoun in self._objects(end)
            return any(
                {"them", "it", "her"} & set(lows(self._reading.sentences[place].tokens))
                and any(one.entry is end.who for one in self._reading.mentions[place])
                for place in range(start.sentence + 1, end.sentence)
            )  # "The carts left Hythe. Ada sat on the second."
        gender = self._reading.cast.gender_by_id.get(start.who.id, "") if start.who is not None else start.pronoun
        if start.who is not None and between - {start.who.id}:
            return False
        if end.pronoun in ("m", "f"):
            return gender in (end.pronoun, "") and bool(start.who or start.pronoun or self._is_one_stranger(start, end))
        return bool(end.pronoun) and (start.pronoun in (end.pronoun, "") or start.who is not None)

    def _is_before(self, place: int, one: Candidate, end: Station) -> bool:
        """Whether somebody is named before a station, and not in the capitals of a telegram."""
        word = self._reading.sentences[place].tokens[one.at]
        return word.start < end.start and not (word.text.isupper() and len(word.text) > 1)

    def _is_one_stranger(self, start: Station, end: Station) -> bool:
        """Whether one person alone is about, whom the canon does not know."""
        people = [
            one
            for place in range(start.sentence, end.sentence + 1)
            if not self._reading.sentences[place].is_speech
            for one in self._reading.candidates[place]
            if one.entry is None or not one.entry.is_place
        ]
        return len(people) == 1 and people[0].entry is None and people[0].gender in (end.pronoun, "")

    def _acts_between(self, start: Station, end: Station) -> bool:
        """Whether somebody begins to do something between two names of one sentence."""
        words = self._reading.sentences[start.sentence].tokens
        between = [at for at, word in enumerate(words) if start.end <= word.start < end.start]
        return any(
            words[at].lower in SUBJECTS
            or any(
                one.first == at and is_subject(words, one) and not one.entry.is_place
                for one in self._reading.mentions[start.sentence]
            )
            for at in between
        )

    def _objects(self, station: Station) -> set[str]:
        """Whom else the sentence of a station speaks of by pronouns."""
        return {
            PERSONAL[word.lower] for word in self._reading.sentences[station.sentence].tokens if word.lower in PERSONAL
        }

    def _days_between(self, start: Station, end: Station) -> float | None:
        """How many days at most; None where the text does not bound them right where the end is reached."""
        if start.start > end.start:
            return most_days(self._lapses(end.sentence))
        if (dated := self._by_days(start, end)) is not None:
            return dated
        narrated = [
            place
            for place in range(start.sentence, end.sentence + 1)
            if place == start.sentence or not self._reading.sentences[place].is_speech
        ]
        told = {place: self._counting(place, start, end) for place in range(start.sentence, end.sentence + 1)}
        is_told_there = any(
            told[place]
            for place in narrated[-2:]
            if place > start.sentence or place == end.sentence or end.sentence - place < 3
        )
        is_near = len(narrated) <= _MOST_SENTENCES + 1
        return most_days(one for here in told.values() for one in here) if is_told_there and is_near else None

    def _lapses(self, place: int) -> list[Lapse]:
        sentence = self._reading.sentences[place]
        return lapses(sentence.tokens, self._reading.passage.prose[sentence.start : sentence.end], sentence.start)

    def _counting(self, place: int, start: Station, end: Station) -> list[Lapse]:
        """The stretches of time of a sentence that lie between two stations."""
        prose, sentence = self._reading.passage.prose, self._reading.sentences[place]
        here = self._lapses(place)
        if sentence.is_speech:
            return [one for one in here if one.kind is Kind.OPEN]
        if place == start.sentence:
            is_whole = place == end.sentence  # "overnight they came from Hythe to Rye"
            here = [
                one
                for one in here
                if one.start > start.end
                or _SINCE.match(prose, one.end)
                or (is_whole and (one.kind is not Kind.SAME_DAY or _BY.match(prose, one.start)))
            ]
        if place == end.sentence:
            here = [
                one
                for one in here
                if one.start < end.start
                or (place == start.sentence and one.kind is Kind.SAME_DAY)
                or not _NEXT_CLAUSE.search(prose, end.end, one.end)
            ]
        if place == start.sentence == end.sentence and not here and _AT_HOUR.search(prose, start.end, end.start):
            return [
                Lapse(1.0, start.end, end.start, Kind.SAME_DAY)
            ]  # "left Hythe at dawn, and at dusk they were in Rye"
        return here

    def _by_days(self, start: Station, end: Station) -> float | None:
        """By the weekdays, the dates or the numbers of days that stand beside the two."""
        one, other = (self._days_said(place) for place in (start.sentence, end.sentence))
        if start.sentence == end.sentence:
            one, other = one[:1], one[1:]
        if not one or not other:
            return None
        return self._apart(one[-1], other[0])

    def _apart(self, one: Day | _Nth | int, other: Day | _Nth | int) -> float | None:
        """Days from one weekday to the next other one, from one date to another, or to the sixth of its month; the day of coming may be whole."""
        days: int | None = None
        if isinstance(one, int) and isinstance(other, int):
            days = (other - one) % len(self._almanac.weekdays)
        elif isinstance(one, Day) and isinstance(other, Day):
            days = self._almanac.apart(one, other)
        elif isinstance(other, _Nth) and not isinstance(one, int):
            days = other.day - one.day
        return days + 0.5 if days is not None and days > 0 else None

    def _days_said(self, place: int) -> list[Day | _Nth | int]:
        """The dates of a sentence; of one that has none its bare "on the sixth", else its weekdays by number."""
        sentence = self._reading.sentences[place]
        text = self._reading.passage.prose[sentence.start : sentence.end]
        dated = [told.day for told in self._almanac.days_in(text)]
        bare = [_Nth(day) for found in _ON_THE.finditer(text) if (day := number_of(found["n"].lower())) is not None]
        names = [name.lower() for name in self._almanac.weekdays]
        return [*dated] or [*bare] or [names.index(word.lower) for word in sentence.tokens if word.lower in names]

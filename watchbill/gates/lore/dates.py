"""Dates: weekdays that the calendar does not have, days that a month does not have, and events on another day than the canon's."""

import re
from collections.abc import Iterator
from datetime import date

from watchbill.gates.lore.bags import bag
from watchbill.gates.lore.canon import Canon, Moment
from watchbill.gates.lore.language import number_of, stem, tokens
from watchbill.gates.lore.marks import Mark
from watchbill.gates.lore.passages import Sentence
from watchbill.gates.lore.reading import Reading

MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
REFORM = 1753  # the first whole year of the Gregorian calendar in Britain
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_ORDINAL = r"(?:the\s+)?(?:\d{1,2}(?:st|nd|rd|th)?|[a-z]+(?:-[a-z]+)?(?:st|nd|rd|th))"
_LONGEST_MONTH = {"February": 29, "April": 30, "June": 30, "September": 30, "November": 30}
_UNMISTAKABLE = ("January", "February", "July", "September", "October", "November", "December")
_EVENTLESS = bag("the a an of in at on and is was were to body first last")
_TODAY = re.compile(
    r"\b(?:it was|it is|today was|today is|that|this|on|happened on|held on|opened on|came on|took place on|fell on)\s+(?:a\s+|the\s+)?$",
    re.IGNORECASE,
)


class Dates:
    def __init__(self, canon: Canon) -> None:
        self._canon = canon
        calendar = canon.calendar
        months, weekdays = (
            calendar.months if calendar.is_own else MONTHS,
            calendar.weekdays if calendar.is_own else WEEKDAYS,
        )
        self._months = {name.lower(): place for place, name in enumerate(months, start=1)}
        self._weekdays = {name.lower(): name for name in weekdays}
        month = "|".join(re.escape(name) for name in sorted(months, key=len, reverse=True)) or "(?!)"
        weekday = "|".join(re.escape(name) for name in weekdays) or "(?!)"
        self._date = re.compile(
            rf"(?:\b(?P<w>{weekday})\b,?\s+(?:the\s+|on\s+)?)?(?:\b(?P<d1>{_ORDINAL})\s+(?:day\s+)?(?:of\s+)?(?P<m1>{month})\b|\b(?P<m2>{month})\s+(?P<d2>{_ORDINAL})\b)(?:,?\s+(?P<y>\d{{3,4}}))?(?:,?\s+(?:was\s+)?(?:a\s+)?(?P<w2>{weekday})\b)?",
        )
        self._weekday = re.compile(rf"\b(?P<w>{weekday})\b")

    def check(self, reading: Reading) -> Iterator[Mark]:
        if self._canon.calendar.is_own:
            yield from self._foreign(reading)
        for sentence in reading.sentences:
            if (
                reading.frames.is_framed(sentence)
                or reading.frames.is_unreal(sentence)
                or reading.frames.is_lie(sentence)
            ):
                continue
            text = reading.passage.prose[sentence.start : sentence.end]
            dated = False
            for found in self._date.finditer(text):
                dated = True
                yield from self._judged(reading, found, sentence.start, text)
            if not dated and not sentence.is_speech:
                yield from self._of_the_day(reading, sentence, text)
            if not dated:
                yield from self._of_event(reading, sentence, text)

    def _foreign(self, reading: Reading) -> Iterator[Mark]:
        """Our own weekdays and months in a world that has others."""
        own = {name.lower() for name in (*self._canon.calendar.months, *self._canon.calendar.weekdays)}
        names = [
            *((name for name in WEEKDAYS) if self._canon.calendar.weekdays else ()),
            *(_UNMISTAKABLE if self._canon.calendar.months else ()),
        ]
        names = [name for name in names if name.lower() not in own]
        if not names:
            return
        for found in re.finditer(rf"\b(?:{'|'.join(names)})s?\b", reading.passage.prose):
            yield self._mark(found.start(), found.end(), self._canon.calendar.id, self._canon.calendar.words, 0.85)

    def _judged(self, reading: Reading, found: re.Match[str], offset: int, text: str) -> Iterator[Mark]:
        day = number_of((found["d1"] or found["d2"]).lower().removeprefix("the").strip())
        name = found["m1"] or found["m2"]
        month = self._months.get(name.lower())
        if day is None or month is None:
            return
        start, end = found.start() + offset, found.end() + offset
        longest = (
            self._canon.calendar.days_by_month.get(name.lower())
            if self._canon.calendar.is_own
            else _LONGEST_MONTH.get(name, 31)
        )
        if longest is not None and day > longest:
            yield self._mark(
                start, end, self._canon.calendar.id, self._canon.calendar.words or f"{name} has {longest} days", 0.85
            )
            return
        if self._canon.calendar.is_own:
            return
        told = (day, month, int(found["y"]) if found["y"] else None)
        weekday = found["w"] or found["w2"]
        near = self._nearest(told, reading)
        year = told[2] or self._year(reading, near)
        if weekday and year is not None:
            yield from self._of_weekday(day, month, year, weekday, near, (start, end))
        event = _event_in(self._canon.timeline, text)
        if (
            event is not None
            and event.date is not None
            and (event.date.day, event.date.month) != (day, month)
            and near is None
        ):
            yield self._mark(start, end, event.id, event.words, 0.75)

    def _of_weekday(
        self, day: int, month: int, year: int, weekday: str, near: Moment | None, place: tuple[int, int]
    ) -> Iterator[Mark]:
        try:
            right = WEEKDAYS[date(year, month, day).weekday()]
        except ValueError:
            return
        stated = near.weekday if near is not None and near.weekday else right
        if year < REFORM and stated is right:
            return  # which calendar an old day is told by only its author knows
        if weekday.lower() not in (right.lower(), stated.lower()):
            shown = near.words if near is not None else f"{day} {MONTHS[month - 1]} {year} is a {right}"
            yield self._mark(*place, near.id if near is not None else self._canon.calendar.id, shown, 0.85)

    def _nearest(self, told: tuple[int, int, int | None], reading: Reading) -> Moment | None:
        """The timeline's entry of that day; at the same position, if there are several."""
        days = [
            one
            for one in self._canon.timeline
            if one.date is not None and (one.date.day, one.date.month) == told[:2] and told[2] in (None, one.date.year)
        ]
        here = [one for one in days if one.position == reading.standing.position]
        return (here or days or [None])[0]  # type: ignore[list-item]

    def _year(self, reading: Reading, near: Moment | None) -> int | None:
        if near is not None and near.date is not None:
            return near.date.year
        if reading.standing.day is not None:
            return reading.standing.day.year
        position = reading.standing.position
        here = {one.date.year for one in self._canon.timeline if one.date is not None and one.position == position}
        every = {one.date.year for one in self._canon.timeline if one.date is not None}
        return here.pop() if len(here) == 1 else every.pop() if len(every) == 1 else None

    def _of_the_day(self, reading: Reading, sentence: Sentence, text: str) -> Iterator[Mark]:
        """ "It was a Tuesday": the weekday of the day that the text itself is dated by."""
        day = reading.standing.day
        found = re.match(rf"(?i:it was) (?:a )?{self._weekday.pattern}", text)
        if day is None or found is None or self._canon.calendar.is_own or day.year < REFORM:
            return
        near = self._nearest((day.day, day.month, day.year), reading)
        right = near.weekday if near is not None and near.weekday else WEEKDAYS[day.weekday()]
        if found["w"].lower() != right.lower():
            canon_id, shown = (
                (near.id, near.words) if near is not None else (self._canon.calendar.id, f"{day} is a {right}")
            )
            yield self._mark(sentence.start, sentence.start + found.end(), canon_id, shown, 0.8)

    def _of_event(self, reading: Reading, sentence: Sentence, text: str) -> Iterator[Mark]:
        """ "The trial opened on a Monday": the weekday, or the year, of an event of the timeline."""
        event = _event_in(self._canon.timeline, text)
        if event is None or reading.frames.is_hedged(sentence):
            return
        offset = sentence.start
        stated = event.weekday or (
            WEEKDAYS[event.date.weekday()] if event.date is not None and not self._canon.calendar.is_own else ""
        )
        for found in self._weekday.finditer(text):
            if (
                stated
                and found["w"].lower() != stated.lower()
                and _TODAY.search(text[: found.start()])
                and not re.search(r"\b(?:after|before|since|later|until)\b", text)
            ):
                yield self._mark(found.start() + offset, found.end() + offset, event.id, event.words, 0.7)
        for found in re.finditer(r"\b(?:in|of)\s+(\d{4})\b", text):
            if event.date is not None and int(found[1]) != event.date.year:
                yield self._mark(found.start() + offset, found.end() + offset, event.id, event.words, 0.75)

    def _mark(self, start: int, end: int, canon_id: str, shown: str, sure: float) -> Mark:
        return Mark(rule="date", canon_id=canon_id, start=start, end=end, canon=shown, confidence=sure)


def _event_in(timeline: tuple[Moment, ...], text: str) -> Moment | None:
    """The one event of the timeline that a sentence names: "the flood", "the breach in Ring C"."""
    said = {stem(word.text) for word in tokens(text)}
    named = []
    for moment in timeline:
        wanted = {stem(word.text) for word in tokens(moment.event) if word.is_word and word.lower not in _EVENTLESS}
        if wanted and wanted <= said:
            named.append(moment)
    return named[0] if len(named) == 1 else None

"""Dates: weekdays that a day does not have, days that a month does not have, and events on another day than the canon's."""

import re
from collections.abc import Iterator, Sequence

from watchbill.gates.lore.canon import Canon, Moment
from watchbill.gates.lore.english.bags import bag, either
from watchbill.gates.lore.english.language import number_of, stem, tokens
from watchbill.gates.lore.known.almanac import MONTHS, WEEKDAYS, Almanac, Day, Told
from watchbill.gates.lore.texts.marks import Mark
from watchbill.gates.lore.texts.passages import Sentence
from watchbill.gates.lore.texts.reading import Reading

_NUMBER = r"(?P<d>\d{1,2}(?:st|nd|rd|th)|[a-z]+(?:-[a-z]+)?(?:st|nd|rd|th))"
_LONGEST_MONTH = {"February": 29, "April": 30, "June": 30, "September": 30, "November": 30}
_UNMISTAKABLE = ("January", "February", "July", "September", "October", "November", "December")
_EVENTLESS = bag("the a an of in at on and is was were to body first last")
# What makes a weekday another day's than the one that is spoken of.
_OTHER_DAY = either(
    r"after|before|since|until|till|by|next|last|following|previous|later|earlier|every|not|never|born|birthday"
)
_PASSES = either(
    r"next|following|later|days? (?:after|passed|went)|weeks?|months?|that night|tomorrow|morning came|at dawn"
)
_NOT_NOW = either(r"born|birth|ago|years?|remember\w*|had|used to|would|died")


class Dates:
    def __init__(self, canon: Canon) -> None:
        self._canon = canon
        self._almanac = Almanac(canon)
        self._events = [(moment, wanted) for moment in canon.timeline if (wanted := _stems(moment.event))]
        weekday = rf"(?P<w>{self._almanac.weekday_words})\b"
        self._today = re.compile(
            rf"(?:^|[,;:—]\s*|\band\s+)(?P<lead>(?i:it|today|that day)(?i:\s+(?:was|is)|'s) (?:an? |the )?){weekday}"
        )
        self._beside = re.compile(
            rf"\b(?P<day>(?i:today|tomorrow|yesterday))(?:'s| is| was| will be| had been) (?:an? )?{weekday}"
        )
        self._headed = re.compile(rf"[\s*_#]*{weekday}[.,:;]?(?: (?:morning|evening|night|noon|afternoon))?[.*_:]*\s*")
        self._said = tuple(
            re.compile(pattern)
            for pattern in (
                rf"\b(?i:it|this|that|which|today|the day)(?i:\s+(?:was|is)|'s) (?:an? |the )?{weekday}",
                rf"\b(?:f[ae]ll|falls|fallen|falling|lands|landed|opened|opens|held|came|comes|happened|took place|begins|began|was|is)(?: \w+){{0,3}} (?:up)?on (?:an? |the )?{weekday}",
                rf"\b(?:was|is|being) (?:an? |the )?{weekday}",
                rf", and (?:an? |the )?{weekday}(?=\s*[.,;]|$)",
                rf"\b(?:on )?an? {weekday} (?:this|that) year",
            )
        )
        self._apposed = re.compile(
            rf"\b[Tt]he {_NUMBER},? (?:which (?:was|fell on) |being |and )?(?:an? |the )?{weekday}"
        )
        self._numbered = re.compile(rf"\b{weekday},? the {_NUMBER}\b(?! (?:of|day|week|month|year|time|hour)\b)")
        self._bare = re.compile(
            rf"\b[Tt]he {_NUMBER}\b(?=[,.;—]| (?:f[ae]ll|falls|was|is|being|came|comes|landed|of (?:the|this|that) month)\b)"
            r"|\b(?:morning|evening|night|afternoon|noon|dawn|dusk) of the (?P<d2>\d{1,2}(?:st|nd|rd|th))\b(?! (?:of|day|week)\b)"
        )

    def check(self, reading: Reading) -> Iterator[Mark]:
        if self._canon.calendar.is_own:
            yield from self._foreign(reading)
        before: tuple[Sentence, list[Told]] | None = None
        for sentence in reading.sentences:
            frames = reading.frames
            if frames.is_framed(sentence) or frames.is_lie(sentence):
                before = None
                continue
            text = reading.passage.prose[sentence.start : sentence.end]
            days = list(self._almanac.days_in(text))
            found = self._of_sentence(reading, sentence, text, days, before)
            yield from (mark for mark in found if not frames.is_conditional(sentence, mark.start))
            before = (sentence, days)

    def _of_sentence(
        self,
        reading: Reading,
        sentence: Sentence,
        text: str,
        days: list[Told],
        before: tuple[Sentence, list[Told]] | None,
    ) -> Iterator[Mark]:
        for told in days:
            yield from self._judged(reading, told, sentence.start, text)
        yield from self._of_apposed(sentence, text)
        yield from self._of_numbered(reading, sentence, text)
        if len({(told.day.day, told.day.month) for told in days}) == 1 and not any(told.weekday for told in days):
            yield from self._of_anchor(reading, sentence, days[0].day)
        elif not days:
            yield from self._undated(reading, sentence, text, before)

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

    def _judged(self, reading: Reading, told: Told, offset: int, text: str) -> Iterator[Mark]:
        """A date: whether its month has it, its weekday is right, and the event beside it is that day's."""
        calendar = self._canon.calendar
        place = (told.start + offset, told.end + offset)
        longest = (
            calendar.days_by_month.get(told.month.lower()) if calendar.is_own else _LONGEST_MONTH.get(told.month, 31)
        )
        if longest is not None and told.day.day > longest:
            yield self._mark(*place, calendar.id, calendar.words or f"{told.month} has {longest} days", 0.85)
            return
        near = self._almanac.moment_of(told.day, reading.standing.position)
        if told.weekday:
            yield from self._of_weekday(reading, told.day, told.weekday, place)
        event = _event_in(self._events, text)
        day = self._almanac.day_of(event.told) if event is not None else None
        if (
            event is not None
            and told.month
            and day is not None
            and (day.day, day.month) != (told.day.day, told.day.month)
            and near is None
        ):
            yield self._mark(*place, event.id, event.words, 0.75)

    def _of_weekday(self, reading: Reading, day: Day, weekday: str, place: tuple[int, int]) -> Iterator[Mark]:
        right = self._almanac.weekdays_of(day, reading.standing)
        if not right or weekday.lower() in (one.lower() for one in right):
            return
        near = self._almanac.moment_of(day, reading.standing.position)
        month = self._almanac.months[day.month - 1] if 0 < day.month <= len(self._almanac.months) else MONTHS[0]
        shown = (
            near.words if near is not None else f"{day.day} {month}{f' {day.year}' if day.year else ''} is a {right[0]}"
        )
        yield self._mark(*place, near.id if near is not None else self._canon.calendar.id, shown, 0.85)

    def _of_anchor(self, reading: Reading, sentence: Sentence, day: Day) -> Iterator[Mark]:
        """ "It was the ninth of June, and it was a Friday": a weekday that the sentence gives to the one day that it names."""
        for start, end, weekday in self._weekdays_in(reading, sentence):
            yield from self._of_weekday(reading, day, weekday, (start, end))

    def _weekdays_in(self, reading: Reading, sentence: Sentence) -> Iterator[tuple[int, int, str]]:
        """The weekdays that are said of a day, by their places in the text."""
        text = reading.passage.prose[sentence.start : sentence.end]
        seen: set[int] = set()
        for pattern in self._said:
            for found in pattern.finditer(text):
                start, end = found.span("w")
                around = f"{text[max(0, found.start() - 25) : start]} {text[end : end + 12]}"
                if start not in seen and not _OTHER_DAY.search(around):
                    seen.add(start)
                    yield found.start() + sentence.start, end + sentence.start, found["w"]

    def _undated(
        self, reading: Reading, sentence: Sentence, text: str, before: tuple[Sentence, list[Told]] | None
    ) -> Iterator[Mark]:
        """A sentence without a date: of the day just named, of the text's own day, or of an event."""
        if (bare := self._bare.search(text)) is not None and (
            day := self._of_number(reading, bare["d"] or bare["d2"])
        ) is not None:
            yield from self._of_anchor(reading, sentence, day)
            return
        today = self._today.search(text)
        if today is not None and not _OTHER_DAY.search(text[: today.end("w")]):
            day = self._today_of(reading, sentence, before)
            if day is not None:
                start, end = today.start("lead") + sentence.start, today.end("w") + sentence.start
                yield from self._of_weekday(reading, day, today["w"], (start, end))
                return
        yield from self._of_here(reading, sentence, text)
        yield from self._of_event(reading, sentence, text)

    def _of_here(self, reading: Reading, sentence: Sentence, text: str) -> Iterator[Mark]:
        """ "Friday." at the head of a text, "Tomorrow is Friday": by the text's own day."""
        here = self._almanac.here(reading.standing)
        is_first = sentence is reading.sentences[0]
        found = self._beside.search(text) or (self._headed.fullmatch(text) if is_first else None)
        if (
            here is None
            or found is None
            or _PASSES.search(reading.passage.prose, len(reading.passage.front), sentence.start)
        ):
            return
        names = [one.lower() for one in self._almanac.weekdays]
        step = {"tomorrow": 1, "yesterday": -1}.get(found.groupdict().get("day", "").lower(), 0)
        right = [one.lower() for one in self._almanac.weekdays_of(here, reading.standing) if one.lower() in names]
        if right and found["w"].lower() not in (names[(names.index(one) + step) % len(names)] for one in right):
            near = self._almanac.moment_of(here, reading.standing.position)
            shown = near.words if near is not None else f"{here.day}.{here.month}. is a {right[0].title()}"
            canon_id = near.id if near is not None else self._canon.calendar.id
            yield self._mark(sentence.start + found.start(), sentence.start + found.end("w"), canon_id, shown, 0.8)

    def _of_apposed(self, sentence: Sentence, text: str) -> Iterator[Mark]:
        """ "On Lammas, the first, a Friday": a weekday beside the number of a day that the timeline has once."""
        for found in self._apposed.finditer(text):
            number = number_of(found["d"])
            named = [
                one for one in self._canon.timeline if (day := self._almanac.day_of(one.told)) and day.day == number
            ]
            months = {day.month for one in self._canon.timeline if (day := self._almanac.day_of(one.told))}
            near = [one for one in named if _is_named_in(one, text)]
            event = near[0] if len(near) == 1 else named[0] if len(named) == 1 and len(months) == 1 else None
            is_other = event is not None and event.weekday and event.weekday.lower() != found["w"].lower()
            if event is not None and is_other and not _OTHER_DAY.search(text[: found.start()][-12:]):
                start, end = sentence.start + found.start(), sentence.start + found.end()
                yield self._mark(start, end, event.id, event.words, 0.8)

    def _of_numbered(self, reading: Reading, sentence: Sentence, text: str) -> Iterator[Mark]:
        """ "Thursday the twenty-eighth": in the text's own month, and in the one before and the one behind it."""
        here = self._almanac.here(reading.standing)
        beside = [here] if here else [day for _, day in self._almanac.moments_at(reading.standing.position)][:1]
        for found in self._numbered.finditer(text) if beside else ():
            number = number_of(found["d"])
            days = (
                [_months_on(beside[0], step, len(self._almanac.months), number) for step in (-1, 0, 1)]
                if number
                else []
            )
            right = [self._almanac.weekdays_of(day, reading.standing) for day in days]
            if not right or not right[1] or any(found["w"].lower() == one.lower() for names in right for one in names):
                continue
            yield from self._of_weekday(
                reading, days[1], found["w"], (found.start() + sentence.start, found.end() + sentence.start)
            )

    def _of_number(self, reading: Reading, said: str) -> Day | None:
        """ "The eighteenth": the day of that number that the text, or its chapter, is of."""
        number = number_of(said)
        days = [day for _, day in self._almanac.moments_at(reading.standing.position)]
        here = self._almanac.here(reading.standing)
        return next((day for day in (*((here,) if here else ()), *days) if day.day == number), None)

    def _today_of(self, reading: Reading, sentence: Sentence, before: tuple[Sentence, list[Told]] | None) -> Day | None:
        """Which day "it" is: the one that the sentence before names, or the text's own while no day has passed."""
        prose = reading.passage.prose
        if before is not None and before[0].paragraph == sentence.paragraph and not before[1]:
            bare = self._bare.search(prose[before[0].start : before[0].end])
            if (
                bare is not None
                and bare["d2"]
                and not _NOT_NOW.search(prose[before[0].start : before[0].start + bare.start()])
            ):
                return self._of_number(reading, bare["d2"])
        if before is not None and before[0].paragraph == sentence.paragraph and len(before[1]) == 1:
            is_now = not _NOT_NOW.search(prose[before[0].start : before[0].end])
            return before[1][0].day if is_now else None
        if sentence.is_speech or _PASSES.search(prose, len(reading.passage.front), sentence.start):
            return None
        return self._almanac.here(reading.standing)

    def _of_event(self, reading: Reading, sentence: Sentence, text: str) -> Iterator[Mark]:
        """ "The trial opened on a Monday": the weekday, or the year, of an event of the timeline."""
        event = _event_in(self._events, text)
        if event is None or reading.frames.is_hedged(sentence):
            return
        offset = sentence.start
        day = self._almanac.day_of(event.told)
        is_sure = day is not None and (day.year is not None or self._almanac.is_own)
        right = [
            event.weekday,
            *(self._almanac.weekdays_of(day, reading.standing) if day is not None and is_sure else ()),
        ]
        for start, end, weekday in self._weekdays_in(reading, sentence):
            if any(right) and weekday.lower() not in (one.lower() for one in right):
                yield self._mark(start, end, event.id, event.words, 0.75)
        for found in re.finditer(r"\b(?:in|of)\s+(\d{4})\b", text):
            if event.date is not None and int(found[1]) != event.date.year:
                yield self._mark(found.start() + offset, found.end() + offset, event.id, event.words, 0.75)

    def _mark(self, start: int, end: int, canon_id: str, shown: str, sure: float) -> Mark:
        return Mark.at(start, end, "date", canon_id, shown, sure)


def _is_named_in(moment: Moment, text: str) -> bool:
    """Whether a sentence names a feast or a thing of the event: "Lammas", "the flood"."""
    said = {stem(word.text) for word in tokens(text)}
    parts = re.split(r"[;,]", moment.event)
    wanted = [
        {stem(word.text) for word in tokens(part) if word.is_word and word.lower not in _EVENTLESS} for part in parts
    ]
    return any(one and one <= said for one in wanted)


def _months_on(day: Day, step: int, months: int, number: int) -> Day:
    """The day of a number in the month so many behind another day's."""
    years, month = divmod(day.month - 1 + step, months)
    return Day(number, month + 1, None if day.year is None else day.year + years)


def _stems(event: str) -> frozenset[str]:
    """What a sentence must say to name an event."""
    return frozenset(stem(word.text) for word in tokens(event) if word.is_word and word.lower not in _EVENTLESS)


def _event_in(events: Sequence[tuple[Moment, frozenset[str]]], text: str) -> Moment | None:
    """The one event of the timeline that a sentence names: "the flood", "the breach in Ring C"."""
    said = {stem(word.text) for word in tokens(text)} if events else frozenset()
    named = [moment for moment, wanted in events if wanted <= said]
    return named[0] if len(named) == 1 else None

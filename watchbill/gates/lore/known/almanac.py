"""The almanac: days as texts tell them, in our calendar or the world's own, and on which weekday a day falls."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from watchbill.gates.lore.canon import Canon, Moment
from watchbill.gates.lore.english.bags import loose
from watchbill.gates.lore.english.language import number_of
from watchbill.gates.lore.texts.standing import Standing

MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
)  # fmt: skip
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
REFORM = 1753  # the first whole year of the Gregorian calendar in Britain
# Days that have a name and always the same date.
_FEASTS = {
    "new year's day": (1, 1), "epiphany": (1, 6), "twelfth night": (1, 5), "candlemas": (2, 2), "valentine's day": (2, 14),
    "st patrick's day": (3, 17), "lady day": (3, 25), "april fools' day": (4, 1), "st george's day": (4, 23), "may day": (5, 1),
    "midsummer's day": (6, 24), "midsummer day": (6, 24), "bastille day": (7, 14), "lammas": (8, 1), "assumption": (8, 15),
    "michaelmas": (9, 29), "halloween": (10, 31), "hallowe'en": (10, 31), "all hallows": (11, 1), "all saints' day": (11, 1),
    "all souls' day": (11, 2), "bonfire night": (11, 5), "guy fawkes night": (11, 5), "martinmas": (11, 11), "christmas eve": (12, 24),
    "christmas day": (12, 25), "boxing day": (12, 26), "st stephen's day": (12, 26), "new year's eve": (12, 31),
}  # fmt: skip
_ORDINAL = r"(?:(?:the|The)\s+)?(?:\d{1,2}(?:st|nd|rd|th)?|[A-Za-z]+(?:-[a-z]+)?(?:st|nd|rd|th))"


@dataclass(frozen=True, slots=True)
class Day:
    day: int
    month: int  # 1 is the calendar's first
    year: int | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """A day in a text, by its place there."""

    day: Day
    start: int
    end: int
    month: str = ""  # its name, "" of a feast
    weekday: str = ""  # said right beside it


class Almanac:
    def __init__(self, canon: Canon) -> None:
        calendar = canon.calendar
        self._canon = canon
        self.is_own = calendar.is_own
        self.months = calendar.months if calendar.is_own else MONTHS
        self.weekdays = calendar.weekdays if calendar.is_own else WEEKDAYS
        self._place_by_month = {name.lower(): place for place, name in enumerate(self.months, start=1)}
        month = "|".join(re.escape(name) for name in sorted(self.months, key=len, reverse=True)) or "(?!)"
        self.weekday_words = "|".join(re.escape(name) for name in self.weekdays) or "(?!)"
        self._date = re.compile(
            rf"(?:\b(?P<w>{self.weekday_words})\b,?\s+(?:the\s+|on\s+)?)?(?:\b(?P<d1>{_ORDINAL})\s+(?:day\s+)?(?:of\s+)?(?P<m1>{month})\b|\b(?P<m2>{month})\s+(?P<d2>{_ORDINAL})\b)(?:,?\s+(?P<y>\d{{3,4}}))?(?:,?\s+(?:was\s+)?(?:an?\s+)?(?P<w2>{self.weekday_words})\b)?",
        )
        self._feast = loose(rf"\b(?:{'|'.join(map(re.escape, _FEASTS))})\b")
        self._moments = [(one, self.day_of(one.told)) for one in canon.timeline]

    def days_in(self, text: str) -> Iterator[Told]:
        """The days that a text names by date, and by feast where the calendar is ours."""
        for found in self._date.finditer(text):
            number = number_of((found["d1"] or found["d2"]).lower().removeprefix("the").strip())
            name = found["m1"] or found["m2"]
            if number is not None:
                year = int(found["y"]) if found["y"] else None
                day = Day(number, self._place_by_month[name.lower()], year)
                yield Told(day, found.start(), found.end(), name, found["w"] or found["w2"] or "")
        if not self.is_own:
            for found in self._feast.finditer(text):
                if found[0][0].isupper():
                    number, month = reversed(_FEASTS[found[0].lower()])
                    yield Told(Day(number, month), found.start(), found.end())

    def day_of(self, text: str) -> Day | None:
        """The first day of a text that is a date: in ISO form, or in the calendar's months."""
        iso = re.search(r"\b(\d{4})-(\d{1,2})-(\d{1,2})\b", text)
        if iso is not None:
            return Day(int(iso[3]), int(iso[2]), int(iso[1]))
        return next((one.day for one in self.days_in(text)), None)

    def here(self, standing: Standing) -> Day | None:
        """The day that a text says it is of."""
        return self.day_of(standing.told) or (
            Day(standing.day.day, standing.day.month, standing.day.year) if standing.day is not None else None
        )

    def moments_at(self, position: float | None) -> list[tuple[Moment, Day]]:
        """The dated entries of the timeline at a position."""
        return [
            (one, day)
            for one, day in self._moments
            if day is not None and position is not None and one.position == position
        ]

    def moment_of(self, day: Day, position: float | None) -> Moment | None:
        """The timeline's entry of a day; at the same position, if there are several."""
        same = [
            one
            for one, other in self._moments
            if other is not None
            and (other.day, other.month) == (day.day, day.month)
            and (day.year is None or other.year in (None, day.year))
        ]
        here = [one for one in same if one.position == position]
        return here[0] if here else same[0] if len(same) == 1 or (same and position is None) else None

    def weekdays_of(self, day: Day, standing: Standing) -> tuple[str, ...]:
        """On which weekday a day falls by the canon, and by the calendar; () where neither tells."""
        stated = self.moment_of(day, standing.position)
        said = (stated.weekday,) if stated is not None and stated.weekday else ()
        counted = self._by_month(day) if self.is_own else self._by_year(day, standing, stated)
        if not said and not counted:
            counted = self._by_neighbour(day, standing)
        return (*said, *((counted,) if counted else ()))

    def _by_year(self, day: Day, standing: Standing, stated: Moment | None) -> str:
        year = day.year if day.year is not None else self.year(standing, stated)
        if year is None or year < REFORM:
            return ""  # which calendar an old day is told by only its author knows
        try:
            return WEEKDAYS[date(year, day.month, day.day).weekday()]
        except ValueError:
            return ""

    def year(self, standing: Standing, moment: Moment | None = None) -> int | None:
        """The year in which a text stands, as far as it or the timeline tells."""
        near = self.day_of(moment.told) if moment is not None else self.here(standing)
        if near is not None and near.year is not None:
            return near.year
        here = {day.year for _, day in self.moments_at(standing.position)}
        every = {day.year for _, day in self._moments if day is not None}
        known = here if len(here) == 1 else every
        return next(iter(known)) if len(known) == 1 and None not in known else self._canon.calendar.year

    def _by_month(self, day: Day) -> str:
        """Where every month begins on the same weekday."""
        starts = self._canon.calendar.month_starts_on.lower()
        names = [name.lower() for name in self.weekdays]
        if starts not in names:
            return ""
        return self.weekdays[(names.index(starts) + day.day - 1) % len(names)]

    def _by_neighbour(self, day: Day, standing: Standing) -> str:
        """From a day of the same chapter whose weekday the canon tells, without knowing the year."""
        names = [name.lower() for name in self.weekdays]
        for moment, other in self.moments_at(standing.position):
            apart = self.apart(other, day)
            is_same_year = None in (day.year, other.year) or day.year == other.year
            if moment.weekday.lower() in names and apart is not None and is_same_year:
                return self.weekdays[(names.index(moment.weekday.lower()) + apart) % len(names)]
        return ""

    def apart(self, one: Day, other: Day) -> int | None:
        """Days between two days of one year; None where that hangs on which year it is."""
        if self.is_own:
            lengths = [self._canon.calendar.days_by_month.get(name.lower()) for name in self.months]
            before = [sum(length or 0 for length in lengths[: day.month - 1]) + day.day for day in (one, other)]
            return None if None in lengths else before[1] - before[0]
        try:
            apart = {
                (date(year, other.month, other.day) - date(year, one.month, one.day)).days for year in (2001, 2004)
            }
        except ValueError:
            return None
        return apart.pop() if len(apart) == 1 else None

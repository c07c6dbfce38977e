"""How much time has passed at most, as a text tells it: "three days later", "by nightfall", "an hour's ride", "before the bread was cold"."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

from watchbill.gates.lore.english.bags import either, loose
from watchbill.gates.lore.english.language import Token, lows, noun, number_at, number_of

_DAYS = {"day": 1.0, "night": 1.0, "week": 7.0, "fortnight": 14.0, "month": 30.0, "hour": 1 / 24, "minute": 1 / 1440, "year": 365.0, "sol": 1.0, "season": 90.0, "watch": 1 / 6,
         "morning": 1.0, "afternoon": 1.0, "evening": 1.0, "noon": 1.0, "dawn": 1.0, "sunrise": 1.0, "sunset": 1.0}  # fmt: skip
_VAGUE_COUNTS = {"a": 1.0, "an": 1.0, "half": 0.5, "several": 10.0, "few": 6.0, "couple": 2.0}
_BETWEEN = frozenset(
    ("whole", "full", "long", "more", "short", "hard", "single", "of", "such", "weary", "easy", "bare")
)
_HOUR = (
    r"(?:nightfall|noon|dusk|evening|sunset|sundown|dawn|daybreak|midnight|midday|mid-?morning|mid-?afternoon|supper|dinner|lunch|tea|tea-?time|supper-?time|breakfast|dark|twilight|first light|sunrise|"
    r"cock-?crow|lamplight|lamp-?lighting|bedtime|lighting-up|moonrise|moonset|prime|terce|sext|nones|vespers|compline|matins|lauds|evensong|curfew|afternoon|night|morning|"
    r"(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\d{1,2})(?: o'clock| bells)?)"
)
_OF_DAY = r"(?:day|morning|afternoon|evening|night|noon|midnight|dusk)"
_BURNING = (  # what does not last a day
    r"(?:sun|moon|dew|frost|tide|lamps?|candles?|lanterns?|fires?|embers?|kettle|tea|coffee|bread|loa(?:f|ves)|milk|porridge|soup|stew|bells?|light|cock|stars?|clocks?|ink|stove|oven|pot|ale|shadows?|daylight|mud|blood|sweat|"
    r"day|afternoon|evening|night|morning|breakfast|supper|pipe|bed|sheets|shops?|shutters?|market|curtains?|watch|cows?|cattle|hens?|birds?|rooks?|owls?|bats?|children)"
)
_SAME_DAY = loose(
    rf"\b(?:(?:the|that|this) (?:very )?same {_OF_DAY}|(?:that|this) (?:very )?{_OF_DAY}|same-day|later (?:that|the same) day|(?:by|before|towards?|ere) (?:the )?(?:end of (?:the|that) )?{_HOUR}\b(?! (?:of|days?|nights?|weeks?|hours?|months?)\b)"
    rf"|within the day|within a day|in no time|in an (?:afternoon|hour)|in a (?:morning|night)|in time for (?!(?:spring|summer|autumn|winter|the (?:spring|summer|autumn|winter|harvest|feast|wedding|coronation|fair|festival|vote|trial))\b)(?:his |her |their |the )?[a-z]+"
    rf"|before (?:the|their|her|his|its|my|our|that) (?:\w+ )?{_BURNING} (?:(?:was|were|is|are|had|has|have|could) (?:\w+ ){{0,2}}\w+|\w+ed|rose|set|rang|struck|crowed|went)|{_BURNING} (?:\w+ ){{0,4}}?(?:had|has|was|were|is) not (?:yet |even |quite )?\w+"
    rf"|{_BURNING} (?:\w+ ){{0,4}}?(?:was|were|is|are|lay|hung|burned|burnt|stood) (?:barely |hardly |scarcely |still |yet |not )+\w+|still (?:wet|warm|hot|damp|steaming|dripping)|while (?:the|their|her|his) (?:\w+ ){{1,2}}(?:was|is|were) still \w+"
    rf"|by the time (?:the|his|her|their) (?:\w+ )?{_BURNING} (?:was|were|had|rang|rose|set|lit)|(?:ring|rang|ringing|toll\w*|call\w*|strik\w+|struck|chim\w+) (?:for |to |in |out )?{_HOUR}|for (?:(?:his|her|their|my|our|a late|an early) )?(?:breakfast|lunch|luncheon|dinner|tea|supper)|before (?:it was |it is |it grew )?(?:light|dark)|before (?:the|that) day (?:was|is) (?:out|over|done)|in under a day|in less than a day|between (?:breakfast|dawn|sunrise) and (?:supper|noon|dinner|dusk|sunset)|without (?:a|one) night on the road)\b"
)
_NEXT_MORNING = either(
    r"the (?:next|following) (?:morning|dawn|sunrise|noon)|next (?:morning|dawn)|overnight|by (?:the )?(?:next )?morning|in (?:a single|one) (?:day|night)|(?:through|all|the whole of) (?:\w+ )?(?:that|the|one) (?:one |single |same )?night"
)
_NEXT_DAY = either(
    r"the (?:next|following) (?:day|afternoon|evening|night)|next (?:day|evening|night)|a day later|one day later|the day after|tomorrow|that day and the next"
)
_WEEK = either(
    r"before (?:the|that|another) week (?:was|is|had) \w+|within (?:the|a|that) week|(?:the|that) same week|inside (?:of )?a week|by the end of (?:the|that) week|by the week's end"
)
_NTH = loose(r"\b(?:on|by|at|until) the (?P<n>[a-z-]+(?:st|nd|rd|th)|\d+(?:st|nd|rd|th)) (?:day|night|evening|morning|noon|afternoon|dawn)\b(?! of [A-ZÀ-Þ])")  # fmt: skip
_OPEN = loose(
    r"\b(?:(?:for|after|many|some|countless|long|the|of|in|took|whole|these|those|more) )?(?<!two )(?<!three )(?<!four )(?<!five )(?:days|nights|weeks|months|years) (?:passed|went|later|on the|of|at|and|ran|turned|after|before)\b|\b(?:many|some|countless|long|endless|weary|for) (?:days|nights|weeks|months|years)\b"
    r"|\b(?:day after day|night after night|week after week|day by day|mile after mile|at (?:long )?last|eventually|in the end|in due course|in time(?! for)|long (?:after|since|ago|before)|by then|so it went|at length|sooner or later|one (?:day|morning|evening|night)\b(?! (?:and|later|without|on|of|with))"
    r"|(?:all|that|the next|the whole|by|in|until|through|before|the rest of the) (?:spring|summer|autumn|winter|harvest)|wintered|convalesc\w+|after (?:a|the) (?:long|hard|weary) \w+|the (?:long|weary) (?:road|journey|voyage|march|crossing)|(?:once|twice) a day|each (?:day|night|evening|morning)|every (?:day|night|evening|morning)"
    r"|(?:made|pitched|struck|broke|set up) camp|camped|slept (?:in|under|on|where|rough)|nights? on the road|stages?|the days)\b"
)


class Kind(Enum):
    COUNTED = "two days later"
    SAME_DAY = "by nightfall"
    NEXT = "the next morning"
    NTH = "on the second day"
    OPEN = "weeks went by"  # nobody knows how long


@dataclass(frozen=True, slots=True)
class Lapse:
    """A stretch of time in a text, by its place there."""

    days: float  # at most
    start: int
    end: int
    kind: Kind


_WITHIN_THE_HOUR = loose(r"\b(?:within|inside) (?:the|an|that) hour\b|\bin (?:under|less than) an hour\b")
_SAID = (
    (_WITHIN_THE_HOUR, Kind.COUNTED, 1 / 24),
    (_WEEK, Kind.COUNTED, 7.0),
    (_NEXT_MORNING, Kind.NEXT, 1.5),
    (_NEXT_DAY, Kind.NEXT, 2.0),
    (_SAME_DAY, Kind.SAME_DAY, 1.0),
)


def lapses(words: Sequence[Token], text: str, offset: int) -> list[Lapse]:
    """Every stretch of time that a sentence tells, none within another. `offset` is where `text` begins.

    >>> from watchbill.gates.lore.english.language import tokens
    >>> said = "Two days later, before supper, he saw the sea"
    >>> [(round(one.days), one.kind.name) for one in lapses(tokens(said), said, 0)]
    [(2, 'COUNTED'), (1, 'SAME_DAY')]
    """
    found = [
        Lapse(float(count), nth.start() + offset, nth.end() + offset, Kind.NTH)
        for nth in _NTH.finditer(text)
        if (count := number_of(nth["n"].lower())) is not None
    ]
    for at in range(len(words)):
        if (counted := _counted(words, at)) is not None and not _is_within(counted, found):
            found.append(counted)
    for pattern, kind, days in _SAID:
        for one in pattern.finditer(text):
            told = Lapse(days, one.start() + offset, one.end() + offset, kind)
            if not _is_within(told, found):
                found.append(told)
    for one in _OPEN.finditer(text):
        told = Lapse(0, one.start() + offset, one.end() + offset, Kind.OPEN)
        if not _is_within(told, found):
            found.append(told)
    return sorted(found, key=lambda one: one.start)


def most_days(told: Iterable[Lapse]) -> float | None:
    """What stretches in a row come to at most; None when nobody knows, or none is told."""
    total, is_told, within_day = 0.0, False, False
    for one in told:
        is_told = True
        if one.kind is Kind.OPEN:
            return None
        if one.kind is Kind.NTH:
            total = max(total, one.days)
        elif one.kind is not Kind.SAME_DAY or not within_day:
            total += one.days
        within_day = within_day or one.kind in (Kind.SAME_DAY, Kind.NEXT, Kind.NTH)
    return total if is_told else None


def _is_within(told: Lapse, found: Iterable[Lapse]) -> bool:
    return any(one.start < told.end and told.start < one.end for one in found)


def _counted(words: Sequence[Token], at: int) -> Lapse | None:
    """A number, or what stands for one, and a unit of time: "three hard days", "a day and a half", "half an hour"."""
    low = words[at].lower
    whole = number_at(words, at)
    amount, taken = whole if whole is not None else (_VAGUE_COUNTS.get(low, 0.0), 1)
    if not amount:
        return None
    to = at + taken
    if (
        low in ("a", "an", "half")
        and to < len(words)
        and words[to].lower in ("few", "couple", "a", "an", "half", "dozen")
    ):
        inner = words[to].lower
        amount = 0.5 if "half" in (low, inner) else _VAGUE_COUNTS.get(inner, 12.0)
        to += 1
    while to < len(words) and to < at + taken + 4 and words[to].lower in _BETWEEN:
        to += 1
    unit = noun(words[to].text) if to < len(words) else ""
    if unit not in _DAYS or (
        amount == 1
        and unit in ("morning", "evening", "noon", "dawn", "sunrise", "sunset", "afternoon", "watch", "night")
        and low in ("a", "an")
    ):
        return None
    if low == "one" and unit in ("day", "morning", "evening", "night") and not _is_length(words, to):
        return None
    last = to
    if lows(words[to + 1 : to + 4]) == ["and", "a", "half"]:
        amount, last = amount + 0.5, to + 3
    return Lapse(amount * _DAYS[unit], words[at].start, words[last].end, Kind.COUNTED)


def _is_length(words: Sequence[Token], to: int) -> bool:
    """ "One night of riding", "one day and one night", "one day later": not "one day he came back"."""
    return to + 1 < len(words) and words[to + 1].lower in ("and", "later", "of", "without", "'s", "on", "with", "'")

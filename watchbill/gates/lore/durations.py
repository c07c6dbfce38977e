"""How long something takes, as a text says it: "three days later", "by nightfall", "in six hours"."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from watchbill.gates.lore.language import Token, number_at

_DAYS = {
    "day": 1.0,
    "night": 1.0,
    "week": 7.0,
    "fortnight": 14.0,
    "month": 30.0,
    "hour": 1 / 24,
    "minute": 1 / 1440,
    "year": 365.0,
    "morning": 1.0,
    "evening": 1.0,
    "sol": 1.0,
}
_VAGUE = re.compile(
    r"\b(?:the same (?:day|morning|afternoon|evening|night)|that (?:same |very )(?:day|morning|afternoon|evening|night)|same-day|by (?:nightfall|noon|dusk|evening|sunset|dawn|midnight|midday|supper|dinner|lunch|tea|teatime|breakfast|dark)"
    r"|before (?:nightfall|noon|dusk|evening|sunset|dawn|midnight|midday|supper|dinner|lunch|tea|teatime|breakfast|dark|the (?:sun|moon) (?:set|rose|was up))|within the hour|in no time|in an afternoon|in a morning|before the kettle \w+"
    r"|in time for (?:supper|dinner|lunch|tea|breakfast|bed|evensong|vespers|the (?:first|second|last|evening|morning|noon) \w+)|that (?:evening|afternoon|night)|later that (?:day|morning|afternoon|evening)"
    r"|before (?:the|their|her|his) (?:sun|moon|dew|lamps?|candles?|fire|kettle|tea|bread|milk|porridge|soup|bells?|frost|light|cock|stars?|clocks?|ink|stove|pot) (?:(?:was|were|is|are|had|has|have) (?:\w+ ){0,2}\w+|\w+ed|rose|set|rang|struck|crowed|went)"
    r"|while (?:the|their|her|his) (?:tea|bread|soup|stove|kettle|porridge|dew|coffee) (?:was|is|were) still \w+|by (?:first light|sunrise|cockcrow|lamplight|bedtime|lighting-up)|before (?:it was |it is )?(?:light|cockcrow|sunrise|bedtime|dusk)"
    r"|before the day (?:was|is) (?:out|over|done)|within (?:the|a) day|in under a day|between (?:breakfast|dawn|sunrise) and (?:supper|noon|dinner|dusk|sunset))\b",
    re.IGNORECASE,
)
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_NEXT = re.compile(
    r"\b(?:the (?:next|following) (?:day|morning|afternoon|evening|night)|next (?:day|morning)|overnight|a day later|one day later|the day after|by (?:the )?(?:next )?morning|in (?:a single|one|a) (?:day|night))\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Duration:
    days: float  # at most, for the vague ones
    first: int  # tokens
    last: int
    is_vague: bool = False  # "by nightfall"


def durations(words: Sequence[Token], text: str, offset: int) -> list[Duration]:
    """Every length of time in a sentence. `offset` is where `text` begins."""
    found = [Duration(1.0, *_span(words, match, offset), is_vague=True) for match in _VAGUE.finditer(text)]
    found += [Duration(1.5, *_span(words, match, offset), is_vague=True) for match in _NEXT.finditer(text)]
    found += _between_weekdays(words)
    for at in range(len(words)):
        counted = number_at(words, at)
        if counted is None and words[at].lower in ("a", "an", "half", "several"):
            counted = (3, 1) if words[at].lower == "several" else (1, 1)
        if counted is None:
            continue
        amount, taken = counted
        to = at + taken
        while (
            to < len(words)
            and to < at + taken + 2
            and words[to].lower in ("whole", "full", "long", "more", "short", "hard", "single")
        ):
            to += 1
        unit = words[to].lower.rstrip("s") if to < len(words) else ""
        if unit in _DAYS and not any(one.first <= to <= one.last for one in found):
            found.append(Duration(amount * _DAYS[unit], at, to))
    return sorted(found, key=lambda one: one.first)


def _between_weekdays(words: Sequence[Token]) -> list[Duration]:
    """ "They left on Monday and came on Wednesday": from the first weekday to the last, within a week."""
    named = [(place, _WEEKDAYS.index(word.lower)) for place, word in enumerate(words) if word.lower in _WEEKDAYS]
    if len(named) != 2 or named[0][1] == named[1][1]:
        return []
    return [Duration(float((named[1][1] - named[0][1]) % 7), named[0][0], named[1][0])]


def _span(words: Sequence[Token], match: re.Match[str], offset: int) -> tuple[int, int]:
    start, end = match.start() + offset, match.end() + offset
    inside = [at for at, word in enumerate(words) if start <= word.start < end]
    return (inside[0], inside[-1]) if inside else (0, 0)

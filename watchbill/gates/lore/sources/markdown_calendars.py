"""A world's own calendar as Markdown tells it: "Ten months of thirty days: …", "Each month begins with a Netday."."""

import re
from collections.abc import Iterator

from watchbill.gates.lore.english.bags import either, loose
from watchbill.gates.lore.english.language import number_of
from watchbill.gates.lore.sources.drafts import Plain

_LENGTH = loose(
    r"\b(?P<n>\d{1,2}|[a-z]+(?:-[a-z]+)?) days\b(?!, in this order)(?! (?:to|in|of|make) (?:the|a|every) week)"
)
_STARTS = re.compile(
    r"\bmonths? (?:always )?(?:starts?|begins?|opens?|falls?) (?:on|with) (?:a |an |the )?(?P<day>[A-ZÀ-Þ][\w-]+)"
    r"|\b[Tt]he (?:first|1st)(?: day)? of (?:each|every|any|the|a) month (?:is|falls on|is always)(?: always)? (?:a |an |the )?(?P<day2>[A-ZÀ-Þ][\w-]+)"
)
_WEEK = loose(r"\bweekdays?\b|\bweeks?\b")
_MONTHS = either(r"months?|moons?")
_EACH = re.compile(r"[;,]\s*(?:each|every one|all)\b.*$")  # what follows the names: "; each has thirty days"
_LEAST = 3  # names that make a list without a colon before them


def month_start(text: str) -> str:
    """The weekday on which a text says that every month begins, "" where it does not say so.

    >>> month_start("The first of each month is an Ashday"), month_start("Twelve months")
    ('Ashday', '')
    """
    found = _STARTS.search(text)
    return (found["day"] or found["day2"]) if found else ""


def calendar_of(text: str) -> Iterator[tuple[str, Plain]]:
    """Each sentence of a line says the months, the week, how long a month is, or what day it begins on."""
    for sentence in re.split(r"(?<=[a-z0-9)])\.\s+(?=[A-ZÀ-Þ])", text):
        yield from _of_sentence(sentence.strip().rstrip("."))


def _of_sentence(text: str) -> Iterator[tuple[str, Plain]]:
    names = _names(text)
    lead = text.split(names[0], maxsplit=1)[0].lower() if names else ""
    if starts := month_start(text):
        yield "calendar", {"month_starts_on": starts}
    elif names and _WEEK.search(lead):
        yield "calendar", {"weekdays": names}
    elif names and _MONTHS.search(lead):
        yield "calendar", {"months": names}
    if not _WEEK.search(text) and (length := _LENGTH.search(text)) and (count := number_of(length["n"].lower())):
        yield "calendar", {"days_per_month": str(count)}
    elif (length := re.match(r"(?:days|length)[^:]*:\s*(\d+)", text, re.IGNORECASE)) is not None:
        yield "calendar", {"days_per_month": length[1]}
    if re.search(r"gregorian", text, re.IGNORECASE):
        yield "calendar", {"kind": "gregorian"}


def _names(text: str) -> list[str]:
    """The names of a list at the end of a sentence."""
    _, colon, listed = text.rpartition(":")
    if not colon:
        listed = re.split(r"\b(?:are|called|named)\b", text)[-1]
    names = [one.strip(" .") for one in re.split(r",|;|\band\b|\bthen\b", _EACH.sub("", listed)) if one.strip(" .")]
    is_list = len(names) >= (2 if colon else _LEAST) and all(name[0].isupper() for name in names)
    return names if is_list else []

"""Prefaces of Markdown: what a document says of itself: its unit, its year. "Twelve chapters, all in the year 412."."""

import re

from watchbill.gates.lore.english.bags import loose
from watchbill.gates.lore.positions import UNITS, WORD_OR_DIGITS
from watchbill.gates.lore.sources.drafts import Draft
from watchbill.gates.lore.sources.outline import Item

_COUNTED_AS = loose(rf"\b(?P<unit>{'|'.join(UNITS)})s?\"? counts? as (?:an? )?(?:{'|'.join(UNITS)})")
_OF_SO_MANY = loose(rf"\b(?:{WORD_OR_DIGITS}) (?P<unit>chapter|episode|song|canto)s\b")  # of one book
YEAR = loose(
    r"\b(?:all|set|takes place|happens?|the whole)\b[^.]*?\b(?:in|during) (?:the year )?(\d{3,4})\b(?!\s*(?:to|–|-))"
    r"|\b(?:it is|the year is|year:) (\d{3,4})\b(?!\s*(?:to|–|-))|\bbetween \d{1,2} [A-ZÀ-Þ][a-z]+ and \d{1,2} [A-ZÀ-Þ][a-z]+ (\d{3,4})\b"
)


def preface(item: Item, made: Draft) -> None:
    """ "Unit: chapter (1-20)", "Episodes 1 to 10.", "All in the year 412."."""
    found = re.match(rf"\(?(?:unit:\s*)?(?:\w+ )?(?P<unit>{'|'.join(UNITS)})s?\b", item.text, re.IGNORECASE)
    found = _COUNTED_AS.search(item.text) or found
    found = _OF_SO_MANY.search(item.text) or found
    if found:
        made.raw.setdefault("position", {"unit": found["unit"].lower()})
    year = YEAR.search(item.text)
    if year:
        made.raw.setdefault("year", next(one for one in year.groups() if one))
    if not (found or year or re.search("gregorian", item.text, re.IGNORECASE)):
        made.doubt(item, "stands before any heading that names somebody or something")

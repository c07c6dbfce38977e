"""Contradictions: what the judge of a canon answers. Apart from it, so that who has no canon does not load it."""

from dataclasses import dataclass

MAX_TEXT = 1_000_000  # characters of one file that are judged; a long novel has as many


@dataclass(frozen=True, slots=True, kw_only=True)
class Contradiction:
    """A finding with both passages: the text's and the canon's."""

    path: str
    line: int  # 1-based
    rule: str
    canon_id: str
    quote: str  # an exact part of the text
    canon: str  # the canon's own words
    confidence: float

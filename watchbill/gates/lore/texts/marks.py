"""What a check finds: the words of the text, and the words of the canon that they do not go with."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from watchbill.gates.lore.english.language import Token
from watchbill.gates.lore.texts.passages import Passage


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A contradiction, by its place in the text."""

    rule: str
    canon_id: str
    start: int
    end: int
    canon: str  # its own words
    confidence: float  # 0 to 1; what is under the gate's least is not reported

    @classmethod
    def at(cls, start: int, end: int, rule: str, canon_id: str, canon: str, confidence: float) -> Self:
        """The mark on the characters from start up to end."""
        return cls(rule=rule, canon_id=canon_id, start=start, end=end, canon=canon, confidence=confidence)

    @classmethod
    def over(
        cls, words: Sequence[Token], first: int, last: int, rule: str, canon_id: str, canon: str, confidence: float
    ) -> Self:
        """The mark from one word of a sentence to another, both among them."""
        return cls.at(words[first].start, words[last].end, rule, canon_id, canon, confidence)

    def quote(self, passage: Passage) -> str:
        return passage.quote(self.start, self.end)

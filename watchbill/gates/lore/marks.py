"""What a check finds: the words of the text, and the words of the canon that they do not go with."""

from dataclasses import dataclass

from watchbill.gates.lore.passages import Passage


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A contradiction, by its place in the text."""

    rule: str
    canon_id: str
    start: int
    end: int
    canon: str  # its own words
    confidence: float  # 0 to 1; what is under the gate's least is not reported

    def quote(self, passage: Passage) -> str:
        return passage.quote(self.start, self.end)

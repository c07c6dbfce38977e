"""Deletions: files that one side of a conflict deleted and the other changed. No markers can show both, so they are told."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

MOST_LINES = 120  # of the base, and of what the other side changed


@dataclass(frozen=True, slots=True, kw_only=True)
class Deletion:
    path: str
    by_landed: bool  # deleted by what landed, and changed by the task; else the other way round
    base: str  # what both began from
    change: str  # unified, what the other side made of it

    @property
    def told(self) -> str:
        """One line.

        >>> Deletion(path="a.md", by_landed=True, base="", change="").told
        'a.md: what landed deleted it, this task changed it; the changed file stands there'
        """
        who = ("what landed", "this task") if self.by_landed else ("this task", "what landed")
        return f"{self.path}: {who[0]} deleted it, {who[1]} changed it; the changed file stands there"


def shortened(deletions: Iterable[Deletion]) -> Iterator[Deletion]:
    """With no more of each text than people and models are shown."""
    for one in deletions:
        yield Deletion(path=one.path, by_landed=one.by_landed, base=_cut(one.base), change=_cut(one.change))


def _cut(text: str) -> str:
    lines = text.splitlines()
    more = len(lines) - MOST_LINES
    return text if more <= 0 else "\n".join((*lines[:MOST_LINES], f"… and {more} more lines"))

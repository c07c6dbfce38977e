"""Drafts: what a document states, in the YAML form's shape, and what in it was not understood."""

from dataclasses import dataclass, field
from typing import Any

from watchbill.gates.lore.sources.outline import Item

Plain = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Doubt:
    line: int
    text: str
    why: str


@dataclass(slots=True)
class Draft:
    """What a document states, in the YAML form's shape, and what it was unsure of."""

    raw: Plain = field(default_factory=dict)
    doubts: list[Doubt] = field(default_factory=list)

    def add(self, key: str, item: Plain) -> None:
        self.raw.setdefault(key, []).append(item)

    def doubt(self, item: Item, why: str) -> None:
        self.doubts.append(Doubt(item.line, item.text or " | ".join(item.cells), why))

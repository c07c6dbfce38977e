"""A document: what a report says, in blocks that every form of writing knows."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from watchbill.operator.drawing.trend import Trend


class Mood(StrEnum):
    """How a number is to be taken."""

    GOOD = "good"
    SO_SO = "so-so"
    BAD = "bad"
    PLAIN = "plain"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """One answer that is seen from across the room."""

    title: str
    value: str
    note: str = ""
    mood: Mood = Mood.PLAIN


@dataclass(frozen=True, slots=True, kw_only=True)
class Tiles:
    tiles: Sequence[Tile]


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    text: str
    command: str = ""  # what to run


@dataclass(frozen=True, slots=True, kw_only=True)
class Points:
    points: Sequence[Point]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """A table. A column whose name ends with > is set to the right."""

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    note: str = ""


Block = Tiles | Heading | Text | Points | Rows | Trend


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    title: str
    subtitle: str
    blocks: tuple[Block, ...] = field(default=())

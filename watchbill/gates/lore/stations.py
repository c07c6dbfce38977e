"""Stations of a journey: somebody at a place, and the leg from one to the next."""

from dataclasses import dataclass

from watchbill.gates.lore.canon import Entry


@dataclass(frozen=True, slots=True)
class Station:
    """Somebody at a place: there, or just leaving it."""

    place: str  # the id of the canon's entry
    sentence: int
    start: int  # of the name in the text
    end: int
    is_left: bool
    is_before: bool  # "they had left it at dawn": told of what was before
    who: Entry | None
    pronoun: str  # "m", "f", "p", "w" of the clause's own, "" when it has none


@dataclass(frozen=True, slots=True)
class Leg:
    """From one station to the next one of the same party."""

    start: Station
    end: Station
    days: float  # at most

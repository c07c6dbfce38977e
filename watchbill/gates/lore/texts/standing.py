"""Where a text stands in its story: by its front matter, its headings, its file's name, or the timeline."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import PurePosixPath

from watchbill.gates.lore.canon import Canon
from watchbill.gates.lore.english.bags import loose
from watchbill.gates.lore.positions import UNITS, number
from watchbill.gates.lore.texts.passages import Passage

_FIELD = re.compile(r"^[ \t]*([A-Za-z_ -]{2,30}?)[ \t]*:[ \t]*(.*?)[ \t]*$", re.MULTILINE)
_COMMENT = re.compile(r"^[ \t]*\*comment[ \t]+([A-Za-z_ -]{2,30}?)[ \t]*:[ \t]*(.*?)[ \t]*$", re.MULTILINE)
_IN_NAME = loose(r"(?:chapter|chap|ch|episode|ep|scene|sc|part|act|book|song|canto)[ _.-]*0*(\d{1,4})(?!\d)")
_LEADING = re.compile(r"^0*(\d{1,4})(?![\d])")
_SERIAL = re.compile(r"0\d\d+|\d{3,}")  # of a file among many, not of a chapter
_HEADING = re.compile(
    r"^#{0,3}\s*\**(?:(?:chapter|episode|scene|part|song|canto)\s+(?:the\s+)?(?P<number>[\w-]+)|(?:the\s+)?(?P<nth>\w+)\s+(?:chapter|episode|song|canto)\s*$)(?:\s*[:.—–-]\s*(?P<title>[^\n*]+))?"
    r"|^#{1,3}\s*(?P<alone>\d{1,3}|[IVX]{1,6})\s*[.:]?\s*$",
    re.IGNORECASE | re.MULTILINE,
)
_HEAD = 400  # characters in which a text that is no scene may say so
_DATE = re.compile(r"\b(\d{4})-(\d{1,2})-(\d{1,2})\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    position: float | None = None
    day: date | None = None
    told: str = ""  # its date as it is written, in whatever calendar
    pov: str = ""
    place: str = ""


def standing_of(passage: Passage, canon: Canon) -> Standing:
    """What the text says of its place; the position is None where nothing tells it."""
    fields = {
        key.strip().lower().replace("-", "_").replace(" ", "_"): value.strip("'\" ")
        for key, value in (
            *_FIELD.findall(passage.front),
            *_COMMENT.findall(passage.text if passage.is_scene else passage.text[:_HEAD]),
        )
    }
    day = date_of(fields.get("date", ""))
    position = _stated(fields, canon.unit)
    if position is None:
        position = _headed(passage)
    if position is None:
        position = _named(passage.path, canon.unit)
    if position is None and day is not None:
        position = _dated(canon, day)
    return Standing(
        position=position,
        day=day,
        told=fields.get("date", "") or fields.get("day", ""),
        pov=fields.get("pov", "")
        or fields.get("narrator", "")
        or fields.get("point_of_view", "")
        or _headed_by(passage, canon),
        place=fields.get("place", "")
        or fields.get("location", "")
        or fields.get("setting", "")
        or _scene(canon, fields.get("scene", "")),
    )


def _scene(canon: Canon, name: str) -> str:
    """The scene's name, where it is a place's."""
    entry = canon.find(name) if name else None
    return entry.id if entry is not None and entry.is_place else ""


def date_of(text: str) -> date | None:
    """The first ISO date of a text, if the calendar has it."""
    found = _DATE.search(text)
    if found is None:
        return None
    try:
        return date(*(int(part) for part in found.groups()))
    except ValueError:
        return None


def days_at(canon: Canon, standing: Standing) -> tuple[date | None, date | None]:
    """The earliest and the latest day that a text may tell of, as far as it or the timeline says."""
    if standing.day is not None:
        return standing.day, standing.day
    if standing.position is None:
        return None, None
    dated = [(one.position, one.date) for one in canon.timeline if one.date is not None and one.position is not None]
    first = max((day for position, day in dated if position <= standing.position), default=None)
    last = min((day for position, day in dated if position > standing.position), default=None)
    return first, last


def _stated(fields: Mapping[str, str], unit: str) -> float | None:
    for name in (unit, "position", *UNITS, "ch", "ep"):
        found = re.search(r"\d+(?:\.\d+)?", fields.get(name, ""))
        if found:
            return float(found[0])
    return None


def _heading(passage: Passage) -> re.Match[str] | None:
    """The heading near the beginning that numbers a text."""
    return _HEADING.search(passage.text, len(passage.front), len(passage.front) + 400)


def _headed(passage: Passage) -> float | None:
    found = _heading(passage)
    if found is None:
        return None
    told = found["number"] or found["nth"] or found["alone"]
    try:
        return number(told)
    except ValueError:
        return None


def _headed_by(passage: Passage, canon: Canon) -> str:
    """The person by whom "Chapter 4: Ines" is headed."""
    found = _heading(passage)
    named = canon.find(found["title"]) if found is not None and found["title"] else None
    return named.id if named is not None and not named.is_place else ""


def _named(path: str, unit: str) -> float | None:
    """By the file's name, else by its folder's. A number alone counts where it leads: "05-the-flood.md"."""
    file = PurePosixPath(path)
    for part in (file.stem, file.parent.name):
        units = list(_IN_NAME.finditer(part))
        own = [one for one in units if one[0].lower().startswith(unit[:2])] or units
        if own:
            return float(own[-1][1])
    if len(file.stem) > 2 and file.stem.isdecimal():
        return None  # "008.md" is the eighth of some pieces, no chapter
    found = _LEADING.match(file.stem)
    return float(found[1]) if found and not _SERIAL.fullmatch(file.stem) else None


def _dated(canon: Canon, day: date) -> float | None:
    """By the timeline: the last position that it dates on or before that day."""
    earlier = [
        (one.date, one.position)
        for one in canon.timeline
        if one.date is not None and one.position is not None and one.date <= day
    ]
    return max(earlier)[1] if earlier else None

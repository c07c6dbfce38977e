"""Shapes: the few elements of SVG that pictures are made of. Every text and name is escaped here, every number is finite."""

import re
from collections.abc import Iterator, Sequence
from html import escape
from math import isfinite
from unicodedata import east_asian_width

_UNFIT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")  # no XML document holds these
# What would turn around what stands beside, or hide in it.
_HIDDEN = re.compile(
    "[\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e0fff]"
)
_LETTER = 6.6  # pixels of a usual letter in the pictures' 12 pixel type
_WIDE = frozenset("WF")


def number(value: float) -> str:
    """To a hundredth of a pixel, as short as it goes. Raises ValueError for what is no number.

    >>> number(3.0), number(2.125), number(-0.001)
    ('3', '2.12', '0')
    """
    if not isfinite(value):
        raise ValueError(f"{value} cannot be drawn")
    return f"{round(value, 2) + 0.0:.2f}".rstrip("0").rstrip(".")


def words(text: str) -> str:
    """Fit to stand in a document.

    >>> words("<b>\\x00&")
    '&lt;b&gt;\ufffd&amp;'
    """
    return escape(_HIDDEN.sub("", _UNFIT.sub("\ufffd", text)), quote=True)


def clip(text: str, room: float) -> str:
    """As much of a text as these pixels hold.

    >>> clip("claude", 100), clip("claude-with-a-long-name", 60)
    ('claude', 'claude-…')
    """
    flat = " ".join(text.split())
    if wide(flat) <= room:
        return flat
    taken = 0.0
    for place, letter in enumerate(flat):
        taken += wide(letter)
        if taken > room - _LETTER:
            return f"{flat[:place]}…"
    return flat


def wide(text: str) -> float:
    """About how many pixels a text takes."""
    return sum(2 * _LETTER if east_asian_width(letter) in _WIDE else _LETTER for letter in text)


def element(tag: str, of: str, body: str = "", tip: str = "", **at: float | str) -> str:
    """`of` are its classes, `tip` is what it says under a pointer and to a screen reader; `_` in a name becomes `-`."""
    said = "".join(
        f' {name.rstrip("_").replace("_", "-")}="{words(value) if isinstance(value, str) else number(value)}"'
        for name, value in at.items()
    )
    inside = (f"<title>{words(tip)}</title>" if tip else "") + body
    return f'<{tag} class="{of}"{said}>{inside}</{tag}>' if inside else f'<{tag} class="{of}"{said}/>'


def box(of: str, x: float, y: float, width: float, height: float, *, tip: str = "", round_: float = 0) -> str:
    width, height = max(0, width), max(0, height)
    return element("rect", of, tip=tip, x=x, y=y, width=width, height=height, rx=min(round_, width / 2, height / 2))


def line(of: str, x1: float, y1: float, x2: float, y2: float) -> str:
    return element("line", of, x1=x1, y1=y1, x2=x2, y2=y2)


def dot(of: str, x: float, y: float, radius: float, *, tip: str = "") -> str:
    return element("circle", of, tip=tip, cx=x, cy=y, r=radius)


def path(of: str, points: Sequence[tuple[float, float]], *, closed: bool = False) -> str:
    """Straight from one point to the next."""
    steps = " L".join(f"{number(x)} {number(y)}" for x, y in points)
    return element("path", of, d=f"M{steps}{' Z' if closed else ''}")


def label(of: str, x: float, y: float, text: str, *, anchor: str = "start") -> str:
    return element("text", of, words(text), x=x, y=y, text_anchor=anchor)


def spread(points: Sequence[tuple[float, float]]) -> Iterator[tuple[float, float]]:
    """The corners of a line that stays where it is until the next point.

    >>> list(spread([(0, 5), (2, 9)]))
    [(0, 5), (2, 5), (2, 9)]
    """
    for place, (x, y) in enumerate(points):
        if place:
            yield x, points[place - 1][1]
        yield x, y

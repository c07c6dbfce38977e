"""Fitting: how wide a table's columns become on a narrow terminal, so that none is cut to nothing. Pure."""

from collections.abc import Sequence

GAP = 2  # characters between columns
SHORT = 12  # characters: a time, a state, an amount; such a column is never cut
_LEAST = 18  # characters of a longer one that are worth showing
_LAST = 24  # of the last one, which goes on below
_STUMP = 4  # where each row has to be one line


def widths(natural: Sequence[int], room: int, *, may_part: bool) -> list[int] | None:
    """The columns' widths; None where each row is better told in lines of its own (`may_part`).

    Short columns keep theirs, and the longer ones share what is left, the shortest of them first.

    >>> widths([5, 40, 50], 60, may_part=True)
    [5, 25, 26]
    >>> widths([5, 10, 10, 8, 40, 50], 60, may_part=True) is None
    True
    """
    gaps = GAP * (len(natural) - 1)
    if sum(natural) + gaps <= room:
        return list(natural)
    long = sorted((at for at, width in enumerate(natural) if width > SHORT), key=lambda at: natural[at])
    left = room - gaps - sum(width for width in natural if width <= SHORT)
    wanted = sum(_LAST if at == len(natural) - 1 else _LEAST for at in long)
    if may_part and (not long or left < wanted):
        return None
    made = list(natural)
    for place, at in enumerate(long):
        made[at] = max(_STUMP, min(natural[at], left // (len(long) - place)))
        left -= made[at]
    return made


def head(natural: Sequence[int]) -> int:
    """How many cells of a row that is told in lines of its own stand on its first: up to the first long one, but not the last.

    >>> head([2, 40, 6, 50]), head([8, 6, 50]), head([40, 6]), head([60])
    (2, 2, 1, 1)
    """
    last = len(natural) - 1
    first_long = next((at for at, width in enumerate(natural) if width > SHORT), last)
    return max(1, first_long + (first_long < last))

"""A state machine from its table: states from left to right by how soon they can be reached, an arrow for each move."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from typing import TypeVar

from watchbill.operator.drawing.picture import Picture, Table
from watchbill.operator.drawing.shapes import box, dot, element, label, number, wide

S = TypeVar("S", bound=StrEnum)

_HIGH, _ROW, _COLUMN, _EDGE = 30.0, 62.0, 170.0, 44.0  # a state's height; from one to the one below; to the next column
_PAD = 14.0  # left and right of a state's name

Place = tuple[float, float, float]  # left, middle, width of a state


def picture(name: str, table: Mapping[S, frozenset[S]], first: S) -> Picture:
    """Every move that there is, and no other. What a state cannot leave again has a ring."""
    columns = _columns(table, first)
    tallest = max(map(len, columns))
    place = {
        state: (_EDGE + _COLUMN * column, _EDGE + _ROW * (row + (tallest - len(states)) / 2), wide(state) + 2 * _PAD)
        for column, states in enumerate(columns)
        for row, state in enumerate(states)
    }
    arrows = [(source, target) for source, targets in table.items() for target in sorted(targets)]
    begin = place[first]
    return Picture(
        kind="lifecycle",
        name=f"lifecycle-{name.lower()}",
        title=f"The states of a {name.lower()} and their moves",
        said=f"It begins as {first}. " + " ".join(f"From {source} to {target}." for source, target in arrows),
        width=_EDGE * 2 + _COLUMN * (len(columns) - 1) + max(width for _, _, width in place.values()),
        height=_EDGE * 2 + _ROW * (tallest - 1),
        parts=(
            _TIP,
            dot("begin", begin[0] - 26, begin[1], 5),
            _bend(
                ((begin[0] - 20, begin[1]), (begin[0] - 14, begin[1]), (begin[0] - 8, begin[1]), (begin[0], begin[1]))
            ),
            *(_arrow(place[source], place[target]) for source, target in arrows),
            *(part for state in table for part in _state(state, place[state], is_end=not table[state])),
        ),
        table=moves(table),
    )


def moves(table: Mapping[S, frozenset[S]]) -> Table:
    """The same as rows."""
    rows = ((source, ", ".join(sorted(targets)) or "nowhere more") for source, targets in table.items())
    return Table(columns=("from", "to"), rows=tuple(rows))


_TIP = (
    '<defs><marker id="tip" viewBox="0 0 8 8" refX="7.5" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
    '<path class="tip" d="M0 0 L8 4 L0 8 z"/></marker></defs>'
)


def _columns(table: Mapping[S, frozenset[S]], first: S) -> list[list[S]]:
    """By the number of moves from the first; what only leads in stands in the first column, too."""
    depth = {state: 0 for state in table if state is first or not any(state in targets for targets in table.values())}
    edge: Sequence[S] = list(depth)
    while edge:
        edge = [target for source in edge for target in sorted(table[source]) if target not in depth]
        depth |= dict.fromkeys(edge, max(depth.values()) + 1)
    columns: defaultdict[int, list[S]] = defaultdict(list)
    for state in sorted(table, key=lambda each: (not table[each], list(table).index(each))):  # those that end below
        columns[depth[state]].append(state)
    return [columns[each] for each in sorted(columns)]


def _state(name: str, at: Place, *, is_end: bool) -> Iterator[str]:
    left, middle, width = at
    if is_end:
        yield box("end", left - 3, middle - _HIGH / 2 - 3, width + 6, _HIGH + 6, round_=11)
    yield box("state", left, middle - _HIGH / 2, width, _HIGH, round_=8)
    yield label("name", left + width / 2, middle + 4, name, anchor="middle")


def _arrow(begin: Place, end: Place) -> str:
    """Forward from side to side; back above, from top to top; to a neighbour in the same column straight down or up."""
    if end[0] > begin[0]:
        from_x, to_x = begin[0] + begin[2], end[0]
        bend = (to_x - from_x) / 2
        return _bend(((from_x, begin[1]), (from_x + bend, begin[1]), (to_x - bend, end[1]), (to_x, end[1])))
    if end[0] == begin[0]:
        x = begin[0] + 0.3 * min(begin[2], end[2])
        down = 1 if end[1] > begin[1] else -1
        out = abs(end[1] - begin[1]) / 5
        edge = down * _HIGH / 2
        return _bend(((x, begin[1] + edge), (x - out, begin[1] + edge), (x - out, end[1] - edge), (x, end[1] - edge)))
    from_x, to_x = begin[0] + begin[2] / 2, end[0] + end[2] / 2
    up = min(begin[1], end[1]) - _HIGH - 8
    return _bend(((from_x, begin[1] - _HIGH / 2), (from_x, up), (to_x, up), (to_x, end[1] - _HIGH / 2)), of="back")


def _bend(points: tuple[tuple[float, float], ...], of: str = "move") -> str:
    start, *rest = (f"{number(x)} {number(y)}" for x, y in points)
    return element("path", of, d=f"M{start} C{', '.join(rest)}", marker_end="url(#tip)")

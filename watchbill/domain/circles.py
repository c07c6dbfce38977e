"""Circles: tasks that wait for each other, so that none of them can ever start."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from watchbill.domain.ids import TaskId

MAX_CIRCLES = 20  # told at once; mending one of them often mends others


def circles(needs_by_id: Mapping[TaskId, Sequence[TaskId]]) -> list[tuple[TaskId, ...]]:
    """The first circles that a walk along the needs closes, each once, from its smallest member on."""
    finished: set[TaskId] = set()
    walk = (circle for start in needs_by_id for circle in _circles_from(start, needs_by_id, finished))
    return list(dict.fromkeys(_turned(circle) for circle in islice(walk, MAX_CIRCLES)))


def _turned(circle: tuple[TaskId, ...]) -> tuple[TaskId, ...]:
    least = circle.index(min(circle))
    return (*circle[least:], *circle[:least])


def _circles_from(
    start: TaskId, needs_by_id: Mapping[TaskId, Sequence[TaskId]], finished: set[TaskId]
) -> Iterator[tuple[TaskId, ...]]:
    """Depth first without recursion: a queue may be a chain of any length."""
    if start in finished:
        return
    place_on_path = {start: 0}
    path = [start]
    open_needs = [iter(needs_by_id[start])]
    while path:
        following = next(open_needs[-1], None)
        if following is None:
            finished.add(path[-1])
            del place_on_path[path.pop()]
            open_needs.pop()
        elif following in place_on_path:
            yield tuple(path[place_on_path[following] :])
        elif following in needs_by_id and following not in finished:
            place_on_path[following] = len(path)
            path.append(following)
            open_needs.append(iter(needs_by_id[following]))

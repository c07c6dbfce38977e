"""Bisection: where along a row something changes, by as few looks as it takes."""

from collections.abc import Awaitable, Callable


async def boundary(low: int, high: int, is_past: Callable[[int], Awaitable[bool]]) -> int:
    """The smallest number over low for which is_past holds. It is known not to hold at low, and to hold at high."""
    while high - low > 1:
        middle = (low + high) // 2
        if await is_past(middle):
            high = middle
        else:
            low = middle
    return high

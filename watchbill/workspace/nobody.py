"""Nobody: the user that owns nothing, as whom root starts repository code. Not every root can: some have no other user to be.

Standard library only, and little of it: the cell imports it in the time that a sandbox may cost.
"""

from __future__ import annotations

import posix as os  # see kernel

USER = 65534  # and group


def is_to_be() -> bool:
    """Whether code is started as nobody. Root of a user namespace that has one user only, as in some containers, starts it as
    any other user would: as itself, without a capability.
    """
    return os.geteuid() == 0 and all(map(_is_there, ("/proc/self/uid_map", "/proc/self/gid_map")))


def _is_there(place: str) -> bool:
    with open(place) as file:  # noqa: PTH123 - see above
        return is_mapped(file.read())


def is_mapped(said: str) -> bool:
    """Whether a namespace has it, by its table of first inside, first outside, how many."""
    ranges = (tuple(map(int, line.split())) for line in said.splitlines())
    return any(first <= USER < first + count for first, _, count in ranges)

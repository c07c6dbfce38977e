"""The one rule of every state machine: a move is in its table or it does not happen."""

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from watchbill.domain.errors import IllegalMove

S = TypeVar("S", bound=StrEnum)

Transitions = Mapping[S, frozenset[S]]


def check_move(transitions: Transitions[S], source: S, target: S) -> S:
    """Return target when the table allows source → target; raise IllegalMove otherwise."""
    if target not in transitions[source]:
        allowed = ", ".join(sorted(transitions[source])) or "nothing: it is an end"
        raise IllegalMove(f"cannot go from {source} to {target}; from {source} one can go to {allowed}")
    return target


def sources_of(transitions: Transitions[S], target: S) -> frozenset[S]:
    """Every state from which target can be reached in one move."""
    return frozenset(source for source, targets in transitions.items() if target in targets)

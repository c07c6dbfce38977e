"""Reading: how answers come to the store's rows, whoever holds it."""

from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar

from watchbill.state.engine import Connection

T = TypeVar("T")


class Read(Protocol):
    """Runs a closure in one consistent transaction and gives back what it returns."""

    def __call__(self, work: Callable[[Connection], T], /) -> Awaitable[T]: ...

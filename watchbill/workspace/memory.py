"""Memory: answers about git's objects, which never change, so that no process is started to hear one again."""

from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Memory(Generic[T]):
    """Keeps the answers that were asked for last, `most` of them."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._known: dict[str, T] = {}  # the newest last

    async def ask(
        self, about: str, question: Callable[[], Awaitable[T]], *, keep: Callable[[T], bool] = lambda _answer: True
    ) -> T:
        """The known answer, else the question's. What it raises, and what is not to be kept, is asked again."""
        if about in self._known:
            answer = self._known.pop(about)
        else:
            answer = await question()
        if keep(answer):
            self.put(about, answer)
        return answer

    def put(self, about: str, answer: T) -> None:
        """Remember what is known from elsewhere."""
        self._known[about] = answer
        while len(self._known) > self._most:
            del self._known[next(iter(self._known))]

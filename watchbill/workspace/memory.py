"""Memory: answers about git's objects, which never change, so that no process is started to hear one again."""

from collections.abc import Awaitable, Callable, Iterable
from threading import Lock
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

    def get(self, about: str) -> T | None:
        """What is known; None where nothing is."""
        return self._known.get(about)

    def put(self, about: str, answer: T) -> None:
        """Remember what is known from elsewhere."""
        self._known[about] = answer
        while len(self._known) > self._most:
            del self._known[next(iter(self._known))]


class BlobMemory:
    """Keeps the blobs that were read or written last, `most` bytes of them, none larger than `each`. For any thread."""

    def __init__(self, most: int, *, each: int) -> None:
        self._each = each
        self._room = most
        self._known: dict[str, bytes] = {}  # the oldest first
        self._lock = Lock()

    def known(self, ids: Iterable[str]) -> dict[str, bytes]:
        with self._lock:
            return {name: self._known[name] for name in ids if name in self._known}

    def put(self, name: str, content: bytes) -> None:
        with self._lock:
            if len(content) > self._each or name in self._known:
                return
            self._known[name] = content
            self._room -= len(content)
            while self._room < 0:
                self._room += len(self._known.pop(next(iter(self._known))))

"""What the fake vendor says to the daemon: for each task its steps, one for each reply that it gave so far."""

import threading
import time
from collections.abc import Mapping, Sequence

from tests.vendors import Answer, Heard, Use

Steps = Sequence[Answer]


def write(path: str, text: str) -> list[Use]:
    return [Use("write_file", {"path": path, "content": text})]


def edit(path: str, old: str, new: str) -> list[Use]:
    return [Use("edit_file", {"path": path, "old_text": old, "new_text": new})]


def finish(summary: str = "Done.", *, done: bool = True) -> list[Use]:
    return [Use("finish", {"done": done, "summary": summary})]


class Player:
    """Plays the steps of the task whose title is in the brief; the last step again once they are used up.

    `pace` are seconds that every answer takes. While `held`, nothing is answered.
    """

    def __init__(self, steps: Mapping[str, Steps] | None = None, *, pace: float = 0.0) -> None:
        self.steps = dict(steps or {})
        self.pace = pace
        self.heard: list[tuple[Heard, ...]] = []
        self._free = threading.Event()
        self._free.set()

    def __call__(self, vendor: str, model: str, heard: tuple[Heard, ...]) -> Answer:
        self.heard.append(heard)
        self._free.wait(60)
        time.sleep(self.pace)
        brief = next(said.text for said in heard if said.role == "user")
        replies = sum(said.role == "assistant" for said in heard)
        steps = next(steps for title, steps in self.steps.items() if title in brief)
        return steps[min(replies, len(steps) - 1)]

    def hold(self) -> None:
        self._free.clear()

    def release(self) -> None:
        self._free.set()

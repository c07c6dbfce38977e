"""Stalling: work that goes in a circle, or nowhere: a model's by its transcript, an agent's by what is seen of it from outside."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Self

from watchbill.domain.transcript import Entry, Reply, ToolCall, ToolResult, Transcript

TOLD_AFTER = 3  # times: it is told
ENDED_AFTER = 5  # times: nobody pays for more
_LONGEST_CIRCLE = 2  # steps that alternate
AGAIN = 4  # times, on an average of what an agent repeats: its files are looked at, and then it is ended, as it cannot be told

Step = tuple[tuple[tuple[str, str], ...], tuple[str, ...]]  # the calls, their results


def times(transcript: Transcript) -> int:
    """How often in a row the last step was done, or the last two by turns; 1 when the last one is new.

    What a step is, is the same only where its results are: so the tree is too.
    """
    steps = list(_steps(transcript.entries))
    return max((_circles(steps, length) for length in range(1, _LONGEST_CIRCLE + 1)), default=0)


def _circles(steps: Sequence[Step], length: int) -> int:
    last = steps[-length:]
    count = 0
    while last and steps[len(steps) - (count + 1) * length : len(steps) - count * length] == last:
        count += 1
    return count


def _steps(entries: Sequence[Entry]) -> Iterator[Step]:
    """Every reply with tool calls that all have their results."""
    calls: tuple[ToolCall, ...] = ()
    results: dict[str, str] = {}
    for entry in entries:
        match entry:
            case Reply():
                calls, results = entry.tool_calls, {}
            case ToolResult():
                results[entry.id] = entry.content
                if calls and all(call.id in results for call in calls):
                    said = tuple((call.name, repr(sorted(call.args.items()))) for call in calls)
                    yield said, tuple(results[call.id] for call in calls)
            case _:
                pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Trail:
    """What is seen of an agent from outside, in steps: what a tool was asked for, and what came of it. Moments are seconds.

    It gets nowhere where no step is new, or none is seen at all, and its files stay as they are. They are looked at when there
    is reason to doubt it, and compared after as much again.
    """

    since: float  # when it did something new last, or its model was asked
    known: frozenset[str] = frozenset()  # every step so far
    again: tuple[str, ...] = ()  # those since then, or since its files were looked at: none is new
    tree: str = ""  # its files as they were then; "": not looked at

    def after(self, step: str, now: float) -> Self:
        if step in self.known:
            return replace(self, again=(*self.again, step))
        return replace(self, since=now, known=self.known | {step}, again=(), tree="")

    def asked(self, now: float) -> Self:
        """Its model thinks: that takes as long as it takes, and what it repeats is seen by its steps."""
        return replace(self, since=now)

    def doubt(self, now: float, patience: timedelta) -> str:
        """Why it seems to get nowhere; "" where it does not."""
        if self.again and len(self.again) >= AGAIN * len(set(self.again)):
            return "it does again and again what it did before"
        span = patience if self.tree else patience / 2
        return f"it did nothing new for {patience}" if now - self.since > span.total_seconds() else ""

    def looked(self, tree: str, now: float) -> Self | None:
        """Its files as they are while it is in doubt, "" where they could not be read; None: it gets nowhere."""
        if tree and tree == self.tree:
            return None
        return replace(self, since=now if self.tree or not tree else self.since, again=(), tree=tree)

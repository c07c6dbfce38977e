"""Stalling: a model that goes in a circle: the same tools with the same words, and the same results, again and again."""

from collections.abc import Iterator, Sequence

from watchbill.domain.transcript import Entry, Reply, ToolCall, ToolResult, Transcript

TOLD_AFTER = 3  # times: it is told
ENDED_AFTER = 5  # times: nobody pays for more
_LONGEST_CIRCLE = 2  # steps that alternate

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

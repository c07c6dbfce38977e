"""Compaction: a transcript under a budget of tokens, for whoever goes on with it. What was done is never told as undone.

The brief stays whole, and so do the last steps, with their pairs of call and result. Older results are clipped first; then the
oldest steps become one line each. A call without its result is never lost. Nothing here asks a model.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from watchbill.domain.brief import estimate
from watchbill.domain.transcript import Entry, Reply, Told, ToolCall, ToolResult, Transcript

MARK = "Earlier steps, shortened:"
CLIPPED = 400  # characters of an older result that stay
_FRESH = 2  # the last steps, whose results are clipped last
_LINE = 300  # characters of a line about an older step
_ARG = 60  # of an argument in it
_DIGEST_SHARE = 4  # a quarter of the budget is for lines about older steps


def size(transcript: Transcript) -> int:
    """Tokens, about."""
    return estimate(transcript.system) + sum(map(_size, transcript.entries))


def compact(transcript: Transcript, budget: int) -> Transcript:
    """The same transcript where it fits; else a shorter one that fits, if its brief and its last step do."""
    if size(transcript) <= budget:
        return transcript
    parts = _parts(transcript.entries)
    for clipped in (_clip(parts, fresh=_FRESH), _clip(parts, fresh=0)):
        fitting = _fit(transcript.system, clipped, budget)
        if size(fitting) <= budget:
            return fitting
    return fitting


@dataclass(frozen=True, slots=True)
class _Parts:
    head: tuple[Entry, ...]  # the brief, and what was told before the first reply
    lines: tuple[str, ...]  # about steps that were shortened before
    steps: tuple[tuple[Entry, ...], ...]  # each a reply and what follows it


def _parts(entries: Sequence[Entry]) -> _Parts:
    head: list[Entry] = []
    lines: list[str] = []
    steps: list[list[Entry]] = []
    for entry in entries:
        if isinstance(entry, Reply):
            steps.append([replace(entry, native="")])  # made for the words before it, which change
        elif steps:
            steps[-1].append(entry)
        elif isinstance(entry, Told) and entry.text.startswith(MARK):
            lines += entry.text.splitlines()[1:]
        else:
            head.append(entry)
    return _Parts(tuple(head), tuple(lines), tuple(map(tuple, steps)))


def _clip(parts: _Parts, *, fresh: int) -> _Parts:
    old = len(parts.steps) - fresh
    steps = tuple(
        tuple(_clipped(entry) for entry in step) if number < old else step for number, step in enumerate(parts.steps)
    )
    return replace(parts, steps=steps)


def _clipped(entry: Entry) -> Entry:
    if not isinstance(entry, ToolResult) or len(entry.content) <= 2 * CLIPPED:
        return entry
    left_out = len(entry.content) - CLIPPED
    half = CLIPPED // 2
    middle = f"\n[… {left_out} characters left out here; ask again where you need them …]\n"
    return replace(entry, content=f"{entry.content[:half]}{middle}{entry.content[-half:]}")


def _fit(system: str, parts: _Parts, budget: int) -> Transcript:
    """As many of the last steps as fit beside the lines about the others; the last one in any case."""
    left = budget - estimate(system) - sum(map(_size, parts.head))
    for first in range(len(parts.steps)):
        lines = [*parts.lines, *_lines(parts.steps[:first])]
        kept = [entry for step in parts.steps[first:] for entry in step]
        room = left - sum(map(_size, kept))
        if room >= _wanted(lines, budget):
            break
    else:
        kept, lines, room = [*(parts.steps[-1] if parts.steps else ())], [*parts.lines, *_lines(parts.steps[:-1])], left
        room -= sum(map(_size, kept))
    return Transcript(system=system, entries=(*parts.head, *_digest(lines, room), *kept))


def _wanted(lines: Sequence[str], budget: int) -> int:
    """Tokens that lines about older steps should have: all that they take, up to their share."""
    return min(budget // _DIGEST_SHARE, sum(map(_size, _told(lines)))) if lines else 0


def _digest(lines: Sequence[str], room: int) -> tuple[Told, ...]:
    """The newest lines that fit; nothing where there is nothing to tell, or no room for it."""
    for first in range(len(lines)):
        told = _told(lines[first:], left_out=first)
        if sum(map(_size, told)) <= room:
            return told
    return ()


def _told(lines: Sequence[str], left_out: int = 0) -> tuple[Told, ...]:
    more = [f"- [{left_out} older ones left out]"] if left_out else []
    return (Told(text="\n".join((MARK, *more, *lines))),)


def _lines(steps: Iterable[Sequence[Entry]]) -> Iterator[str]:
    for step in steps:
        results = {entry.id: entry for entry in step if isinstance(entry, ToolResult)}
        for entry in step:
            match entry:
                case Reply():
                    if entry.text.strip():
                        yield _line(f"- said: {entry.text}")
                    for call in entry.tool_calls:
                        yield _line(f"- {_called(call)}: {_came_to(results.get(call.id))}")
                case Told():
                    yield _line(f"- was told: {entry.text}")
                case ToolResult():
                    pass


def _called(call: ToolCall) -> str:
    args = ", ".join(f"{name}={_short(str(value))}" for name, value in call.args.items())
    return f"{call.name}({args})"


def _came_to(result: ToolResult | None) -> str:
    if result is None:
        return "no result"
    return f"{'refused: ' if result.refused else ''}{result.content}"


def _line(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= _LINE else f"{flat[:_LINE]}…"


def _short(text: str) -> str:
    return text if len(text) <= _ARG else f"{text[:_ARG]}… ({len(text)} characters)"


def _size(entry: Entry) -> int:
    match entry:
        case Told():
            return estimate(entry.text) + 4
        case ToolResult():
            return estimate(entry.content) + 12
        case Reply():
            calls = json.dumps([[call.name, dict(call.args)] for call in entry.tool_calls], default=str)
            return estimate(entry.text) + estimate(calls) + 4

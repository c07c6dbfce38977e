"""The hand-off note: what is known of the work so far without asking anybody, read off the transcript."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from watchbill.domain.sessions import HandOff
from watchbill.domain.tasks import Task
from watchbill.domain.transcript import Reply, ToolCall, ToolResult, Transcript

_WROTE = {"write_file": "wrote", "edit_file": "edited"}
_CHECKED = "check"
_LINES = 5  # of the last check


def with_facts(note: HandOff, task: Task, transcript: Transcript) -> HandOff:
    """The note with its task's goal, and with what the tools did and said, whoever used them."""
    results = list(_results(transcript))
    if not results:
        return replace(note, goal=task.title)
    return replace(note, goal=task.title, done=tuple(_done(results)) or note.done, evidence=tuple(_evidence(results)))


def _results(transcript: Transcript) -> Iterator[tuple[ToolCall, ToolResult]]:
    calls: dict[str, ToolCall] = {}
    for entry in transcript.entries:
        if isinstance(entry, Reply):
            calls = {call.id: call for call in entry.tool_calls}
        elif isinstance(entry, ToolResult) and entry.id in calls:
            yield calls[entry.id], entry


def _done(results: list[tuple[ToolCall, ToolResult]]) -> Iterator[str]:
    """Each file that was written, in the order of the first time."""
    deeds = Counter(
        (_WROTE[call.name], str(call.args.get("path", "")))
        for call, result in results
        if call.name in _WROTE and not result.refused
    )
    for (verb, path), count in deeds.items():
        yield f"{verb} {path}" + (f" ({count} times)" if count > 1 else "")


def _evidence(results: list[tuple[ToolCall, ToolResult]]) -> Iterator[str]:
    """What the last check said, and whether something was written since."""
    checks = [number for number, (call, _) in enumerate(results) if call.name == _CHECKED]
    if not checks:
        return
    since = sum(call.name in _WROTE and not result.refused for call, result in results[checks[-1] + 1 :])
    said = results[checks[-1]][1].content.strip().splitlines()[:_LINES] or ["nothing"]
    yield f"the last check said: {' / '.join(said)}" + (f"; {since} files were written since" if since else "")

"""Lines that look like tasks to a person and are none to markdown: each is reported, none is lost in silence."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence

from watchbill.intake.blocks import Dead

# A line that a person would take for a task, wherever it stands. Possessive, so that no line costs more than its length.
_LOOKS_LIKE_TASK = re.compile(r"[ \t>]*+(?:(?:[-*+]|\d{1,9}[.)])[ \t]++[>\t ]*+)++\[[ →/>?xX!-]\][ \t]++\S")


def unseen(lines: Sequence[str], seen: Collection[int], dead_by_line: Mapping[int, Dead]) -> Iterator[tuple[int, str]]:
    """Line (0-based) and reason. What stands inside code or a comment that is properly closed is meant so."""
    told: set[int] = set()
    for line, text in enumerate(lines):
        if line in seen or not _LOOKS_LIKE_TASK.match(text):
            continue
        dead = dead_by_line.get(line)
        if dead is None:
            yield (
                line,
                "it looks like a task but belongs to the text above, or nests too deep: set it off by an empty line",
            )
        elif dead.kind == "code_block":
            yield line, "it is indented by four or more, which makes it code in markdown: indent it less"
        elif dead.line not in told and not _is_closed(dead, lines):
            told.add(dead.line)
            yield dead.line, f"what begins here is never closed and hides a task in line {line + 1}: close it"


def _is_closed(dead: Dead, lines: Sequence[str]) -> bool:
    if dead.end < len(lines) and lines[dead.end].strip():
        return True  # something else ended it
    last = lines[dead.end - 1].strip().lstrip("> \t")
    if dead.kind == "fence":
        return dead.end - dead.line > 1 and last[:3] in ("```", "~~~") and not last.strip("`~")
    return not lines[dead.line].lstrip("> \t").startswith("<!--") or "-->" in last

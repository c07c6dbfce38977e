"""CSS: read as browsers read it, but what they would drop in silence is a finding. Nesting and new at-rules pass."""

from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from typing import Any

from watchbill.domain.findings import Finding
from watchbill.gates.source import FileGate, Source

END = "watchbill-end"  # a rule behind the last one: where it is not seen as such, something before it is still open
NO_RULE = "it is neither a declaration nor a rule with its block"
PARTS = ("prelude", "arguments", "value")  # of a node, where they are lists


def look(source: Source) -> Iterator[Finding]:
    import tinycss2  # noqa: PLC0415 - an extra

    try:
        rules = tinycss2.parse_stylesheet(f"{source.text}\n@{END};")
    except RecursionError:
        yield source.finding("syntax", 0, "cannot be read: its blocks are nested too deeply")
        return
    errors = [*_errors(rules)]
    for error in errors:
        what = NO_RULE if "{} block" in error.message else error.message
        yield source.finding("syntax", error.source_line, f"browsers drop this: {what}")
    last = rules[-1]
    if not errors and getattr(last, "at_keyword", "") != END:
        yield source.finding("unclosed", last.source_line, "what begins here is not closed at the end of the file")


def _errors(rules: Sequence[Any]) -> Iterator[Any]:
    """Whatever the parser marked, with what stands inside blocks read as declarations and nested rules."""
    import tinycss2  # noqa: PLC0415 - an extra

    todo = list(reversed(rules))
    while todo:
        node = todo.pop()
        if node.type == "error":
            yield node
        if node.type in ("qualified-rule", "at-rule") and node.content:
            todo += reversed(tinycss2.parse_blocks_contents(node.content, skip_comments=True, skip_whitespace=True))
        for part in PARTS:
            inner = getattr(node, part, None)
            todo += reversed(inner) if isinstance(inner, list) else ()


def lacks() -> str:
    return "" if find_spec("tinycss2") else "tinycss2 is not installed; it comes with watchbill[syntax]"


GATE = FileGate(name="css", suffixes=frozenset({".css"}), look=look, lacks=lacks)

"""CSS: read as browsers read it, but what they would drop in silence is a finding. Nesting and new at-rules pass."""

import re
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from typing import Any

from watchbill.domain.findings import Finding
from watchbill.gates.source import FileGate, Source

END = "watchbill-end"  # a rule behind the last one: where it is not seen as such, something before it is still open
NO_RULE = "it is neither a declaration nor a rule with its block"
HACK = re.compile(
    r"(?<=[{;\s/])\*(?=[a-z-]+\s*:)"
)  # `*zoom: 1` was for one old browser, and the others were meant to drop it
PROGID = re.compile("progid", re.IGNORECASE)  # filters of an old browser have colons in their values
PARTS = ("prelude", "arguments", "value")  # of a node, where they are lists


def look(source: Source) -> Iterator[Finding]:
    import tinycss2  # noqa: PLC0415 - an extra

    try:
        rules = tinycss2.parse_stylesheet(f"{HACK.sub(' ', source.text)}\n@{END};")
    except RecursionError:
        yield source.finding("syntax", 0, "cannot be read: its blocks are nested too deeply")
        return
    errors = [node for node in _nodes(rules) if node.type == "error"]
    for error in errors:
        what = NO_RULE if "{} block" in error.message else error.message
        yield source.finding("syntax", error.source_line, f"browsers drop this: {what}")
    yield from _dropped(source, rules)
    last = rules[-1]
    if not errors and getattr(last, "at_keyword", "") != END:
        yield source.finding("unclosed", last.source_line, "what begins here is not closed at the end of the file")


def _nodes(rules: Sequence[Any]) -> Iterator[Any]:
    """All, with what stands inside blocks read as declarations and nested rules."""
    import tinycss2  # noqa: PLC0415 - an extra

    todo = list(reversed(rules))
    while todo:
        node = todo.pop()
        yield node
        if node.type in ("qualified-rule", "at-rule") and node.content:
            todo += reversed(tinycss2.parse_blocks_contents(node.content, skip_comments=True, skip_whitespace=True))
        for part in PARTS:
            inner = getattr(node, part, None)
            todo += reversed(inner) if isinstance(inner, list) else ()


def _dropped(source: Source, rules: Sequence[Any]) -> Iterator[Finding]:
    """What reads well and means nothing: a ; before a block, a declaration without a value, two declarations without a ; between."""
    for node in _nodes(rules):
        if node.type == "qualified-rule" and (stray := _first(node.prelude, ";")):
            told = "browsers drop the rule behind this ; which ends nothing: remove it"
            yield source.finding("syntax", stray.source_line, told)
        elif node.type == "declaration" and not node.name.startswith("--"):
            values = [part for part in node.value if part.type not in ("whitespace", "comment")]
            colon = _first(values, ":")
            if not values:
                yield source.finding("syntax", node.source_line, f"browsers drop this: {node.name} has no value")
            elif colon and colon.source_line > node.source_line and not PROGID.match(values[0].serialize()):
                told = f"the ; behind the value of {node.name} is missing: browsers drop it with what follows"
                yield source.finding("syntax", node.source_line, told)


def _first(parts: Sequence[Any], literal: str) -> Any:
    return next((part for part in parts if part.type == "literal" and part.value == literal), None)


def lacks() -> str:
    return "" if find_spec("tinycss2") else "tinycss2 is not installed; it comes with watchbill[syntax]"


GATE = FileGate(name="css", suffixes=frozenset({".css"}), look=look, lacks=lacks)

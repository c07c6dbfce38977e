"""YAML: every document composes and no mapping has a key twice. Tags are not resolved, so unknown ones pass."""

import re
from collections.abc import Iterator

import yaml

from watchbill.domain.findings import Finding
from watchbill.gates.source import FileGate, Source, unchecked

TAB = "found character '\\t'"
INNER_TAB = re.compile(
    r"(?<=\S)[ \t]*\t"
)  # behind something on its line it parts words, as a blank does; PyYAML refuses it
FLOW = re.compile(r"\s*[{\[]")  # in a file that is written in braces it may indent too
FILLED_IN = re.compile(
    r"^[ \t]*\{%|\{\{-?\s*(?:if|else|end|range|with|define|include|template|block|\$|/\*)", re.MULTILINE
)
TEMPLATE = "it is a template, which is YAML only once it is filled in"


class _Loader(yaml.SafeLoader):
    """Lets an anchor be given again, as the language does; composed, not constructed: no object is built."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        event = self.peek_event()  # type: ignore[no-untyped-call]
        if not isinstance(event, yaml.AliasEvent):
            self.anchors.pop(getattr(event, "anchor", None), None)
        return super().compose_node(parent, index)


def look(source: Source) -> Iterator[Finding]:
    if "templates" in source.folders and "{{" in source.text:  # so charts keep them, and one may read by chance
        yield unchecked(source, TEMPLATE)
        return
    try:
        documents = compose(source.data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        yield source.finding("encoding", 0, "not UTF-8")
    except (yaml.YAMLError, ValueError, OverflowError, RecursionError) as error:
        yield unchecked(source, TEMPLATE) if FILLED_IN.search(source.text) else _fault(source, error)
    else:
        yield from _duplicates(source, documents)


def _fault(source: Source, error: Exception) -> Finding:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    if mark is not None and isinstance(error, yaml.MarkedYAMLError):
        return source.finding("syntax", mark.line + 1, f"{error.problem or error.context}")
    return source.finding("syntax", 0, f"cannot be read: {' '.join(str(error).split()) or type(error).__name__}")


def compose(text: str) -> list[yaml.Node]:
    """Its documents as nodes: an alias bomb stays as small as it is written. Raises yaml.YAMLError and what decoding raises."""
    try:
        return list(yaml.compose_all(text, Loader=_Loader))
    except yaml.MarkedYAMLError as error:
        if not (error.problem or "").startswith(TAB):
            raise
    blank = text.replace("\t", " ") if FLOW.match(text) else INNER_TAB.sub(_blank, text)
    return list(yaml.compose_all(blank, Loader=_Loader))


def _blank(match: re.Match[str]) -> str:
    return " " * len(match.group())


def _duplicates(source: Source, nodes: list[yaml.Node]) -> Iterator[Finding]:
    seen: set[int] = set()  # an anchor's node is shared by its aliases, and may contain itself
    while nodes:
        node = nodes.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            yield from _mapping(source, node)
            nodes += [value for _, value in reversed(node.value)]
        elif isinstance(node, yaml.SequenceNode):
            nodes += reversed(node.value)


def _mapping(source: Source, node: yaml.MappingNode) -> Iterator[Finding]:
    keys: set[tuple[str, str]] = set()
    for key, _ in node.value:
        if not isinstance(key, yaml.ScalarNode) or key.value == "<<":
            continue
        name = (key.tag, key.value)
        if name in keys:
            yield source.finding(
                "duplicate-key",
                key.start_mark.line + 1,
                f"key {key.value!r} is there twice in one mapping; readers keep only one: remove or rename it",
            )
        keys.add(name)


GATE = FileGate(name="yaml", suffixes=frozenset({".yaml", ".yml"}), look=look)

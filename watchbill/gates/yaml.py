"""YAML: every document composes and no mapping has a key twice. Tags are not resolved, so unknown ones pass."""

from collections.abc import Iterator

import yaml

from watchbill.domain.findings import Finding
from watchbill.gates.source import FileGate, Source


def look(source: Source) -> Iterator[Finding]:
    if _is_template(source):
        return
    try:
        # composed, not constructed: no object is built and an alias bomb stays as small as it is written
        documents = list(yaml.compose_all(source.data.decode("utf-8-sig"), Loader=yaml.SafeLoader))
    except UnicodeDecodeError:
        yield source.finding("encoding", 0, "not UTF-8")
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        yield source.finding("syntax", mark.line + 1 if mark else 0, f"{error.problem or error.context}")
    except (yaml.YAMLError, ValueError, OverflowError, RecursionError) as error:
        yield source.finding("syntax", 0, f"cannot be read: {' '.join(str(error).split()) or type(error).__name__}")
    else:
        yield from _duplicates(source, documents)


def _is_template(source: Source) -> bool:
    """Charts and the like keep templates in a folder of that name; they are YAML only once they are filled in."""
    return "templates" in source.folders and "{{" in source.text


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
                f"key {key.value!r} is there twice in one mapping; readers keep only one",
            )
        keys.add(name)


GATE = FileGate(name="yaml", suffixes=frozenset({".yaml", ".yml"}), look=look)

"""Canon files in YAML: to plain mappings of texts, bounded whatever they hold; several files as one."""

from collections.abc import Iterable, Mapping
from typing import Any

import yaml

from watchbill.domain.errors import ConfigError

MAX_BYTES = 2_000_000  # a canon is written by people
MAX_NODES = 200_000  # after aliases are followed: a bomb of them has billions

Plain = Any


def load(text: str, path: str) -> Mapping[str, Plain]:
    """One file's mapping. Raises ConfigError with the line where it is no YAML, too big, or no mapping."""
    if len(text) > MAX_BYTES:
        raise ConfigError(
            f"{path}: a canon of more than {MAX_BYTES // 1_000_000} MB cannot be read; split what is text off"
        )
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        if node is None:
            return {}
        _bounded(node, path)
        loaded = _Loader(text).construct(node)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise ConfigError(
            f"{path}:{mark.line + 1 if mark else 1}: {error.problem or error.context}; mend the YAML"
        ) from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ConfigError(f"{path}: cannot be read as YAML: {' '.join(str(error).split())}") from error
    if not isinstance(loaded, Mapping):
        raise ConfigError(
            f"{path}: a canon is a mapping with keys like entities and facts; this is a {type(loaded).__name__}"
        )
    return loaded


class _Loader:
    """Builds plain values of strings, so that `no`, `1_000` and a date stay what their author wrote."""

    def __init__(self, text: str) -> None:
        self._text = text

    def construct(self, node: yaml.Node) -> Plain:
        if isinstance(node, yaml.MappingNode):
            return {str(self.construct(key)): self.construct(value) for key, value in node.value}
        if isinstance(node, yaml.SequenceNode):
            return [self.construct(one) for one in node.value]
        assert isinstance(node, yaml.ScalarNode)
        return None if node.tag == "tag:yaml.org,2002:null" else str(node.value)


def _bounded(root: yaml.Node, path: str) -> None:
    count, nodes = 0, [(root, 0)]
    while nodes:
        node, depth = nodes.pop()
        count += 1
        if count > MAX_NODES or depth > 50:
            raise ConfigError(
                f"{path}: has more than {MAX_NODES} values or 50 levels once its aliases are followed; write it out"
            )
        if isinstance(node, yaml.MappingNode):
            nodes += [(one, depth + 1) for pair in node.value for one in pair]
        elif isinstance(node, yaml.SequenceNode):
            nodes += [(one, depth + 1) for one in node.value]


def merged(files: Iterable[Mapping[str, Plain]]) -> dict[str, Plain]:
    """Several files as one: lists and mappings are joined, of single values the first counts."""
    whole: dict[str, Plain] = {}
    for one in files:
        for key, value in one.items():
            known = whole.get(key)
            if isinstance(known, list) and isinstance(value, list):
                whole[key] = [*known, *value]
            elif isinstance(known, Mapping) and isinstance(value, Mapping):
                whole[key] = {**value, **known}
            elif known is None:
                whole[key] = value
            elif isinstance(value, list) or isinstance(known, list):
                whole[key] = [*as_list(known), *as_list(value)]
    return whole


def as_list(value: Plain) -> list[Plain]:
    """A list as it is, nothing as none, anything else as the only one."""
    if value is None:
        return []
    return list(value) if isinstance(value, list) else [value]

"""Leaves: every key of a JSON text that holds a value, with its line; none lost, none twice."""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NoReturn

from watchbill.config.problems import BadConfig, Problem

Path = tuple[str | int, ...]

_KEY_OR_STRING = re.compile(r'"(?:[^"\\]|\\.)*"(\s*:)?')
_BARE = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    path: Path  # list positions from 0
    value: object  # a scalar, a list of scalars, or an empty list or mapping
    line: int  # 1-based, of its key

    @property
    def key(self) -> str:
        return show(self.path)


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    name: str  # what people call the file
    leaves: tuple[Leaf, ...]  # in the file's order

    @property
    def tops(self) -> frozenset[str]:
        return frozenset(str(leaf.path[0]) for leaf in self.leaves)


class _Object(list[tuple[str, Any]]):
    """A JSON object as its pairs, so that a key that is there twice is seen."""


def read(name: str, text: str) -> Document:
    """The leaves of a JSON text. Raises BadConfig with file and line for what is no JSON object, or unclear."""
    try:
        data = json.loads(text, object_pairs_hook=_Object, parse_constant=_refuse)
    except json.JSONDecodeError as error:
        raise _bad(name, error.lineno, f"is no JSON: {error.msg} (column {error.colno})") from error
    except (ValueError, RecursionError) as error:
        raise _bad(name, 0, f"cannot be read: {error}") from error
    if not isinstance(data, _Object):
        raise _bad(name, 1, "holds no JSON object", "It has to begin with { and hold settings by name.")
    return Document(name=name, leaves=tuple(_leaves(name, text, data)))


def show(path: Path) -> str:
    """A key for people; unusual names are quoted.

    >>> show(("a", "b c", 0, "d"))
    'a."b c"[1].d'
    """
    return "".join(f"[{part + 1}]" if isinstance(part, int) else f".{_named(part)}" for part in path).removeprefix(".")


def _named(part: str) -> str:
    return part if _BARE.fullmatch(part) else json.dumps(part, ensure_ascii=False)


def _refuse(word: str) -> NoReturn:
    raise ValueError(f"{word} is no JSON")


def _leaves(name: str, text: str, data: _Object) -> Iterator[Leaf]:
    """In the text's order, without recursion. The keys' places come in the same order, so that each finds its line."""
    lines = _key_lines(text)
    seen: set[Path] = set()
    todo: list[tuple[Path, Any, int]] = [((), data, 1)]
    while todo:
        path, value, line = todo.pop()
        if path and isinstance(path[-1], str):
            line = next(lines)
            if path in seen:
                raise _bad(name, line, "is there twice; readers keep only one", key=show(path))
            seen.add(path)
        children = _children(path, value, line)
        if path and not children:
            _refuse_halves(name, line, (*path, *(value if isinstance(value, list) else (value,))))
            yield Leaf(path=path, value=_plain(value), line=line)
        todo += reversed(children)


def _key_lines(text: str) -> Iterator[int]:
    line, at = 1, 0
    for found in _KEY_OR_STRING.finditer(text):
        if found[1]:
            line += text.count("\n", at, found.start())
            at = found.start()
            yield line


def _children(path: Path, value: object, line: int) -> list[tuple[Path, Any, int]]:
    if isinstance(value, _Object):
        return [((*path, key), item, line) for key, item in value]
    if isinstance(value, list) and any(isinstance(item, list) for item in value):  # objects are lists here too
        return [((*path, place), item, line) for place, item in enumerate(value)]
    return []


def _plain(value: object) -> object:
    return {} if isinstance(value, _Object) else value


def _refuse_halves(name: str, line: int, words: Iterable[object]) -> None:
    """JSON can hold half of a UTF-16 pair, which can be written nowhere."""
    try:
        "".join(map(str, words)).encode()
    except UnicodeEncodeError as error:
        raise _bad(name, line, "holds half a character") from error


def _bad(name: str, line: int, wrong: str, hint: str = "", *, key: str = "the file") -> BadConfig:
    return BadConfig([Problem(where=name, line=line, key=key, wrong=wrong, hint=hint)])

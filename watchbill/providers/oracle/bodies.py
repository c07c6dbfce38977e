"""Bodies: JSON values, event streams, lines of JSON, or text with JSON inside, as a row of parts; and what stands in one."""

import ast
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

MOST_CHARS = 200_000  # of one body; an error that is longer says no more
MOST_PARTS = 20_000
MOST_DEPTH = 16
_REPR_CHARS = 20_000

DONE = {"type": "done"}  # how OpenAI's streams say that they are through


def parts_of(body: object) -> list[object]:
    """A body's parts in their order: mappings, and text where nothing can be parsed. Never raises."""
    if isinstance(body, bytes):
        body = body.decode("utf-8", "replace")
    if isinstance(body, Mapping):
        return [body]
    if isinstance(body, list | tuple):
        return [part for item in body[:MOST_PARTS] for part in _item(item)]
    return _of_text(body) if isinstance(body, str) else []


def _item(item: object) -> list[object]:
    if isinstance(item, Mapping):
        return [item]
    return _of_text(item) if isinstance(item, str) else []


def _of_text(text: str) -> list[object]:
    text = text.strip().lstrip("\ufeff")[:MOST_CHARS]
    if not text:
        return []
    value = parsed(text)
    if isinstance(value, Mapping):
        return [value]
    if isinstance(value, list):
        return [part for item in value[:MOST_PARTS] for part in _item(item)]
    if isinstance(value, str) and value != text:
        return _of_text(value)
    return _of_lines(text)


def _of_lines(text: str) -> list[object]:
    """Server-sent events and lines of JSON; anything else is one text. A line that is no JSON among such is text of its own."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    data = [line.removeprefix("data:").strip() for line in lines if line.startswith("data:")]
    if data:
        return [DONE if line == "[DONE]" else _object(line) for line in data]
    found = [_object(line) for line in lines]
    return found if any(isinstance(part, Mapping) for part in found) else [text]


def _object(line: str) -> object:
    value = parsed(line) if line.startswith("{") else None
    return value if isinstance(value, Mapping) else line


def parsed(text: str) -> Any:
    """The JSON value that the text is, or None."""
    try:
        return json.loads(text, strict=False)
    except (ValueError, RecursionError):
        return None


def embedded(text: str) -> Iterator[Mapping[str, Any]]:
    """The mappings that stand inside a text, as JSON or as Python shows them."""
    position, looks = text.find("{"), 0
    while position >= 0 and looks < MOST_DEPTH:
        looks += 1
        value, end = _mapping_at(text, position)
        if value is not None:
            yield value
        position = text.find("{", end)


def _mapping_at(text: str, start: int) -> tuple[Mapping[str, Any] | None, int]:
    try:
        value, end = json.JSONDecoder(strict=False).raw_decode(text, start)
    except (ValueError, RecursionError):
        return _shown_at(text, start)
    return (value if isinstance(value, dict) else None), end


def _shown_at(text: str, start: int) -> tuple[Mapping[str, Any] | None, int]:
    end = text.rfind("}", start, start + _REPR_CHARS)
    if end < 0:
        return None, start + 1
    try:
        value = ast.literal_eval(text[start : end + 1])
    except (ValueError, SyntaxError, RecursionError, MemoryError, TypeError):
        return None, start + 1
    return (value if isinstance(value, dict) else None), end + 1


def key_of(name: object) -> str:
    """A field's name without its case and joints: resets_at, resetsAt and Resets-At are one."""
    return re.sub(r"[^a-z0-9]", "", str(name).lower())


def leaves(part: object, depth: int = 0) -> Iterator[tuple[str, object, int]]:
    """Every field below a part: name as of key_of, value that is no container, depth. JSON inside of texts is looked into."""
    if depth > MOST_DEPTH:
        return
    if isinstance(part, Mapping):
        for name, value in part.items():
            yield from _field(key_of(name), value, depth)
    elif isinstance(part, list | tuple):
        for item in part[:MOST_PARTS]:
            yield from _field("", item, depth)


def _field(name: str, value: object, depth: int) -> Iterator[tuple[str, object, int]]:
    if isinstance(value, Mapping | list | tuple):
        yield from leaves(value, depth + 1)
        return
    yield name, value, depth
    if isinstance(value, str) and "{" in value[:MOST_CHARS]:
        for inner in embedded(value[:MOST_CHARS]):
            yield from leaves(inner, depth + 1)


def mappings(part: object, depth: int = 0) -> Iterator[Mapping[str, Any]]:
    """The part and every mapping below it, those inside of texts included."""
    if depth > MOST_DEPTH:
        return
    if isinstance(part, str) and "{" in part[:MOST_CHARS]:
        part = list(embedded(part[:MOST_CHARS]))
    if isinstance(part, Mapping):
        yield part
        for value in part.values():
            yield from mappings(value, depth + 1)
    elif isinstance(part, list | tuple):
        for item in part[:MOST_PARTS]:
            yield from mappings(item, depth + 1)


def snake(word: str) -> str:
    """A code in one spelling: usageLimitExceeded, USAGE_LIMIT_EXCEEDED and usage-limit-exceeded are one."""
    word = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", word.rsplit("#", 1)[-1].split(":", 1)[0])
    return re.sub(r"[\s.-]+", "_", word.strip()).lower()

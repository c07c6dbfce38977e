"""JSON: strict, as RFC 8259 has it: no duplicate keys, no NaN, no comments where none are customary."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from watchbill.domain.findings import Finding
from watchbill.gates.source import FileGate, Source

TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]:,]|-?Infinity|NaN')

# Files that their programs read as JSON with comments, whatever their suffix says.
WITH_COMMENTS = re.compile(r"(^|/)((ts|js)config[^/]*|\.eslintrc|devcontainer|\.vscode/[^/]+)\.json$")


@dataclass(slots=True, kw_only=True)
class JsonGate(FileGate):
    def applies(self, path: str) -> bool:
        return PurePosixPath(path).suffix.lower() in self.suffixes and not WITH_COMMENTS.search(path)


def look(source: Source) -> Iterator[Finding]:
    try:
        json.loads(source.data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        yield source.finding("encoding", 0, "not UTF-8: JSON has no other encoding")
    except json.JSONDecodeError as error:
        yield source.finding("syntax", error.lineno, f"{error.msg} (column {error.colno})")
    except (ValueError, RecursionError) as error:
        yield source.finding("syntax", 0, f"cannot be read: {error}")
    else:
        yield from _walk(source)


@dataclass(slots=True)
class _Scope:
    """An object (or array) that is open while the tokens go by."""

    is_object: bool
    keys: set[str] = field(default_factory=set)
    wants_key: bool = True


def _walk(source: Source) -> Iterator[Finding]:
    """What the parser lets pass, with its line. The text is known to parse, so the tokens are well nested."""
    open_scopes: list[_Scope] = [_Scope(is_object=False)]
    for token in TOKEN.finditer(source.text):
        scope, word = open_scopes[-1], token.group()
        match word[0]:
            case "{" | "[":
                open_scopes.append(_Scope(is_object=word == "{"))
            case "}" | "]":
                open_scopes.pop()
            case ",":
                scope.wants_key = True
            case ":":
                scope.wants_key = False
            case '"' if scope.is_object and scope.wants_key:
                yield from _key(source, scope, word, token.start())
            case "N" | "I" | "-":
                yield source.finding(
                    "not-a-number", source.line_at(token.start()), f"{word} is not JSON; use null or a number"
                )


def _key(source: Source, scope: _Scope, word: str, offset: int) -> Iterator[Finding]:
    key = json.loads(word, strict=False)
    if key in scope.keys:
        yield source.finding(
            "duplicate-key", source.line_at(offset), f"key {word} is there twice in one object; readers keep only one"
        )
    scope.keys.add(key)


def look_at_lines(source: Source) -> Iterator[Finding]:
    """JSON Lines: each line is a value of its own."""
    for number, line in enumerate(source.lines, start=1):
        try:
            if line.strip():
                json.loads(line)
        except json.JSONDecodeError as error:
            yield source.finding("syntax", number, f"{error.msg} (column {error.colno})")
        except (ValueError, RecursionError) as error:
            yield source.finding("syntax", number, f"cannot be read: {error}")


LINES = FileGate(name="json-lines", suffixes=frozenset({".jsonl", ".ndjson"}), look=look_at_lines)
GATE = JsonGate(name="json", suffixes=frozenset({".json", ".webmanifest", ".geojson", ".ipynb"}), look=look)

"""JSON: strict, as RFC 8259 has it: no duplicate keys, no NaN. Comments and last commas pass where they are customary."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from watchbill.domain.findings import Finding
from watchbill.gates.source import FileGate, Source

TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]:,]|-?Infinity|NaN')

# Files that their programs read as JSON with comments, whatever their suffix says.
WITH_COMMENTS = re.compile(
    r"(^|/)((ts|js)config[^/]*|\.eslintrc|devcontainer|appsettings[^/]*|local\.settings|launchSettings|host|tslint|turbo|nx|deno|rush"
    r"|typedoc|api-extractor|pyrightconfig|cspell|biome|\.markdownlint|language-configuration|(\.vscode|\.zed|config/rush)/[^/]+)\.json$"
    r"|\.(jsonc|code-workspace|code-snippets|sublime-\w+)$",
    re.IGNORECASE,
)
COMMENT = re.compile(r'"(?:[^"\\\n]|\\.)*"|//[^\n]*|/\*.*?\*/', re.DOTALL)
LAST_COMMA = re.compile(r'"(?:[^"\\\n]|\\.)*"|,(?=\s*[}\]])')


def look(source: Source) -> Iterator[Finding]:
    try:
        text = source.data.decode("utf-8-sig")
    except UnicodeDecodeError:
        yield source.finding("encoding", 0, "not UTF-8: JSON has no other encoding")
        return
    yield from _look(source, _plain(text) if WITH_COMMENTS.search(source.path) else text)


def _plain(text: str) -> str:
    """Blanks instead of comments and last commas, so that every place stays where it is."""
    return LAST_COMMA.sub(_blank, COMMENT.sub(_blank, text))


def _blank(match: re.Match[str]) -> str:
    return match.group() if match.group().startswith('"') else re.sub(r"[^\n]", " ", match.group())


def _look(source: Source, text: str, first: int = 1) -> Iterator[Finding]:
    """What is wrong with a value whose text begins in this line."""
    try:
        json.loads(text, parse_int=str)  # as text: Python refuses to make numbers of more than 4300 digits
    except json.JSONDecodeError as error:
        yield source.finding("syntax", first + error.lineno - 1, f"{error.msg} (column {error.colno})")
    except (ValueError, RecursionError) as error:
        yield source.finding("syntax", first if first > 1 else 0, f"cannot be read: {error}")
    else:
        yield from _walk(source, text, first)


@dataclass(slots=True)
class _Scope:
    """An object (or array) that is open while the tokens go by."""

    is_object: bool
    keys: set[str] = field(default_factory=set)
    wants_key: bool = True


def _walk(source: Source, text: str, line: int) -> Iterator[Finding]:
    """What the parser lets pass, with its line. The text is known to parse, so the tokens are well nested."""
    open_scopes: list[_Scope] = [_Scope(is_object=False)]
    seen = 0
    for token in TOKEN.finditer(text):
        scope, word = open_scopes[-1], token.group()
        line += text.count("\n", seen, token.start())
        seen = token.start()
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
                yield from _key(source, scope, word, line)
            case "N" | "I" | "-":
                yield source.finding("not-a-number", line, f"{word} is not JSON; use null or a number")


def _key(source: Source, scope: _Scope, word: str, line: int) -> Iterator[Finding]:
    key = json.loads(word, strict=False)
    if key in scope.keys:
        yield source.finding(
            "duplicate-key",
            line,
            f"key {word} is there twice in one object; readers keep only one: remove or rename it",
        )
    scope.keys.add(key)


GATE = FileGate(
    name="json",
    suffixes=frozenset({".json", ".geojson", ".webmanifest", ".ipynb", ".jsonc", ".code-workspace", ".code-snippets"}),
    look=look,
)


def look_at_lines(source: Source) -> Iterator[Finding]:
    """JSON Lines: each line is a value of its own."""
    for number, line in enumerate(source.lines, start=1):
        if line.strip():
            yield from _look(source, line, number)


LINES = FileGate(name="json-lines", suffixes=frozenset({".jsonl", ".ndjson"}), look=look_at_lines)

"""Formatters for local automation: they change how a file is written, never what it means. Pure and idempotent."""

import ast
import json
import re
import tomllib
from collections.abc import Callable, Mapping
from pathlib import PurePosixPath

import yaml

from watchbill.gates.json import WITH_COMMENTS
from watchbill.gates.python import without_warnings

# White space at a line's end means something in Markdown (a line break) and in prose: these get a last line feed only.
PROSE = frozenset({".md", ".markdown", ".txt", ".rst"})
PLAIN_CONFIG = frozenset({".ini", ".cfg", ".conf", ".editorconfig", ".css", ".scss", ".less"})
# Languages whose ordinary strings end on their line, and the marks of those strings that do not.
ONE_LINE_STRINGS = frozenset(
    {".js", ".mjs", ".cjs", ".jsx", ".ts", ".tsx", ".c", ".h", ".cc", ".cpp", ".hpp"}
    | {".cs", ".go", ".java", ".kt", ".swift", ".proto", ".graphql"}
)
LONG_STRINGS = ("`", '"""', "'''", '@"', '$"', 'R"', "\\ ", "\\\t")
TRAILING = re.compile(r"[ \t]+(?=\r?$)", re.MULTILINE)
TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]]')
Reader = Callable[[str], object]


def format_text(path: str, text: str) -> str:
    """The text as it should be written. A file that does not parse, or would mean something else, stays as it is."""
    suffix = PurePosixPath(path).suffix.lower()
    if suffix in PROSE:
        return _ended(text)
    if suffix in PLAIN_CONFIG or (suffix in ONE_LINE_STRINGS and not any(mark in text for mark in LONG_STRINGS)):
        return _tidy(text)
    if suffix == ".json" and not WITH_COMMENTS.search(path):
        return _same(text, _tidy(_reindented(text)), json.loads)
    reader = READERS.get(suffix)
    return text if reader is None else _same(text, _tidy(text), reader)


def _same(text: str, formatted: str, reader: Reader) -> str:
    try:
        return formatted if reader(text) == reader(formatted) else text
    except (ValueError, SyntaxError, yaml.YAMLError, RecursionError, MemoryError, OverflowError):
        return text


def _tidy(text: str) -> str:
    """No white space at the end of lines, no empty lines at the end, one line feed there."""
    text = TRAILING.sub("", text)
    ending = _ending(text)
    return _ended(text.rstrip("\r\n"), ending)


def _ended(text: str, ending: str | None = None) -> str:
    return text if not text or text.endswith("\n") else text + (ending or _ending(text))


def _ending(text: str) -> str:
    """The file's own: that of its first line."""
    return "\r\n" if text.partition("\n")[0].endswith("\r") else "\n"


def _reindented(text: str) -> str:
    """JSON with every line indented by its depth, in the file's own step; where lines break is left to its author."""
    lines = text.split("\n")
    step = next((line[: len(line) - len(bare)] for line in lines if (bare := line.lstrip(" \t")) != line), "")
    depth, written = 0, []
    for line in lines:
        bare = line.strip(" \t")
        marks = [mark for mark in TOKEN.findall(bare) if mark[0] != '"']
        closing = sum(mark in "]}" for mark in bare[: len(bare) - len(bare.lstrip("]} \t"))])
        written.append(step * (depth - closing) + bare)
        depth += sum(1 if mark in "[{" else -1 for mark in marks)
    return "\n".join(written)


def _python(text: str) -> str:
    with without_warnings():
        return ast.dump(ast.parse(text))


def _yaml(text: str) -> list[tuple[str, ...]]:
    """Its events: what stands there, without where."""
    return [
        (type(event).__name__, *(str(getattr(event, name, "")) for name in ("anchor", "tag", "value")))
        for event in yaml.parse(text, Loader=yaml.SafeLoader)
    ]


READERS: Mapping[str, Reader] = {
    ".py": _python,
    ".pyi": _python,
    ".yaml": _yaml,
    ".yml": _yaml,
    ".toml": tomllib.loads,
}

"""Languages whose grammar is a package of its own: a gate for each. Nodes that the grammar could not place are findings.

A grammar is also wider than its language: what it takes and no program does is asked for besides.

A grammar lags behind its language. So what it refuses is read once more with those newer spellings that it is known to lack put
in older ones of the same length; and a file that the base has with as many such places is none of the change's doing.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import PurePosixPath
from typing import Any

from watchbill.domain.findings import Finding
from watchbill.gates.source import FileGate, Source, unchecked

MOST_FINDINGS = 10  # of a file; what follows the first is often its consequence
QUOTED = 60  # characters of what cannot be read
RESERVED = (
    rb"(?:break|case|catch|class|const|continue|debugger|default|delete|do|else|enum|export|extends|false|finally|for|function|if"
    rb"|import|in|instanceof|new|null|return|super|switch|this|throw|true|try|typeof|var|void|while|with)"
)
FLOW = re.compile(rb"^[ \t]*(?://|/?\*)[^\n]*@flow\b", re.MULTILINE)
XML = (b"<?xml", b"\xef\xbb\xbf<?xml", b"<!DOCTYPE TS")
PRAGMAS = 1000  # bytes at a file's beginning in which Flow looks for its mark

Lax = tuple[str, str]  # a query whose @fault is no program, and what is wrong there
Rewrite = tuple[re.Pattern[bytes], Callable[[re.Match[bytes]], bytes]]


def _blank(match: re.Match[bytes]) -> bytes:
    """As many blanks, so that every place stays where it is."""
    return re.sub(rb"[^\r\n]", b" ", match.group())


def _ended(match: re.Match[bytes]) -> bytes:
    """With the semicolon that the language puts there by itself."""
    return match[1] + b";"


def _name(match: re.Match[bytes]) -> bytes:
    """A plain name of the same length."""
    return b"x" * len(match.group())


NEWER_JAVASCRIPT: tuple[Rewrite, ...] = (
    (re.compile(rb"(?<=\sas\s)" + RESERVED + rb"(?=\s*[,}])"), _name),  # export { x as default }, import { null as y }
    (re.compile(rb"(?<=\})(\s*\n[ \t]*)[ \t](?=\[)"), _ended),  # a line that begins with [ below a function's end
    (re.compile(rb"(?<=\bimport)\s+(?:defer|source)(?=\s+(?:\*|\w+\s+from\b))"), _blank),
    (re.compile(rb"(?<=[{};\n])([ \t]*(?:static[ \t]+)?)accessor(?=[ \t]+[#\[\w$])"), _blank),
)
NEWER_TYPESCRIPT: tuple[Rewrite, ...] = (
    *NEWER_JAVASCRIPT,
    (re.compile(rb"(?<=[<,])\s*(?:in\s+out|in|out)(?=\s+[A-Za-z_$])"), _blank),  # variance of a type parameter
    (re.compile(rb"(?<=\bexport)\s+type\s+(?=\*)"), _blank),
    (re.compile(rb"\bimport\((['\"])[^'\"\n]*\1\)(?=\.)"), _name),  # import("x").Y<Z> as a type
)
COMMAS: Lax = ('(object "," . ",") @fault (object . ",") @fault', "a comma too many in this object")
NAMELESS: Lax = (
    "(expression_statement . (function_expression !name)) @fault",
    "a function that stands by itself needs a name",
)
UNSET: Lax = ('(lexical_declaration "const" (variable_declarator !value) @fault)', "a const needs a value")
TAGS: Lax = (
    "(jsx_element (jsx_opening_element name: (_) @open) (jsx_closing_element name: (_) @fault) (#not-eq? @open @fault))",
    "this tag closes another element than the one that is open",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Grammar:
    """One language: its package, its function there, and what is tried when it refuses."""

    package: str
    function: str = "language"
    newer: tuple[Rewrite, ...] = ()
    lax: tuple[Lax, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """A gate's name, and the grammar of each suffix."""

    name: str
    by_suffix: Mapping[str, Grammar]

    @property
    def packages(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(grammar.package for grammar in self.by_suffix.values()))


def _all(suffixes: str, grammar: Grammar) -> Mapping[str, Grammar]:
    return dict.fromkeys(suffixes.split(), grammar)


_JAVASCRIPT = Grammar(package="tree_sitter_javascript", newer=NEWER_JAVASCRIPT, lax=(COMMAS, NAMELESS, UNSET, TAGS))
_TYPESCRIPT = Grammar(
    package="tree_sitter_typescript", function="language_typescript", newer=NEWER_TYPESCRIPT, lax=(COMMAS, NAMELESS)
)
_TSX = Grammar(
    package="tree_sitter_typescript", function="language_tsx", newer=NEWER_TYPESCRIPT, lax=(COMMAS, NAMELESS, TAGS)
)

LANGUAGES = (
    Language(name="javascript", by_suffix=_all(".js .mjs .cjs .jsx", _JAVASCRIPT)),
    Language(name="typescript", by_suffix={**_all(".ts .mts .cts", _TYPESCRIPT), ".tsx": _TSX}),
    Language(name="go", by_suffix=_all(".go", Grammar(package="tree_sitter_go"))),
    Language(name="rust", by_suffix=_all(".rs", Grammar(package="tree_sitter_rust"))),
    Language(name="java", by_suffix=_all(".java", Grammar(package="tree_sitter_java"))),
    Language(name="ruby", by_suffix=_all(".rb .rake .gemspec", Grammar(package="tree_sitter_ruby"))),
    Language(name="php", by_suffix=_all(".php", Grammar(package="tree_sitter_php", function="language_php"))),
    Language(name="lua", by_suffix=_all(".lua", Grammar(package="tree_sitter_lua"))),
)


def gate_of(language: Language) -> FileGate:
    def look(source: Source) -> Iterator[Finding]:
        suffix = PurePosixPath(source.path).suffix.lower()
        if language.name == "javascript" and FLOW.search(source.data[:PRAGMAS]):
            yield unchecked(source, "it is written with Flow's types")
            return
        if language.name == "typescript" and source.data.startswith(XML):
            yield unchecked(source, "it is XML, as Qt's translations are")
            return
        yield from _look(source, language.by_suffix[suffix])

    def lacks() -> str:
        missing = [name for name in ("tree_sitter", *language.packages) if find_spec(name) is None]
        return f"{', '.join(missing)} is not installed; it comes with watchbill[syntax]" if missing else ""

    suffixes = frozenset(language.by_suffix)
    return FileGate(name=language.name, suffixes=suffixes, look=look, lacks=lacks, isolated=True)


def _look(source: Source, grammar: Grammar) -> Iterator[Finding]:
    parser = _parser(grammar.package, grammar.function)
    root = parser.parse(source.data).root_node
    if root.has_error and grammar.newer:
        data = source.data
        for pattern, older in grammar.newer:
            data = pattern.sub(older, data)
        root = parser.parse(data).root_node
    for node in _faults(root):
        yield _finding(source, node, _message(source, node))
    if not root.has_error:
        for query, message in grammar.lax:
            found = _query(grammar.package, grammar.function, query).captures(root).get("fault", [])
            yield from (_finding(source, node, message) for node in found[:MOST_FINDINGS])


def _finding(source: Source, node: Any, message: str) -> Finding:
    line = node.start_point[0] + 1
    # the text is left to the message: a grammar's gap on the base shall stay debt when its line is touched
    return Finding(gate=source.gate, rule="syntax", path=source.path, line=line, message=message, text="")


@cache
def _language(package: str, function: str) -> Any:
    import tree_sitter  # noqa: PLC0415 - an extra

    return tree_sitter.Language(getattr(import_module(package), function)())


@cache
def _parser(package: str, function: str) -> Any:
    import tree_sitter  # noqa: PLC0415 - an extra

    return tree_sitter.Parser(_language(package, function))


@cache
def _query(package: str, function: str, query: str) -> Any:
    import tree_sitter  # noqa: PLC0415 - an extra

    return tree_sitter.QueryCursor(tree_sitter.Query(_language(package, function), query))


def _faults(root: Any) -> Iterator[Any]:
    """The places where the grammar gave up, outermost only, in the order of the file."""
    todo, found = [root], 0
    while todo and found < MOST_FINDINGS:
        node = todo.pop()
        if node.type == "ERROR" or node.is_missing:
            found += 1
            yield node
        elif node.has_error:
            todo += reversed(node.children)


def _message(source: Source, node: Any) -> str:
    if node.is_missing:
        return f"{node.type} is missing here"
    quoted = source.data[node.start_byte : node.start_byte + 4 * QUOTED].decode(errors="replace").split("\n")[0]
    return f"cannot be read from here: {quoted[:QUOTED]}"


GATES = tuple(map(gate_of, LANGUAGES))
JAVASCRIPT, TYPESCRIPT, GO, RUST, JAVA, RUBY, PHP, LUA = GATES

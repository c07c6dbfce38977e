"""Markdown's structure: what was begun and never ended, and what is shown as plain text though it was meant as more."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace

from markdown_it.token import Token

from watchbill.domain.findings import Finding, Severity
from watchbill.gates import toml, yaml
from watchbill.gates.source import Source

FRONT = {"---": (re.compile(r"---|\.\.\."), yaml.look, "YAML"), "+++": (re.compile(r"\+\+\+"), toml.look, "TOML")}
KEY = re.compile(r"[\w\"'-]+\s*:(?:\s|$)")  # behind a first --- that is no rule across the page
AROUND = re.compile(r"[\s>]*")  # what a line inside a quotation or list begins with
DELIMITERS = re.compile(r"\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*")
CELL_END = re.compile(r"(?<!\\)\|")
CODE_MARK = re.compile("`+")
HEADING = re.compile(r"#{2,6}[^#\s]")
REFERENCE = re.compile(r"(?<![\w\])\\!])\[[^\[\]]{2,}\]\[[^\[\]]{2,}\]")
COMMENT = "<!--"
SHOWN = 20  # characters of a mark


def front_matter(source: Source) -> int:
    """The number of lines that it takes at the beginning of a page; 0 where there is none, or no end of it."""
    first = source.lines[0].rstrip()
    if first not in FRONT or (first == "---" and not KEY.match("".join(source.lines[1:2]))):
        return 0
    end = FRONT[first][0]
    return next((number for number, line in enumerate(source.lines[1:], start=2) if end.fullmatch(line.rstrip())), 0)


def look(source: Source, tokens: Sequence[Token]) -> Iterator[Finding]:
    """`tokens` are the page's, read with its front matter left empty."""
    yield from _front_matter(source)
    for token, inside in zip(tokens, (*tokens[1:], None), strict=False):
        match token.type:
            case "fence":
                yield from _fence(source, token)
            case "html_block" if token.content.lstrip().startswith(COMMENT) and "-->" not in token.content:
                yield source.finding("unclosed", _first(token), f"{COMMENT} is never closed: nothing below it is shown")
            case "paragraph_open" if inside is not None:
                yield from _paragraph(source, token, inside)
            case "table_open":
                yield from _table(source, token)


def _front_matter(source: Source) -> Iterator[Finding]:
    lines = front_matter(source)
    if not lines:
        if source.lines[0].rstrip() in FRONT and KEY.match("".join(source.lines[1:2])):
            yield source.finding(
                "front-matter", 1, f"the page's front matter has no end: close it with {source.lines[0]}"
            )
        return
    _, reads, language = FRONT[source.lines[0].rstrip()]
    inner = replace(source, data="\n".join(("", *source.lines[1 : lines - 1])).encode())
    for fault in reads(inner):
        yield replace(fault, rule="front-matter", message=f"the page's front matter, as {language}: {fault.message}")


def _fence(source: Source, token: Token) -> Iterator[Finding]:
    first, end = token.map or (0, 0)
    last = _bare(source.lines[end - 1]).rstrip()
    if end - first < 2 or len(last) < len(token.markup) or last.strip(token.markup[0]):  # noqa: PLR2004 - the fence, and its end
        told = f"{token.markup[:SHOWN]} is never closed: all below it is shown as code"
        yield source.finding("unclosed", first + 1, told)


def _paragraph(source: Source, token: Token, inside: Token) -> Iterator[Finding]:
    first, end = token.map or (0, 0)
    lines = [_bare(line) for line in source.lines[first:end]]
    if HEADING.match(lines[0]):
        yield source.finding("heading", first + 1, "is no heading: put a blank behind the #")
    for number, line in enumerate(lines[1:], start=1):
        head, marks = _cells(lines[number - 1]), _cells(line)
        if "|" in line and "|" in lines[number - 1] and DELIMITERS.fullmatch(line) and head != marks:
            told = f"is no table: its first row has {head} cells, and the row of dashes below has {marks}"
            yield source.finding("table", first + number, told)
    said = "".join(child.content if child.type == "text" else "\0" for child in inside.children or ())
    for reference in REFERENCE.findall(said):
        for number in [number for number, line in enumerate(lines, start=1) if reference in line][:1]:
            told = f"{reference} is shown as it stands: no line of this page says where it leads"
            yield source.finding("undefined-reference", first + number, told, severity=Severity.WARNING)


def _table(source: Source, token: Token) -> Iterator[Finding]:
    first, end = token.map or (0, 0)
    wanted = _cells(_bare(source.lines[first]))
    for number in range(first + 2, end):
        count = _cells(_bare(source.lines[number]))
        if count > wanted:
            yield source.finding("table", number + 1, f"has {count} cells, the table {wanted}: the last are not shown")


def _cells(line: str) -> int:
    """As few as any reader of tables finds: in some a | in code parts no cells."""
    bare = _without_code(line).strip().removeprefix("|")
    return len(CELL_END.findall(re.sub(r"(?<!\\)\|$", "", bare))) + 1


def _without_code(line: str) -> str:
    """Code stands between two marks of one length. In time that grows with the line only, whatever its marks are."""
    marks = [mark.span() for mark in CODE_MARK.finditer(line)]
    later: defaultdict[int, list[int]] = defaultdict(list)  # by length, the numbers of the marks, the last first
    for number in reversed(range(len(marks))):
        later[marks[number][1] - marks[number][0]].append(number)
    kept, place, number = [], 0, 0
    while number < len(marks):
        begin, end = marks[number]
        same = later[end - begin]
        while same and same[-1] <= number:
            same.pop()
        if same:
            number = same[-1]
            kept.append(line[place:begin])
            place = marks[number][1]
        number += 1
    return "".join(kept) + line[place:]


def _bare(line: str) -> str:
    return AROUND.sub("", line, count=1)


def _first(token: Token) -> int:
    return (token.map or (0, 0))[0] + 1

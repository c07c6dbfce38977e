"""A Markdown document as an outline: headings with what stands under them. Bold leads and definition lists count as headings."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

_HEADING = re.compile(r"^(#{1,6})\s+(.*?)\s*#*\s*$")
_BOLD = re.compile(r"^\s*(?:(?:[-*+]|\d+[.)])\s+)?\*\*(?P<name>[^*:]{2,60}?)(?P<colon>:)?\*\*(?P<rest>.*)$")
_BULLET = re.compile(r"^(\s*)(?:[-*+•]|(?P<number>\d+)[.)])\s+(?P<text>.*)$")
_RULE = re.compile(r"^\s*(?:[-*_]\s*){3,}$|^\s*(?:=+|-+)\s*$")
_BOLD_ALONE = re.compile(r"^\s*(?:\*\*|__)(?P<name>[^*_]{2,60}?):?(?:\*\*|__):?\s*$")
_DASHED = re.compile(r"^\s*-{3,}\s*$")
_SHORT_LINE = re.compile(r"\s*(?P<name>[A-Z0-9][^.|:;]*?)\s*$")  # no sentence
_UNDERLINED = re.compile(r"^\s*={3,}\s*$")  # a heading's line; one of dashes is a rule as often as not
_MARKUP = re.compile(r"(?<!\w)[*_]{1,3}(?=\S)|(?<=\S)[*_]{1,3}(?!\w)|</?[a-zA-Z][^>]{0,80}>|`")
_FRONT = re.compile(r"\A---\s*\n(.*?)\n---\s*(?:\n|\Z)", re.DOTALL)


@dataclass(slots=True)
class Item:
    """One line of a document: a bullet, a row of a table, or a sentence or more of running text."""

    text: str  # without markup
    line: int  # 1-based
    is_bullet: bool = False
    cells: tuple[str, ...] = ()
    lead: str = ""  # what stands in bold at its beginning
    number: str = ""  # of a numbered list


@dataclass(slots=True)
class Node:
    title: str
    level: int
    line: int
    items: list[Item] = field(default_factory=list)
    children: list["Node"] = field(default_factory=list)
    is_bold: bool = False  # a line in bold, or above dashes, and no heading by its mark


def front_of(text: str) -> str:
    found = _FRONT.match(text)
    return found[1] if found else ""


def outline(text: str, is_group: Callable[[str], bool] = lambda _: False) -> Node:
    """The document's root, of level 0. `is_group` tells of a line in bold whether it heads a group."""
    root = Node("", 0, 1)
    path = [root]
    front = _FRONT.match(text)
    skipped = text.count("\n", 0, front.end()) if front else 0
    fenced = False
    lines = text.replace("\r", "").split("\n")
    for number, line in enumerate(lines, start=1):
        if number <= skipped:
            continue
        if line.startswith(("```", "~~~")):
            fenced = not fenced
            continue
        if fenced or not line.strip() or _RULE.match(line):
            continue
        below = lines[number] if number < len(lines) else ""
        heading = _HEADING.match(f"# {line.strip()}" if _UNDERLINED.match(below) else line)
        above = lines[number - 2] if number > 1 else ""
        dashed = _SHORT_LINE.match(line) if _DASHED.match(below) and not above.strip() else None
        alone = dashed or _BOLD_ALONE.match(line)
        if heading is None and alone is not None and (dashed or is_group(plain(alone["name"]))):
            level = 1 + max((node.level for node in path if not node.is_bold), default=0)
            heading = _HEADING.match(f"{'#' * min(6, level)} {alone['name']}")
        if heading is not None:
            level = len(heading[1])
            while path[-1].level >= level:
                path.pop()
            node = Node(plain(heading[2]), level, number, is_bold=alone is not None)
            path[-1].children.append(node)
            path.append(node)
        else:
            path[-1].items.append(_item(line, number))
    return root


def _item(line: str, number: int) -> Item:
    bare = line.strip()
    if bare.startswith("|"):
        return Item("", number, cells=tuple(plain(cell) for cell in bare.strip("|").split("|")))
    bullet = _BULLET.match(line)
    bold = _BOLD.match(line)
    text = bullet["text"] if bullet else re.sub(r"^[:>]\s+", "", bare)
    lead = plain(bold["name"]) if bold else ""
    return Item(
        plain(text), number, is_bullet=bullet is not None, lead=lead, number=(bullet["number"] or "") if bullet else ""
    )


def plain(text: str) -> str:
    """Without emphasis, code marks and tags; links keep their words.

    >>> plain("- **Boat:** the *Leaky Teapot*")
    '- Boat: the Leaky Teapot'
    """
    text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", text)
    text = text.replace("’", "'").replace("“", '"').replace("”", '"').replace(" -- ", " — ")
    return " ".join(_MARKUP.sub("", text).split())


def tables(node: Node) -> Iterator[tuple[list[tuple[str, ...]], int]]:
    """The tables under a heading, with the line at which each begins; rows of dashes are left out."""
    rows: list[tuple[str, ...]] = []
    start = last = 0
    for item in [*node.items, Item("", -9)]:
        if item.cells and (not rows or item.line == last + 1):
            start = start if rows else item.line
            if not all(set(cell.strip()) <= set(":-– ") for cell in item.cells) or not any(
                "-" in cell for cell in item.cells
            ):
                rows.append(item.cells)
            last = item.line
        elif item.cells:
            yield rows, start
            rows, start, last = [item.cells], item.line, item.line
        elif rows:
            yield rows, start
            rows = []

"""Commands with lines of their own below them: *stat_chart, *scene_list, *achievement, *goto_random_scene."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from watchbill.gates.choicescript.expressions import Mentions
from watchbill.gates.choicescript.lexer import Line, Problem
from watchbill.gates.choicescript.nodes import Statement

ROW = re.compile(r"(text|percent|opposed_pair)\s+(.*)", re.DOTALL)
PAID_SCENE = re.compile(r"\$\w*\s+(.*)")
ACHIEVEMENT = re.compile(r"(\S+)\s+(\S+)\s+(\S+)\s+(.*)")
TITLE_LIMIT, DESCRIPTION_LIMIT = 50, 200  # characters, the interpreter's
MOST_POINTS = 100
DESCRIPTIONS = 2  # before and after it is earned


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a *stat_chart: the variable, or the expression, that it shows."""

    line: Line
    kind: str
    shown: str
    label: str


def rows(node: Statement) -> Iterator[Row | Problem]:
    """The rows of a *stat_chart, and what is wrong with them. Definitions are indented below their row."""
    if not node.block:
        yield Problem("stat-chart", node.line.number, "*stat_chart needs at least one row indented below it")
        return
    indent = node.block[0].indent
    for place, line in enumerate(node.block):
        if line.indent > indent:
            continue
        match = ROW.fullmatch(line.text)
        if line.indent < indent or match is None:
            yield Problem(
                "stat-chart", line.number, "a row begins with text, percent or opposed_pair, all at one indent"
            )
            continue
        below = _below(node.block[place + 1 :], indent)
        yield from _lines_below(line, match[1], below)
        yield Row(line, match[1], *_shown(match[1], match[2].strip()))


def _below(lines: tuple[Line, ...], indent: int) -> list[Line]:
    deeper: list[Line] = []
    for line in lines:
        if line.indent <= indent:
            break
        deeper.append(line)
    return deeper


def _lines_below(row: Line, kind: str, below: list[Line]) -> Iterator[Problem]:
    if kind != "opposed_pair":
        if len(below) > 1:
            yield Problem("stat-chart", below[1].number, f"a {kind} row has one line of definition at most")
        return
    indents = [line.indent for line in below]
    first = indents[0] if indents else 0
    if not below or below[0].number != row.number + 1:
        yield Problem("stat-chart", row.number, "opposed_pair needs the name of its pair on the line below, indented")
    elif not _is_pair(indents, first):
        yield Problem(
            "stat-chart", below[1].number, "below opposed_pair stand one name, two names, or two names with definitions"
        )


def _is_pair(indents: list[int], first: int) -> bool:
    match indents:
        case [_]:
            return True
        case [_, second]:
            return second == first
        case [_, second, third, fourth]:
            return third == first and fourth == second > first
        case _:
            return False


def _shown(kind: str, data: str) -> tuple[str, str]:
    """What a row shows and its label: a variable is one word, an expression stands in parentheses."""
    if kind == "opposed_pair":
        return data, ""
    if data.startswith("("):
        depth = 0
        for place, mark in enumerate(data):
            depth += {"(": 1, ")": -1}.get(mark, 0)
            if not depth:
                return data[1:place], data[place + 1 :].strip()
    shown, _, label = data.partition(" ")
    return shown, label


def listed_scenes(node: Statement) -> Iterator[tuple[Line, str] | Problem]:
    """The scenes of a *scene_list, in order."""
    if not node.block:
        yield Problem("scene-list", node.line.number, "*scene_list needs at least one scene indented below it")
    for line in node.block:
        if line.indent != node.block[0].indent:
            yield Problem("scene-list", line.number, "all scenes of *scene_list stand at one indentation")
        paid = PAID_SCENE.fullmatch(line.text)
        yield line, paid[1] if paid else line.text


def random_scenes(node: Statement) -> Iterator[tuple[Line, str]]:
    """The scenes of a *goto_random_scene; *allow_reuse and *if (condition) may stand in front of each."""
    for line in node.block:
        name = re.sub(r"\*allow_reuse\s*|\*if\s+\(.+\)\s+", "", line.text)
        yield line, name.strip()


def achievement(node: Statement) -> Iterator[Problem]:
    """What the interpreter refuses in one *achievement."""
    number = node.line.number
    match = ACHIEVEMENT.fullmatch(node.line.data)
    if match is None:
        yield Problem(
            "achievement", number, "write *achievement name visible 10 Title: name, visibility, points, title"
        )
        return
    name, visibility, points, title = match.groups()
    if not re.fullmatch(r"[a-z][a-z0-9_]+", name):
        yield Problem(
            "achievement",
            number,
            f"{name} cannot name an achievement: two or more small letters, digits and _, a letter first",
        )
    if visibility not in ("visible", "hidden"):
        yield Problem("achievement", number, f"the second word is visible or hidden, not {visibility}")
    if not (points.isascii() and points.isdecimal() and 1 <= int(points[:9]) <= MOST_POINTS):
        yield Problem("achievement", number, f"the third word is 1 to {MOST_POINTS} points, not {points}")
    yield from _plain_text(node.line, title, TITLE_LIMIT)
    yield from _descriptions(node, hidden=visibility == "hidden")


def _descriptions(node: Statement, *, hidden: bool) -> Iterator[Problem]:
    number = node.line.number
    if not node.block or node.block[0].number != number + 1:
        yield Problem("achievement", number, "the line below needs its description, indented")
        return
    for line in node.block[:DESCRIPTIONS]:
        yield from _plain_text(line, line.text, DESCRIPTION_LIMIT)
    if len(node.block) > DESCRIPTIONS:
        extra = node.block[DESCRIPTIONS]
        yield Problem("achievement", extra.number, "an achievement has two descriptions at most: before and after it")
    if hidden and (node.block[0].text.lower() != "hidden" or len(node.block) < DESCRIPTIONS):
        yield Problem("achievement", number, 'a hidden achievement has "hidden" as its first description, and a second')


def _plain_text(line: Line, text: str, limit: int) -> Iterator[Problem]:
    if len(text) > limit:
        yield Problem("achievement", line.number, f"{len(text)} characters where {limit} are allowed")
    if re.search(r"[$@]\{|\[", text):
        yield Problem("achievement", line.number, "neither ${} nor @{} nor [] may stand in an achievement")


def mentions_of(row: Row) -> Mentions:
    """What a row of a *stat_chart shows."""
    mentions = Mentions()
    if row.kind == "opposed_pair":
        mentions.names.append(row.shown.lower())
    else:
        mentions.expression(row.shown)
    mentions.prose(row.label)
    return mentions

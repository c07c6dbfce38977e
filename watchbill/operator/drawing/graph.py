"""Drawings of the graph: SVG for pages, DOT for other programs. Plain text from an answer; no style sheet, no script."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from xml.sax.saxutils import escape, quoteattr

from watchbill.operator.doors import Plain

_MOST = 500  # tasks; nobody reads a larger picture, and the text has them all
_WIDTH, _HEIGHT = 220, 44  # of a box, in pixels
_GAP, _ROW = 60, 60  # between two columns; from one box to the one below
_EDGE = 12
_TITLE = 29  # characters that a box holds
_FILL = {"running": "#d7ecff", "review": "#fff3c4", "proposed": "#f0f0f0", "failed": "#ffd9d6"}
_PAPER, _INK, _FAINT, _WRONG = "#ffffff", "#1f2328", "#6e7781", "#cf222e"

_TIP = f"""<defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto">
<path d="M0 0 L8 4 L0 8 z" fill="{_FAINT}"/></marker></defs>"""


def svg(answer: Plain, *, leads_to: Callable[[str], str] | None = None, left_out: int = 0) -> str:
    """What waits for something, or is waited for, from left to right; who waits in a circle, or for nobody, in red.

    `leads_to` gives the address that a task's box leads to. A page that holds the picture may give it other colours.
    `left_out`: open tasks that the answer does not tell of.
    """
    nodes = _linked(answer)
    columns = _columns(nodes)
    place = {
        name: (_EDGE + depth * (_WIDTH + _GAP), _EDGE + row * _ROW)
        for depth, names in enumerate(columns)
        for row, name in enumerate(names)
    }
    wide = max((x for x, _ in place.values()), default=0) + _WIDTH + _EDGE
    high = max((y for _, y in place.values()), default=0) + _HEIGHT + _EDGE + 20
    wrong = {task for circle in answer["circles"] for task in circle} | {each["task"] for each in answer["unknown"]}
    role = "img" if leads_to is None else "group"  # of an image nothing can be reached
    size = f'viewBox="0 0 {wide} {high}" width="{wide}" height="{high}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="{role}" font-family="system-ui, sans-serif" font-size="12">',
        f"<title>What waits for what: {len(nodes)} of {len(answer['tasks']) + left_out} open tasks</title>",
        _TIP,
        f'<rect width="{wide}" height="{high}" fill="{_PAPER}"/>',
        *_arrows(nodes, place),
        *(_linked_box(nodes[name], place[name], leads_to, is_wrong=name in wrong) for name in place),
        f'<text x="{_EDGE}" y="{high - 8}" fill="{_FAINT}">{escape(_caption(answer, nodes, left_out))}</text>',
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def dot(answer: Plain) -> str:
    """For Graphviz."""
    nodes = _linked(answer)
    lines = ["digraph tasks {", "  rankdir=LR; node [shape=box];"]
    for name, node in nodes.items():
        label = json.dumps(f"{name}\n{node['title']}\n{node['state']}", ensure_ascii=False)
        lines.append(f"  {json.dumps(name)} [label={label}];")
        for need in node["needs"]:
            style = " [style=dashed]" if need["by"] == "stage" else ""
            lines.append(f"  {json.dumps(need['task'])} -> {json.dumps(name)}{style};")
    return "\n".join([*lines, "}"]) + "\n"


def _linked(answer: Plain) -> dict[str, Plain]:
    """The tasks that have anything to do with another, as far as a picture holds them."""
    linked = [node for node in answer["tasks"] if node["needs"] or node["before"]]
    return {node["id"]: node for node in linked[:_MOST]}


def _columns(nodes: Mapping[str, Plain]) -> list[list[str]]:
    """Each task right of everything that it waits for; in a circle some arrow goes back."""
    depth: dict[str, int] = {}
    for name in _needs_first(nodes):  # a need that has no depth yet is one that waits for this task itself
        depth[name] = max(
            (depth[need["task"]] + 1 for need in nodes[name]["needs"] if need["task"] in depth), default=0
        )
    columns: defaultdict[int, list[str]] = defaultdict(list)
    for name in nodes:
        columns[depth[name]].append(name)
    return [columns[each] for each in sorted(columns)]


def _needs_first(nodes: Mapping[str, Plain]) -> Iterator[str]:
    """Depth first without recursion: a queue may be a chain of any length."""
    seen: set[str] = set()
    for start in nodes:
        todo = [(start, False)]
        while todo:
            name, is_done = todo.pop()
            if is_done:
                yield name
            elif name not in seen:
                seen.add(name)
                todo.append((name, True))
                todo += [(need["task"], False) for need in nodes[name]["needs"] if need["task"] in nodes]


def _arrows(nodes: Mapping[str, Plain], place: Mapping[str, tuple[int, int]]) -> Iterator[str]:
    for name, node in nodes.items():
        for need in node["needs"]:
            if need["task"] in place:
                yield _arrow(place[need["task"]], place[name], is_stage=need["by"] == "stage")


def _arrow(begin: tuple[int, int], end: tuple[int, int], *, is_stage: bool) -> str:
    x, y = begin[0] + _WIDTH, begin[1] + _HEIGHT // 2
    to_x, to_y = end[0], end[1] + _HEIGHT // 2
    bend = max(_GAP // 2, abs(to_x - x) // 2)
    dashes = ' stroke-dasharray="4 3"' if is_stage else ""
    path = f"M{x} {y} C{x + bend} {y} {to_x - bend} {to_y} {to_x} {to_y}"
    return f'<path d="{path}" fill="none" stroke="{_FAINT}"{dashes} marker-end="url(#tip)"/>'


def _linked_box(node: Plain, at: tuple[int, int], leads_to: Callable[[str], str] | None, *, is_wrong: bool) -> str:
    box = _box(node, at, is_wrong=is_wrong)
    return f"<a href={quoteattr(leads_to(node['id']))}>{box}</a>" if leads_to else box


def _box(node: Plain, at: tuple[int, int], *, is_wrong: bool) -> str:
    x, y = at
    lost = [each["pattern"] for each in node["artefacts"] if not each["met"]]
    hint = f"{node['title']} ({node['state']}) {node['origin']}" + (f", needs {', '.join(lost)}" if lost else "")
    stroke = _WRONG if is_wrong else _FAINT
    name = node["id"] if len(node["id"]) <= _TITLE else f"{node['id'][: _TITLE - 1]}…"
    title = node["title"] if len(node["title"]) <= _TITLE else f"{node['title'][: _TITLE - 1]}…"
    return (
        f"<g data-task={quoteattr(node['id'])} data-state={quoteattr('wrong' if is_wrong else node['state'])}>"
        f"<title>{escape(hint)}</title>"
        f'<rect x="{x}" y="{y}" width="{_WIDTH}" height="{_HEIGHT}" rx="5" '
        f'fill="{_FILL.get(node["state"], _PAPER)}" stroke="{stroke}"/>'
        f'<text x="{x + 8}" y="{y + 18}" fill="{_INK}">{escape(name)}</text>'
        f'<text x="{x + 8}" y="{y + 35}" fill="{_FAINT}">{escape(title)}</text></g>'
    )


def _caption(answer: Plain, nodes: Mapping[str, Plain], left_out: int) -> str:
    alone = sum(not node["needs"] and not node["before"] for node in answer["tasks"])
    left = len(answer["tasks"]) - alone - len(nodes)
    said: Sequence[str] = [
        "dashed: by the stages of work",
        *([f"{alone} wait for no other"] if alone else []),
        *([f"{left} more are not drawn"] if left else []),
        *([f"of {left_out} more it is not told here what they wait for"] if left_out else []),
    ]
    return "; ".join(said)

"""watchbill task graph: what waits for what, as a tree, a picture, or for another program."""

from collections.abc import Iterator, Mapping

import click

from watchbill.operator.cli import names, show
from watchbill.operator.cli.ask import connect
from watchbill.operator.cli.root import Options, json_option
from watchbill.operator.doors import Plain
from watchbill.operator.drawing import graph as drawing

_MOST = 2_000  # lines; what is longer is for --json


@click.command("graph")
@click.option("--repo", type=names.REPO, help="Only this repository.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "svg", "dot", "json"]),
    default="text",
    show_default=True,
    help="A tree, a picture, Graphviz's language, or everything.",
)
@json_option
@click.pass_obj
def graph(options: Options, *, repo: str | None, form: str, as_json: bool) -> None:
    """What waits for what: each task under the one that it waits for. Names that nobody has, and circles, are told with their
    places in the queue."""
    answer = connect(options).get("/graph", repo=repo)
    if as_json or form == "json":
        show.as_json(answer)
    elif form == "text":
        for line in render(answer):
            click.echo(line)
    else:
        click.echo(drawing.svg(answer) if form == "svg" else drawing.dot(answer), nl=False)


def render(answer: Plain) -> Iterator[str]:
    nodes = {node["id"]: node for node in answer["tasks"]}
    roots = [node for node in nodes.values() if not _open_needs(node, nodes)]
    linked = [node for node in roots if node["before"]]
    drawn: set[str] = set()
    for root in linked:
        yield from _tree(root, nodes, drawn)
    told = {each["task"] for each in answer["unknown"]} | {node["id"] for node in roots if _lost(node)}
    alone = sum(not node["before"] and node["id"] not in told for node in roots)
    if alone:
        yield f"{alone} {'task waits' if alone == 1 else 'tasks wait'} for no other, and no other for {'it' if alone == 1 else 'them'}"
    for each in answer["unknown"]:
        yield f"{_at(each['origin'])}nobody is called {each['needs']!r}, so {each['task']} waits"
    for node in nodes.values():
        if lost := _lost(node):
            yield f"{_at(node['origin'])}{node['id']} waits for {', '.join(lost)} to exist"
    for circle in answer["circles"]:
        names = [f"{id_} ({nodes[id_]['origin']})" if nodes[id_]["origin"] else id_ for id_ in circle]
        yield f"in a circle: {' → '.join([*names, circle[0]])}"
        for behind in (nodes[id_] for each in circle for id_ in nodes[each]["before"] if id_ not in circle):
            if behind["id"] not in drawn:
                yield "waits for it, and with it:"
                yield from _tree(behind, nodes, drawn)


def _lost(node: Plain) -> list[str]:
    """The files that it waits for."""
    return [each["pattern"] for each in node["artefacts"] if not each["met"]]


def _at(origin: str) -> str:
    return f"{origin}: " if origin else ""


def _open_needs(node: Plain, nodes: Mapping[str, Plain]) -> list[str]:
    return [need["task"] for need in node["needs"] if need["task"] in nodes and not need["met"]]


def _tree(root: Plain, nodes: Mapping[str, Plain], drawn: set[str]) -> Iterator[str]:
    """Depth first without recursion: a queue may be a chain of any length."""
    waiting: list[tuple[Plain, str, str]] = [(root, "", "")]
    while waiting and len(drawn) < _MOST:
        node, lead, branch = waiting.pop()
        again = node["id"] in drawn
        drawn.add(node["id"])
        yield f"{lead}{branch}{_line(node, nodes, lead, again=again)}"
        if again:
            continue
        inner = lead + {"": "", "├─ ": "│  ", "└─ ": "   "}[branch]
        below = [nodes[name] for name in node["before"] if name not in drawn or not _is_staged(nodes[name], node)]
        marks = ["├─ "] * (len(below) - 1) + ["└─ "]
        waiting += reversed([(each, inner, mark) for each, mark in zip(below, marks, strict=False)])


def _is_staged(node: Plain, behind: Plain) -> bool:
    """Whether only the stages of work put it behind the other: one such line for a task says enough."""
    return all(need["by"] == "stage" for need in node["needs"] if need["task"] == behind["id"])


def _line(node: Plain, nodes: Mapping[str, Plain], lead: str, *, again: bool) -> str:
    if again:
        return f"{node['id']} (see above)"
    needs = _open_needs(node, nodes)
    also = f", waits for {len(needs)} in all" if len(needs) > 1 else ""
    also += ", by its stage" if any(need["by"] == "stage" and not need["met"] for need in node["needs"]) else ""
    return f"{node['id']}  {node['title'][: max(20, 70 - len(lead))]}  ({node['state']}{also})"

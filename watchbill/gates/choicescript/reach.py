"""What can be reached at all, whatever the variables say: what is not, no player will ever see."""

import re
from collections.abc import Iterator, Mapping, Sequence

from watchbill.gates.choicescript import blocks
from watchbill.gates.choicescript.machine import STOPS, Place
from watchbill.gates.choicescript.program import Offered, Program, Step

COMPUTED = re.compile(r"[{\[]")


def reached(programs: Mapping[str, Program], order: Sequence[str], start: str) -> frozenset[Place]:
    """Every step that some path comes to from the beginning of this scene, and of the scene of stats if there is one."""
    return frozenset(place for place in _ways(programs, order, start) if _is_step(programs, place))


def trapped(programs: Mapping[str, Program], order: Sequence[str], start: str) -> frozenset[Place]:
    """Every step that can be reached and from which no path comes to an end, whatever the variables say."""
    ways = _ways(programs, order, start)
    before: dict[Place, list[Place]] = {}
    for place, following in ways.items():
        for after in following:
            before.setdefault(after, []).append(place)
    alive: set[Place] = set()
    todo = [place for place, following in ways.items() if not following]
    while todo:
        place = todo.pop()
        if place not in alive:
            alive.add(place)
            todo += before.get(place, ())
    return frozenset(place for place in ways.keys() - alive if _is_step(programs, place))


def _is_step(programs: Mapping[str, Program], place: Place) -> bool:
    return place[0] in programs and place[1] < len(programs[place[0]].steps)


def _ways(programs: Mapping[str, Program], order: Sequence[str], start: str) -> dict[Place, list[Place]]:
    """Where each place leads to that can be come to, the ends of scenes and scenes that are missing included."""
    ways: dict[Place, list[Place]] = {}
    todo: list[Place] = [(start, 0), ("choicescript_stats", 0)]
    while todo:
        place = todo.pop()
        if place not in ways:
            ways[place] = _following(programs, order, place)
            todo += ways[place]
    return ways


def _following(programs: Mapping[str, Program], order: Sequence[str], place: Place) -> list[Place]:
    scene, number = place
    if scene not in programs:
        return []
    steps = programs[scene].steps
    return list(
        _after(programs, order, scene, number, steps[number]) if number < len(steps) else _next_scene(scene, order)
    )


def _after(
    programs: Mapping[str, Program], order: Sequence[str], scene: str, number: int, step: Step
) -> Iterator[Place]:
    if step.kind == "test":
        yield from ((scene, number + 1), (scene, step.target))
    elif step.kind == "jump":
        yield scene, step.target
    elif step.kind == "offer":
        yield from ((scene, target) for target in _targets(step.options))
    elif step.kind == "do":
        yield from _after_command(programs, order, scene, number, step)


def _targets(options: Sequence[Offered]) -> Iterator[int]:
    for option in options:
        if option.inner:
            yield from _targets(option.inner)
        else:
            yield option.target


def _after_command(
    programs: Mapping[str, Program], order: Sequence[str], scene: str, number: int, step: Step
) -> Iterator[Place]:
    command, words = step.line.command, step.line.data.split()
    if command == "finish":
        yield from _next_scene(scene, order)
    elif command in ("goto", "gosub", "gotoref"):
        yield from _labels(programs, scene, "{" if command == "gotoref" else step.line.data.partition(" ")[0])
    elif command in ("goto_scene", "gosub_scene", "redirect_scene") and words:
        yield from _scenes(programs, words)
    elif command == "goto_random_scene" and step.statement is not None:
        yield from ((name, 0) for _, name in blocks.random_scenes(step.statement))
    if command not in STOPS | {
        "goto",
        "gotoref",
        "goto_scene",
        "redirect_scene",
        "goto_random_scene",
        "return",
        "finish",
    }:
        yield scene, number + 1


def _next_scene(scene: str, order: Sequence[str]) -> Iterator[Place]:
    if scene in order[:-1]:
        yield order[order.index(scene) + 1], 0


def _scenes(programs: Mapping[str, Program], words: Sequence[str]) -> Iterator[Place]:
    names = programs if COMPUTED.search(words[0]) else [words[0]]
    for name in names:
        if len(words) == 1:
            yield name, 0
        elif name in programs:
            yield from _labels(programs, name, words[1])


def _labels(programs: Mapping[str, Program], scene: str, label: str) -> Iterator[Place]:
    """One, or all where the label is computed."""
    labels = programs[scene].labels
    wanted = labels if COMPUTED.search(label) else [label.lower()]
    yield from ((scene, labels[name]) for name in wanted if name in labels)

"""The gate of ChoiceScript scenes."""

from collections.abc import Sequence
from dataclasses import dataclass

from watchbill.domain.findings import Finding
from watchbill.domain.ports import Tree
from watchbill.gates.choicescript.checks import problems
from watchbill.gates.choicescript.scenes import Games, could_be_scene
from watchbill.gates.source import unchecked

MOST_BYTES = 8 << 20  # of a scene: far more than anybody writes


@dataclass(slots=True, kw_only=True)
class ChoiceScriptGate:
    """Looks at the .txt files beside a startup.txt and in folders named scenes; others pass unseen."""

    name: str = "choicescript"
    cross_file: bool = True  # a label, a scene or a variable that is removed breaks scenes elsewhere

    def applies(self, path: str) -> bool:
        return could_be_scene(path)

    def check(self, tree: Tree, paths: Sequence[str]) -> Sequence[Finding]:
        games = Games(self.name, tree)
        return [finding for path in paths for finding in _scene(games, path)]


def _scene(games: Games, path: str) -> list[Finding]:
    game = games.of(path)
    scene = next((scene for scene in game.scenes.values() if scene.source.path == path), None) if game else None
    if game is None or scene is None:
        return []
    if len(scene.source.data) > MOST_BYTES:
        return [unchecked(scene.source, f"it has {len(scene.source.data)} bytes, scenes are read up to {MOST_BYTES}")]
    return [
        scene.source.finding(problem.rule, problem.line, problem.message, severity=problem.severity)
        for problem in problems(scene, game)
    ]


GATE = ChoiceScriptGate()

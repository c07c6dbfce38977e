"""Play-testing: many playthroughs by chance, the same for the same seed, and what they and a look at all paths tell of a game."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random

from watchbill.domain.findings import Finding, Severity
from watchbill.domain.ports import Tree
from watchbill.gates.choicescript import blocks, reach
from watchbill.gates.choicescript.lexer import Line
from watchbill.gates.choicescript.machine import STOPS, Ended, Machine, Traces
from watchbill.gates.choicescript.nodes import Statement
from watchbill.gates.choicescript.program import Program, programs
from watchbill.gates.choicescript.scenes import Game, Games, could_be_scene
from watchbill.gates.source import MemoryTree

GATE = "choicescript-play"
RUNS = 100
MOST_STEPS = 3_000_000  # of all playthroughs together: seconds, not minutes
MOST_FAULTS = 50
MOST_RANGES = 12  # of variables, in a sentence
NOT_FAULTS = frozenset({"", "unfinished", "unplayable"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """What play-testing one game came to."""

    home: str  # the path of its startup.txt
    runs: int
    ended: int  # playthroughs that came to the game's own end
    whole: tuple[int, int]  # of those that began where the game does: how many came to its end, and how many there were
    findings: tuple[Finding, ...]
    visited: float  # share of the lines that can be reached, 0 to 1
    endings: tuple[tuple[str, int, int], ...]  # path, line, how often a playthrough ended there
    ranges: tuple[tuple[str, float, float], ...]  # variable, least and greatest value


def play(tree: Tree, paths: Sequence[str], *, runs: int = RUNS, seed: int = 0) -> list[Played]:
    """Play every game that has one of these paths among its scenes."""
    games = Games(GATE, tree)
    found: dict[str, Game] = {}
    for path in paths:
        game = games.of(path) if could_be_scene(path) else None
        if game is not None and game.startup is not None:
            found.setdefault(game.startup.source.path, game)
    return [_played(home, game, runs=runs, seed=seed) for home, game in found.items()]


def _played(home: str, game: Game, *, runs: int, seed: int) -> Played:
    compiled = programs(game)
    order = _order(compiled["startup"])
    traces = Traces()
    reached = reach.reached(compiled, order, "startup")
    begun = {scene for scene, _ in reached}
    # scenes that nobody comes to yet are tried from their own beginning
    starts = ["startup", *(name for name in order if name in compiled and name not in begun)]
    ends: list[Ended] = []
    whole = 0
    for start in starts:
        for run in range(runs):
            dice = Random(f"{seed}:{start}:{run}")  # noqa: S311 - a game's dice
            ends.append(Machine(game, compiled, order, dice, traces).play(start))
            whole += start == "startup"
            if sum(traces.steps.values()) > MOST_STEPS:
                break
    countable = {place for place in reached if place[0] != "choicescript_stats"}
    stopped = any(end.rule not in NOT_FAULTS for end in ends)
    teller = _Teller(game)
    return Played(
        home=home,
        runs=len(ends),
        ended=sum(not end.rule for end in ends),
        whole=(sum(not end.rule for end in ends[:whole]), whole),
        findings=(
            *teller.faults(ends),
            *teller.unreached(compiled, order, reached),
            *teller.trapped(compiled, reach.trapped(compiled, order, "startup")),
            *(() if stopped else teller.unseen(traces)),
        ),
        visited=len(countable & traces.steps.keys()) / max(1, len(countable)),
        endings=tuple(sorted(_endings(game, ends))),
        ranges=tuple((name, *traces.ranges[name]) for name in sorted(traces.ranges)),
    )


def _order(startup: Program) -> list[str]:
    """The scenes in the order of *scene_list: where *finish leads."""
    lists = (step.statement for step in startup.steps if step.line.command == "scene_list" and step.statement)
    return [entry[1] for node in lists for entry in blocks.listed_scenes(node) if isinstance(entry, tuple)]


def _endings(game: Game, ends: Sequence[Ended]) -> Iterator[tuple[str, int, int]]:
    places = [(end.scene, end.line) for end in ends if not end.rule]
    for scene, line in set(places):
        yield game.scenes[scene].source.path, line, places.count((scene, line))


@dataclass(frozen=True, slots=True)
class _Teller:
    game: Game

    def faults(self, ends: Sequence[Ended]) -> Iterator[Finding]:
        """What stopped playthroughs, each place once."""
        wrong = [end for end in ends if end.rule not in NOT_FAULTS]
        for end in sorted(set(wrong), key=lambda end: (end.scene, end.line, end.rule, end.fault))[:MOST_FAULTS]:
            times = wrong.count(end)
            told = f"{end.fault} (stopped {times} of {len(ends)} playthroughs)"
            yield self._finding(end.scene, end.line, end.rule, told)

    def unreached(
        self, compiled: Mapping[str, Program], order: Sequence[str], reached: frozenset[tuple[str, int]]
    ) -> Iterator[Finding]:
        """Scenes, labels and endings that no path leads to, whatever the variables say."""
        for name, program in compiled.items():
            if not any(scene == name for scene, _ in reached):
                if name != "choicescript_stats":
                    yield self._warning(name, 0, "unreachable-scene", "no path leads to this scene")
                continue
            for place, step in enumerate(program.steps):
                if (name, place) in reached or step.kind != "do":
                    continue
                if step.line.command == "label":
                    told = f"no path leads to *label {step.line.data}"
                    yield self._warning(name, step.line.number, "unreachable-label", told)
                elif self._is_ending(name, step.line, order):
                    yield self._warning(name, step.line.number, "unreachable-ending", "no path leads to this ending")

    def trapped(self, compiled: Mapping[str, Program], places: frozenset[tuple[str, int]]) -> Iterator[Finding]:
        """Choices from which nobody comes to an end, the first of each scene; the screen of stats is left by its button."""
        choices = sorted(place for place in places if compiled[place[0]].steps[place[1]].kind == "offer")
        for name in dict.fromkeys(scene for scene, _ in choices if scene != "choicescript_stats"):
            step = compiled[name].steps[next(number for scene, number in choices if scene == name)]
            told = "no path leads from here to an end of the game: add a way out, *finish or *ending"
            yield self._warning(name, step.line.number, "no-way-out", told)

    def _is_ending(self, scene: str, line: Line, order: Sequence[str]) -> bool:
        return line.command in STOPS or (line.command == "finish" and (scene not in order[:-1]))

    def unseen(self, traces: Traces) -> Iterator[Finding]:
        """Achievements that nothing awards; numbers that are shown as a percentage and are none."""
        for name in sorted(self.game.achievements - traces.achieved.keys()):
            if not self._is_awarded(name):
                yield self._warning("startup", 0, "unawarded-achievement", f"no *achieve awards {name}")
        percents = {row.shown.lower(): row.line.number for row in self._rows() if row.kind != "text"}
        for name, (least, greatest) in sorted(traces.ranges.items()):
            if name in percents and not (least >= 0 and greatest <= 100):  # noqa: PLR2004 - percent
                told = f"the chart shows {name} as a percentage, and it went from {least:g} to {greatest:g}"
                yield self._warning("choicescript_stats", percents[name], "stat-range", told)

    def _is_awarded(self, name: str) -> bool:
        lines = (line for scene in self.game.scenes.values() for line in scene.lines)
        return any(line.command == "achieve" and line.data.lower() == name for line in lines)

    def _rows(self) -> Iterator[blocks.Row]:
        stats = self.game.scenes.get("choicescript_stats")
        if stats is None:
            return
        for step in programs(self.game)["choicescript_stats"].steps:
            if step.line.command == "stat_chart" and isinstance(step.statement, Statement):
                yield from (row for row in blocks.rows(step.statement) if isinstance(row, blocks.Row))

    def _warning(self, scene: str, line: int, rule: str, message: str) -> Finding:
        return self._finding(scene, line, rule, message, severity=Severity.WARNING)

    def _finding(
        self, scene: str, line: int, rule: str, message: str, *, severity: Severity = Severity.ERROR
    ) -> Finding:
        return self.game.scenes[scene].source.finding(rule, line, message, severity=severity)


def recipe(files: Mapping[str, str], paths: Sequence[str], *, runs: int) -> tuple[str, Sequence[str]]:
    """For local automation: what play-testing the games of these paths came to, and all that it found, one a line."""
    tree = MemoryTree({path: text.encode() for path, text in files.items()})
    games = play(tree, paths, runs=runs)
    wrong = [f"{one.place}{one.message} [{one.gate}/{one.rule}]" for game in games for one in game.findings]
    return "; ".join(map(summary, games)) or "there is no ChoiceScript game among its files", wrong


def summary(played: Played) -> str:
    """One game in a sentence."""
    moved = [f"{name} {least:g} to {greatest:g}" for name, least, greatest in played.ranges if least != greatest]
    ranges = f"; {', '.join(moved[:MOST_RANGES])}" if moved else ""
    places = "1 place" if len(played.endings) == 1 else f"{len(played.endings)} places"
    ended, whole = played.whole
    begun = f" ({ended} of the {whole} from the game's beginning)" if whole < played.runs else ""
    return (
        f"played {played.home} {played.runs} times: {played.ended} came to an end{begun}, at {places}; "
        f"{played.visited:.0%} of the lines that can be reached were seen{ranges}"
    )


class PlayGate:
    """As a gate: few playthroughs, always the same. Not on by itself: chance may find today what was wrong before."""

    name = GATE
    cross_file = True

    def applies(self, path: str) -> bool:
        return could_be_scene(path)

    def check(self, tree: Tree, paths: Sequence[str]) -> Sequence[Finding]:
        wanted = set(paths)
        return [finding for game in play(tree, paths) for finding in game.findings if finding.path in wanted]


PLAY_GATE = PlayGate()

"""One playthrough: the state of a game while it runs, and each step's effect. Chance comes in; nothing is shown."""

import math
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random

from watchbill.gates.choicescript import blocks, evaluate
from watchbill.gates.choicescript.lexer import Line
from watchbill.gates.choicescript.program import Offered, Program, Step
from watchbill.gates.choicescript.scenes import Game, variable_of
from watchbill.gates.choicescript.values import Trouble, Value, number, truth
from watchbill.gates.choicescript.words import TRANSFERS

MOST_STEPS = 10_000  # between two choices: more is a loop without an end
MOST_CHOICES = 2_000  # of one playthrough: who picks by chance may never leave a game's hub
DEEPEST_CALLS = 200
SHOWS_TEXT = frozenset({"page_break", "finish", "image", "text_image"})
STOPS = TRANSFERS - {"goto", "goto_scene", "gotoref", "goto_random_scene", "redirect_scene", "return", "finish"}

Place = tuple[str, int]  # scene, step


@dataclass(frozen=True, slots=True)
class Ended:
    """How a playthrough ended: `fault` is what stopped it, "" when the game itself did."""

    scene: str
    line: int
    rule: str = ""
    fault: str = ""


@dataclass(slots=True, kw_only=True)
class Traces:
    """What all playthroughs saw together."""

    steps: Counter[Place] = field(default_factory=Counter)
    options: Counter[tuple[str, int]] = field(default_factory=Counter)  # scene, line
    achieved: Counter[str] = field(default_factory=Counter)
    ranges: dict[str, tuple[float, float]] = field(default_factory=dict)  # least and greatest ever, by variable

    def saw(self, name: str, value: Value) -> None:
        if isinstance(value, float):
            least, greatest = self.ranges.get(name, (value, value))
            self.ranges[name] = (min(least, value), max(greatest, value))


class _Over(Exception):
    """The game ends here."""


class _Stuck(Exception):
    """It cannot go on here, by this rule."""

    def __init__(self, rule: str, why: str) -> None:
        super().__init__(why)
        self.rule = rule


class Machine:
    def __init__(
        self, game: Game, programs: Mapping[str, Program], order: Sequence[str], chance: Random, traces: Traces
    ) -> None:
        self._game, self._programs, self._order = game, programs, order
        self._chance, self._traces = chance, traces
        self._stats: dict[str, Value] = {}
        self._temps: dict[str, Value] = {}
        self._calls: list[tuple[Place, dict[str, Value] | None]] = []
        self._used: set[tuple[str, int]] = set()
        self._scene, self._place = "", 0
        self._line: Line | None = None
        self._is_part = False  # begun in the middle: whoever would have called this scene is not there

    def play(self, start: str) -> Ended:
        """From the beginning of this scene to an end, with the variables that startup.txt creates."""
        try:
            self._create_all()
            self._is_part = start != "startup"
            self._enter(start, "")
            return self._run()
        except _Over:
            return self._ended()
        except _Stuck as stuck:
            return self._ended(stuck.rule, str(stuck))
        except Trouble as trouble:
            return self._ended("value", str(trouble))

    def _create_all(self) -> None:
        self._scene = "startup"
        for step in self._programs["startup"].steps:
            if step.line.command in ("create", "create_array"):
                self._line = step.line
                self._do(step)

    def _run(self) -> Ended:
        steps = choices = 0
        while steps <= MOST_STEPS and choices <= MOST_CHOICES:
            step = self._step()
            steps, choices = (0, choices + 1) if step.kind == "offer" else (steps + 1, choices)
        if choices > MOST_CHOICES:
            return self._ended("unfinished", f"did not end within {MOST_CHOICES} choices")
        return self._ended("endless", f"goes round for more than {MOST_STEPS} lines without a choice")

    def _ended(self, rule: str = "", fault: str = "") -> Ended:
        return Ended(self._scene, self._line.number if self._line else 0, rule, fault)

    # --- going on

    def _step(self) -> Step:
        steps = self._programs[self._scene].steps
        while self._place >= len(steps):  # the end of a scene's file leads to the next scene
            self._finish()
            steps = self._programs[self._scene].steps
        step = steps[self._place]
        self._traces.steps[self._scene, self._place] += 1
        self._line = step.line
        self._place += 1
        match step.kind:
            case "test":
                if not truth(evaluate.expression(step.condition, self._value)):
                    self._place = step.target
            case "jump":
                self._place = step.target
            case "fall":
                raise _Stuck("falls", "runs into the #option or *else below it; end it with *goto, *finish or the like")
            case "offer":
                self._choose(step.options)
            case _:
                self._do(step)
        return step

    def _enter(self, name: str, label: str, arguments: Sequence[Value] = ()) -> None:
        program = self._programs.get(name)
        if program is None:
            raise _Stuck("missing-scene", f"there is no scene {name}")
        if label and label.lower() not in program.labels:
            raise _Stuck("missing-label", f"the scene {name} has no *label {label}")
        self._scene, self._place, self._temps = name, 0, {}
        self._temps.update({f"param_{place}": value for place, value in enumerate(arguments, start=1)})
        self._temps["param_count"] = float(len(arguments))
        if label:
            self._goto(label)

    def _goto(self, label: str) -> None:
        place = self._programs[self._scene].labels.get(label.lower())
        if place is None:
            raise _Stuck("missing-label", f"the scene {self._scene} has no *label {label}")
        self._place = place

    def _finish(self) -> None:
        following = self._order.index(self._scene) + 1 if self._scene in self._order else len(self._order)
        if following >= len(self._order):
            raise _Over
        self._enter(self._order[following], "")

    def _choose(self, options: Sequence[Offered]) -> None:
        """By chance, rather what was seldom picked: so that rare paths are walked with few playthroughs."""
        choice = self._line
        while options:
            open_ = [option for option in options if self._is_offered(option)]
            if not open_:
                self._line = choice
                raise _Stuck("dead-end", "offers no option here: all are hidden by their conditions, or were used up")
            seen = [self._traces.options[self._scene, option.line.number] for option in open_]
            picked = self._chance.choices(open_, weights=[1 / (1 + times) for times in seen])[0]
            self._traces.options[self._scene, picked.line.number] += 1
            self._used.add((self._scene, picked.line.number))
            self._place, options = picked.target, picked.inner

    def _is_offered(self, option: Offered) -> bool:
        if option.once and (self._scene, option.line.number) in self._used:
            return False
        self._line = option.line
        return all(
            truth(evaluate.expression(condition.text, self._value)) is condition.wanted
            for condition in option.conditions
        )

    # --- variables

    def _value(self, name: str) -> Value:
        for names in (self._temps, self._stats):
            if name in names:
                return names[name]
        if name.startswith("choice_") or name == "implicit_control_flow":
            return False
        if self._game.stats is None:
            raise _Stuck("unplayable", "its variables are declared where they cannot be read")
        raise Trouble(f"{name} is no variable here: no *create or *temp was reached before")

    def _put(self, name: str, value: Value) -> None:
        if name in self._temps:
            self._temps[name] = value
            return
        if name not in self._stats:
            self._value(name)
        self._stats[name] = value
        self._traces.saw(name, value)

    # --- commands

    def _do(self, step: Step) -> None:
        command, data = step.line.command, step.line.data
        if not command:
            evaluate.prose(step.line.text, self._value)
            return
        if command in SHOWS_TEXT:
            evaluate.prose(data, self._value)
        if command == "bug":
            raise _Stuck("bug", f"*bug is reached, which stops the game: {data}")
        if command in STOPS:
            raise _Over
        if does := COMMANDS.get(command):
            does(self, step)

    def finish(self, _: Step) -> None:
        self._finish()

    def goto(self, step: Step) -> None:
        self._goto(self._label(step.line.data))

    def gotoref(self, step: Step) -> None:
        self._goto(str(evaluate.expression(step.line.data, self._value)))

    def gosub(self, step: Step) -> None:
        label, _, arguments = step.line.data.partition(" ")
        given = evaluate.values(arguments, self._value)
        self._call(None)
        self._temps.update({f"param_{place}": value for place, value in enumerate(given, start=1)})
        self._goto(self._label(label))

    def gosub_scene(self, step: Step) -> None:
        name, label, given = self._visited(step)
        self._call(self._temps)
        self._enter(name, label, given)

    def _call(self, temps: dict[str, Value] | None) -> None:
        if len(self._calls) >= DEEPEST_CALLS:
            raise _Stuck("endless", f"more than {DEEPEST_CALLS} *gosub inside one another, none of which returned")
        self._calls.append(((self._scene, self._place), temps))

    def return_(self, _: Step) -> None:
        if not self._calls and self._is_part:
            raise _Over
        if not self._calls:
            raise _Stuck("stray-return", "*return without a *gosub that led here")
        (self._scene, self._place), temps = self._calls.pop()
        self._temps = self._temps if temps is None else temps

    def goto_scene(self, step: Step) -> None:
        self._enter(*self._visited(step))

    def goto_random_scene(self, step: Step) -> None:
        assert step.statement is not None, "a command is a statement"
        names = [name for _, name in blocks.random_scenes(step.statement)]
        if names:
            self._enter(self._chance.choice(names), "")

    def _visited(self, step: Step) -> tuple[str, str, list[Value]]:
        name, label, rest = (*step.line.data.split(maxsplit=2), "", "", "")[:3]
        return self._label(name), self._label(label), evaluate.values(rest, self._value)

    def _label(self, word: str) -> str:
        """As it stands, or what an expression in {} says."""
        return (
            str(evaluate.expression(word[1:-1], self._value)) if word.startswith("{") and word.endswith("}") else word
        )

    def set_(self, step: Step) -> None:
        self._put(*evaluate.assignment(step.line.data, self._value))

    def create(self, step: Step) -> None:
        self._declare(step, self._stats)

    def temp(self, step: Step) -> None:
        self._declare(step, self._temps)

    def _declare(self, step: Step, names: dict[str, Value]) -> None:
        name = variable_of(step.line.data)
        rest = step.line.data[len(name) :].strip()
        names[name] = evaluate.expression(rest, self._value) if rest else ""
        if names is self._stats:
            self._traces.saw(name, names[name])

    def create_array(self, step: Step) -> None:
        self._array(step, self._stats)

    def temp_array(self, step: Step) -> None:
        self._array(step, self._temps)

    def _array(self, step: Step, names: dict[str, Value]) -> None:
        name, rest = variable_of(step.line.data), step.line.data.split()[1:]
        length = int(number(rest[0])) if rest else 0
        given = evaluate.values(" ".join(rest[1:]), self._value) or [""]
        for place in range(min(length, MOST_STEPS)):
            names[f"{name}_{place + 1}"] = given[min(place, len(given) - 1)]
        names[f"{name}_count"] = float(length)

    def params(self, step: Step) -> None:
        for place, name in enumerate(re.findall(r"\w+", step.line.data), start=1):
            if f"param_{place}" not in self._temps:
                raise Trouble(f"*params names {name}, which nobody handed over")
            self._temps[name.lower()] = self._temps[f"param_{place}"]

    def rand(self, step: Step) -> None:
        name, bounds = evaluate.reference(step.line.data, self._value)
        least, greatest = (number(bound) for bound in (*bounds, 0.0, 0.0)[:2])
        if least > greatest:
            raise Trouble("the least is more than the greatest")
        whole = least == math.floor(least) and greatest == math.floor(greatest)
        drawn = self._chance.randint(int(least), int(greatest)) if whole else self._chance.uniform(least, greatest)
        self._put(name, float(drawn))

    def input_text(self, step: Step) -> None:
        name, _ = evaluate.reference(step.line.data.removesuffix(" long"), self._value)
        self._put(name, "Somebody")

    def delete(self, step: Step) -> None:
        self._temps.pop(variable_of(step.line.data), None)

    def print(self, step: Step) -> None:
        evaluate.expression(step.line.data, self._value)

    def achieve(self, step: Step) -> None:
        self._traces.achieved[step.line.data.lower()] += 1


COMMANDS: Mapping[str, Callable[[Machine, Step], None]] = {
    "goto": Machine.goto,
    "gotoref": Machine.gotoref,
    "gosub": Machine.gosub,
    "gosub_scene": Machine.gosub_scene,
    "return": Machine.return_,
    "goto_scene": Machine.goto_scene,
    "redirect_scene": Machine.goto_scene,
    "goto_random_scene": Machine.goto_random_scene,
    "finish": Machine.finish,
    "set": Machine.set_,
    "create": Machine.create,
    "temp": Machine.temp,
    "create_array": Machine.create_array,
    "temp_array": Machine.temp_array,
    "params": Machine.params,
    "rand": Machine.rand,
    "input_number": Machine.rand,
    "input_text": Machine.input_text,
    "delete": Machine.delete,
    "print": Machine.print,
    "achieve": Machine.achieve,
}

"""A scene as steps that can be played: where each line goes on, with the jumps that indentation means written out."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import assert_never

from watchbill.gates.choicescript import structure, words
from watchbill.gates.choicescript.lexer import Line
from watchbill.gates.choicescript.nodes import Choice, If, Node, Option, Statement, last_line
from watchbill.gates.choicescript.scenes import Game, Scene


@dataclass(frozen=True, slots=True)
class Condition:
    """An expression, and what it has to be."""

    text: str
    wanted: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """An option of a *choice: when it is offered, and where it leads."""

    line: Line
    conditions: tuple[Condition, ...]
    once: bool  # *hide_reuse or *disable_reuse
    target: int = -1
    inner: tuple["Offered", ...] = ()  # of the next group


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    line: Line
    kind: str  # do | test | jump | offer | fall
    statement: Statement | None = None
    condition: str = ""
    target: int = -1  # of a jump; of a test that is not met
    options: tuple[Offered, ...] = ()


@dataclass(slots=True, kw_only=True)
class Program:
    scene: Scene
    steps: list[Step] = field(default_factory=list)
    labels: dict[str, int] = field(default_factory=dict)


def programs(game: Game) -> Mapping[str, Program]:
    return {name: _compiled(scene, implicit=game.implicit) for name, scene in game.scenes.items()}


def _compiled(scene: Scene, *, implicit: bool) -> Program:
    compiler = _Compiler(program=Program(scene=scene), implicit=implicit)
    compiler.run(structure.parse(scene.lines, implicit=implicit).nodes)
    return compiler.program


@dataclass(slots=True, kw_only=True)
class _Compiler:
    program: Program
    implicit: bool

    def run(self, nodes: Sequence[Node]) -> None:
        for node in nodes:
            match node:
                case Statement(line=line):
                    if line.command == "label":
                        self.program.labels.setdefault(line.data.lower(), self._here)
                    self._add(Step(line=line, kind="do", statement=node))
                case If():
                    self._if(node)
                case Choice():
                    self._choice(node)
                case _:
                    assert_never(node)

    @property
    def _here(self) -> int:
        return len(self.program.steps)

    def _add(self, step: Step) -> int:
        self.program.steps.append(step)
        return self._here - 1

    def _aim(self, place: int) -> None:
        """The step at this place leads to here."""
        self.program.steps[place] = replace(self.program.steps[place], target=self._here)

    def _if(self, node: If) -> None:
        leave: list[int] = []
        for position, branch in enumerate(node.branches):
            test = None
            if branch.line.command in words.IF_WORDS:
                test = self._add(Step(line=branch.line, kind="test", condition=branch.line.data))
            self.run(branch.body)
            if position + 1 < len(node.branches):
                # without implicit_control_flow the game stops where a body runs into the *else below it
                kind = "jump" if self.implicit or not branch.body else "fall"
                leave.append(self._add(Step(line=last_line(branch.body) if branch.body else branch.line, kind=kind)))
            if test is not None:
                self._aim(test)
        for place in leave:
            self._aim(place)

    def _choice(self, node: Choice) -> None:
        offer = self._add(Step(line=node.line, kind="offer"))
        leave: list[int] = []
        options = tuple(self._option(node, option, leave) for option in node.options)
        self.program.steps[offer] = replace(self.program.steps[offer], options=options)
        for place in leave:
            self._aim(place)

    def _option(self, node: Choice, option: Option, leave: list[int]) -> Offered:
        around = tuple(_around(self.program.scene.lines, node.line, option.line))
        offered = Offered(
            line=option.line,
            conditions=(*around, *(Condition(test) for test in option.tests)),
            once=any(word in option.line.text.lower() for word in ("*hide_reuse", "*disable_reuse")),
        )
        if option.options:
            return replace(offered, inner=tuple(self._option(node, inner, leave) for inner in option.options))
        start = self._here
        self.run(option.body)
        last = option is node.leaves[-1]
        free = node.is_fake or self.implicit or last or not option.body
        end = last_line(option.body) if option.body else option.line
        leave.append(self._add(Step(line=end, kind="jump" if free else "fall")))
        return replace(offered, target=start)


def _around(lines: Sequence[Line], choice: Line, option: Line) -> Iterator[Condition]:
    """What the *if and *else lines around an option, inside its *choice, ask for."""
    floor, chain = option.indent, False  # chain: further up stand the tests that an *else denies
    for line in reversed([line for line in lines if choice.number < line.number < option.number]):
        if line.indent > floor or (line.indent == floor and not chain) or "#" in line.text:
            continue
        if line.command in words.IF_WORDS and line.indent <= floor:
            yield Condition(line.data, wanted=not (chain and line.indent == floor))
        if line.command in words.IF_WORDS | words.ELSE_WORDS:
            chain = line.command != "if"
            floor = line.indent

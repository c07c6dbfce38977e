"""The rules of a scene: commands, labels, scenes, variables, expressions."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import assert_never

from watchbill.gates.choicescript import blocks, flow, structure, words
from watchbill.gates.choicescript.expressions import Mentions
from watchbill.gates.choicescript.lexer import Line, Problem, indentation
from watchbill.gates.choicescript.nodes import Choice, If, Option, Statement, all_options, walk
from watchbill.gates.choicescript.scenes import Game, Scene, is_built_in, variable_of

RESERVED = frozenset({"and", "or", "true", "false"})
SHOWN_TEXT = frozenset({"page_break", "finish", "image", "text_image", "bug"})  # ${} in what follows is filled in
LITERAL = re.compile(r'"(?:[^"\\]|\\.)*"|\d+(?:\.\d+)?|true|false', re.IGNORECASE)


def check_scene(scene: Scene, game: Game) -> list[Problem]:
    """Every problem of one scene, by line."""
    parsed = structure.parse(scene.lines, implicit=game.implicit)
    checker = _Checker(scene=scene, game=game)
    for node in walk(parsed.nodes):
        match node:
            case Statement():
                checker.statement(node)
            case If(branches=branches):
                for branch in branches:
                    checker.test(branch.line)
            case Choice():
                checker.choice(node)
            case _:
                assert_never(node)
    checker.labels()
    found = [
        *indentation(scene.source.lines),
        *parsed.problems,
        *flow.falls(parsed.nodes, implicit=game.implicit),
        *checker.problems,
    ]
    return sorted(found, key=lambda problem: (problem.line, problem.rule, problem.message))


@dataclass(slots=True, kw_only=True)
class _Checker:
    scene: Scene
    game: Game
    problems: list[Problem] = field(default_factory=list)
    at_top: bool = True  # nothing but initial commands was seen yet
    created: dict[str, int] = field(default_factory=dict)

    # what a node may say

    def statement(self, node: Statement) -> None:
        line = node.line
        if not line.command:
            self.at_top = False
            self.prose(line, line.text)
            return
        if line.command not in words.KNOWN:
            self.report("unknown-command", line, f"*{line.command} is no command of ChoiceScript")
        if not self.is_in_place(line):
            return
        if line.command in SHOWN_TEXT:
            self.prose(line, line.data)
        if rule := RULES.get(line.command):
            rule(self, node)

    def test(self, line: Line) -> None:
        self.at_top = False
        if line.command in words.IF_WORDS:
            self.expression(line, line.data)

    def choice(self, node: Choice) -> None:
        self.at_top = False
        for line in node.tests:
            self.test(line)
        for option in all_options(node.options):
            self.option(option)

    def option(self, option: Option) -> None:
        for test in option.tests:
            self.expression(option.line, test)
        self.prose(option.line, option.name)

    def is_in_place(self, line: Line) -> bool:
        """Some commands stand at the top of startup.txt only; elsewhere what they say does not matter."""
        if line.command not in words.STARTUP_ONLY:
            self.at_top = self.at_top and line.command in ("comment", "bug")
            return True
        if self.scene.name.lower() != "startup":
            hint = "; to award it write *achieve and its name" if line.command == "achievement" else ""
            self.report("startup-only", line, f"*{line.command} may stand in startup.txt only{hint}")
            return False
        if not self.at_top:
            self.report("startup-only", line, f"*{line.command} must stand above all text and other commands")
        return True

    # expressions

    def expression(self, line: Line, text: str) -> None:
        mentions = Mentions()
        mentions.expression(text)
        self.use(line, mentions)

    def prose(self, line: Line, text: str) -> None:
        mentions = Mentions()
        mentions.prose(text)
        self.use(line, mentions)

    def use(self, line: Line, mentions: Mentions) -> None:
        for error in mentions.errors[:1]:
            self.report("expression", line, error)
        for name in dict.fromkeys(mentions.names):
            if not self.exists(name):
                self.report(
                    "unknown-variable", line, f"{name} is declared neither by *create nor by *temp in this scene"
                )
        for array in dict.fromkeys(mentions.arrays):
            if self.game.stats is not None and not (
                self.scene.temps.has_elements(array) or self.game.stats.has_elements(array)
            ):
                self.report("unknown-variable", line, f"no variable {array}_… is declared for {array}[…]")

    def exists(self, name: str) -> bool:
        if self.game.stats is None or is_built_in(name):
            return True
        return self.scene.temps.has(name) or self.game.stats.has(name)

    # labels and scenes

    def labels(self) -> None:
        seen: dict[str, int] = {}
        for line in self.scene.lines:
            if line.command == "label":
                self.label(line, seen)

    def label(self, line: Line, seen: dict[str, int]) -> None:
        name = line.data.lower()
        if not name or len(name.split()) > 1:
            self.report("label", line, "a label is one word")
        elif name in seen:
            self.report("duplicate-label", line, f"label {name} is there already, on line {seen[name]}")
        else:
            seen[name] = line.number

    def jump(self, line: Line, label: str) -> None:
        if label.lower() not in self.scene.labels:
            self.report("unknown-label", line, f"this scene has no *label {label}")

    def visit(self, line: Line, name: str, label: str = "") -> None:
        scene = self.game.scenes.get(name)
        if scene is None:
            self.report("unknown-scene", line, f"there is no scene {name}: {name}.txt is missing")
        elif label and label.lower() not in scene.labels:
            self.report("unknown-label", line, f"the scene {name} has no *label {label}")

    def report(self, rule: str, line: Line, message: str) -> None:
        self.problems.append(Problem(rule, line.number, message))


def _goto(checker: _Checker, node: Statement) -> None:
    if not re.search(r"[\[{]", node.line.data):
        checker.jump(node.line, node.line.data)


def _gosub(checker: _Checker, node: Statement) -> None:
    label, arguments, *_ = (*node.line.data.split(maxsplit=1), "", "")
    if re.search(r"[\[{]", label):
        return
    checker.jump(node.line, label)
    _values(checker, node.line, arguments)


def _goto_scene(checker: _Checker, node: Statement) -> None:
    name, label, *rest = (*node.line.data.split(maxsplit=2), "", "")
    if re.search(r"[\[{]", node.line.data):
        return
    checker.visit(node.line, name, label)
    _values(checker, node.line, rest[0])


def _goto_random_scene(checker: _Checker, node: Statement) -> None:
    for line, name in blocks.random_scenes(node):
        checker.visit(line, name)


def _values(checker: _Checker, line: Line, text: str) -> None:
    mentions = Mentions()
    mentions.values(text)
    checker.use(line, mentions)


def _set(checker: _Checker, node: Statement) -> None:
    mentions = Mentions()
    mentions.assignment(node.line.data)
    checker.use(node.line, mentions)


def _input_text(checker: _Checker, node: Statement) -> None:
    mentions = Mentions()
    mentions.values(node.line.data.removesuffix(" long"), after_variable=True)
    checker.use(node.line, mentions)


def _range(checker: _Checker, node: Statement) -> None:
    """*rand and *input_number: a variable, the least and the greatest."""
    mentions = Mentions()
    count = mentions.values(node.line.data, after_variable=True)
    checker.use(node.line, mentions)
    if count not in (None, 2):
        checker.report("arguments", node.line, f"write *{node.line.command} variable least greatest")


def _print(checker: _Checker, node: Statement) -> None:
    checker.expression(node.line, node.line.data)


def _temp(checker: _Checker, node: Statement) -> None:
    name = variable_of(node.line.data)
    value = node.line.data[len(name) :]
    _name(checker, node.line, name)
    if value.strip():
        checker.expression(node.line, value)


def _create(checker: _Checker, node: Statement) -> None:
    line = node.line
    name = variable_of(line.data)
    _name(checker, line, name)
    if not LITERAL.fullmatch(line.data[len(name) :].strip()):
        checker.report("create-value", line, "the value is one number, true, false or text in straight quotes")
    elif re.search(r"[$@]!?!?\{", line.data):
        checker.report("create-value", line, "the value may not contain ${} or @{}")
    if name in checker.created:
        checker.report("duplicate-create", line, f"{name} is created on line {checker.created[name]} (case is ignored)")
    checker.created.setdefault(name, line.number)


def _array(checker: _Checker, node: Statement) -> None:
    _name(checker, node.line, variable_of(node.line.data))


def _params(checker: _Checker, node: Statement) -> None:
    for name in re.findall(r"\w+", node.line.data):
        _name(checker, node.line, name)


def _name(checker: _Checker, line: Line, name: str) -> None:
    if not re.match(r"[a-z]", name, re.IGNORECASE):
        checker.report("variable-name", line, f"the name of a variable begins with a letter, not {name or 'nothing'}")
    elif name in RESERVED or name.startswith("choice_"):
        checker.report("variable-name", line, f"{name} is reserved")


def _stat_chart(checker: _Checker, node: Statement) -> None:
    for row in blocks.rows(node):
        if isinstance(row, Problem):
            checker.problems.append(row)
        elif row.kind == "opposed_pair" and not checker.exists(row.shown.lower()):
            what = f"no variable is named {row.shown}; the names of the pair stand on the lines below it"
            checker.report("unknown-variable", row.line, f"opposed_pair shows a variable: {what}")
        else:
            checker.use(row.line, blocks.mentions_of(row))


def _scene_list(checker: _Checker, node: Statement) -> None:
    for entry in blocks.listed_scenes(node):
        if isinstance(entry, Problem):
            checker.problems.append(entry)
        else:
            checker.visit(*entry)


def _achievement(checker: _Checker, node: Statement) -> None:
    checker.problems.extend(blocks.achievement(node))


def _achieve(checker: _Checker, node: Statement) -> None:
    name = node.line.data.lower()
    if checker.game.stats is not None and name not in checker.game.achievements:
        checker.report("unknown-achievement", node.line, f"startup.txt declares no *achievement {name}")


RULES: Mapping[str, Callable[[_Checker, Statement], None]] = {
    "goto": _goto,
    "gosub": _gosub,
    "goto_scene": _goto_scene,
    "gosub_scene": _goto_scene,
    "redirect_scene": _goto_scene,
    "goto_random_scene": _goto_random_scene,
    "gotoref": _print,
    "print": _print,
    "set": _set,
    "config": _set,
    "input_text": _input_text,
    "input_number": _range,
    "rand": _range,
    "create": _create,
    "create_array": _array,
    "temp": _temp,
    "temp_array": _array,
    "params": _params,
    "stat_chart": _stat_chart,
    "scene_list": _scene_list,
    "achievement": _achievement,
    "achieve": _achieve,
}


def problems(scene: Scene, game: Game) -> Iterator[Problem]:
    """A scene that is not UTF-8 is not read any further: the interpreter stops at its first broken character."""
    broken = next((number for number, line in enumerate(scene.source.lines, start=1) if "\ufffd" in line), None)
    if broken is None:
        yield from check_scene(scene, game)
    else:
        yield Problem("encoding", broken, "has a character that is not UTF-8")

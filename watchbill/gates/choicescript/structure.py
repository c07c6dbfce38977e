"""From lines to nodes, the way the interpreter follows indentation; what it would refuse becomes a problem."""

import re
from dataclasses import dataclass, field

from watchbill.gates.choicescript import words
from watchbill.gates.choicescript.expressions import Mentions
from watchbill.gates.choicescript.lexer import Line, Problem, split_command
from watchbill.gates.choicescript.nodes import Branch, Choice, If, Node, Option, Statement

DEEPEST = 60  # blocks inside one another; deeper lines are reported once and not followed
INLINE_TEST = re.compile(r"\((.*)\)\s+(#.*)", re.DOTALL)
WEIGHT = re.compile(r"(\(.*?\)|\S+)\s*(.*)", re.DOTALL)
OPTION = re.compile(r"#\s*\S")


@dataclass(slots=True)
class Parsed:
    nodes: tuple[Node, ...]
    problems: list[Problem]


def parse(lines: list[Line], *, implicit: bool) -> Parsed:
    """The scene's nodes. `implicit`: the game has implicit_control_flow, so bodies of options may be empty."""
    parser = _Parser(lines=lines, implicit=implicit)
    nodes = parser.block(-1)
    return Parsed(nodes=nodes, problems=parser.problems)


@dataclass(slots=True)
class _Options:
    """The state of one list of options while its lines go by."""

    line: Line  # the *choice, or the option of the group before
    fake: bool
    levels: int  # groups, this one included
    base: int | None = None  # indentation of the first line
    current: int = 0
    open_ifs: set[int] = field(default_factory=set)  # indentations of *if that *else may follow
    found: list[Option] = field(default_factory=list)
    tests: list[Line] = field(default_factory=list)
    refused: bool = False  # the last line was none that belongs here: what is indented below it is not followed


@dataclass(slots=True, kw_only=True)
class _Parser:
    lines: list[Line]
    implicit: bool
    place: int = 0
    depth: int = 0
    problems: list[Problem] = field(default_factory=list)

    def block(self, floor: int, *, is_branch: bool = False) -> tuple[Node, ...]:
        """The nodes of all lines that are indented by more than floor."""
        if self.depth >= DEEPEST:
            return self._abandon(floor)
        self.depth += 1
        nodes: list[Node] = []
        lowest = current = -1
        while (line := self._next(floor)) is not None:
            if lowest < 0:
                lowest = current = line.indent
            if line.indent > current and line.command != "comment" and _falls_through(nodes):
                self._report("indent-increase", line, "is indented more than the line before it, which opens no block")
            if line.indent < lowest and is_branch:
                self._report("indent-decrease", line, "is indented less than the first line of its block")
            if line.command != "comment" or line.indent < current:
                current = line.indent
            lowest = min(lowest, line.indent)
            nodes.append(self._node(line))
        self.depth -= 1
        return tuple(nodes)

    def _next(self, floor: int) -> Line | None:
        line = self.lines[self.place] if self.place < len(self.lines) else None
        return line if line is not None and line.indent > floor else None

    def _abandon(self, floor: int) -> tuple[Node, ...]:
        left = self._take_block(floor)
        if left:
            self._report("too-deep", left[0], f"more than {DEEPEST} blocks inside one another")
        return tuple(Statement(line=line) for line in left)

    def _take_block(self, floor: int) -> tuple[Line, ...]:
        start = self.place
        while self._next(floor) is not None:
            self.place += 1
        return tuple(self.lines[start : self.place])

    def _report(self, rule: str, line: Line, message: str) -> None:
        self.problems.append(Problem(rule, line.number, message))

    def _node(self, line: Line) -> Node:
        if line.command == "if" or line.command in words.ELSE_WORDS:
            return self._if()
        self.place += 1
        if line.command in words.CHOICE_WORDS:
            return self._choice(line)
        if line.text.startswith("#"):
            self._report("option-outside-choice", line, "begins with # but stands in no *choice: the game stops here")
            return If(branches=(Branch(line=line, body=self.block(line.indent)),))  # its body is read as if it had one
        block = self._take_block(line.indent) if line.command in words.WITH_BLOCK else ()
        return Statement(line=line, block=block)

    # *if

    def _if(self) -> If:
        first = self.lines[self.place]
        if first.command != "if":
            self._report("else-without-if", first, f"*{first.command} follows no *if of the same indentation")
        branches = [self._branch()]
        while branches[-1].line.command != "else" and self._skip_to_else(first.indent):
            branches.append(self._branch())
        return If(branches=tuple(branches))

    def _branch(self) -> Branch:
        line = self.lines[self.place]
        self.place += 1
        self._check_else(line)
        # an *else is skipped line by line only where its *if may be fallen out of
        body = self.block(line.indent, is_branch=line.command != "else" or self.implicit)
        if not body:
            self._report("empty-if", line, f"*{line.command} needs at least one line indented below it")
        return Branch(line=line, body=body)

    def _check_else(self, line: Line) -> None:
        if line.command == "else" and line.data:
            hint = "; write *elseif" if line.data.startswith("if") else ""
            self._report("else-text", line, f"nothing may follow *else on its line{hint}")

    def _skip_to_else(self, indent: int) -> bool:
        """Whether the *if goes on here, comments between its branches left aside."""
        place = self.place
        while place < len(self.lines) and self.lines[place].indent == indent and self.lines[place].command == "comment":
            place += 1
        if place == len(self.lines) or self.lines[place].indent != indent:
            return False
        if self.lines[place].command not in words.ELSE_WORDS:
            return False
        self.place = place
        return True

    # *choice

    def _choice(self, line: Line) -> Choice:
        groups = line.data.split(" ")
        for group in groups:
            if not re.fullmatch(r"\w*", group, re.ASCII):
                self._report("choice-group", line, f"{group} cannot be the name of a group of options")
        fake = line.command == "fake_choice"
        state = self._options(_Options(line=line, fake=fake, levels=len(groups)))
        return Choice(line=line, options=tuple(state.found), tests=tuple(state.tests))

    def _options(self, state: _Options) -> _Options:
        if self.depth >= DEEPEST:
            self._abandon(state.line.indent)
            return state
        self.depth += 1
        while (line := self._next(state.line.indent)) is not None:
            if state.base is None:
                state.base = state.current = line.indent
            state.current = min(state.current, line.indent)
            if line.indent > state.current:
                self._stray_body(state, line)
                continue
            self.place += 1
            state.open_ifs = {indent for indent in state.open_ifs if indent <= line.indent}
            state.refused = False
            self._option_line(state, line)
        self.depth -= 1
        if not state.found:
            self._report("choice-without-options", state.line, "has no #option indented below it")
        self._check_names(state)
        return state

    def _stray_body(self, state: _Options, line: Line) -> None:
        if not state.refused:
            self._report("indent-increase", line, "is indented more than the line before it, which opens no block")
        self._take_block(state.current)

    def _option_line(self, state: _Options, line: Line) -> None:
        """One line that stands where options do: an option with what is in front of it, or *if and *else around some."""
        text, is_plain = _without_modifiers(line.text)
        command, data = split_command(text)
        if command == "comment":
            return
        if command == "if" and self._opens_block(data):
            self._test_block(state, line)
        elif command in words.ELSE_WORDS:
            self._else_block(state, line)
        elif command in ("if", "selectable_if"):
            self._tested_option(state, line, command, data)
        else:
            state.open_ifs.discard(line.indent)
            self._option(state, line, text, always=is_plain and line.indent == state.base)

    def _opens_block(self, data: str) -> bool:
        """An *if without an #option on its line. # is also an operator, so a line with one is both read and looked at."""
        if INLINE_TEST.match(data):
            return False
        mentions = Mentions()
        mentions.expression(data)
        return not (mentions.errors and re.search(r"\s#\s*\S", data))

    def _test_block(self, state: _Options, line: Line) -> None:
        state.tests.append(line)
        state.open_ifs.add(line.indent)
        inner = self._next(line.indent)
        if inner is None:
            self._report("empty-if", line, f"*{line.command} needs at least one #option indented below it")
        else:
            state.current = inner.indent

    def _else_block(self, state: _Options, line: Line) -> None:
        self._check_else(line)
        if INLINE_TEST.match(line.data):
            self._report("else-text", line, f"move the #option to the line below *{line.command}, indented")
        if line.indent not in state.open_ifs:
            self._report("else-without-if", line, f"*{line.command} follows no *if of the same indentation")
        self._test_block(state, line)
        if line.command == "else":
            state.tests.pop()
            state.open_ifs.discard(line.indent)

    def _tested_option(self, state: _Options, line: Line, command: str, data: str) -> None:
        state.open_ifs.discard(line.indent)
        inline = INLINE_TEST.match(data)
        if inline:
            self._option(state, line, inline[2], always=False, tests=(inline[1],))
            return
        self._report("option-condition", line, f"write *{command} (condition) #option: the condition in parentheses")
        self._option(state, line, data[data.find("#") :], always=False)

    def _option(self, state: _Options, line: Line, text: str, *, always: bool, tests: tuple[str, ...] = ()) -> None:
        command, _ = split_command(text)
        if command != "print" and not OPTION.match(text):
            self._not_an_option(state, line, command)
            return
        inner: list[Option] = []
        body: tuple[Node, ...] = ()
        if state.levels > 1:
            inner = self._options(_Options(line=line, fake=state.fake, levels=state.levels - 1)).found
            self._check_suboptions(state, line, inner)
        else:
            body = self.block(line.indent)
            if not body and not (state.fake or self.implicit):
                self._report("empty-option", line, "leads nowhere: an option needs lines indented below it")
        name = text[1:].strip()
        option = Option(line=line, name=name, tests=tests, always=always, body=body, options=tuple(inner))
        state.found.append(option)

    def _check_suboptions(self, state: _Options, line: Line, inner: list[Option]) -> None:
        """Each option of a group offers the same options of the next: the player picks one of each."""
        first = state.found[0].options if state.found else ()
        if all(option.always for option in (*first, *inner)) and first:
            differing = {option.name for option in first} ^ {option.name for option in inner}
            if differing:
                names = ", ".join(sorted(differing))
                self._report("suboptions", line, f"offers other options than the first of its group: {names}")

    def _not_an_option(self, state: _Options, line: Line, command: str) -> None:
        state.refused = True
        if command and command not in words.KNOWN:
            self._report("unknown-command", line, f"*{command} is no command of ChoiceScript")
        else:
            stands = f"*{command}" if command else "this text"
            self._report(
                "expected-option", line, f"an #option is expected where {stands} stands; check the indentation"
            )

    def _check_names(self, state: _Options) -> None:
        """Two options of one name that are always offered together stop the game."""
        seen: set[str] = set()
        for option in state.found:
            if option.always and option.name in seen:
                self._report("duplicate-option", option.line, f'the option "{option.name}" is offered twice')
            if option.always:
                seen.add(option.name)


def _falls_through(nodes: list[Node]) -> bool:
    """Whether the line after these is reached from them: after a *goto only a *label is, at its own indentation."""
    last = nodes[-1] if nodes else None
    return not (isinstance(last, Statement) and last.line.command in words.TRANSFERS)


def _without_modifiers(text: str) -> tuple[str, bool]:
    """The option without *hide_reuse and the like in front, and whether there were none."""
    plain = True
    while True:
        command, data = split_command(text)
        if command in words.REUSE_WORDS:
            text = data
        elif command == "random_weight" and (weighed := WEIGHT.match(data)):
            text = weighed[2]
        else:
            return text, plain
        plain = False

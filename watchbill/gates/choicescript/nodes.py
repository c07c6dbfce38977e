"""What a scene is made of, once its indentation is understood."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import assert_never

from watchbill.gates.choicescript.lexer import Line


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """Text, or a command with the lines that belong to it."""

    line: Line
    block: tuple[Line, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    line: Line  # *if, *elseif, *elsif or *else
    body: tuple["Node", ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class If:
    branches: tuple[Branch, ...]

    @property
    def has_else(self) -> bool:
        return self.branches[-1].line.command == "else"


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    line: Line
    name: str  # what the player reads, without #
    tests: tuple[str, ...] = ()  # expressions of *if and *selectable_if on its own line
    always: bool = True  # offered whatever the variables say
    body: tuple["Node", ...] = ()
    options: tuple["Option", ...] = ()  # of the next group, in a *choice with several


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    line: Line
    options: tuple[Option, ...]
    tests: tuple[Line, ...] = field(default=())  # *if and *elseif that stand between options

    @property
    def is_fake(self) -> bool:
        return self.line.command == "fake_choice"

    @property
    def leaves(self) -> tuple[Option, ...]:
        """The options that have bodies: those of the last group."""
        return tuple(_leaves(self.options))


Node = Statement | If | Choice


def _leaves(options: tuple[Option, ...]) -> Iterator[Option]:
    for option in options:
        if option.options:
            yield from _leaves(option.options)
        else:
            yield option


def all_options(options: tuple[Option, ...]) -> Iterator[Option]:
    for option in options:
        yield option
        yield from all_options(option.options)


def last_line(nodes: tuple[Node, ...]) -> Line:
    """The last line of a body that is not empty."""
    match nodes[-1]:
        case Statement(line=line, block=block):
            return block[-1] if block else line
        case If(branches=branches):
            return last_line(branches[-1].body) if branches[-1].body else branches[-1].line
        case Choice(line=line, leaves=leaves):
            if not leaves:
                return line
            return last_line(leaves[-1].body) if leaves[-1].body else leaves[-1].line
        case node:
            assert_never(node)


def walk(nodes: tuple[Node, ...]) -> Iterator[Node]:
    """Every node, in the order of the file."""
    for node in nodes:
        yield node
        match node:
            case If(branches=branches):
                for branch in branches:
                    yield from walk(branch.body)
            case Choice(leaves=leaves):
                for option in leaves:
                    yield from walk(option.body)

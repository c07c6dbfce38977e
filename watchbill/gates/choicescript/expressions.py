"""Expressions and ${} in text: their syntax, and the variables that they mention.

An expression is one value, or two values with one operator between them; longer ones need parentheses.
"""

import re
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar

DEEPEST = 40  # brackets inside one another, over all strings with ${} in them; more is nobody's intention

TOKENS = re.compile(
    r"""
      (?P<space>\s+)
    | (?P<open>[(\[{]) | (?P<close>[)\]}])
    | (?P<function>(?:not|round|timestamp|log|length|auto)\s*\()
    | (?P<number>\d+(?:\.\d+)?\b)
    | (?P<string>"(?:[^"\\]|\\.)*")
    | (?P<word_operator>(?:and|or|modulo)\b)
    | (?P<name>\w+)
    | (?P<operator>%[+-]|[-+*/&^\#]|!=|[<>]=?|=)
    """,
    re.VERBOSE | re.ASCII | re.DOTALL,
)
CLOSING = {"(": ")", "[": "]", "{": "}"}
SUBSTITUTION = re.compile(r"([$@])!?!?\{")
OPERATORS = frozenset({"operator", "word_operator"})
COMPARISONS = frozenset({"=", "!=", "<", ">", "<=", ">="})


Result = TypeVar("Result")


class Token(NamedTuple):
    kind: str
    text: str


class Malformed(Exception):
    """An expression that the interpreter cannot evaluate; worded for its author."""


@dataclass(slots=True)
class Mentions:
    """What was read: variables, beginnings of array elements, and what is malformed."""

    names: list[str] = field(default_factory=list)  # lower case
    arrays: list[str] = field(default_factory=list)  # x of x[y], lower case
    errors: list[str] = field(default_factory=list)

    def expression(self, text: str, *, depth: int = 0) -> None:
        """Read one whole expression."""
        self._read(text, _Reader.expression, depth=depth)

    def assignment(self, text: str) -> None:
        """Read what follows *set: the variable, then its new value, which may begin with an operator."""
        self._read(text, _Reader.assignment)

    def values(self, text: str, *, after_variable: bool = False) -> int | None:
        """Read values one after another, as arguments are written; return how many, None when they are malformed."""
        return self._read(text, _Reader.written_and_values if after_variable else _Reader.values)

    def _read(self, text: str, read: "Callable[[_Reader], Result]", *, depth: int = 0) -> Result | None:
        try:
            return read(_Reader(tokens=tokenize(text), mentions=self, depth=depth))
        except Malformed as error:
            self.errors.append(str(error))
            return None

    def prose(self, text: str, *, depth: int = 0) -> None:
        """Read a text with ${variables} and @{multiple replacements}."""
        place = 0
        while match := SUBSTITUTION.search(text, place):
            end = closing_curly(text, match.end())
            if end < 0:
                self.errors.append(f"{match.group()} is never closed by }}")
                return
            self._substitution(match[1], text[match.end() : end], depth + 1)
            place = end + 1

    def _substitution(self, kind: str, body: str, depth: int) -> None:
        if kind == "$":
            self.expression(body, depth=depth)
        else:
            self._replacement(body, depth)

    def _replacement(self, body: str, depth: int) -> None:
        """@{condition one|other}: the condition is one word, or stands in parentheses."""
        test, options = split_replacement(body)
        if not test:
            self.errors.append("@{} needs a variable, or an expression in parentheses, then a space")
            return
        if len(options) < 2:  # noqa: PLR2004  # a choice of one is none
            self.errors.append("@{} needs at least two texts with | between them")
        self.expression(test, depth=depth)
        for option in options:
            self.prose(option, depth=depth)


def tokenize(text: str) -> deque[Token]:
    tokens: deque[Token] = deque()
    place = 0
    while place < len(text):
        match = TOKENS.match(text, place)
        if match is None or match.lastgroup is None:
            raise Malformed(_unreadable(text[place:]))
        if match.lastgroup != "space":
            tokens.append(Token(match.lastgroup, match.group()))
        place = match.end()
    return tokens


def _unreadable(rest: str) -> str:
    if rest[0] in "\u201c\u201d":
        return 'curly quotes; use straight ones: "'
    if rest[0] == '"':
        return f"a quotation mark is never closed: {rest[:40]}"
    if rest[0] == "%":
        return "a % of its own; use %+ or %- for percentages, modulo for the remainder"
    return f"cannot be read as an expression from here: {rest[:40]}"


@dataclass(slots=True)
class _Reader:
    tokens: deque[Token]
    mentions: Mentions
    depth: int = 0

    def expression(self, closing: str = "") -> None:
        """Up to the closing bracket, or to the end when there is none to wait for."""
        self.value()
        if self._ends(closing):
            return
        operator = self.tokens.popleft()
        if operator.kind not in OPERATORS:
            raise Malformed(f"an operator is expected where {operator.text} stands")
        self.value()
        if not self._ends(closing):
            raise Malformed(_too_long(self.tokens[0], closing))

    def assignment(self) -> None:
        self.reference()
        if not self.tokens:
            raise Malformed("no value is given")
        if self.tokens[0].kind in OPERATORS and self.tokens[0].text not in COMPARISONS:
            self.tokens.appendleft(Token("number", "0"))  # stands for the variable itself
        self.expression()

    def values(self) -> int:
        count = 0
        while self.tokens:
            self.value()
            count += 1
        return count

    def written_and_values(self) -> int:
        self.reference()
        return self.values()

    def _ends(self, closing: str) -> bool:
        if self.tokens and closing and self.tokens[0].text == closing:
            self.tokens.popleft()
            return True
        if not self.tokens and closing:
            raise Malformed(f"{closing} is missing")
        return not self.tokens

    def value(self) -> None:
        if not self.tokens:
            raise Malformed("a value is missing at the end")
        token = self.tokens.popleft()
        match token.kind:
            case "open" if token.text in "({":
                self._nested(CLOSING[token.text])
            case "function":
                self._nested(")")
            case "string":
                self.mentions.prose(re.sub(r"\\(.)", r"\1", token.text[1:-1], flags=re.DOTALL), depth=self.depth + 1)
            case "name":
                self._variable(token.text.lower())
            case "number":
                pass
            case _:
                raise Malformed(f"a value is expected where {token.text} stands")

    def reference(self) -> None:
        """A variable that will be written: its name, an element of an array, or {the name in another variable}."""
        if self.tokens and (self.tokens[0].kind == "name" or self.tokens[0].text == "{"):
            self.value()
        else:
            raise Malformed("the name of a variable is expected")

    def _variable(self, name: str) -> None:
        if not self.tokens or self.tokens[0].text != "[":
            self.mentions.names.append(name)
            return
        self.mentions.arrays.append(name)
        while self.tokens and self.tokens[0].text == "[":
            self.tokens.popleft()
            self._nested("]")

    def _nested(self, closing: str) -> None:
        self.depth += 1
        if self.depth > DEEPEST:
            raise Malformed("too many brackets inside one another")
        self.expression(closing)
        self.depth -= 1


def _too_long(token: Token, closing: str) -> str:
    if token.kind in OPERATORS:
        return f"two values and one operator at a time: put parentheses around what stands before {token.text}"
    return f"{closing or 'the end'} is expected where {token.text} stands"


def closing_curly(text: str, start: int) -> int:
    depth = 1
    for place in range(start, len(text)):
        depth += {"{": 1, "}": -1}.get(text[place], 0)
        if not depth:
            return place
    return -1


def split_replacement(body: str) -> tuple[str, list[str]]:
    """The condition ("" when there is none to be read) and the texts of @{condition one|other}."""
    body = body.lstrip()
    if not body.startswith("("):
        test, space, rest = body.partition(" ")
        return (test if space else ""), rest.split("|")
    depth = 0
    for place, mark in enumerate(body):
        depth += {"(": 1, ")": -1}.get(mark, 0)
        if not depth:
            spaced = body[place + 1 : place + 2] == " "
            return (body[1:place] if spaced else ""), body[place + 2 :].split("|")
    return "", []

"""Evaluating expressions and ${} in text while a game is played. What is malformed is trouble here too."""

import math
import re
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from watchbill.gates.choicescript.expressions import (
    CLOSING,
    COMPARISONS,
    DEEPEST,
    OPERATORS,
    SUBSTITUTION,
    Malformed,
    Token,
    closing_curly,
    split_replacement,
    tokenize,
)
from watchbill.gates.choicescript.values import OPERATORS as MEANINGS
from watchbill.gates.choicescript.values import Trouble, Value, number, shown, truth

Result = TypeVar("Result")
Lookup = Callable[[str], Value]  # raises Trouble for a variable that is none


def expression(text: str, lookup: Lookup) -> Value:
    """The value of one whole expression. Raises Trouble."""
    return _reading(text, lookup, lambda reader: reader.expression())


def assignment(text: str, lookup: Lookup) -> tuple[str, Value]:
    """What follows *set: the variable's name, and its new value. Raises Trouble."""
    return _reading(text, lookup, lambda reader: reader.assignment())


def values(text: str, lookup: Lookup) -> list[Value]:
    """Values one after another, as arguments are written. Raises Trouble."""
    return _reading(text, lookup, lambda reader: reader.values())


def reference(text: str, lookup: Lookup) -> tuple[str, list[Value]]:
    """A variable's name and the values behind it, as *rand and *input_number have them. Raises Trouble."""
    return _reading(text, lookup, lambda reader: (reader.reference(), reader.values()))


def prose(text: str, lookup: Lookup, *, depth: int = 0) -> str:
    """The text with everything filled in. Raises Trouble."""
    if "{" not in text:
        return text  # nearly all text, and quickly told
    written, place = [], 0
    while match := SUBSTITUTION.search(text, place):
        end = closing_curly(text, match.end())
        if end < 0 or depth > DEEPEST:
            raise Trouble(f"{match.group()} is never closed by }}")
        body = text[match.end() : end]
        filled = shown(expression(body, lookup)) if match[1] == "$" else _replacement(body, lookup, depth + 1)
        written += [text[place : match.start()], filled]
        place = end + 1
    return "".join([*written, text[place:]])


def _replacement(body: str, lookup: Lookup, depth: int) -> str:
    test, options = split_replacement(body)
    value = expression(test, lookup)
    is_truth = isinstance(value, bool) or value in ("true", "false")
    place = 2 - truth(value) if is_truth else int(number(value))
    if not 1 <= place <= len(options):
        raise Trouble(f"@{{{test} …}} has no text for {shown(value)}")
    return prose(options[place - 1], lookup, depth=depth)


def _reading(text: str, lookup: Lookup, read: "Callable[[_Reader], Result]") -> Result:
    try:
        return read(_Reader(tokenize(text), lookup))
    except Malformed as error:
        raise Trouble(str(error)) from error


@dataclass(slots=True)
class _Reader:
    tokens: deque[Token]
    lookup: Lookup
    depth: int = 0

    def expression(self, closing: str = "") -> Value:
        value = self.value()
        if self._ends(closing):
            return value
        operator = self.tokens.popleft()
        if operator.kind not in OPERATORS:
            raise Trouble(f"an operator is expected where {operator.text} stands")
        value = MEANINGS[operator.text](value, self.value())
        if not self._ends(closing):
            raise Trouble(f"the end is expected where {self.tokens[0].text} stands")
        return value

    def assignment(self) -> tuple[str, Value]:
        name = self.reference()
        if self.tokens and self.tokens[0].kind in OPERATORS and self.tokens[0].text not in COMPARISONS:
            self.tokens.appendleft(Token("name", name))  # an operator in front works on the variable itself
        return name, self.expression()

    def values(self) -> list[Value]:
        found = []
        while self.tokens:
            found.append(self.value())
        return found

    def value(self) -> Value:
        if not self.tokens:
            raise Trouble("a value is missing at the end")
        token = self.tokens.popleft()
        match token.kind:
            case "open" if token.text == "(":
                return self._nested(")")
            case "open" if token.text == "{":
                return self.lookup(shown(self._nested(CLOSING["{"])).lower())
            case "function":
                return self._function(token.text.rstrip("( \t"))
            case "string":
                return prose(re.sub(r"\\(.)", r"\1", token.text[1:-1], flags=re.DOTALL), self.lookup, depth=self.depth)
            case "name":
                return self._named(token.text.lower())
            case "number":
                return float(token.text)
            case _:
                raise Trouble(f"a value is expected where {token.text} stands")

    def reference(self) -> str:
        if not self.tokens or (self.tokens[0].kind != "name" and self.tokens[0].text != "{"):
            raise Trouble("the name of a variable is expected")
        token = self.tokens.popleft()
        return shown(self._nested("}")).lower() if token.text == "{" else self._whole_name(token.text.lower())

    def _named(self, name: str) -> Value:
        if name in ("true", "false"):
            return name == "true"
        return self.lookup(self._whole_name(name))

    def _whole_name(self, name: str) -> str:
        """With the elements of an array: a[2] is a_2."""
        while self.tokens and self.tokens[0].text == "[":
            self.tokens.popleft()
            name = f"{name}_{shown(self._nested(']')).lower()}"
        return name

    def _function(self, name: str) -> Value:
        value = self._nested(")")
        match name:
            case "not":
                return not truth(value)
            case "round":
                return float(math.floor(number(value) + 0.5))
            case "length":
                return float(len(shown(value)))
            case "log":
                if number(value) <= 0:
                    raise Trouble("a logarithm of nothing")
                return math.log10(number(value))
            case _:
                return 0.0  # timestamp and auto: of the player's machine

    def _nested(self, closing: str) -> Value:
        self.depth += 1
        if self.depth > DEEPEST:
            raise Trouble("too many brackets inside one another")
        value = self.expression(closing)
        self.depth -= 1
        return value

    def _ends(self, closing: str) -> bool:
        if self.tokens and closing and self.tokens[0].text == closing:
            self.tokens.popleft()
            return True
        if not self.tokens and closing:
            raise Trouble(f"{closing} is missing")
        return not self.tokens

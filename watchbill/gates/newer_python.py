"""Python that is newer than the interpreter that runs us, in older spellings of the same lines. Pure.

Known are type parameters and aliases, template strings, exceptions without parentheses, lazy imports, unpacking in comprehensions,
and replacement fields that hold quotes, backslashes, comments and line ends. What a field holds is read by itself.
"""

import ast
import re

STRING = re.compile(r"#[^\n]*|(?<![\w])(?P<prefix>[rbuft]{0,2})(?P<quote>'''|\"\"\"|'|\")", re.IGNORECASE)
ENDS = {
    quote: re.compile(rf"(?:[^\\]|\\.)*?{quote}" if len(quote) > 1 else rf"(?:[^\\\n]|\\.)*?{quote}", re.DOTALL)
    for quote in ("'", '"', "'''", '"""')
}
PARAMETERS = re.compile(r"\b((?:def|class|type)[ \t]+\w+)[ \t]*\[")
ALIAS = re.compile(r"^([ \t]*)type[ \t]+(?=\w+[ \t]*=)", re.MULTILINE)
EXCEPT = re.compile(r"^([ \t]*except\*?[ \t]+)([\w.]+(?:[ \t]*,[ \t]*[\w.]+)+)(?=[ \t]*:)", re.MULTILINE)
LAZY = re.compile(r"^lazy[ \t]+(?=import\b|from\b)", re.MULTILINE)
UNPACKING = re.compile(r"(?<=[\[({])\*{1,2}(?=\w[\w.]*(?:\([^()]*\)|\[[^\[\]]*\])*\s+for\b)")
CONVERSION = re.compile(r"\s*=?\s*(?:!\s*[rsa]\s*)?$")
CLOSING = {"(": ")", "[": "]", "{": "}"}


class NotPython(ValueError):
    """It is none in any version that is known here."""


def older(text: str) -> str:
    """The same in spellings that Python 3.11 has. Raises NotPython."""
    text = UNPACKING.sub("", LAZY.sub("", EXCEPT.sub(r"\1(\2)", _strings(text))))
    return ALIAS.sub(r"\1type_", _without_parameters(text))


def _strings(text: str) -> str:
    """Fields of f-strings and t-strings are empty afterwards; the rest stands as it was."""
    done, place = [], 0
    while begin := STRING.search(text, place):
        done.append(text[place : begin.start()])
        end, written = _string(text, begin)
        done.append(written)
        place = end
    return "".join(done) + text[place:]


def _string(text: str, begin: re.Match[str]) -> tuple[int, str]:
    """Where a string or comment ends, and how it is written in an older Python."""
    prefix, quote = (begin["prefix"] or "").lower(), begin["quote"]
    if quote is None:
        return begin.end(), begin.group()
    if "f" not in prefix and "t" not in prefix:
        end = ENDS[quote].match(text, begin.end())
        if end is None:
            raise NotPython("a string has no end")
        return end.end(), text[begin.start() : end.end()]
    place, written = _literal(text, begin.end(), quote, is_raw="r" in prefix)
    body = text[begin.end() : place].count("\n") - written.count("\n")
    prefix = prefix.replace("t", "f")
    if len(quote) > 1:
        return place + len(quote), f"{prefix}{quote}{written}{chr(10) * body}{quote}"
    return place + len(quote), f"{prefix}{quote}{written}{quote}" + "\\\n" * body


def _literal(text: str, place: int, end: str, *, is_raw: bool) -> tuple[int, str]:
    """What stands before `end` in an f-string, or in a format, with `{0}` for each field; and the place of `end`."""
    written = []
    while not text.startswith(end, place):
        rest = text[place : place + 3]
        if not rest or (rest[0] == "\n" and len(end) == 1):
            raise NotPython("a string has no end")
        if rest == "\\N{" and not is_raw:
            step = text.find("}", place) + 1 - place
        elif rest[:2] in ("{{", "}}") and end != "}":
            step = 2
        elif rest[0] == "{":
            place = _field(text, place + 1)
            written.append("{0}")
            continue
        else:
            step = 2 if rest[0] == "\\" and rest[1:2] not in ("{", "}") else 1
        if step <= 0:
            raise NotPython("a name of a character has no end")
        written.append(text[place : place + step])
        place += step
    return place, "".join(written)


def _field(text: str, begin: int) -> int:
    """The place behind a field that begins here, whose value is known to be an expression."""
    place = begin
    open_: list[str] = []
    while place < len(text):
        mark = text[place]
        string = STRING.match(text, place)
        if string and (string["quote"] or mark == "#"):
            place, _ = _string(text, string)
            continue
        if not open_ and mark in "}:" and text[place : place + 2] != ":=":
            _expression(CONVERSION.sub("", text[begin:place]))
            return (place if mark == "}" else _literal(text, place + 1, "}", is_raw=True)[0]) + 1
        if mark in CLOSING:
            open_.append(CLOSING[mark])
        elif mark in ")]}" and (not open_ or open_.pop() != mark):
            break
        place += 1
    raise NotPython("a field of a string has no end")


def _expression(text: str) -> None:
    if not text.strip():
        raise NotPython("a field of a string is empty")
    try:
        ast.parse(f"async def _():\n return ({older(text)}\n)")
    except SyntaxError as error:
        raise NotPython(f"a field of a string has no value: {text}") from error


def _without_parameters(text: str) -> str:
    done, place = [], 0
    while begin := PARAMETERS.search(text, place):
        end = _closed(text, begin.end())
        lines = "\n" * text.count("\n", begin.end(), end)
        done.append(text[place : begin.end(1)])
        if not begin[1].startswith("type"):
            has_more = text.startswith("(", end)
            done.append(f"({lines}" if has_more else f"({lines})")
            end += has_more
        place = end
    return "".join(done) + text[place:]


def _closed(text: str, place: int) -> int:
    """The place behind the bracket that was opened just before."""
    depth = 1
    for offset, mark in enumerate(text[place:], start=place):
        depth += (mark in "([{") - (mark in ")]}")
        if not depth:
            return offset + 1
    raise NotPython("a list of type parameters has no end")

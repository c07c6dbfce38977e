"""Lines of a scene: how far each is indented, and which command it holds."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from watchbill.domain.findings import Severity

COMMAND = re.compile(r"\*(\w+)(.*)", re.ASCII | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Problem:
    """A rule broken at a line (1-based); a finding once its file is known."""

    rule: str
    line: int
    message: str
    severity: Severity = Severity.ERROR


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line that is not blank. `command` is lower case, and empty for text and #options."""

    number: int  # 1-based
    indent: int  # characters of white space in front
    text: str  # without white space at both ends
    command: str = ""
    data: str = ""  # what follows the command


def lex(lines: Sequence[str]) -> list[Line]:
    """Every line that is not blank. Whatever begins with * and a word is a command."""
    return [_line(number, line) for number, line in enumerate(lines, start=1) if line.strip()]


def _line(number: int, line: str) -> Line:
    text = line.strip()
    indent = len(line) - len(line.lstrip())
    command, data = split_command(text)
    return Line(number=number, indent=indent, text=text, command=command, data=data)


def split_command(text: str) -> tuple[str, str]:
    """The command in front of a text, and the rest of it.

    >>> split_command("*Hide_Reuse #Go"), split_command("* a bullet")
    (('hide_reuse', '#Go'), ('', ''))
    """
    match = COMMAND.match(text)
    return (match[1].lower(), match[2].strip()) if match else ("", "")


def indentation(lines: Sequence[str]) -> Iterator[Problem]:
    """Indentation that the interpreter refuses whatever the lines say. Mixing in a file is reported once."""
    first: dict[str, int] = {}
    for number, line in enumerate(lines, start=1):
        lead = line[: len(line) - len(line.lstrip())]
        if not lead or not line.strip():
            continue
        if kinds := set(lead) - {" ", "\t"}:
            codes = ", ".join(f"U+{ord(kind):04X}" for kind in sorted(kinds))
            yield Problem("indentation", number, f"indented with white space other than spaces and tabs ({codes})")
        elif " " in lead and "\t" in lead:
            yield Problem("tabs-and-spaces", number, "tabs and spaces in front of one line; use one of them")
        elif len(first) < 2:  # noqa: PLR2004  # the two kinds
            first.setdefault(lead[0], number)
            if len(first) == 2:  # noqa: PLR2004  # the same
                yield Problem("tabs-and-spaces", number, _mixed(first))


def _mixed(first: dict[str, int]) -> str:
    spaces, tabs = first[" "], first["\t"]
    return f"tabs and spaces in one scene: spaces from line {spaces}, tabs from line {tabs}; use one of them"

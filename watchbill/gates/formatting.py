"""Formatting: files stand as local automation's formatters would write them. Off unless named: not every repository wants it."""

from collections.abc import Iterator
from itertools import zip_longest

from watchbill.domain.findings import Finding
from watchbill.gates import formatters
from watchbill.gates.source import FileGate, Source

MOST_FINDINGS = 20  # of a file: a format task mends all of them at once


class FormatGate(FileGate):
    """Whatever has a formatter, which leaves alone what it does not know."""

    def applies(self, path: str) -> bool:  # noqa: ARG002 - the port's signature
        return True


def look(source: Source) -> Iterator[Finding]:
    try:
        text = source.data.decode("utf-8")
    except UnicodeDecodeError:
        return
    formatted = formatters.format_text(source.path, text)
    if formatted == text:
        return
    pairs = zip_longest(text.split("\n"), formatted.split("\n"))
    differing = [number for number, (one, other) in enumerate(pairs, start=1) if one != other]
    for number in differing[:MOST_FINDINGS]:
        yield source.finding(
            "format", number, "is not as its formatter writes it: white space at an end, or indentation"
        )


GATE = FormatGate(name="format", suffixes=frozenset(), look=look)
